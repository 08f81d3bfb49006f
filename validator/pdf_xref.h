/* The cross-reference data of a document, read strictly and only to save work: two tables tell which objects an update
 * did not touch. Anything unusual (hybrid files, repairs, generations) gives no table, and then everything is compared.
 */
#ifndef LTVAULT_VALIDATOR_PDF_XREF_H
#define LTVAULT_VALIDATOR_PDF_XREF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pdf_entry_kind { PDF_ENTRY_NONE, PDF_ENTRY_FREE, PDF_ENTRY_PLAIN, PDF_ENTRY_PACKED };

struct pdf_xref_entry {
	uint64_t where;   /* offset, or number of the object stream */
	uint32_t index;   /* within the object stream */
	uint16_t section; /* counted from the newest, 1 */
	uint8_t kind;
};

struct pdf_xref {
	struct pdf_xref_entry *entries; /* by object number */
	size_t count;
	/* Nothing in any section needs interpreting: qpdf opens the document by them, unencrypted, and tells of no damage
	 * while it does (tests/fuzz/fuzz_pdf_plain.c holds it to that). Its trailer is this text then. */
	bool plain;
	size_t trailer, trailer_len;
};

/* The table of the document in the first `end` bytes. False: none; nothing to dispose of then. */
bool pdf_xref_read(const unsigned char *data, size_t end, struct pdf_xref *xref);
void pdf_xref_dispose(struct pdf_xref *xref);

/* What an update has to be joined to. */
struct pdf_xref_tail {
	uint64_t at;     /* where the newest section is: the /Prev of the next one */
	bool stream;     /* it is a cross-reference stream */
	size_t trailer, trailer_len; /* text of its dictionary */
	uint64_t numbers; /* above every number that any section declares or any trailer refers to */
};
/* The same for writing behind it: hybrid files (ISO 32000-2 7.5.8.4) are followed as well. */
bool pdf_xref_read_tail(const unsigned char *data, size_t end, struct pdf_xref *xref, struct pdf_xref_tail *tail);

/* One byte a number, 1 where the two differ, `count` of the larger one; NULL when an object that base has is not in
 * final. malloc'ed. */
unsigned char *pdf_xref_touched(const struct pdf_xref *base, const struct pdf_xref *final, size_t *count);

#endif
