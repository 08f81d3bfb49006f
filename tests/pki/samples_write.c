/* Carries out the rows of samples.c. */
#include "tests/pki/cms_sign.h"
#include "tests/pki/pdf_font.h"
#include "tests/pki/samples.h"
#include "tests/pki/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX 16

struct page {
	char *line[LINES_MAX];
	int count;
};

static void add_line(struct page *page, char *text) {
	need(page->count + 1 < LINES_MAX, "more lines than expected");
	page->line[page->count++] = text;
}

static void dispose_page(struct page *page) {
	for (int i = 0; i < page->count; i++) free(page->line[i]);
}

/* The order of Decree 30/2020, appendix I. */
static struct page make_page(const struct sample *s) {
	struct page page = {{0}, 0};
	int year, month, day;
	need(sscanf(s->date, "%4d-%2d-%2d", &year, &month, &day) == 3, s->date);
	add_line(&page, xasprintf("%s          CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", s->office->heading));
	add_line(&page, xstrdup("                                        Độc lập - Tự do - Hạnh phúc"));
	add_line(&page, xasprintf("Số: %s/%s          Sông Lam, ngày %02d tháng %d năm %d", s->number, s->symbol, day,
				  month, year));
	add_line(&page, xstrdup(""));
	add_line(&page, xstrdup(s->type));
	add_line(&page, xstrdup(s->subject));
	add_line(&page, xstrdup(""));
	add_line(&page, xasprintf("Căn cứ chức năng, nhiệm vụ của %s;", s->office->name));
	add_line(&page, xstrdup("Điều 1. Văn bản này được lập để thử nghiệm, không có giá trị pháp lý."));
	add_line(&page, xstrdup("Điều 2. Các cơ quan, đơn vị và cá nhân có liên quan chịu trách nhiệm thi hành./."));
	add_line(&page, xasprintf("%s/%s/%d", s->office->code, s->number, year));
	add_line(&page, xstrdup("Nơi nhận: - Như Điều 2; - Lưu: VT."));
	return page;
}

static void run_step(struct pdf *pdf, const struct pki *pki, const struct sample *s, const struct sample_step *step,
		     const struct pdf_text *text) {
	enum cert_id signers[ARRAY_LEN(s->steps)];
	int count = 0;
	switch (step->kind) {
	case STEP_NONE:
		return;
	case STEP_SIGN:
		pdf_sign(pdf, pki, &step->signing);
		return;
	case STEP_DOCUMENT_TIMESTAMP:
		pdf_document_timestamp(pdf, pki, step->signing.when);
		return;
	case STEP_DSS:
		for (const struct sample_step *earlier = s->steps; earlier < step; earlier++)
			if (earlier->kind == STEP_SIGN) signers[count++] = earlier->signing.signer;
		pdf_add_dss(pdf, pki, signers, count, step->signing.when);
		return;
	case STEP_INFO: {
		char *day = xstrndup(step->signing.when, 8);
		pdf_update_info(pdf, text, day);
		free(day);
		return;
	}
	case STEP_CONTENT: {
		const char *other[] = {
			text->lines[0], text->lines[1], text->lines[2], "", text->lines[4], "(noi dung khac)", NULL};
		pdf_update_content(pdf, text->lines, other);
		return;
	}
	}
}

/* Turns the last digit of the year in the file's code line, which stands in the page's stream as plain text. */
static void damage_text(struct buf *out) {
	unsigned char *at = memmem(out->data, out->len, "/2026) Tj", 9);
	need(at != NULL, "text to be damaged");
	at[4] = '7';
}

