/* A choosing octet, then a ToUnicode CMap up to the word endcmap, then a content stream: text as it is looked for on a
 * page and in a signature's appearance, whatever the fonts of the page say. */
#include "base/letter.h"
#include "base/limits.h"
#include "tests/validator/pdf_builder.h"
#include "validator/pdf_appearance.h"
#include "validator/pdf_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char resources[] = "/Resources << /Font << /F1 30 0 R /F2 31 0 R /F3 32 0 R /F4 33 0 R /F5 34 0 R >> "
				"/XObject << /X 22 0 R /I 24 0 R "
				">> >>";
static const char *const fonts[] = {
	"<< /Type /Font /Subtype /TrueType /BaseFont /A /Encoding /WinAnsiEncoding /FirstChar 32 /Widths [300 500 500 "
	"700] /ToUnicode 23 0 R >>",
	"<< /Type /Font /Subtype /Type0 /BaseFont /B /Encoding /Identity-H /ToUnicode 23 0 R /DescendantFonts [<< /DW "
	"900 "
	"/W [1 [300 400] 5 9 700] >>] >>",
	"<< /Type /Font /Subtype /Type1 /BaseFont /.VnTimeH /Encoding << /BaseEncoding /MacRomanEncoding /Differences "
	"[1 "
	"/S /A /O /uni0059 /Udotbelow /mu /g7] >> >>",
	"<< /Type /Font /Subtype /TrueType /BaseFont /VNI-Times /ToUnicode 23 0 R >>",
	"<< /Type /Font /Subtype /Type0 /BaseFont /C /Encoding /Other /ToUnicode 23 0 R >>",
};

/* A block has words, and they are text without controls, of bounded length; nothing else has any. */
static void check(const struct pdf_copy *copy) {
	if ((copy->form != PDF_COPY_NONE) != (copy->words != NULL)) abort();
	if (!copy->words) return;
	if (strlen(copy->words) > 2 * LIMIT_PDF_BLOCK_BYTES) abort();
	for (const char *p = copy->words; *p;) {
		const char *here = p;
		uint32_t c = letter_decode(&p);
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c == 0xfffd && memcmp(here, "\xef\xbf\xbd", 3) != 0))
			abort();
	}
	if (copy->reading == PDF_READING_NONE || copy->reading == PDF_READING_NOT_READABLE) abort();
}

static void read_all(const struct pdf_builder *b) {
	struct pdf_file *file;
	struct pdf_appearance appearance;
	struct pdf_copy page;
	struct pdf_budget budget = pdf_budget_new();
	if (pdf_file_open(b->out.data, b->out.len, false, NULL, &file) != PDF_OPENED) abort();
	struct pdf_pages *pages = pdf_pages_read(file, pdf_find_root(file));
	struct pdf_fonts *known = pdf_fonts_new(file);
	pdf_copy_of_page(known, pages, &page);
	pdf_appearance_read(known, &budget, pages, pdf_file_object(file, (struct pdf_id){20, 0}), &appearance);
	check(&page);
	check(&appearance.copy);
	pdf_copy_dispose(&page);
	pdf_copy_dispose(&appearance.copy);
	pdf_fonts_free(known);
	pdf_pages_free(pages);
	pdf_file_close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const char word[] = "endcmap\n";
	struct pdf_builder b;
	char text[512];
	if (size < 1 || size > 65536) return 0;
	const uint8_t *end = memmem(data + 1, size - 1, word, sizeof word - 1);
	size_t map = end ? (size_t)(end - data) + sizeof word - 2 : 0, rest = 1 + map;
	pdf_builder_begin(&b, PDF_TABLE);
	pdf_builder_object(&b, 1, "<< /Type /Catalog /Pages 2 0 R >>");
	pdf_builder_object(&b, 2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
	snprintf(text, sizeof text,
		 "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate %d /Contents 4 0 R /Annots "
		 "[20 0 R] %s >>",
		 data[0] % 4 * 90, resources);
	pdf_builder_object(&b, 3, text);
	pdf_builder_bytes(&b, 4, "", data + rest, size - rest);
	pdf_builder_object(&b, 20,
			   "<< /Type /Annot /Subtype /Widget /FT /Sig /Rect [400 770 580 830] /AP << /N 22 0 R >> >>");
	snprintf(text, sizeof text, "/Type /XObject /Subtype /Form /BBox [0 0 %d 60] %s", data[0] & 4 ? 0 : 180,
		 resources);
	pdf_builder_bytes(&b, 22, text, data + rest, size - rest);
	pdf_builder_bytes(&b, 23, "", data + 1, map);
	pdf_builder_stream(&b, 24, "/Type /XObject /Subtype /Image /Width 1 /Height 1", "x");
	for (size_t i = 0; i < ARRAY_LEN(fonts); i++) pdf_builder_object(&b, 30 + (int)i, fonts[i]);
	pdf_builder_finish(&b);
	read_all(&b);
	pdf_builder_dispose(&b);
	return 0;
}
