/* Fixity of everything that belongs to one record beside its original: metadata, verdicts, evidence, revisions. */
#ifndef LTVAULT_ARCHIVER_VERIFY_DEEP_H
#define LTVAULT_ARCHIVER_VERIFY_DEEP_H

#include "archiver/verify_fixity.h"

int verify_deep(struct fixity *fixity, struct app *app, struct batch *batch, uint64_t number, struct error *err);

#endif
