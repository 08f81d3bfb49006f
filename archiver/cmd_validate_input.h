/* What `validate` and `path` have in common: their options, and judging one file with them. */
#ifndef LTVAULT_ARCHIVER_CMD_VALIDATE_INPUT_H
#define LTVAULT_ARCHIVER_CMD_VALIDATE_INPUT_H

#include "archiver/command.h"
#include "archiver/i18n.h"

/* Options of both commands; rows for the tables of each. */
#define VALIDATE_TRUST {"trust", 0, "PATH", N_("trust anchors, PEM or DER: a file or folder; replaces the configured ones")}
#define VALIDATE_EVIDENCE {"evidence", 0, "PATH", N_("certificates, CRLs, OCSP answers, timestamps: a file or folder; never trusted")}
#define VALIDATE_PASSWORD {"password-file", 0, "FILE", N_("the password of an encrypted PDF is its first line; -: standard input")}
#define VALIDATE_REVOCATION {"revocation", 0, "MODE", N_("hard: unknown status is indeterminate; soft: let through; off")}
#define VALIDATE_POLICY {"policy", 0, "FILE", N_("validation policy; the default is built in")}
#define VALIDATE_EXPLAIN {"explain", 0, NULL, N_("with every step: building blocks, paths, revocation data, proofs, algorithms")}
#define VALIDATE_OFFLINE {"offline", 0, NULL, N_("no network at all")}

/* Judges the one file named in args at app->now, `path` as a certificate, and writes the report to standard output as
 * JSON or text. Returns the exit status. */
int validate_command(struct app *app, const struct args *args, bool path);

#endif
