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
	const json_t *block, *block_signature; /* of a copy, as it was read; NULL: none; the page's own text */
	bool block_read, block_unread;         /* there was text that could be read; there was some that could not */
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
/* Is this signature seen at the top right of the first page, where copies and separate attachments have theirs? */
bool rules_top_right(const json_t *signature);

/* Do the metadata say that it is a copy? *form: "sao-y" and so on; NULL: not which. */
bool rules_declared_copy(const json_t *metadata, const char **form);
/* Finds the block of a copy among what was read; before anything is told. */
void rules_find_block(struct rules *r);
void rules_copy(struct rules *r);
/* How it was recognised as a copy, and what its block says; null when it was not. A new reference. */
json_t *rules_copy_json(const struct rules *r);

#endif
