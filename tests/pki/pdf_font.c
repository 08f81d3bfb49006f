#include "tests/pki/pdf_font.h"

#include "tests/pki/tool.h"

#include <stdint.h>
#include <stdlib.h>

#define FIRST_CODE 128

struct font_plan {
	uint32_t of_code[256]; /* 0 for codes not in use */
	int next;
};

/* One character of trusted, well-formed UTF-8 up to three bytes: the sources of this program. */
static uint32_t next_char(const char **text) {
	const unsigned char *p = (const unsigned char *)*text;
	int more = p[0] < 0x80 ? 0 : p[0] < 0xe0 ? 1 : 2;
	uint32_t c = more == 0 ? p[0] : more == 1 ? p[0] & 0x1f : p[0] & 0x0f;
	for (int i = 1; i <= more; i++) c = c << 6 | (p[i] & 0x3f);
	*text += more + 1;
	return c;
}

static int code_of(const struct font_plan *plan, uint32_t c) {
	if (c < 0x80) return (int)c;
	for (int i = FIRST_CODE; i < plan->next; i++)
		if (plan->of_code[i] == c) return i;
	return -1;
}

struct font_plan *font_plan_new(const char *const *lines) {
	struct font_plan *plan = xcalloc(1, sizeof *plan);
	plan->next = FIRST_CODE;
	for (; *lines; lines++) {
		for (const char *p = *lines; *p;) {
			uint32_t c = next_char(&p);
			if (code_of(plan, c) >= 0) continue;
			need(plan->next < 256, "more characters than a simple font has codes");
			plan->of_code[plan->next++] = c;
		}
	}
	return plan;
}

void font_plan_free(struct font_plan *plan) {
	free(plan);
}

/* Helvetica's widths from its metrics file for ASCII; near ones for the letters it does not have. */
static int width_of(uint32_t c) {
	static const short ascii[] = {278,  278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
				      556,  556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
				      1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
				      667,  778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
				      333,  556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
				      556,  556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584};
	static const uint32_t narrow[] = {0xcc, 0xcd, 0xec, 0xed, 0x128, 0x129, 0x1ec8, 0x1ec9, 0x1eca, 0x1ecb};
	if (c < 0x20 || c == 0x7f) return 0;
	if (c < 0x7f) return ascii[c - 0x20];
	for (size_t i = 0; i < ARRAY_LEN(narrow); i++)
		if (narrow[i] == c) return 278;
	bool capital = c < 0xe0 || c == 0x1af || (c >= 0x100 && c != 0x1b0 && c % 2 == 0);
	return capital ? 722 : 556;
}

char *font_dictionary(const struct font_plan *plan, int to_unicode) {
	struct buf b = {0};
	buf_printf(&b,
		   "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode %d 0 R "
		   "/Encoding << /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [%d",
		   to_unicode, FIRST_CODE);
	for (int i = FIRST_CODE; i < plan->next; i++) buf_printf(&b, " /uni%04X", (unsigned)plan->of_code[i]);
	buf_printf(&b, "] >> /FirstChar 32 /LastChar %d /Widths [", plan->next - 1);
	for (int i = 32; i < plan->next; i++)
		buf_printf(&b, "%s%d", i > 32 ? " " : "", width_of(i < FIRST_CODE ? (uint32_t)i : plan->of_code[i]));
	buf_add_text(&b, "] >>");
	return buf_take_text(&b);
}

struct buf font_to_unicode(const struct font_plan *plan) {
	struct buf b = {0};
	buf_add_text(&b, "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
			 "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
			 "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
			 "1 begincodespacerange\n<00> <FF>\nendcodespacerange\n"
			 "1 beginbfrange\n<20> <7E> <0020>\nendbfrange\n");
	/* At most 100 entries in one block (Adobe Technical Note 5014). */
	for (int i = FIRST_CODE; i < plan->next; i += 100) {
		int end = i + 100 < plan->next ? i + 100 : plan->next;
		buf_printf(&b, "%d beginbfchar\n", end - i);
		for (int j = i; j < end; j++)
			buf_printf(&b, "<%02X> <%04X>\n", (unsigned)j, (unsigned)plan->of_code[j]);
		buf_add_text(&b, "endbfchar\n");
	}
	buf_add_text(&b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
	return b;
}

static void add_line(struct buf *b, const struct font_plan *plan, const char *line) {
	buf_add_text(b, "(");
	while (*line) {
		int code = code_of(plan, next_char(&line));
		if (code == '(' || code == ')' || code == '\\') buf_add_byte(b, '\\');
		if (code >= FIRST_CODE)
			buf_printf(b, "\\%03o", (unsigned)code);
		else if (code >= 0)
			buf_add_byte(b, (unsigned char)code);
	}
	buf_add_text(b, ") Tj T*\n");
}

struct buf font_page_content(const struct font_plan *plan, const char *const *lines) {
	struct buf b = {0};
	buf_add_text(&b, "BT\n/F1 11 Tf\n18 TL\n72 770 Td\n");
	for (; *lines; lines++) add_line(&b, plan, *lines);
	buf_add_text(&b, "ET\n");
	return b;
}

static void add_numbers(struct buf *b, const struct font_plan *plan, const char *line) {
	buf_add_text(b, "<");
	while (*line) buf_printf(b, "%04X", (unsigned)code_of(plan, next_char(&line)));
	buf_add_text(b, "> Tj T*\n");
}

struct buf font_block_content(const struct font_plan *plan, const char *const *lines, bool numbered) {
	struct buf b = {0};
	buf_add_text(&b, "BT\n/F1 10 Tf\n12 TL\n2 46 Td\n");
	for (; *lines; lines++) {
		if (numbered)
			add_numbers(&b, plan, *lines);
		else
			add_line(&b, plan, *lines);
	}
	buf_add_text(&b, "ET\n");
	return b;
}

char *pdf_text_string(const char *utf8) {
	struct buf b = {0};
	buf_add_text(&b, "<FEFF");
	while (*utf8) buf_printf(&b, "%04X", (unsigned)next_char(&utf8));
	buf_add_text(&b, ">");
	return buf_take_text(&b);
}
