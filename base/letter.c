#include "base/letter.h"

/* The twelve Vietnamese vowels in lower case, each with its six tones in the order of enum letter_tone. Upper case is
 * 0x20 below in Latin-1 and 1 below elsewhere. Together with đ these are the 134 letters that ASCII lacks or shares. */
static const struct {
	char base;
	unsigned char shape;
	uint16_t tones[TONES];
} vowels[] = {
	{'a', SHAPE_PLAIN, {'a', 0x00e0, 0x1ea3, 0x00e3, 0x00e1, 0x1ea1}},
	{'a', SHAPE_BREVE, {0x0103, 0x1eb1, 0x1eb3, 0x1eb5, 0x1eaf, 0x1eb7}},
	{'a', SHAPE_CIRCUMFLEX, {0x00e2, 0x1ea7, 0x1ea9, 0x1eab, 0x1ea5, 0x1ead}},
	{'e', SHAPE_PLAIN, {'e', 0x00e8, 0x1ebb, 0x1ebd, 0x00e9, 0x1eb9}},
	{'e', SHAPE_CIRCUMFLEX, {0x00ea, 0x1ec1, 0x1ec3, 0x1ec5, 0x1ebf, 0x1ec7}},
	{'i', SHAPE_PLAIN, {'i', 0x00ec, 0x1ec9, 0x0129, 0x00ed, 0x1ecb}},
	{'o', SHAPE_PLAIN, {'o', 0x00f2, 0x1ecf, 0x00f5, 0x00f3, 0x1ecd}},
	{'o', SHAPE_CIRCUMFLEX, {0x00f4, 0x1ed3, 0x1ed5, 0x1ed7, 0x1ed1, 0x1ed9}},
	{'o', SHAPE_HORN, {0x01a1, 0x1edd, 0x1edf, 0x1ee1, 0x1edb, 0x1ee3}},
	{'u', SHAPE_PLAIN, {'u', 0x00f9, 0x1ee7, 0x0169, 0x00fa, 0x1ee5}},
	{'u', SHAPE_HORN, {0x01b0, 0x1eeb, 0x1eed, 0x1eef, 0x1ee9, 0x1ef1}},
	{'y', SHAPE_PLAIN, {'y', 0x1ef3, 0x1ef7, 0x1ef9, 0x00fd, 0x1ef5}},
};

static const uint16_t tone_marks[TONES] = {0, 0x0300, 0x0309, 0x0303, 0x0301, 0x0323};
static const uint16_t shape_marks[SHAPES] = {0, 0x0306, 0x0302, 0x031b, 0};

/* U+00C0 to U+017F without marks, in lower case; ' ' where there is no single plain letter. Eth is d: it stands for Đ
 * in many old Vietnamese texts. */
static const char latin[] = "aaaaaa ceeeeiiiidnooooo ouuuuy  aaaaaa ceeeeiiiidnooooo ouuuuy y"
			    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkkklllllll"
			    "lllnnnnnnnnnoooooo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static uint32_t upper_of(uint32_t lower) {
	return lower < 0x100 ? lower - 0x20 : lower - 1;
}

static bool is_upper_ascii(uint32_t code) {
	return code >= 'A' && code <= 'Z';
}

static struct letter taken_apart(uint32_t code) {
	if (code == 0x0111) return (struct letter){'d', SHAPE_STROKE, 0};
	if (code == 0x0110) return (struct letter){'D', SHAPE_STROKE, 0};
	if (code < 0xc0 || code > 0x1ef9) return (struct letter){.base = code};
	for (size_t i = 0; i < ARRAY_LEN(vowels); i++)
		for (unsigned t = 0; t < TONES; t++) {
			uint32_t lower = vowels[i].tones[t], base = (unsigned char)vowels[i].base;
			if (code == lower) return (struct letter){base, vowels[i].shape, (unsigned char)t};
			if (code == upper_of(lower))
				return (struct letter){base - 0x20, vowels[i].shape, (unsigned char)t};
		}
	return (struct letter){.base = code};
}

/* Puts a combining mark on the letter before it; false when it is none of ours or the place is taken. */
static bool attach(struct letter *letter, uint32_t mark) {
	if (mark == 0x0340 || mark == 0x0341) mark = mark == 0x0340 ? 0x0300 : 0x0301; /* deprecated twins */
	for (unsigned t = 1; t < TONES; t++)
		if (mark == tone_marks[t] && !letter->tone) return letter->tone = (unsigned char)t, true;
	for (unsigned s = 1; s < SHAPES; s++)
		if (mark == shape_marks[s] && !letter->shape) return letter->shape = (unsigned char)s, true;
	return false;
}

uint32_t letter_decode(const char **text) {
	const unsigned char *p = (const unsigned char *)*text;
	if (!*p) return 0;
	size_t more = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	uint32_t code = more == 0 ? *p : *p & (0x3fu >> more);
	bool bad = (*p >= 0x80 && *p < 0xc2) || *p > 0xf4;
	for (size_t i = 1; !bad && i <= more; i++) {
		bad = (p[i] & 0xc0) != 0x80; /* also at the terminating zero */
		code = code << 6 | (p[i] & 0x3f);
	}
	bad = bad || code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000);
	*text += bad ? 1 : 1 + more;
	return bad ? 0xfffd : code;
}

