#include "tests/pki/pdf_writer.h"

#include "tests/pki/pdf_font.h"
#include "tests/pki/tool.h"

#include <stdlib.h>
#include <string.h>

enum { CATALOG = 1, PAGES, PAGE, FONT, TO_UNICODE, FIRST_FREE };

int pdf_new_number(struct pdf *pdf) {
	need(pdf->objects + 1 < PDF_OBJECTS_MAX, "more PDF objects than expected");
	size_t count = (size_t)pdf->objects + 1;
	if (count + 1 > pdf->place_cap) {
		size_t cap = pdf->place_cap ? 2 * pdf->place_cap : 128;
		pdf->places = xreallocarray(pdf->places, cap, sizeof *pdf->places);
		memset(pdf->places + pdf->place_cap, 0, (cap - pdf->place_cap) * sizeof *pdf->places);
		pdf->place_cap = cap;
	}
	return ++pdf->objects;
}

void pdf_object(struct pdf *pdf, int number, const char *body) {
	pdf->places[number] = (struct pdf_place){.offset = pdf->out.len};
	buf_printf(&pdf->out, "%d 0 obj\n%s\nendobj\n", number, body);
}

void pdf_stream(struct pdf *pdf, int number, const char *dictionary, const void *data, size_t len) {
	pdf->places[number] = (struct pdf_place){.offset = pdf->out.len};
	buf_printf(&pdf->out, "%d 0 obj\n<< %s /Length %zu >>\nstream\n", number, dictionary, len);
	buf_add(&pdf->out, data, len);
	buf_add_text(&pdf->out, "\nendstream\nendobj\n");
}

static void write_table(struct pdf *pdf) {
	size_t start = pdf->out.len;
	buf_add_text(&pdf->out, "xref\n");
	if (!pdf->previous) buf_add_text(&pdf->out, "0 1\n0000000000 65535 f \n");
	for (int i = 1, n; i <= pdf->objects; i += n) {
		for (n = 0; i + n <= pdf->objects && pdf->places[i + n].offset; n++)
			;
		if (n) buf_printf(&pdf->out, "%d %d\n", i, n);
		for (int j = i; j < i + n; j++) buf_printf(&pdf->out, "%010zu 00000 n \n", pdf->places[j].offset);
		if (!n) n = 1;
	}
	buf_printf(&pdf->out, "trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R", pdf->objects + 1, pdf->info);
	if (pdf->previous) buf_printf(&pdf->out, " /Prev %zu", pdf->previous);
	buf_add_text(&pdf->out, " >>\n");
	pdf->previous = start;
}

static void add_entry(struct buf *rows, int type, size_t second, int third) {
	const unsigned char row[] = {(unsigned char)type,           (unsigned char)(second >> 24),
				     (unsigned char)(second >> 16), (unsigned char)(second >> 8),
				     (unsigned char)second,         (unsigned char)(third >> 8),
				     (unsigned char)third};
	buf_add(rows, row, sizeof row);
}

static void write_xref_stream(struct pdf *pdf) {
	int number = pdf_new_number(pdf);
	size_t start = pdf->out.len;
	struct buf rows = {0}, index = {0}, dictionary = {0};
	pdf->places[number] = (struct pdf_place){.offset = start};
	if (!pdf->previous) {
		add_entry(&rows, 0, 0, 65535);
		buf_add_text(&index, "0 1 ");
	}
	for (int i = 1; i <= number; i++) {
		if (!pdf->places[i].offset && !pdf->places[i].container) continue;
		if (pdf->places[i].container)
			add_entry(&rows, 2, (size_t)pdf->places[i].container, pdf->places[i].index);
		else
			add_entry(&rows, 1, pdf->places[i].offset, 0);
		buf_printf(&index, "%d 1 ", i);
	}
	buf_printf(&dictionary, "/Type /XRef /Size %d /W [1 4 2] /Index [%s] /Root 1 0 R /Info %d 0 R", number + 1,
		   buf_text(&index), pdf->info);
	if (pdf->previous) buf_printf(&dictionary, " /Prev %zu", pdf->previous);
	pdf_stream(pdf, number, buf_text(&dictionary), rows.data, rows.len);
	pdf->previous = start;
	buf_dispose(&rows);
	buf_dispose(&index);
	buf_dispose(&dictionary);
}

static void end_section(struct pdf *pdf) {
	if (pdf->streams)
		write_xref_stream(pdf);
	else
		write_table(pdf);
	buf_printf(&pdf->out, "startxref\n%zu\n%%%%EOF\n", pdf->previous);
	memset(pdf->places, 0, pdf->place_cap * sizeof *pdf->places);
}

static void add_references(struct buf *b, const int *numbers, int count) {
	for (int i = 0; i < count; i++) buf_printf(b, "%s%d 0 R", i ? " " : "", numbers[i]);
}

static char *catalog_body(const struct pdf *pdf) {
	struct buf b = {0};
	buf_printf(&b, "<< /Type /Catalog /Pages %d 0 R /Lang (vi-VN)", PAGES);
	if (pdf->field_count) {
		buf_add_text(&b, " /AcroForm << /Fields [");
		add_references(&b, pdf->fields, pdf->field_count);
		buf_add_text(&b, "] /SigFlags 3 >>");
	}
	if (pdf->certify) buf_printf(&b, " /Perms << /DocMDP %d 0 R >>", pdf->certify);
	if (pdf->dss) buf_printf(&b, " /DSS %d 0 R", pdf->dss);
	if (pdf->tags) buf_printf(&b, " /MarkInfo << /Marked true >> /StructTreeRoot %d 0 R", pdf->tags);
	buf_add_text(&b, " >>");
	return buf_take_text(&b);
}

