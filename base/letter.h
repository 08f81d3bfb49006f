/* One letter of Vietnamese text with its marks apart: what folding works on (archiver/fold.c, validator/pdf_copy.c). */
#ifndef LTVAULT_BASE_LETTER_H
#define LTVAULT_BASE_LETTER_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum letter_shape { SHAPE_PLAIN, SHAPE_BREVE, SHAPE_CIRCUMFLEX, SHAPE_HORN, SHAPE_STROKE, SHAPES };
enum letter_tone { TONE_LEVEL, TONE_GRAVE, TONE_HOOK, TONE_TILDE, TONE_ACUTE, TONE_DOT, TONES };

struct letter {
	uint32_t base; /* code point without shape and tone; case kept */
	unsigned char shape, tone;
};

/* Takes text apart; *count letters, owned by the caller. */
struct letter *letters_of(const char *text, size_t *count);
/* Appends a letter, composed where Unicode has it composed. */
void letter_put(struct buf *out, struct letter letter);
/* Appends one code point as UTF-8. */
void letter_put_code(struct buf *out, uint32_t code);

bool letter_is_mark(uint32_t code);      /* a combining mark */
bool letter_is_invisible(uint32_t code); /* format characters without a width of their own */
bool letter_is_space(uint32_t code);     /* any space or control character */
bool letter_is_dash(uint32_t code);
bool letter_is_word(uint32_t code);    /* letters and digits, of any script */
uint32_t letter_lower(uint32_t code);  /* Latin */
uint32_t letter_plain(uint32_t lower); /* Latin letter without its marks: é gives e; else itself */

/* How many letters stand before `end` (NULL: in all): on a terminal each of our two languages takes one column. */
int letter_columns(const char *text, const char *end);

/* Decodes one code point at *text and moves on; U+FFFD for what is no UTF-8. 0 at the end. */
uint32_t letter_decode(const char **text);

#endif