struct letter *letters_of(const char *text, size_t *count) {
	struct letter *letters = NULL;
	size_t cap = 0;
	*count = 0;
	for (uint32_t code; (code = letter_decode(&text));) {
		if (*count && letter_is_mark(code) && attach(&letters[*count - 1], code)) continue;
		ARRAY_GROW(letters, *count, cap);
		letters[(*count)++] = taken_apart(code);
	}
	return letters;
}

void letter_put_code(struct buf *out, uint32_t code) {
	if (code < 0x80) {
		buf_add_byte(out, (unsigned char)code);
	} else if (code < 0x800) {
		buf_add_byte(out, (unsigned char)(0xc0 | code >> 6));
		buf_add_byte(out, (unsigned char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		buf_add_byte(out, (unsigned char)(0xe0 | code >> 12));
		buf_add_byte(out, (unsigned char)(0x80 | (code >> 6 & 0x3f)));
		buf_add_byte(out, (unsigned char)(0x80 | (code & 0x3f)));
	} else {
		buf_add_byte(out, (unsigned char)(0xf0 | code >> 18));
		buf_add_byte(out, (unsigned char)(0x80 | (code >> 12 & 0x3f)));
		buf_add_byte(out, (unsigned char)(0x80 | (code >> 6 & 0x3f)));
		buf_add_byte(out, (unsigned char)(0x80 | (code & 0x3f)));
	}
}

static uint32_t composed(struct letter l) {
	bool upper = is_upper_ascii(l.base);
	uint32_t base = upper ? l.base + 0x20 : l.base;
	if (l.shape == SHAPE_STROKE && !l.tone && base == 'd') return upper ? 0x0110 : 0x0111;
	for (size_t i = 0; i < ARRAY_LEN(vowels); i++) {
		if ((unsigned char)vowels[i].base != base || vowels[i].shape != l.shape) continue;
		uint32_t lower = vowels[i].tones[l.tone];
		return upper ? upper_of(lower) : lower;
	}
	return 0;
}

void letter_put(struct buf *out, struct letter l) {
	uint32_t code = l.shape || l.tone ? composed(l) : l.base;
	if (code) {
		letter_put_code(out, code);
		return;
	}
	/* No such letter: the marks follow it, those below first (the canonical order). */
	bool stroke = l.shape == SHAPE_STROKE;
	letter_put_code(out, stroke ? l.base == 'D' ? 0x0110 : 0x0111 : l.base);
	if (l.tone == TONE_DOT) letter_put_code(out, tone_marks[TONE_DOT]);
	if (l.shape && !stroke) letter_put_code(out, shape_marks[l.shape]);
	if (l.tone && l.tone != TONE_DOT) letter_put_code(out, tone_marks[l.tone]);
}

bool letter_is_mark(uint32_t code) {
	return code >= 0x0300 && code <= 0x036f;
}

bool letter_is_invisible(uint32_t code) {
	return code == 0x00ad || (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x2069) || code == 0xfeff;
}

bool letter_is_space(uint32_t code) {
	return code <= ' ' || (code >= 0x7f && code <= 0xa0) || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
	       code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

bool letter_is_dash(uint32_t code) {
	return code == '-' || (code >= 0x2010 && code <= 0x2015) || code == 0x2212;
}

bool letter_is_word(uint32_t code) {
	if (code < 0x80) return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || is_upper_ascii(code);
	if (code < 0xc0) return code == 0xaa || code == 0xb5 || code == 0xba;
	if (code == 0xd7 || code == 0xf7 || code == 0xfffd) return false;
	return !(code >= 0x2000 && code <= 0x2bff) && !(code >= 0x3000 && code <= 0x303f);
}

uint32_t letter_lower(uint32_t code) {
	if (is_upper_ascii(code)) return code + 0x20;
	if (code < 0xc0 || code > 0x1ef9) return code;
	if (code <= 0xde) return code == 0xd7 ? code : code + 0x20;
	if (code == 0x178) return 0xff;
	if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e)) return code & 1 ? code + 1 : code;
	if (code >= 0x100 && code <= 0x177) return code | 1;
	if (code == 0x1a0 || code == 0x1af) return code + 1;
	return code >= 0x1ea0 ? code | 1 : code;
}

uint32_t letter_plain(uint32_t lower) {
	if (lower == 0x1a1) return 'o';
	if (lower == 0x1b0) return 'u';
	if (lower < 0xc0 || lower - 0xc0 >= sizeof latin - 1 || latin[lower - 0xc0] == ' ') return lower;
	return (unsigned char)latin[lower - 0xc0];
}

int letter_columns(const char *text, const char *end) {
	int n = 0;
	for (; end ? text < end : *text; text++) n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}