static char *page_body(const struct pdf *pdf) {
	struct buf b = {0};
	buf_printf(&b,
		   "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
		   "/Resources << /Font << /F1 %d 0 R >> >>",
		   PAGES, pdf->content, FONT);
	if (pdf->field_count) {
		buf_add_text(&b, " /Annots [");
		add_references(&b, pdf->fields, pdf->field_count);
		buf_add_text(&b, "]");
	}
	buf_add_text(&b, " >>");
	return buf_take_text(&b);
}

void pdf_end_update(struct pdf *pdf, bool catalog_changed) {
	if (catalog_changed) {
		char *catalog = catalog_body(pdf), *page = page_body(pdf);
		pdf_object(pdf, CATALOG, catalog);
		pdf_object(pdf, PAGE, page);
		free(catalog);
		free(page);
	}
	end_section(pdf);
}

/* Puts objects of a first revision into one object stream (ISO 32000-1 7.5.7). */
static void write_object_stream(struct pdf *pdf, const int *numbers, char *const *bodies, int count) {
	struct buf index = {0}, objects = {0}, all = {0};
	int number = pdf_new_number(pdf);
	for (int i = 0; i < count; i++) {
		buf_printf(&index, "%d %zu ", numbers[i], objects.len);
		buf_printf(&objects, "%s\n", bodies[i]);
		pdf->places[numbers[i]].container = number;
		pdf->places[numbers[i]].index = i;
	}
	buf_add(&all, index.data, index.len);
	buf_add(&all, objects.data, objects.len);
	char *dictionary = xasprintf("/Type /ObjStm /N %d /First %zu", count, index.len);
	pdf_stream(pdf, number, dictionary, all.data, all.len);
	free(dictionary);
	buf_dispose(&index);
	buf_dispose(&objects);
	buf_dispose(&all);
}

static char *info_body(const struct pdf_text *text, const char *modified) {
	char *title = pdf_text_string(text->title), *author = pdf_text_string(text->author);
	char *body =
		xasprintf("<< /Title %s /Author %s /Producer (ltv-testpki) /CreationDate (D:%s090000+07'00')%s%s%s >>",
			  title, author, text->created, modified ? " /ModDate (D:" : "", modified ? modified : "",
			  modified ? "100000+07'00')" : "");
	free(title);
	free(author);
	return body;
}

void pdf_begin(struct pdf *pdf, const struct pdf_text *text, bool streams) {
	memset(pdf, 0, sizeof *pdf);
	pdf->streams = streams;
	while (pdf->objects < FIRST_FREE - 1) pdf_new_number(pdf);
	pdf->content = pdf_new_number(pdf);
	pdf->info = pdf_new_number(pdf);
	/* Four bytes above 127 tell transfer programs that the file is binary (ISO 32000-1 7.5.2). */
	buf_add_text(&pdf->out, streams ? "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" : "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n");
	struct font_plan *plan = font_plan_new(text->lines);
	char *pages = xasprintf("<< /Type /Pages /Kids [%d 0 R] /Count 1 >>", PAGE);
	int numbers[] = {CATALOG, PAGES, PAGE, FONT, pdf->info};
	char *bodies[] = {catalog_body(pdf), pages, page_body(pdf), font_dictionary(plan, TO_UNICODE),
			  info_body(text, NULL)};
	if (streams) {
		write_object_stream(pdf, numbers, bodies, ARRAY_LEN(numbers));
	} else {
		for (size_t i = 0; i < ARRAY_LEN(numbers); i++) pdf_object(pdf, numbers[i], bodies[i]);
	}
	struct buf map = font_to_unicode(plan), content = font_page_content(plan, text->lines);
	pdf_stream(pdf, TO_UNICODE, "", map.data, map.len);
	pdf_stream(pdf, pdf->content, "", content.data, content.len);
	end_section(pdf);
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) free(bodies[i]);
	buf_dispose(&map);
	buf_dispose(&content);
	font_plan_free(plan);
}

void pdf_dispose(struct pdf *pdf) {
	buf_dispose(&pdf->out);
	free(pdf->places);
}

struct buf pdf_take(struct pdf *pdf) {
	struct buf out = pdf->out;
	pdf->out = (struct buf){0};
	pdf_dispose(pdf);
	return out;
}

void pdf_update_info(struct pdf *pdf, const struct pdf_text *text, const char *modified) {
	char *body = info_body(text, modified);
	pdf_object(pdf, pdf->info, body);
	pdf_end_update(pdf, false);
	free(body);
}

void pdf_update_content(struct pdf *pdf, const char *const *encoded_for, const char *const *lines) {
	struct font_plan *plan = font_plan_new(encoded_for);
	struct buf content = font_page_content(plan, lines);
	pdf_stream(pdf, pdf->content, "", content.data, content.len);
	pdf_end_update(pdf, false);
	buf_dispose(&content);
	font_plan_free(plan);
}
