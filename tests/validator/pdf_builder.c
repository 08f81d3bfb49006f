#include "pdf_builder.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP_DIGITS 64
static const char range_space[] = "[0 0000000000 0000000000 0000000000]";

void pdf_builder_begin(struct pdf_builder *b, enum pdf_builder_kind kind) {
	*b = (struct pdf_builder){.kind = kind, .gap_digits = GAP_DIGITS, .size = 1};
	buf_add_text(&b->out, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
}

void pdf_builder_dispose(struct pdf_builder *b) {
	buf_dispose(&b->out);
	buf_dispose(&b->packed);
	buf_dispose(&b->packed_index);
}

static void place(struct pdf_builder *b, int number) {
	assert(number > 0 && number < PDF_BUILDER_OBJECTS);
	b->slots[number].state = SLOT_PLAIN;
	b->slots[number].where = b->out.len;
	if (number >= b->size) b->size = number + 1;
}

void pdf_builder_object(struct pdf_builder *b, int number, const char *body) {
	place(b, number);
	if (b->kind != PDF_OBJECT_STREAM) {
		buf_printf(&b->out, "%d 0 obj\n%s\nendobj\n", number, body);
		return;
	}
	b->slots[number].state = SLOT_PACKED;
	b->slots[number].index = (size_t)b->packed_count++;
	buf_printf(&b->packed_index, "%d %zu ", number, b->packed.len);
	buf_printf(&b->packed, "%s ", body);
}

void pdf_builder_bytes(struct pdf_builder *b, int number, const char *entries, const void *data, size_t len) {
	place(b, number);
	buf_printf(&b->out, "%d 0 obj\n<< %s /Length %zu >>\nstream\n", number, entries, len);
	buf_add(&b->out, data, len);
	buf_add_text(&b->out, "\nendstream\nendobj\n");
}

void pdf_builder_stream(struct pdf_builder *b, int number, const char *entries, const char *data) {
	pdf_builder_bytes(b, number, entries, data, strlen(data));
}

void pdf_builder_free(struct pdf_builder *b, int number) {
	place(b, number);
	b->slots[number].state = SLOT_FREED;
}

void pdf_builder_signature(struct pdf_builder *b, int number, const char *entries) {
	place(b, number);
	buf_printf(&b->out, "%d 0 obj\n<< %s /ByteRange ", number, entries);
	b->range = b->out.len;
	buf_printf(&b->out, "%s /Contents ", range_space);
	b->gap = b->out.len;
	b->gap_len = b->gap_digits + 2;
	buf_add_text(&b->out, "<300302012A");
	for (size_t i = 10; i < b->gap_digits; i++) buf_add_byte(&b->out, '0');
	buf_add_text(&b->out, "> >>\nendobj\n");
}

static void write_packed(struct pdf_builder *b) {
	if (!b->packed_count) return;
	int number = b->size;
	place(b, number);
	buf_printf(&b->out, "%d 0 obj\n<< /Type /ObjStm /N %d /First %zu /Length %zu >>\nstream\n", number,
		   b->packed_count, b->packed_index.len, b->packed_index.len + b->packed.len);
	buf_add(&b->out, b->packed_index.data, b->packed_index.len);
	buf_add(&b->out, b->packed.data, b->packed.len);
	buf_add_text(&b->out, "\nendstream\nendobj\n");
	for (int i = 1; i < number; i++)
		if (b->slots[i].state == SLOT_PACKED) b->slots[i].where = (size_t)number;
	buf_dispose(&b->packed);
	buf_dispose(&b->packed_index);
	b->packed_count = 0;
}

static void write_table(struct pdf_builder *b, const char *trailer) {
	buf_add_text(&b->out, "xref\n");
	buf_add_text(&b->out, "0 1\n0000000000 65535 f \n");
	for (int i = 1; i < b->size; i++) {
		if (b->slots[i].state == SLOT_PLAIN)
			buf_printf(&b->out, "%d 1\n%010zu 00000 n \n", i, b->slots[i].where);
		if (b->slots[i].state == SLOT_FREED) buf_printf(&b->out, "%d 1\n0000000000 00001 f \n", i);
	}
	buf_printf(&b->out, "trailer\n<< /Size %d %s", b->size, trailer);
	if (b->previous) buf_printf(&b->out, " /Prev %zu", b->previous);
	buf_add_text(&b->out, " >>\n");
}

static void add_row(struct buf *rows, unsigned type, size_t second, size_t third) {
	buf_add_byte(rows, (unsigned char)type);
	for (int shift = 24; shift >= 0; shift -= 8) buf_add_byte(rows, (unsigned char)(second >> shift));
	buf_add_byte(rows, (unsigned char)(third >> 8));
	buf_add_byte(rows, (unsigned char)third);
}

static void write_xref_stream(struct pdf_builder *b, const char *trailer) {
	struct buf rows = {0}, index = {0};
	int number = b->size;
	place(b, number);
	for (int i = 1; i < b->size; i++) {
		if (b->slots[i].state == SLOT_UNTOUCHED) continue;
		buf_printf(&index, "%d 1 ", i);
		if (b->slots[i].state == SLOT_FREED)
			add_row(&rows, 0, 0, 1);
		else if (b->slots[i].state == SLOT_PLAIN)
			add_row(&rows, 1, b->slots[i].where, 0);
		else
			add_row(&rows, 2, b->slots[i].where, b->slots[i].index);
	}
	buf_printf(&b->out, "%d 0 obj\n<< /Type /XRef /W [1 4 2] /Index [%s] /Size %d %s", number, buf_text(&index),
		   b->size, trailer);
	if (b->previous) buf_printf(&b->out, " /Prev %zu", b->previous);
	buf_printf(&b->out, " /Length %zu >>\nstream\n", rows.len);
	buf_add(&b->out, rows.data, rows.len);
	buf_add_text(&b->out, "\nendstream\nendobj\n");
	buf_dispose(&rows);
	buf_dispose(&index);
}

static void close_signature(struct pdf_builder *b) {
	char text[80]; /* three numbers at their longest; those that are written fit range_space */
	if (!b->gap) return;
	size_t after = b->gap + b->gap_len;
	snprintf(text, sizeof text, "[0 %010zu %010zu %010zu]", b->gap, after, b->out.len - after);
	memcpy(b->out.data + b->range, text, sizeof range_space - 1);
	b->gap = 0;
}

size_t pdf_builder_finish_with(struct pdf_builder *b, const char *trailer) {
	write_packed(b);
	size_t start = b->out.len;
	if (b->kind == PDF_TABLE)
		write_table(b, trailer);
	else
		write_xref_stream(b, trailer);
	b->previous = start;
	buf_printf(&b->out, "startxref\n%zu\n%%%%EOF\n", start);
	close_signature(b);
	for (int i = 0; i < PDF_BUILDER_OBJECTS; i++) b->slots[i].state = SLOT_UNTOUCHED;
	return b->out.len;
}

size_t pdf_builder_finish(struct pdf_builder *b) {
	return pdf_builder_finish_with(b, "/Root 1 0 R");
}

void pdf_builder_sample(struct pdf_builder *b) {
	pdf_builder_object(b, 1, "<< /Type /Catalog /Pages 2 0 R /AcroForm 5 0 R >>");
	pdf_builder_object(b, 2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
	pdf_builder_object(b, 3,
			   "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> "
			   "/Annots [6 0 R 8 0 R 9 0 R] >>");
	pdf_builder_stream(b, 4, "", "BT (pay 100) Tj ET");
	pdf_builder_object(b, 5, "<< /Fields [6 0 R 9 0 R] /SigFlags 1 /DA (/Helv 10 Tf) >>");
	pdf_builder_object(b, 6,
			   "<< /Type /Annot /Subtype /Widget /FT /Tx /T (amount) /V (100) /Rect [10 10 90 30] /F 4 "
			   "/P 3 0 R /AP << /N 7 0 R >> >>");
	pdf_builder_stream(b, 7, "/Type /XObject /Subtype /Form /BBox [0 0 80 20]", "BT (100) Tj ET");
	pdf_builder_object(b, 8, "<< /Type /Annot /Subtype /Text /Rect [100 100 120 120] /Contents (note) /P 3 0 R >>");
	pdf_builder_object(b, 9,
			   "<< /Type /Annot /Subtype /Widget /FT /Sig /T (empty) /Rect [0 0 0 0] /F 132 /P 3 0 R >>");
}

size_t pdf_builder_sign(struct pdf_builder *b, int field, const char *name, const char *fields, const char *annots,
			const char *entries) {
	char text[512];
	snprintf(text, sizeof text, "<< /Fields [%s] /SigFlags 3 /DA (/Helv 10 Tf) >>", fields);
	pdf_builder_object(b, 5, text);
	snprintf(
		text, sizeof text,
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> /Annots [%s] >>",
		annots);
	pdf_builder_object(b, 3, text);
	snprintf(text, sizeof text,
		 "<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s) /Rect [0 0 0 0] /F 132 /P 3 0 R /V %d 0 R >>", name,
		 field + 1);
	pdf_builder_object(b, field, text);
	pdf_builder_signature(b, field + 1, entries);
	return pdf_builder_finish(b);
}
