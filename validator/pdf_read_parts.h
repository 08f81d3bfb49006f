/* Reading one document, between its parts: prefixes and the signatures in them, and what is judged of each. */
#ifndef LTVAULT_VALIDATOR_PDF_READ_PARTS_H
#define LTVAULT_VALIDATOR_PDF_READ_PARTS_H

#include "validator/pdf_compare.h"
#include "validator/pdf_evidence.h"
#include "validator/pdf_reach.h"
#include "validator/pdf_reuse.h"
#include "validator/pdf_signature.h"

struct entry {
	struct pdf_signature signature;
	struct pdf_found found; /* borrowed */
	bool strict;            /* covers all but its own value, by the form of its byte range */
	bool lost;              /* not in the final document */
};

struct reading {
	const unsigned char *data;
	size_t len;
	const char *password; /* NULL: none */
	struct pdf_document *document;
	bool *doubt;            /* NULL, or set when a file opened without qpdf had to be interpreted after all */
	struct pdf_file *final; /* NULL: cannot be opened even with repairs */
	const struct pdf_value *root;
	bool recovered;                   /* final could be read with repairs only */
	bool locked;                      /* it is encrypted and cannot be opened */
	struct pdf_found_list signatures; /* of final */
	struct pdf_arena arena;           /* dictionaries read from bare bytes */
	struct pdf_reuse reuse;
	struct pdf_trees trees; /* of final, read when first needed */
	bool has_trees;
	struct pdf_reach reach; /* of final, built when a second signature is compared */
	bool has_reach;
	size_t compared;
	uint64_t objects_left, values_left;
	struct entry *entries;
	size_t count, cap;
};

struct prefix {
	uint64_t end;
	struct pdf_file *file; /* NULL: not a complete document; final itself when end is the file's */
	const struct pdf_value *root;
	struct pdf_found_list signatures;
	unsigned char *touched; /* not NULL: objects that were not touched since are shared with final */
	size_t touched_count;
};

/* The first `end` bytes as a file of their own. */
enum pdf_open_result reading_open_file(const struct reading *r, uint64_t end, struct pdf_file **file);
/* The document as it was at `end`; with `share`, objects that were not touched since come from the final one. */
void reading_open_prefix(struct reading *r, uint64_t end, bool share, struct prefix *p);
void reading_close_prefix(struct reading *r, struct prefix *p);
/* The same signature in a prefix: the same field by number or else by name, with the same range and value. */
const struct pdf_found *reading_find_in(const struct prefix *p, struct pdf_file *of, const struct pdf_found *wanted);
/* Every signature there is, also those that only an earlier revision or bare bytes have, into r->entries. */
void reading_find_all(struct reading *r);

#endif
