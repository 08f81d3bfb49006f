#include "tests/extend/extend_bases.h"

#include "tests/pki/pdf_sign.h"
#include "tests/pki/tool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const shape_names[SHAPES] = {"table", "stream", "hybrid", "linearised", "packed", "revisions"};

static const char *const lines[] = {"UBND TỈNH SÔNG LAM", "Số: 15/QĐ-UBND", "Quyết định", "Điều 1. Văn bản thử nghiệm./.",
				    NULL};
static const struct pdf_text page_text = {"Quyết định 15/QĐ-UBND", "UBND tỉnh Sông Lam", "20261012", lines};

static bool run_qpdf(const char *from, const char *to, const char *objects, const char *linearise) {
	pid_t pid = fork();
	if (pid == 0) {
		execlp("qpdf", "qpdf", "--deterministic-id", objects, linearise, from, to, (char *)NULL);
		_exit(127);
	}
	int status = 0;
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static struct buf through_qpdf(const struct buf *plain, const char *dir, bool linearise) {
	char *from = xasprintf("%s/plain.tmp", dir), *to = xasprintf("%s/made.tmp", dir);
	struct buf out = {0};
	tool_write(dir, "plain.tmp", plain->data, plain->len);
	if (run_qpdf(from, to, linearise ? "--object-streams=disable" : "--object-streams=generate",
		     linearise ? "--linearize" : "--compress-streams=y"))
		out = tool_read(dir, "made.tmp");
	unlink(from);
	unlink(to);
	free(from);
	free(to);
	return out;
}

static size_t last_start(const struct buf *b) {
	size_t at = 0;
	for (size_t i = 0; i + 9 < b->len; i++)
		if (!memcmp(b->data + i, "startxref", 9)) at = (size_t)strtoull((char *)b->data + i + 9, NULL, 10);
	return at;
}

/* Objects 200 (hidden, in stream 201) and the cross-reference stream 202 beside a table (ISO 32000-2 7.5.8.4). */
void add_hybrid_section(struct buf *b, int size) {
	static const char hidden[] = "200 0 <</Type /Metadata2 /Hidden true>>";
	size_t previous = last_start(b), container = b->len, beside, table;
	unsigned char rows[] = {2, 0, 0, 0, 201, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	buf_printf(b, "201 0 obj\n<</Type /ObjStm /N 1 /First 6 /Length %zu>>\nstream\n%s\nendstream\nendobj\n",
		   sizeof hidden - 1, hidden);
	beside = b->len;
	for (size_t i = 0; i < 4; i++) rows[8 + i] = (unsigned char)(container >> 8 * (3 - i));
	buf_printf(b, "202 0 obj\n<</Type /XRef /Size %d /W [1 4 2] /Index [200 2] /Length %zu>>\nstream\n", size,
		   sizeof rows);
	buf_add(b, rows, sizeof rows);
	buf_add_text(b, "\nendstream\nendobj\n");
	table = b->len;
	buf_printf(b, "xref\n200 1\n0000000000 65535 f \ntrailer\n<</Size %d /Root 1 0 R /Prev %zu /XRefStm %zu>>\nstartxref\n"
		      "%zu\n%%%%EOF\n", size, previous, beside, table);
}

struct buf unsigned_make(enum shape shape, const char *dir) {
	struct pdf pdf;
	pdf_begin(&pdf, &page_text, shape == SHAPE_STREAM);
	for (int i = 0; shape == SHAPE_REVISIONS && i < 3; i++) {
		char *day = xasprintf("2026101%d", 2 + i);
		pdf_update_info(&pdf, &page_text, day);
		free(day);
	}
	if (shape == SHAPE_HYBRID) add_hybrid_section(&pdf.out, 203);
	if (shape != SHAPE_LINEARISED && shape != SHAPE_PACKED) return pdf_take(&pdf);
	struct buf made = through_qpdf(&pdf.out, dir, shape == SHAPE_LINEARISED);
	pdf_dispose(&pdf);
	return made;
}

void add_object(struct buf *b, int number, int generation, const char *value) {
	size_t previous = last_start(b), at = b->len;
	buf_printf(b, "%d %d obj\n%s\nendobj\n", number, generation, value);
	size_t table = b->len;
	buf_printf(b, "xref\n%d 1\n%010zu %05d n \ntrailer\n<</Size 400 /Root 1 0 R /Prev %zu>>\nstartxref\n%zu\n%%%%EOF\n", number,
		   at, generation, previous, table);
}

struct buf certified_make(const struct pki *pki, bool frozen) {
	struct pdf pdf;
	const struct pdf_signing signing = {.signer = EXPIRED_PERSON, .when = "20260510020000Z", .stamp = "20260510020004Z",
					    .certify = true, .frozen = frozen};
	pdf_begin(&pdf, &page_text, false);
	pdf_sign(&pdf, pki, &signing);
	return pdf_take(&pdf);
}

struct buf encrypt(const struct buf *plain, const char *dir) {
	char *from = xasprintf("%s/plain.tmp", dir), *to = xasprintf("%s/made.tmp", dir);
	struct buf out = {0};
	tool_write(dir, "plain.tmp", plain->data, plain->len);
	pid_t pid = fork();
	if (pid == 0) {
		execlp("qpdf", "qpdf", "--encrypt", "", "owner", "256", "--", from, to, (char *)NULL);
		_exit(127);
	}
	int status = 0;
	if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		out = tool_read(dir, "made.tmp");
	unlink(from);
	unlink(to);
	free(from);
	free(to);
	return out;
}
