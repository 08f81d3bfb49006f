/* What a medium says of itself, all of it outside input until its signature was checked: label.json, which names archive and
 * medium, and generations/NNNNNN/manifest.json, one for each backup that it holds (docs/media.md). Each has a signature by the
 * archive's key beside it (label.sig, manifest.sig: 64 bytes, Ed25519), archive-key.pem is the public half. */
#ifndef LTVAULT_ARCHIVER_MEDIUM_LABEL_H
#define LTVAULT_ARCHIVER_MEDIUM_LABEL_H

#include "base/digest.h"
#include "base/error.h"
#include "base/utime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEDIUM_LABEL "label.json"
#define MEDIUM_LABEL_SIGNATURE "label.sig"
#define MEDIUM_KEY "archive-key.pem"
#define MEDIUM_SUMS "SHA256SUMS"
#define MEDIUM_RECIPIENTS "recipients.pem" /* on an encrypted medium only */
#define MEDIUM_INCOMPLETE "INCOMPLETE"
#define MEDIUM_GENERATIONS "generations"
#define GENERATION_CATALOGUE "catalogue.mdb" /* below generations/NNNNNN: the snapshot of a generation that is not the newest */

enum medium_kind {
#define MEDIUM_KIND(name, word, text, years) MEDIUM_##name,
#include "archiver/medium_kind.def"
#undef MEDIUM_KIND
	MEDIUM_KINDS
};
const char *medium_kind_word(enum medium_kind kind);
const char *medium_kind_text(enum medium_kind kind); /* English; translated on output */
int medium_kind_years(enum medium_kind kind);        /* of expected life */
bool medium_kind_parse(const char *word, enum medium_kind *kind);

struct medium_label {
	unsigned char archive_id[16], medium_id[16];
	char *label, *site, *set; /* as on its case; where it is kept; the set in which it takes turns, "" for one of its own */
	char *uuid;               /* of its file system; "" where that has none */
	char *recipients;         /* SHA-256 of the recipients' certificates (PEM) it is encrypted to; NULL: not encrypted */
	enum medium_kind kind;
	utime registered;
};
/* A label, or ERROR_DAMAGED; unknown keys are passed over. medium_label_dispose in either case. */
int medium_label_parse(const char *text, size_t len, struct medium_label *label, struct error *err);
char *medium_label_text(const struct medium_label *label); /* the caller's; NULL when a text in it is not UTF-8 */
void medium_label_dispose(struct medium_label *label);

/* One backup on a medium: the files as they were then. Packs and journal only grow, so that every generation is in the bytes of
 * the newest; `size` says how far it reaches. */
struct generation {
	unsigned char archive_id[16], medium_id[16], journal_head[SHA256_SIZE];
	uint64_t number, events, records;
	utime made, last_event;
	struct generation_file {
		char *name;
		uint64_t size;
		char hex[SHA256_HEX]; /* of the plain bytes */
		uint64_t parts;       /* encrypted messages that hold it, NAME.000001.cms and on; 0 on a medium that is not encrypted */
	} *files;
	size_t count, cap;
	char *sums; /* SHA-256 of SHA256SUMS as it was written with it, on an encrypted medium; else NULL */
};
void generation_add(struct generation *g, const char *name, uint64_t size, const char *hex);
int generation_parse(const char *text, size_t len, struct generation *g, struct error *err); /* as medium_label_parse */
char *generation_text(const struct generation *g);                                           /* the caller's */
void generation_dispose(struct generation *g);
/* "generations/000012/NAME"; the caller's. */
char *generation_path(uint64_t number, const char *name);
const struct generation_file *generation_find(const struct generation *g, const char *name); /* borrowed; NULL when absent */
/* "packs/000001.tar.000002.cms", the part-th (from 1) encrypted message of a file; the caller's. */
char *generation_part(const char *name, uint64_t part);
/* Whether a name is such a one; then *len is the length of the file's own name in it. */
bool generation_is_part(const char *name, size_t *len);

#endif
