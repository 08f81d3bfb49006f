#include "validator/pdf_legacy.h"

#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

/* ---- names of fonts ---- */

static bool is_upper(char c) {
	return c >= 'A' && c <= 'Z';
}

static bool ends_with(const char *text, size_t len, const char *end) {
	size_t n = strlen(end);
	return len >= n && !memcmp(text + len - n, end, n);
}

enum pdf_legacy pdf_legacy_of_font(const char *name, size_t len) {
	if (len > 7 && name[6] == '+') name += 7, len -= 7; /* ABCDEF+, a subset */
	if (len > 4 && !memcmp(name, "VNI", 3) && (name[3] == '-' || name[3] == ' ')) return PDF_LEGACY_VNI;
	if (len && name[0] == '.') name++, len--;
	if (len < 3 || memcmp(name, "Vn", 2) != 0 || !(is_upper(name[2]) || (name[2] >= '0' && name[2] <= '9')))
		return PDF_LEGACY_NONE;
	const char *style = memchr(name, ',', len), *dash = memchr(name, '-', len);
	if (dash && (!style || dash < style)) style = dash;
	if (style) len = (size_t)(style - name);
	if (ends_with(name, len, "Bold")) len -= 4;
	if (ends_with(name, len, "Italic")) len -= 6;
	return ends_with(name, len, "H") ? PDF_LEGACY_TCVN3_CAPITALS : PDF_LEGACY_TCVN3;
}

/* ---- TCVN3 ---- */

/* From 0xa1 to 0xfe; 0: the character of Latin-1. */
static const uint16_t tcvn3[94] = {
	0x0102, 0xc2,   0xca,   0xd4,   0x01a0, 0x01af, 0x0110, 0x0103, 0xe2,   0xea,   0xf4,   0x01a1, 0x01b0, 0x0111,
	0,      0,      0,      0,      0,      0,      0xe0,   0x1ea3, 0xe3,   0xe1,   0x1ea1, 0,      0x1eb1, 0x1eb3,
	0x1eb5, 0x1eaf, 0,      0,      0,      0,      0,      0,      0,      0x1eb7, 0x1ea7, 0x1ea9, 0x1eab, 0x1ea5,
	0x1ead, 0xe8,   0,      0x1ebb, 0x1ebd, 0xe9,   0x1eb9, 0x1ec1, 0x1ec3, 0x1ec5, 0x1ebf, 0x1ec7, 0xec,   0x1ec9,
	0,      0,      0,      0x0129, 0xed,   0x1ecb, 0xf2,   0,      0x1ecf, 0xf5,   0xf3,   0x1ecd, 0x1ed3, 0x1ed5,
	0x1ed7, 0x1ed1, 0x1ed9, 0x1edd, 0x1edf, 0x1ee1, 0x1edb, 0x1ee3, 0xf9,   0,      0x1ee7, 0x0169, 0xfa,   0x1ee5,
	0x1eeb, 0x1eed, 0x1eef, 0x1ee9, 0x1ef1, 0x1ef3, 0x1ef7, 0x1ef9, 0xfd,   0x1ef5,
};

/* Of the letters in that table and of ASCII. */
static uint32_t capital(uint32_t c) {
	if (c >= 'a' && c <= 'z') return c - 0x20;
	if (c >= 0xe0 && c <= 0xfd) return c - 0x20;
	return c == 0x01b0 || (c >= 0x100 && (c & 1) && c != 0x01af) ? c - 1 : c;
}

static unsigned from_tcvn3(uint32_t code, bool capitals, uint32_t chars[PDF_LEGACY_CHARS]) {
	uint32_t c = code >= 0xa1 && code <= 0xfe ? tcvn3[code - 0xa1] : 0;
	if (!c && code < 0x80) c = code;
	chars[0] = capitals ? capital(c) : c;
	return chars[0] && chars[0] != code;
}

/* ---- VNI ---- */

/* Letters of their own, small; capitals have codes 0x20 below. */
static const struct {
	unsigned char code;
	uint16_t small, capital;
} vni_letters[] = {
	{0xf1, 0x0111, 0x0110}, {0xf2, 0x1ecb, 0x1eca}, {0xe6, 0x1ec9, 0x1ec8}, {0xf3, 0x0129, 0x0128},
	{0xf4, 0x01a1, 0x01a0}, {0xf6, 0x01b0, 0x01af}, {0xee, 0x1ef5, 0x1ef4},
};

/* Marks on the letter before them; on a capital the codes are 0x20 below. */
static const struct {
	unsigned char code;
	uint16_t marks[PDF_LEGACY_CHARS];
} vni_marks[] = {
	{0xf8, {0x300}},        {0xf9, {0x301}},        {0xef, {0x323}},        {0xfb, {0x309}},
	{0xf5, {0x303}},        {0xe2, {0x302}},        {0xe1, {0x302, 0x301}}, {0xe0, {0x302, 0x300}},
	{0xe5, {0x302, 0x309}}, {0xe3, {0x302, 0x303}}, {0xe4, {0x302, 0x323}}, {0xea, {0x306}},
	{0xe9, {0x306, 0x301}}, {0xe8, {0x306, 0x300}}, {0xfa, {0x306, 0x309}}, {0xfc, {0x306, 0x303}},
	{0xeb, {0x306, 0x323}},
};

static unsigned from_vni(uint32_t code, uint32_t chars[PDF_LEGACY_CHARS]) {
	if (code < 0xc0 || code > 0xff) return 0;
	bool upper = code < 0xe0;
	if (upper) code += 0x20;
	for (size_t i = 0; i < ARRAY_LEN(vni_letters); i++)
		if (vni_letters[i].code == code)
			return chars[0] = upper ? vni_letters[i].capital : vni_letters[i].small, 1;
	for (size_t i = 0; i < ARRAY_LEN(vni_marks); i++) {
		if (vni_marks[i].code != code) continue;
		chars[0] = vni_marks[i].marks[0];
		chars[1] = vni_marks[i].marks[1];
		return chars[1] ? 2 : 1;
	}
	return 0;
}

unsigned pdf_legacy_chars(enum pdf_legacy legacy, uint32_t latin, uint32_t chars[PDF_LEGACY_CHARS]) {
	uint32_t code = latin;
	if (legacy == PDF_LEGACY_NONE) return 0;
	/* What programs give for 0xad and 0xb7, and the private codes of symbol fonts. */
	if (latin == 0x2212) code = 0xad;
	if (latin == 0x2219) code = 0xb7;
	if (latin >= 0xf020 && latin <= 0xf0ff) code = latin - 0xf000;
	unsigned count = legacy == PDF_LEGACY_VNI ? from_vni(code, chars)
						  : from_tcvn3(code, legacy == PDF_LEGACY_TCVN3_CAPITALS, chars);
	if (count || code == latin) return count;
	chars[0] = code;
	return 1;
}
