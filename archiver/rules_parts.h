/* What the parts of archiver/rules.c share. */
#ifndef LTVAULT_ARCHIVER_RULES_PARTS_H
#define LTVAULT_ARCHIVER_RULES_PARTS_H

#include "archiver/intake_finding.h"

#include <stdbool.h>

enum rules_document { RULES_MAIN, RULES_ATTACHMENT, RULES_COPY };

struct rules {
	const json_t *report, *metadata;
	const json_t **persons, **organisations, **unknown; /* signatures by the kind of their signer, in their order */
	size_t person_count, organisation_count, unknown_count;
	enum rules_document document;
	json_t *findings;
};

/* `detail` like printf; the text is escaped where it is no UTF-8. */
void rules_tell(struct rules *r, enum archive_finding code, const char *detail, ...)
	__attribute__((format(printf, 3, 4)));
/* The common name of who signed, as the certificate says it; borrowed, "" when there is none. */
const char *rules_signer(const json_t *signature);

/* Metadata against certificates. */
void rules_names(struct rules *r);
/* Where the signatures are seen. */
void rules_placement(struct rules *r);

#endif
