/* Metadata: what a sidecar says of a document, checked, in one canonical form.
 *
 * Known keys are rows of archiver/metadata_field.def (docs/metadata.md). Strings are composed (NFC), dates become
 * 2025-03-14, numbers text; a known key whose value is empty or null is left out; unknown keys stay as they are. */
#ifndef LTVAULT_ARCHIVER_METADATA_H
#define LTVAULT_ARCHIVER_METADATA_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

struct metadata {
	json_t *object;    /* owned */
	char *text;        /* the canonical form: sorted keys, no spaces */
	char *natural_key; /* under which documents with the same number meet; "" when the parts are not all there */
	char *secrecy;     /* the declared level; NULL for none */
	char **unknown;    /* names of unknown keys, "organisation.city" for inner ones */
	size_t unknown_count;
};

/* Takes what a sidecar holds (borrowed). 0: usable, though perhaps secret. -1: not usable, `reason` (ERROR_INPUT) names
 * the key. Declared secrecy is found before anything else is held against its rule, so *metadata says so also then. */
int metadata_check(const json_t *sidecar, struct metadata *metadata, struct error *reason);
void metadata_dispose(struct metadata *metadata); /* safe on an all-zero one */

/* organisation code, else folded name | year | number without leading zeros | folded symbol (Decree 30/2020 art. 15:
 * number and symbol are unique within a year of one organisation). Owned by the caller; "" when a part is missing. */
char *metadata_natural_key(const json_t *object);

/* The text at a key, or at a key of an object at a key ("organisation", "name"); borrowed, "" when absent. */
const char *metadata_text(const json_t *object, const char *key);
const char *metadata_inner_text(const json_t *object, const char *key, const char *inner);

#endif
