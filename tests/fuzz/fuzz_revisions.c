/* What was changed after a signature: a signed sample and, from the bytes, what came after it. The first octet chooses
 * the sample. The rest is lines, each an octet (the object's number, 0 ends a section), a letter (o object, s stream, f
 * freed) and the object, written with right offsets so that the comparison gets to see it; or bytes appended as they
 * are. */
#include "tests/validator/pdf_builder.h"
#include "tests/validator/pdf_changes.h"
#include "validator/pdf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RICH_BASE = 0x10, OTHER_KIND = 0x20, SIGNED_AGAIN = 0x40, AS_THEY_ARE = 0x80, SECTIONS_MAX = 8, NUMBERS = 200 };

static void begin(struct pdf_builder *b, unsigned flags) {
	static const char lock[] =
		"/Reference [<< /TransformMethod /FieldMDP /TransformParams << /Action /Include /Fields "
		"[(amount)] >> >>]";
	char signing[400];
	pdf_builder_begin(b, (enum pdf_builder_kind)((flags & 3) % 3));
	pdf_builder_sample(b);
	for (size_t i = 0; flags & RICH_BASE && i < ARRAY_LEN(rich_base); i++) {
		const char *body = rich_base[i].body;
		if (!strncmp(body, "stream:", 7))
			pdf_builder_stream(b, rich_base[i].number, "", body + 7);
		else
			pdf_builder_object(b, rich_base[i].number, body);
	}
	pdf_builder_finish(b);
	snprintf(signing, sizeof signing, SIG " %s", (flags & 3) == 3 ? lock : permissions[flags >> 2 & 3]);
	pdf_builder_sign(b, 20, "first", FIELDS, ANNOTS, signing);
	if (flags & OTHER_KIND) b->kind = (enum pdf_builder_kind)((b->kind + 1) % 3);
}

static void add_line(struct pdf_builder *b, unsigned number, char letter, const char *body) {
	char *entries = xstrdup(body), *content = strstr(entries, ">>");
	if (content) *content = 0, content += 2;
	if (letter == 'f')
		pdf_builder_free(b, (int)number);
	else if (letter == 's')
		pdf_builder_stream(b, (int)number, content ? entries : "", content ? content : entries);
	else
		pdf_builder_object(b, (int)number, body);
	free(entries);
}

static void add_lines(struct pdf_builder *b, const char *text, size_t size) {
	int sections = 0;
	while (size > 0) {
		const char *end = memchr(text, '\n', size);
		size_t len = end ? (size_t)(end - text) : size;
		if (len && !*text && ++sections < SECTIONS_MAX) pdf_builder_finish(b);
		if (len > 1 && *text) {
			char *body = xstrndup(text + 2, len - 2);
			add_line(b, (unsigned char)*text % NUMBERS + !((unsigned char)*text % NUMBERS), text[1], body);
			free(body);
		}
		len += end != NULL;
		text += len;
		size -= len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct pdf_builder b;
	struct pdf_document d;
	if (!size) return 0;
	begin(&b, data[0]);
	if (data[0] & AS_THEY_ARE) {
		buf_add(&b.out, data + 1, size - 1);
	} else {
		add_lines(&b, (const char *)data + 1, size - 1);
		if (data[0] & SIGNED_AGAIN)
			pdf_builder_sign(&b, 22, "second", FIELDS " 22 0 R", ANNOTS " 22 0 R", SIG);
		else
			pdf_builder_finish(&b);
	}
	pdf_read(b.out.data, b.out.len, &d);
	pdf_document_dispose(&d);
	pdf_builder_dispose(&b);
	return 0;
}
