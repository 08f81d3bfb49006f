#include "tests/pki/large.h"

#include "tests/pki/bulk.h"
#include "tests/pki/pdf_sign.h"
#include "tests/pki/tool.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_IMAGE 40960 /* one scanned page at 150 dots an inch, black and white */
#define PAGE_TEXT 6144   /* its recognised text, compressed */
#define PAGE_LINKS 5
#define PAGE_PARAGRAPHS 5
#define BRANCH 50 /* pages of one node of the page tree */

enum { PAGES_ROOT = 2, FIRST_PAGE = 3 };

static const char *const lines[] = {"Hồ sơ quét", NULL};
static const struct pdf_text text = {"Hồ sơ quét", "ltv-testpki", "20261012", lines};

static void add_stream(struct pdf *pdf, int number, const char *dictionary, size_t len, uint64_t *state) {
	unsigned char *data = xmalloc(len);
	bulk_fill(data, len, state);
	pdf_stream(pdf, number, dictionary, data, len);
	free(data);
}

/* One page with everything below it; its structure elements are added to `kids`. */
static void add_page(struct pdf *pdf, int page, int parent, uint64_t *state, struct buf *kids) {
	int image = pdf_new_number(pdf), content = pdf_new_number(pdf);
	struct buf links = {0};
	add_stream(pdf, image,
		   "/Type /XObject /Subtype /Image /Width 1240 /Height 1754 /BitsPerComponent 1 /ColorSpace /DeviceGray "
		   "/Filter /JBIG2Decode",
		   PAGE_IMAGE, state);
	add_stream(pdf, content, "/Filter /FlateDecode", PAGE_TEXT, state);
	for (int i = 0; i < PAGE_LINKS; i++) {
		int number = pdf_new_number(pdf);
		char *body = xasprintf("<< /Type /Annot /Subtype /Link /Rect [72 %d 300 %d] /Border [0 0 0] /P %d 0 R "
				       "/A << /S /URI /URI (http://example.vn/%d) >> >>",
				       700 - 20 * i, 712 - 20 * i, page, number);
		pdf_object(pdf, number, body);
		buf_printf(&links, " %d 0 R", number);
		free(body);
	}
	for (int i = 0; i < PAGE_PARAGRAPHS; i++) {
		int number = pdf_new_number(pdf);
		char *body = xasprintf("<< /Type /StructElem /S /P /P %d 0 R /Pg %d 0 R /K %d >>", pdf->tags, page, i);
		pdf_object(pdf, number, body);
		buf_printf(kids, " %d 0 R", number);
		free(body);
	}
	char *body = xasprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
			       "/Resources << /XObject << /Im0 %d 0 R >> /Font << /F1 4 0 R >> >> /Annots [%s ] >>",
			       parent, content, image, buf_text(&links));
	pdf_object(pdf, page, body);
	free(body);
	buf_dispose(&links);
}

static void add_book(struct pdf *pdf, size_t size, uint64_t *state) {
	struct buf nodes = {0}, kids = {0};
	int count = 1;
	pdf->tags = pdf_new_number(pdf);
	while (pdf->out.len < size) {
		struct buf pages = {0};
		int node = pdf_new_number(pdf), n = 0;
		for (; n < BRANCH && pdf->out.len < size; n++) {
			int page = pdf_new_number(pdf);
			buf_printf(&pages, " %d 0 R", page);
			add_page(pdf, page, node, state, &kids);
		}
		char *body = xasprintf("<< /Type /Pages /Parent %d 0 R /Kids [%s ] /Count %d >>", PAGES_ROOT,
				       buf_text(&pages), n);
		pdf_object(pdf, node, body);
		buf_printf(&nodes, " %d 0 R", node);
		count += n;
		free(body);
		buf_dispose(&pages);
	}
	char *root = xasprintf("<< /Type /Pages /Kids [%d 0 R%s ] /Count %d >>", FIRST_PAGE, buf_text(&nodes), count);
	char *tags = xasprintf("<< /Type /StructTreeRoot /K [%s ] >>", buf_text(&kids));
	pdf_object(pdf, PAGES_ROOT, root);
	pdf_object(pdf, pdf->tags, tags);
	free(root);
	free(tags);
	buf_dispose(&nodes);
	buf_dispose(&kids);
}

static void write_one(const struct pki *pki, const char *out_dir, const char *name, bool book, size_t size,
		      unsigned signatures) {
	static const struct pdf_signing signing = {
		.signer = CHAIRMAN, .when = "20261012021500Z", .stamp = "20261012021504Z"};
	struct pdf pdf;
	uint64_t state = 1;
	pdf_begin(&pdf, &text, false);
	buf_reserve(&pdf.out, size + size / 8);
	if (book)
		add_book(&pdf, size, &state);
	else
		add_stream(&pdf, pdf.content, "/Filter /FlateDecode", size / 8 * 8, &state);
	pdf_end_update(&pdf, true);
	for (unsigned i = 0; i < signatures; i++) pdf_sign(&pdf, pki, &signing);
	tool_write(out_dir, name, pdf.out.data, pdf.out.len);
	pdf_dispose(&pdf);
}

void large_write(const char *out_dir, uint64_t megabytes, unsigned signatures) {
	struct pki pki;
	char *trust = xasprintf("%s/trust", out_dir), *file = xasprintf("%s/root-g2.pem", trust);
	need(megabytes <= 1000 && signatures <= PDF_FIELDS_MAX, "too large");
	tool_random_fix();
	pki_make(&pki, PKI_DEFAULT_URL);
	tool_make_dir(out_dir);
	tool_make_dir(trust);
	BIO *out = BIO_new_file(file, "wb");
	need(out && PEM_write_bio_X509(out, pki.cert[ROOT_G2]) == 1, file);
	BIO_free(out);
	write_one(&pki, out_dir, "one-stream.pdf", false, megabytes * 1000000, signatures);
	write_one(&pki, out_dir, "many-objects.pdf", true, megabytes * 1000000, signatures);
	pki_dispose(&pki);
	free(trust);
	free(file);
}
