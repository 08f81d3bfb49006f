/* The sections of cross-reference data that a document's last startxref leads to, read leniently and for their places
 * alone: whether an update was made on top of what was signed. */
#ifndef LTVAULT_VALIDATOR_PDF_CHAIN_H
#define LTVAULT_VALIDATOR_PDF_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PDF_TAIL 1054 /* bytes at the end where qpdf looks for startxref */

struct pdf_chain {
	uint64_t *sections; /* offsets, the newest first */
	size_t count, cap;
	bool hybrid; /* a table of it has a stream beside it, which older programs do not read */
};

/* Of the document in the first `end` bytes. False when the chain cannot be followed to its end, or offsets are not
 * counted from the first byte by all readers; nothing to dispose of then. */
bool pdf_chain_read(const unsigned char *data, size_t end, struct pdf_chain *chain);
void pdf_chain_dispose(struct pdf_chain *chain);
/* The section where the document of the first `end` bytes begins its own chain is one of these, or cannot be told. */
bool pdf_chain_passes(const struct pdf_chain *chain, const unsigned char *data, size_t end);
/* How many updates the document of the first `end` bytes had before the last one, which brought its signature. */
size_t pdf_chain_updates(const unsigned char *data, size_t end);

#endif
