/* Which records rest on which certificate: those of the paths of all signatures and time-stamps in the newest verdict. */
#ifndef LTVAULT_ARCHIVER_SEARCH_CERTIFICATES_H
#define LTVAULT_ARCHIVER_SEARCH_CERTIFICATES_H

#include "archiver/search.h"
#include "archiver/search_index.h"

#include <jansson.h>

extern const char search_certificates_schema[];
/* The certificates of a report, each once: [{"sha256", "issuer", "serial", "subject"}]; a new reference. */
json_t *search_certificates_of(const json_t *report);
/* Puts a record's list in the place of what was there; `fresh` when nothing can be there yet. */
int search_certificates_put(struct search_db *db, uint64_t number, const json_t *list, bool fresh, struct error *err);

#endif
