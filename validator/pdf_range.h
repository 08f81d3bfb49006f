/* ByteRange and the gap it leaves, byte by byte (ISO 32000-2 12.8.1). */
#ifndef LTVAULT_VALIDATOR_PDF_RANGE_H
#define LTVAULT_VALIDATOR_PDF_RANGE_H

#include "validator/pdf.h"
#include "validator/pdf_value.h"

/* Reads the numbers (a resolved value) into ranges, ranges_usable and end. True when they are of the one form that is
 * allowed: four integers, from 0, one gap, inside the file. */
bool pdf_range_numbers(const struct pdf_value *byte_range, uint64_t file_len, struct pdf_signature *signature);

/* The gap between two ranges. `strict`: exactly one hexadecimal string and the key Contents right before it. `bytes` is
 * the string's value if it is one even with white space around or inside, else data is NULL. */
struct pdf_gap {
	bool strict;
	struct buf bytes;
};
void pdf_range_gap(const unsigned char *data, const struct pdf_range ranges[2], struct pdf_gap *gap);

/* Length of the first BER element, 0 when there is none. */
size_t pdf_range_ber_length(const unsigned char *data, size_t len);

#endif
