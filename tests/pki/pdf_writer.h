/* Writes the sample PDFs: a first revision, then incremental updates in the same kind of cross-reference section.
 *
 * The bytes of every earlier revision stay as they are. Nothing is compressed, so that a test can find and change a
 * byte of the text; object numbers are handed out upwards and never reused. */
#ifndef LTVAULT_TESTS_PKI_PDF_WRITER_H
#define LTVAULT_TESTS_PKI_PDF_WRITER_H

#include "base/mem.h"

#include <stdbool.h>

#define PDF_OBJECTS_MAX 200000
#define PDF_FIELDS_MAX 64

struct pdf_place {
	size_t offset; /* in the section being written; 0 for none */
	int container; /* number of the object stream that holds it, 0 for none */
	int index;
};

struct pdf {
	struct buf out;
	bool streams;                   /* cross-reference streams and object streams instead of classic tables */
	int objects;                    /* highest number used */
	int info, content;              /* object numbers that later steps rewrite */
	int dss, certify, tags;         /* 0 while there is none; tags: the structure tree's root */
	int fields[PDF_FIELDS_MAX];     /* signature fields, which are widgets on the page as well */
	int field_count;
	int filled;                     /* so many of them have a value; the others wait for the next signatures */
	size_t previous;                /* offset of the newest cross-reference section */
	struct pdf_place *places;       /* by object number */
	size_t place_cap;
};

/* What the page shows and the metadata say; every text is UTF-8. */
struct pdf_text {
	const char *title, *author, *created; /* created as "20261012" */
	const char *const *lines;             /* ends with NULL */
};

/* The first revision: catalog 1, pages 2, page 3, and whatever hangs below. */
void pdf_begin(struct pdf *pdf, const struct pdf_text *text, bool streams);
void pdf_dispose(struct pdf *pdf);
struct buf pdf_take(struct pdf *pdf); /* what was written, the caller's; disposes of the rest */

int pdf_new_number(struct pdf *pdf);
/* One object of the section being written; `body` without obj and endobj. */
void pdf_object(struct pdf *pdf, int number, const char *body);
void pdf_stream(struct pdf *pdf, int number, const char *dictionary, const void *data, size_t len);
/* Rewrites catalog and page from what is known now, then closes the section. */
void pdf_end_update(struct pdf *pdf, bool catalog_changed);

/* Whole updates: another modification date in the document information (changes nothing that is shown), and another
 * text on the page in the font that `encoded_for` was given (characters not in it are left out). */
void pdf_update_info(struct pdf *pdf, const struct pdf_text *text, const char *modified);
void pdf_update_content(struct pdf *pdf, const char *const *encoded_for, const char *const *lines);

#endif
