#include "archiver/fold.h"

#include "base/letter.h"

#include <stdlib.h>
#include <string.h>

char *fold_nfc(const char *text) {
	size_t count;
	struct letter *letters = letters_of(text, &count);
	struct buf out = {0};
	for (size_t i = 0; i < count; i++) letter_put(&out, letters[i]);
	free(letters);
	return buf_take_text(&out);
}

bool fold_has_marks(const char *text) {
	size_t count;
	struct letter *letters = letters_of(text, &count);
	bool found = false;
	for (size_t i = 0; i < count && !found; i++) found = letters[i].shape || letters[i].tone;
	free(letters);
	return found;
}

/* Lower case, spaces and dashes made one kind, what cannot be seen dropped: what both keys have in common. Spaces are
 * collapsed where the letters are put out. */
static size_t tidy(struct letter *letters, size_t count) {
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		struct letter l = letters[i];
		if (letter_is_invisible(l.base)) continue;
		if (letter_is_space(l.base))
			l = (struct letter){.base = ' '};
		else if (letter_is_dash(l.base))
			l = (struct letter){.base = '-'};
		else
			l.base = letter_lower(l.base);
		if (l.base == 0xf0) l = (struct letter){'d', SHAPE_STROKE, 0}; /* eth typed for đ */
		if (l.base == ' ' && (!kept || letters[kept - 1].base == ' ')) continue;
		letters[kept++] = l;
	}
	while (kept && letters[kept - 1].base == ' ') kept--;
	return kept;
}

char *fold_key(const char *text) {
	size_t count;
	struct letter *letters = letters_of(text, &count);
	count = tidy(letters, count);
	struct buf out = {0};
	for (size_t i = 0; i < count; i++)
		if (!letter_is_mark(letters[i].base)) letter_put_code(&out, letter_plain(letters[i].base));
	free(letters);
	return buf_take_text(&out);
}

static bool plain_pair(const struct letter *a, const struct letter *b) {
	if (a->shape || b->shape) return false;
	return (a->base == 'o' && (b->base == 'a' || b->base == 'e')) || (a->base == 'u' && b->base == 'y');
}

/* One syllable, [start, end). In open syllables on oa, oe, uy the tone stands on the first letter in the old spelling
 * and on the second in the new; `qu` is a consonant, so there it belongs to the y. */
static void normalise_tone(struct letter *letters, size_t start, size_t end) {
	if (end - start < 2) return;
	struct letter *first = &letters[end - 2], *second = &letters[end - 1];
	if (!plain_pair(first, second)) return;
	bool qu = second->base == 'y' && end - start > 2 && letters[end - 3].base == 'q';
	struct letter *from = qu ? first : second, *to = qu ? second : first;
	if (!from->tone || to->tone) return;
	to->tone = from->tone;
	from->tone = TONE_LEVEL;
}

static void normalise_tones(struct letter *letters, size_t count) {
	size_t start = 0;
	for (size_t i = 0; i <= count; i++) {
		if (i < count && letters[i].base >= 'a' && letters[i].base <= 'z') continue;
		normalise_tone(letters, start, i);
		start = i + 1;
	}
}

char *fold_exact(const char *text) {
	size_t count;
	struct letter *letters = letters_of(text, &count);
	count = tidy(letters, count);
	normalise_tones(letters, count);
	struct buf out = {0};
	for (size_t i = 0; i < count; i++) letter_put(&out, letters[i]);
	free(letters);
	return buf_take_text(&out);
}

/* The zeros a number begins with, except its last digit. */
static const char *after_zeros(const char *text) {
	while (*text == '0' && text[1] >= '0' && text[1] <= '9') text++;
	return text;
}

char *fold_number(const char *text) {
	char *key = fold_key(text);
	char *number = xstrdup(after_zeros(key));
	free(key);
	return number;
}

static bool joins(char c) {
	return c && strchr("/-.", c);
}

static char *joined(char *key) {
	struct buf out = {0};
	for (const char *p = after_zeros(key); *p; p++) {
		if (*p == ' ' && (joins(p[1]) || (out.len && joins((char)out.data[out.len - 1])))) continue;
		buf_add_byte(&out, (unsigned char)*p);
	}
	free(key);
	return buf_take_text(&out);
}

char *fold_symbol(const char *text) {
	return joined(fold_key(text));
}

char *fold_symbol_exact(const char *text) {
	return joined(fold_exact(text));
}

const char *fold_next_word(const char **cursor, size_t *len) {
	const char *p = *cursor, *start = NULL;
	for (;;) {
		const char *here = p;
		uint32_t code = letter_decode(&p);
		bool word = letter_is_word(code);
		if (word && !start) start = here;
		if (start && !word) {
			*len = (size_t)(here - start);
			*cursor = here;
			return start;
		}
		if (!code) {
			*cursor = here;
			return NULL;
		}
	}
}
