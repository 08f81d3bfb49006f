#include "validator/pdf_encoding.h"

#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

/* ---- encodings ---- */

/* From 0x80 to 0x9f; above it is Latin-1. */
static const uint16_t win_ansi[32] = {
	0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

/* From 0x80. */
static const uint16_t mac_roman[128] = {
	0xc4,   0xc5,   0xc7,   0xc9,   0xd1,   0xd6,   0xdc,   0xe1,   0xe0,   0xe2,   0xe4,   0xe3,   0xe5,
	0xe7,   0xe9,   0xe8,   0xea,   0xeb,   0xed,   0xec,   0xee,   0xef,   0xf1,   0xf3,   0xf2,   0xf4,
	0xf6,   0xf5,   0xfa,   0xf9,   0xfb,   0xfc,   0x2020, 0xb0,   0xa2,   0xa3,   0xa7,   0x2022, 0xb6,
	0xdf,   0xae,   0xa9,   0x2122, 0xb4,   0xa8,   0x2260, 0xc6,   0xd8,   0x221e, 0xb1,   0x2264, 0x2265,
	0xa5,   0xb5,   0x2202, 0x2211, 0x220f, 0x03c0, 0x222b, 0xaa,   0xba,   0x03a9, 0xe6,   0xf8,   0xbf,
	0xa1,   0xac,   0x221a, 0x0192, 0x2248, 0x2206, 0xab,   0xbb,   0x2026, 0xa0,   0xc0,   0xc3,   0xd5,
	0x0152, 0x0153, 0x2013, 0x2014, 0x201c, 0x201d, 0x2018, 0x2019, 0xf7,   0x25ca, 0xff,   0x0178, 0x2044,
	0x20ac, 0x2039, 0x203a, 0xfb01, 0xfb02, 0x2021, 0xb7,   0x201a, 0x201e, 0x2030, 0xc2,   0xca,   0xc1,
	0xcb,   0xc8,   0xcd,   0xce,   0xcf,   0xcc,   0xd3,   0xd4,   0,      0xd2,   0xda,   0xdb,   0xd9,
	0x0131, 0x02c6, 0x02dc, 0xaf,   0x02d8, 0x02d9, 0x02da, 0xb8,   0x02dd, 0x02db, 0x02c7,
};

/* From 0xa1 to 0xbf; of what is above, letters that Vietnamese does not use. */
static const uint16_t standard[31] = {
	0xa1,   0xa2,   0xa3,   0x2044, 0xa5, 0x0192, 0xa7,   0xa4,   0x27, 0x201c, 0xab,
	0x2039, 0x203a, 0xfb01, 0xfb02, 0,    0x2013, 0x2020, 0x2021, 0xb7, 0,      0xb6,
	0x2022, 0x201a, 0x201e, 0x201d, 0xbb, 0x2026, 0x2030, 0,      0xbf,
};

uint32_t pdf_encoding_char(enum pdf_encoding encoding, unsigned char code) {
	bool ascii = code >= 0x20 && code < 0x7f;
	switch (encoding) {
	case PDF_ENCODING_UNKNOWN:
		return 0;
	case PDF_ENCODING_STANDARD:
		if (code == '\'' || code == '`') return code == '`' ? 0x2018 : 0x2019;
		return ascii ? code : code >= 0xa1 && code <= 0xbf ? standard[code - 0xa1] : code == 0xd0 ? 0x2014 : 0;
	case PDF_ENCODING_WIN_ANSI:
		if (code == 0xad) return '-';
		return ascii || code >= 0xa0 ? code : code >= 0x80 ? win_ansi[code - 0x80] : 0;
	case PDF_ENCODING_MAC_ROMAN:
		return ascii ? code : code >= 0x80 ? mac_roman[code - 0x80] : 0;
	}
	return 0;
}

/* ---- glyph names ---- */

/* clang-format off */
/* Names that are not a letter with marks. A name of one letter is that letter. */
static const struct {
	const char *name;
	uint16_t code;
} names[] = {
	{"space", ' '}, {"exclam", '!'}, {"quotedbl", '"'}, {"numbersign", '#'}, {"dollar", '$'}, {"percent", '%'},
	{"ampersand", '&'}, {"quotesingle", '\''}, {"parenleft", '('}, {"parenright", ')'}, {"asterisk", '*'},
	{"plus", '+'}, {"comma", ','}, {"hyphen", '-'}, {"period", '.'}, {"slash", '/'}, {"zero", '0'}, {"one", '1'},
	{"two", '2'}, {"three", '3'}, {"four", '4'}, {"five", '5'}, {"six", '6'}, {"seven", '7'}, {"eight", '8'},
	{"nine", '9'}, {"colon", ':'}, {"semicolon", ';'}, {"less", '<'}, {"equal", '='}, {"greater", '>'},
	{"question", '?'}, {"at", '@'}, {"bracketleft", '['}, {"backslash", '\\'}, {"bracketright", ']'},
	{"asciicircum", '^'}, {"underscore", '_'}, {"grave", '`'}, {"braceleft", '{'}, {"bar", '|'}, {"braceright", '}'},
	{"asciitilde", '~'}, {"nbspace", 0xa0}, {"nonbreakingspace", 0xa0}, {"exclamdown", 0xa1}, {"cent", 0xa2},
	{"sterling", 0xa3}, {"currency", 0xa4}, {"yen", 0xa5}, {"brokenbar", 0xa6}, {"section", 0xa7}, {"dieresis", 0xa8},
	{"copyright", 0xa9}, {"ordfeminine", 0xaa}, {"guillemotleft", 0xab}, {"logicalnot", 0xac}, {"sfthyphen", 0xad},
	{"softhyphen", 0xad}, {"registered", 0xae}, {"macron", 0xaf}, {"degree", 0xb0}, {"plusminus", 0xb1},
	{"twosuperior", 0xb2}, {"threesuperior", 0xb3}, {"acute", 0xb4}, {"mu", 0xb5}, {"paragraph", 0xb6},
	{"periodcentered", 0xb7}, {"middot", 0xb7}, {"cedilla", 0xb8}, {"onesuperior", 0xb9}, {"ordmasculine", 0xba},
	{"guillemotright", 0xbb}, {"onequarter", 0xbc}, {"onehalf", 0xbd}, {"threequarters", 0xbe}, {"questiondown", 0xbf},
	{"AE", 0xc6}, {"Eth", 0xd0}, {"multiply", 0xd7}, {"Oslash", 0xd8}, {"Thorn", 0xde}, {"germandbls", 0xdf},
	{"ae", 0xe6}, {"eth", 0xf0}, {"divide", 0xf7}, {"oslash", 0xf8}, {"thorn", 0xfe}, {"Dcroat", 0x110},
	{"dcroat", 0x111}, {"Dslash", 0x110}, {"dmacron", 0x111}, {"dotlessi", 0x131}, {"endash", 0x2013},
	{"emdash", 0x2014}, {"quoteleft", 0x2018}, {"quoteright", 0x2019}, {"quotedblleft", 0x201c},
	{"quotedblright", 0x201d}, {"bullet", 0x2022}, {"ellipsis", 0x2026}, {"minus", 0x2212}, {"fi", 0xfb01},
	{"fl", 0xfb02},
};

static const struct {
	const char *name;
	uint16_t code;
} marks[] = {
	{"circumflex", 0x302}, {"hookabove", 0x309}, {"dotbelow", 0x323}, {"dieresis", 0x308}, {"cedilla", 0x327},
	{"acute", 0x301}, {"grave", 0x300}, {"tilde", 0x303}, {"breve", 0x306}, {"caron", 0x30c}, {"horn", 0x31b},
	{"ring", 0x30a}, {"hook", 0x309},
};
/* clang-format on */

static bool begins(const char *text, size_t len, const char *with) {
	size_t n = strlen(with);
	return n <= len && !memcmp(text, with, n);
}

/* Four to six hexadecimal digits in capitals, and nothing else. */
static uint32_t hex_of(const char *text, size_t len) {
	uint32_t code = 0;
	if (len < 4 || len > 6) return 0;
	for (size_t i = 0; i < len; i++) {
		const char *digits = "0123456789ABCDEF", *at = text[i] ? strchr(digits, text[i]) : NULL;
		if (!at) return 0;
		code = code << 4 | (uint32_t)(at - digits);
	}
	return code >= 0xd800 && (code < 0xe000 || code > 0x10ffff) ? 0 : code;
}

/* A letter, and the names of its marks one after another. */
static unsigned with_marks(const char *name, size_t len, uint32_t chars[PDF_GLYPH_CHARS]) {
	unsigned count = 0;
	bool letter = len && ((name[0] >= 'a' && name[0] <= 'z') || (name[0] >= 'A' && name[0] <= 'Z'));
	if (!letter) return 0;
	chars[count++] = (unsigned char)name[0];
	for (size_t at = 1; at < len;) {
		size_t i = 0;
		while (i < ARRAY_LEN(marks) && !begins(name + at, len - at, marks[i].name)) i++;
		if (i == ARRAY_LEN(marks) || count == PDF_GLYPH_CHARS) return 0;
		chars[count++] = marks[i].code;
		at += strlen(marks[i].name);
	}
	return count;
}

unsigned pdf_glyph_chars(const char *name, size_t len, uint32_t chars[PDF_GLYPH_CHARS]) {
	const char *dot = len > 1 ? memchr(name + 1, '.', len - 1) : NULL; /* "a.sc" is drawn otherwise, and is an a */
	if (dot) len = (size_t)(dot - name);
	chars[0] = len == 7 && begins(name, len, "uni") ? hex_of(name + 3, 4) : 0;
	if (!chars[0] && len > 1 && name[0] == 'u') chars[0] = hex_of(name + 1, len - 1);
	if (chars[0]) return 1;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strlen(names[i].name) == len && begins(name, len, names[i].name))
			return chars[0] = names[i].code, 1;
	return with_marks(name, len, chars);
}
