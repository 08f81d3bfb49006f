/* Sidecars: NAME.json beside the document NAME, or, for NAME.pdf, also the short form with .json in .pdf's place. */
#ifndef LTVAULT_ARCHIVER_SIDECAR_H
#define LTVAULT_ARCHIVER_SIDECAR_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* Path of the sidecar that lies beside the document, the long form first; NULL when there is none. Owned. */
char *sidecar_find(const char *document);
/* Does the name end in .json? Only such a file can be a sidecar. */
bool sidecar_name(const char *path);
/* Is this file (whose name ends in .json) the sidecar of a document that lies beside it? */
bool sidecar_has_document(const char *path);

/* 0 and *object (owned). 1: not usable as metadata, `reason` (ERROR_INPUT) says why. -1: could not be read now, the
 * document has to wait for it (`reason` is the error of the run). */
int sidecar_read(const char *path, json_t **object, struct error *reason);

#endif
