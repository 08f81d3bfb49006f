/* Writes small PDF files for tests: objects, cross-reference sections of either kind, incremental updates, and
 * signatures whose ranges are right and whose value is a made-up CMS of five bytes. */
#ifndef LTVAULT_TESTS_PDF_BUILDER_H
#define LTVAULT_TESTS_PDF_BUILDER_H

#include "base/mem.h"

#include <stdbool.h>
#include <stdint.h>

#define PDF_BUILDER_OBJECTS 256

enum pdf_builder_kind { PDF_TABLE, PDF_XREF_STREAM, PDF_OBJECT_STREAM };

struct pdf_builder {
	struct buf out;
	enum pdf_builder_kind kind; /* of the sections and of plain objects; may change between sections */
	struct {
		enum { SLOT_UNTOUCHED, SLOT_FREED, SLOT_PLAIN, SLOT_PACKED } state;
		size_t where, index; /* offset, or number of the object stream and index in it */
	} slots[PDF_BUILDER_OBJECTS];
	struct buf packed, packed_index; /* bodies for this section's object stream */
	int packed_count;
	size_t previous;            /* offset of the last section; 0: none */
	size_t gap, gap_len, range; /* of the signature still to be closed */
	size_t gap_digits;          /* reserved for a signature's value; set after begin, before the signature */
	int size;                   /* highest object number seen plus one */
};

void pdf_builder_begin(struct pdf_builder *b, enum pdf_builder_kind kind);
void pdf_builder_dispose(struct pdf_builder *b);
void pdf_builder_object(struct pdf_builder *b, int number, const char *body);
void pdf_builder_stream(struct pdf_builder *b, int number, const char *entries, const char *data);
void pdf_builder_bytes(struct pdf_builder *b, int number, const char *entries, const void *data, size_t len);
void pdf_builder_free(struct pdf_builder *b, int number);
/* A signature dictionary, `entries` besides Contents and ByteRange; its ranges are set by the next finish. */
void pdf_builder_signature(struct pdf_builder *b, int number, const char *entries);
/* Ends a section whose catalog is object 1. Returns the length so far. */
size_t pdf_builder_finish(struct pdf_builder *b);
size_t pdf_builder_finish_with(struct pdf_builder *b, const char *trailer);

/* One page with text, an empty form without signature fields, a text field and a text annotation:
 * 1 catalog, 2 pages, 3 page, 4 contents, 5 form, 6 text field with its widget, 7 its appearance, 8 text annotation,
 * 9 an empty signature field. Not finished yet. */
void pdf_builder_sample(struct pdf_builder *b);
/* Adds signature field `field` named `name` with value `field` + 1, hooked into form and page, and finishes the
 * section. The form is rewritten with `fields` (all of them), the page with `annots`. Returns the length. */
size_t pdf_builder_sign(struct pdf_builder *b, int field, const char *name, const char *fields, const char *annots,
			const char *entries);

#endif
