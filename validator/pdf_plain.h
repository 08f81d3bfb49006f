/* Objects read straight from the bytes where these leave nothing to interpret: "N 0 obj", a value of the plainest form,
 * "endobj". Most objects of most documents are like that, and qpdf takes ten times as long for them. Only speed depends
 * on this: what is accepted here qpdf reads to the same value and without a warning (tests/fuzz/fuzz_pdf_plain.c holds
 * the two against each other), and everything else is left to qpdf. */
#ifndef LTVAULT_VALIDATOR_PDF_PLAIN_H
#define LTVAULT_VALIDATOR_PDF_PLAIN_H

#include "validator/pdf_value.h"
#include "validator/pdf_xref.h"

/* The bytes of a stream as they stand in the file; borrowed from it. NULL for everything else. */
struct pdf_stored {
	const unsigned char *data;
	size_t len;
};

/* Object `number` of the document in the first `end` bytes, whose table is `xref`. Keys whose value is a reference to
 * nothing are still there. False: ask qpdf. */
bool pdf_plain_read(struct pdf_arena *arena, const unsigned char *data, size_t end, const struct pdf_xref *xref,
		    int number, struct pdf_value *out, struct pdf_stored *stored);
/* The same where it is known where the object begins; `xref` NULL: a stream's length must stand in its own dictionary.
 */
bool pdf_plain_read_at(struct pdf_arena *arena, const unsigned char *data, size_t end, const struct pdf_xref *xref,
		       uint64_t where, int number, struct pdf_value *out, struct pdf_stored *stored);

/* One object of an object stream. */
struct pdf_packed {
	int number;
	struct pdf_value value;
};
/* All objects that `xref` places in the object stream `number`. False: ask qpdf, for all of them. The caller frees
 * *objects. */
bool pdf_plain_read_packed(struct pdf_arena *arena, const unsigned char *data, size_t end, const struct pdf_xref *xref,
			   int number, struct pdf_packed **objects, size_t *count);

#endif
