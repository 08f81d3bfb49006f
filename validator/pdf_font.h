/* Fonts, as far as reading goes: which characters the codes of a shown string are, and how far each moves the pen. */
#ifndef LTVAULT_VALIDATOR_PDF_FONT_H
#define LTVAULT_VALIDATOR_PDF_FONT_H

#include "validator/pdf_cmap.h"
#include "validator/pdf_encoding.h"
#include "validator/pdf_legacy.h"
#include "validator/pdf_object.h"

struct pdf_width {
	uint32_t low, high; /* codes */
	double width;       /* of an em */
};

struct pdf_font {
	const struct pdf_value *dict; /* what it was read from */
	bool wide;                    /* codes of two bytes */
	bool by_cmap;                 /* codes as long as the CMap's codespaces say */
	bool identity;                /* its ToUnicode says that codes are characters */
	enum pdf_encoding encoding;   /* of a simple font */
	enum pdf_legacy legacy;
	struct pdf_cmap cmap; /* ToUnicode */
	struct {
		uint32_t chars[PDF_GLYPH_CHARS];
		uint8_t count;
		bool given;       /* by /Differences, known or not */
	} * names;                /* 256 of them; NULL: no differences */
	struct pdf_width *widths; /* by `low` */
	size_t width_count, width_cap;
	double unit, missing; /* ems for a width of 1; width of what has none */
};

#define PDF_CODE_CHARS (PDF_CMAP_CHARS * PDF_LEGACY_CHARS)

struct pdf_code {
	size_t len;   /* bytes taken, at least 1 */
	double width; /* ems */
	bool space;   /* the one-byte code 32, which word spacing is about */
	unsigned count;
	uint32_t chars[PDF_CODE_CHARS]; /* count 0: it cannot be said what it shows */
};

/* `*bytes` counts down what may still be decoded of streams. The dictionary must outlive the font. */
struct pdf_font *pdf_font_read(struct pdf_file *file, const struct pdf_value *dict, uint64_t *bytes);
void pdf_font_free(struct pdf_font *font); /* NULL is fine */
/* The code that `text` begins with; `len` is not 0. */
void pdf_font_next(const struct pdf_font *font, const unsigned char *text, size_t len, struct pdf_code *code);

/* A stream decoded, where it is small enough and `*bytes` allows; malloc'ed. */
bool pdf_font_stream(struct pdf_file *file, const struct pdf_value *stream, uint64_t *bytes, unsigned char **data,
		     size_t *len);

#endif
