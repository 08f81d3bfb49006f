#include "validator/pdf_shown.h"

#include "base/limits.h"
#include "validator/pdf_lexer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct drawing {
	struct pdf_file *file;
	const struct pdf_value *fonts, *defaults;
	struct pdf_lexer words;
	struct buf strings; /* operands not used yet, one after another */
	char name[64];      /* the last name among them */
	bool font_simple;
	struct buf *out;
};

/* ---- fonts ---- */

static bool is_simple(struct pdf_file *file, const struct pdf_value *font) {
	const struct pdf_value *kind = pdf_get(file, font, "Subtype"), *base = pdf_get(file, font, "BaseFont");
	const struct pdf_value *encoding = pdf_get(file, font, "Encoding");
	const struct pdf_value *flags = pdf_get(file, pdf_get(file, font, "FontDescriptor"), "Flags");
	if (!pdf_is_name(kind, "Type1") && !pdf_is_name(kind, "TrueType")) return false;
	if (pdf_is_name(base, "Symbol") || pdf_is_name(base, "ZapfDingbats")) return false;
	if (flags->type == PDF_INTEGER && flags->integer & 4) return false; /* symbolic: letters of its own */
	return encoding->type != PDF_DICT || !pdf_entry(encoding, "Differences");
}

static void choose_font(struct drawing *d) {
	const struct pdf_value *font = pdf_get(d->file, d->fonts, d->name);
	if (font->type != PDF_DICT) font = pdf_get(d->file, d->defaults, d->name);
	d->font_simple = font->type == PDF_DICT && is_simple(d->file, font);
}

/* ---- operators ---- */

static bool show(struct drawing *d) {
	if (!d->font_simple || d->out->len + d->strings.len > LIMIT_PDF_SHOWN_BYTES) return false;
	for (size_t i = 0; i < d->strings.len; i++)
		if (d->strings.data[i] >= 0x7f) return false;
	buf_add(d->out, d->strings.data ? d->strings.data : (const unsigned char *)"", d->strings.len);
	return true;
}

/* False when it is beyond what is looked at: images, other forms, invisible text. */
static bool operate(struct drawing *d) {
	static const char *const beyond[] = {"Do", "BI", "Tr", "gs", "sh"}, *const shows[] = {"Tj", "TJ", "'", "\""};
	bool good = true;
	for (size_t i = 0; i < ARRAY_LEN(beyond); i++)
		if (pdf_lexer_is(&d->words, beyond[i])) good = false;
	for (size_t i = 0; good && i < ARRAY_LEN(shows); i++)
		if (pdf_lexer_is(&d->words, shows[i])) good = show(d);
	if (pdf_lexer_is(&d->words, "Tf")) choose_font(d);
	d->strings.len = 0;
	return good;
}

static bool run(struct drawing *d) {
	enum pdf_token token;
	while ((token = pdf_lexer_next(&d->words)) != PDF_TOKEN_END) {
		if (token == PDF_TOKEN_STRING && d->words.text.len)
			buf_add(&d->strings, d->words.text.data, d->words.text.len);
		if (token == PDF_TOKEN_NAME) snprintf(d->name, sizeof d->name, "%s", buf_text(&d->words.text));
		if (token == PDF_TOKEN_WORD && !operate(d)) return false;
	}
	return true;
}

bool pdf_shown_text(struct pdf_file *file, const struct pdf_value *form, const struct pdf_value *defaults, uint64_t *left,
		    struct buf *out) {
	unsigned char *data = NULL;
	size_t len = 0;
	const struct pdf_value *stored = pdf_get(file, form, "Length");
	/* Flate grows by up to 1,000; a text field's look has some hundred bytes. */
	if (form->type != PDF_STREAM || stored->type != PDF_INTEGER || stored->integer < 0 ||
	    stored->integer > LIMIT_PDF_SHOWN_BYTES || *left == 0 || !pdf_file_stream(file, form->id, true, &data, &len))
		return false;
	*left -= len < *left ? len : *left;
	struct drawing d = {.file = file,
			    .fonts = pdf_get(file, pdf_get(file, form, "Resources"), "Font"),
			    .defaults = pdf_get(file, defaults, "Font"),
			    .words = {.data = data, .len = len},
			    .out = out};
	bool simple = run(&d);
	buf_dispose(&d.strings);
	pdf_lexer_dispose(&d.words);
	free(data);
	return simple;
}
