#include "validator/pdf_hex.h"

#include <stdbool.h>

int pdf_hex_digit(char c) {
	static const unsigned char values[256] = {
		['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
		['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
		['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16};
	return values[(unsigned char)c] - 1;
}

#define BLOCK 16 /* bytes; a size that compilers make vector instructions of */

/* A block of digits at once; false, and nothing said of `out`, when there is something else among them. */
static bool hex_block(const unsigned char *text, unsigned char *out) {
	unsigned char values[2 * BLOCK], other = 0;
	for (int i = 0; i < 2 * BLOCK; i++) {
		unsigned char digit = (unsigned char)(text[i] - '0'), letter = (unsigned char)((text[i] | 0x20) - 'a');
		other |= (unsigned char)((digit > 9) & (letter > 5));
		values[i] = digit > 9 ? (unsigned char)(letter + 10) : digit;
	}
	for (int i = 0; i < BLOCK; i++) out[i] = (unsigned char)(values[2 * i] << 4 | values[2 * i + 1]);
	return !other;
}

size_t pdf_hex_pairs(const char *text, size_t len, unsigned char *out) {
	size_t n = 0;
	for (; len - 2 * n >= 2 * BLOCK && hex_block((const unsigned char *)text + 2 * n, out + n); n += BLOCK) continue;
	for (int high, low; len - 2 * n > 1; n++) {
		if ((high = pdf_hex_digit(text[2 * n])) < 0 || (low = pdf_hex_digit(text[2 * n + 1])) < 0) break;
		out[n] = (unsigned char)(high << 4 | low);
	}
	return n;
}