static struct buf make_pdf(const struct pki *pki, const struct sample *s) {
	struct page page = make_page(s);
	char *title = xasprintf("%s %s/%s: %s", s->type, s->number, s->symbol, s->subject);
	char *created = xasprintf("%.4s%.2s%.2s", s->date, s->date + 5, s->date + 8);
	struct pdf_text text = {title, s->office->name, created, (const char *const *)page.line};
	struct pdf pdf;
	pdf_begin(&pdf, &text, s->kind == SAMPLE_PDF_STREAMS);
	for (size_t i = 0; i < ARRAY_LEN(s->steps); i++) run_step(&pdf, pki, s, &s->steps[i], &text);
	if (s->damage == DAMAGE_TEXT) damage_text(&pdf.out);
	if (s->damage == DAMAGE_CUT) pdf.out.len = pdf.out.len * 3 / 5;
	dispose_page(&page);
	free(title);
	free(created);
	return pdf_take(&pdf);
}

static struct buf make_text(const struct sample *s) {
	struct page page = make_page(s);
	struct buf b = {0};
	for (int i = 0; i < page.count; i++) buf_printf(&b, "%s\n", page.line[i]);
	dispose_page(&page);
	return b;
}

/* One red pixel. */
static struct buf make_png(void) {
	static const unsigned char png[] =
		"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\x0cIDAT"
		"\x08\xd7"
		"c\xf8\xcf\xc0\0\0\3\1\1\0\x18\xdd\x8d\xb0\0\0\0\0IEND\xae"
		"B`\x82";
	struct buf b = {0};
	buf_add(&b, png, sizeof png - 1);
	return b;
}

static struct buf make_cms(const struct pki *pki, const struct sample *s, const char *dir) {
	const struct pdf_signing *signing = &s->steps[0].signing;
	struct buf content = s->over ? tool_read(dir, s->over) : make_text(s), out = {0};
	CMS_ContentInfo *cms;
	if (s->kind == SAMPLE_TSR || s->kind == SAMPLE_TOKEN) {
		cms = tst_over(pki, signing->when, content.data, content.len);
	} else {
		cms = cms_sign(pki, signing->signer, signing->options, signing->when, content.data, content.len);
		if (signing->stamp) cms_add_timestamp(cms, pki, signing->stamp);
	}
	if (s->kind == SAMPLE_TSR)
		out = tst_response(cms);
	else
		TOOL_DER(&out, i2d_CMS_ContentInfo, cms);
	CMS_ContentInfo_free(cms);
	buf_dispose(&content);
	return out;
}

static struct buf make_sample(const struct pki *pki, const struct sample *s, const char *dir) {
	switch (s->kind) {
	case SAMPLE_PDF:
	case SAMPLE_PDF_STREAMS:
		return make_pdf(pki, s);
	case SAMPLE_P7S:
	case SAMPLE_P7M:
	case SAMPLE_TSR:
	case SAMPLE_TOKEN:
		return make_cms(pki, s, dir);
	case SAMPLE_TEXT:
		return make_text(s);
	case SAMPLE_PNG:
		return make_png();
	case SAMPLE_EMPTY:
		break;
	}
	return (struct buf){0};
}

static void add_expectation(struct buf *table, const struct sample *s) {
	buf_printf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s->file, PKI_EXPECTED_AT, s->over ? s->over : "",
		   s->indication, s->sub_indication, s->offline_indication, s->offline_sub_indication);
}

void samples_write(const struct pki *pki, const char *out_dir) {
	char *dir = xasprintf("%s/samples", out_dir);
	struct buf expected = {0};
	tool_make_dir(dir);
	buf_add_text(&expected,
		     "file\tat\tdata\tindication\tsub_indication\toffline_indication\toffline_sub_indication\n");
	for (int i = 0; i < sample_count; i++) {
		const struct sample *s = &samples[i];
		struct buf file = make_sample(pki, s, dir);
		tool_write(dir, s->file, file.data ? file.data : (unsigned char *)"", file.len);
		if (s->sidecar != SIDECAR_NONE) {
			struct buf sidecar = sidecar_make(s);
			char *name = sidecar_name(s);
			tool_write(dir, name, buf_text(&sidecar), sidecar.len);
			buf_dispose(&sidecar);
			free(name);
		}
		add_expectation(&expected, s);
		buf_dispose(&file);
	}
	tool_write(out_dir, "expected.tsv", expected.data, expected.len);
	buf_dispose(&expected);
	free(dir);
}
