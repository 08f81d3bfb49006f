/* Lists on a medium that the archive signed: SHA256SUMS and the manifests of its generations. */
#ifndef LTVAULT_ARCHIVER_MEDIUM_SIGNED_H
#define LTVAULT_ARCHIVER_MEDIUM_SIGNED_H

#include "archiver/app.h"
#include "archiver/medium_label.h"
#include "archiver/medium_place.h"

/* 1 when the file and its signature beside it are there and one of the archive's keys made it; 0, or -1 with err. The text is the
 * caller's in every case (NULL: not there). */
int medium_read_signed(struct app *app, const struct medium_place *place, const char *name, const char *signature_name, char **text, size_t *len,
                       struct error *err);
/* The manifest of one generation, as above; `g` is the caller's to dispose of, empty unless 1. */
int medium_read_manifest(struct app *app, const struct medium_place *place, uint64_t number, struct generation *g, struct error *err);
/* The newest of them that holds and is of this medium; 0 when none is. A backup that was cut off may have left some that do not. */
int medium_newest_manifest(struct app *app, const struct medium_place *place, const unsigned char medium_id[static 16], struct generation *g,
                           struct error *err);

#endif
