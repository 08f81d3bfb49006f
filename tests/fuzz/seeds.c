/* Writes what the fuzz targets crl, ocsp, tst, revisions and text begin with, made by the builders of the tests:
 * FOLDER/TARGET/NUMBER. */
#include "tests/fuzz/sealed.h"
#include "tests/validator/cms_builder.h"
#include "tests/validator/pdf_builder.h"
#include "tests/validator/pdf_changes.h"
#include "validator/cms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *folder;

/* Writes the choosing octet and the bytes, and lets the bytes go. */
static void seed(const char *target, unsigned choice, struct buf bytes) {
	static unsigned number;
	char *dir = xasprintf("%s/%s", folder, target), *path = xasprintf("%s/%03u", dir, number++);
	mkdir(dir, 0777);
	FILE *out = fopen(path, "we");
	if (!out || fputc((int)choice, out) == EOF || fwrite(bytes.data, 1, bytes.len, out) != bytes.len ||
	    fclose(out)) {
		perror(path);
		exit(1);
	}
	buf_dispose(&bytes);
	free(path);
	free(dir);
}

static void crl_seeds(const struct sealed_world *w) {
	static const char *const revoked[] = {"10", "20250101000000Z", "1", "11", "20260301000000Z", "6",
					      "12", "20240101000000Z", "",  "14", "20250101000000Z", "8",
					      NULL};
	static const char *const none[] = {NULL};
	static const char *const number[] = {"2.5.29.20", "DER:020102", "authorityKeyIdentifier", "keyid", NULL};
	static const char *const delta[] = {"2.5.29.20", "DER:020103", "2.5.29.27", "critical,DER:020101", NULL};
	static const char *const scope[] = {"issuingDistributionPoint", "critical,@point", NULL};
	static const char *const indirect[] = {"issuingDistributionPoint", "critical,@indirect", NULL};
	static const char *const kept[] = {"2.5.29.60", "DER:180F32303130303130313030303030305A", NULL};
	static const char *const unknown[] = {"1.2.3.4", "critical,DER:0500", NULL};
	static const char *const since[] = {"2.5.29.24", "DER:180F32303233303130313030303030305A", NULL};
	static const char *const of_root[] = {"2.5.29.29", "critical,DER:3013A411300F310D300B06035504030C04526F6F74",
					      NULL};
	static const char points[] = "[point]\nfullname=URI:http://crl.test/1.crl\nonlyuser=TRUE\n"
				     "onlysomereasons=keyCompromise,CACompromise\n"
				     "[indirect]\nfullname=URI:http://crl.test/2.crl\nindirectCRL=TRUE\n";
	const struct {
		struct crl_plan plan;
		unsigned choice;
	} rows[] = {
		{{.revoked = revoked, .extensions = number}, 0x00},
		{{.revoked = revoked, .extensions = number}, 0x04},
		{{.revoked = none, .extensions = number}, 0x20},
		{{.revoked = revoked, .extensions = delta}, 0x13},
		{{.revoked = none, .extensions = delta}, 0x13},
		{{.revoked = revoked, .extensions = scope}, 0x01},
		{{.revoked = revoked, .extensions = indirect, .entry_extensions = of_root}, 0x0a},
		{{.revoked = none, .extensions = indirect}, 0x0a},
		{{.revoked = revoked, .extensions = kept, .entry_extensions = since}, 0x00},
		{{.revoked = revoked, .extensions = unknown}, 0x00},
		{{.revoked = revoked, .entry_extensions = unknown}, 0x00},
		{{.revoked = revoked, .extensions = number}, 0x10},
		{{.next_update = "", .extensions = number}, 0x00},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct crl_plan plan = rows[i].plan;
		plan.issuer = rows[i].choice & 8 ? &w->lists : &w->root;
		plan.config = points;
		struct buf whole = crl_make(&plan);
		seed("crl", rows[i].choice, sealed_content(&whole));
		if (i < 2)
			seed("crl", rows[i].choice | 0x80, whole);
		else
			buf_dispose(&whole);
	}
}

static void ocsp_seeds(const struct sealed_world *w) {
	const struct {
		struct ocsp_plan plan;
		unsigned choice;
	} rows[] = {
		{{.status = 0}, 0x10},
		{{.status = 1, .revoked_at = "20250101000000Z", .reason = 1}, 0x00},
		{{.status = 1, .revoked_at = "19700101000000Z", .reason = 6, .extended_revoke = true}, 0x10},
		{{.status = 2}, 0x00},
		{{.signer = &w->responder}, 0x18},
		{{.signer = &w->responder, .by_key = &w->responder, .digest = "SHA256"}, 0x08},
		{{.by_key = &w->root, .archive_cutoff = "20200101000000Z"}, 0x00},
		{{.cert_hash_of = &w->targets[0].der}, 0x00},
		{{.critical = true, .next_update = ""}, 0x00},
		{{.also_first = &w->targets[1]}, 0x00},
		{{.status = 0}, 0x24},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ocsp_plan plan = rows[i].plan;
		plan.cert = &w->targets[rows[i].choice & 7];
		plan.issuer = &w->root;
		if (i % 5 == 0) seed("ocsp", rows[i].choice | 0x80, ocsp_make(&plan));
		plan.wrapped_only = true;
		struct buf basic = ocsp_make(&plan);
		seed("ocsp", rows[i].choice, sealed_content(&basic));
		buf_dispose(&basic);
	}
}

/* The TSTInfo in a token. */
static struct buf info_of(const struct buf *token) {
	struct cms cms;
	const char *why;
	struct buf out = {0};
	if (!cms_read(token->data, token->len, &cms, &why)) abort();
	buf_add(&out, cms.content, cms.content_len);
	cms_dispose(&cms);
	return out;
}

/* TSTInfo with every field that RFC 3161 has, over the SHA-256 of data. */
static struct buf full_info(const struct buf *plain) {
	static const unsigned char more[] = {0x30, 0x0a, 0x02, 0x01, 0x01, 0x80, 0x02, 0x01, 0xf4, 0x81, 0x01,
					     0x05, 0x01, 0x01, 0xff, 0x02, 0x04, 0x12, 0x34, 0x56, 0x78, 0xa0,
					     0x12, 0xa4, 0x10, 0x30, 0x0e, 0x31, 0x0c, 0x30, 0x0a, 0x06, 0x03,
					     0x55, 0x04, 0x03, 0x0c, 0x03, 'T',  'S',  'A'};
	struct der_walk w = der_walk_bytes(plain->data, plain->len);
	struct der outer;
	struct buf out = {0};
	if (!der_next(&w, &outer)) abort();
	buf_add(&out, outer.data, outer.len);
	buf_add(&out, more, sizeof more);
	sealed_wrap(&out, DER_SEQUENCE);
	return out;
}

static void tst_seeds(void) {
	static const char text[] = "text", status[] = "\x30\x03\x02\x01\x00";
	struct cms_world w;
	struct buf rejection = {0};
	cms_world_open(&w);
	const struct cms_plan plan = {.content = text, .content_len = sizeof text - 1};
	struct buf token = cms_build_token(&w, "20250101000000Z", text, sizeof text - 1, 0), info = info_of(&token);
	struct buf cms = cms_build(&w, &plan), value = cms_build_value(&cms);
	struct buf stamp = cms_build_token(&w, "20250101000000.5Z", value.data, value.len, 0);
	seed("tst", 0, cms_build_response(&token));
	seed("tst", 1, full_info(&info));
	seed("tst", 0, token);
	seed("tst", 1, info);
	seed("tst", 3, info_of(&stamp));
	seed("tst", 0x83, info_of(&stamp));
	buf_add(&rejection, status, sizeof status - 1);
	seed("tst", 2, rejection);
	rejection = (struct buf){0};
	buf_add(&rejection, "\x30\x14\x02\x01\x02\x30\x0b\x0c\x09rejected.\x03\x02\x05\x20", 22);
	seed("tst", 2, rejection);
	buf_dispose(&cms), buf_dispose(&value), buf_dispose(&stamp);
	cms_world_close(&w);
}

static void revision_seed(const struct change_case *c, unsigned choice) {
	struct buf lines = {0};
	for (size_t i = 0; i < ARRAY_LEN(c->objects) && c->objects[i].number; i++) {
		const char *body = c->objects[i].body ? c->objects[i].body : "";
		bool stream = !strncmp(body, "stream:", 7);
		buf_add_byte(&lines, (unsigned char)c->objects[i].number);
		buf_add_text(&lines, !c->objects[i].body ? "f" : stream ? "s >>" : "o");
		buf_add_text(&lines, body + (stream ? 7 : 0));
		buf_add_byte(&lines, '\n');
	}
	seed("revisions", choice, lines);
}

static void revision_seeds(void) {
	for (size_t i = 0; i < ARRAY_LEN(changes); i++)
		revision_seed(&changes[i], (unsigned)(i % 4 | i / 4 % 4 << 2 | i % 7 / 6 << 5 | i % 5 / 4 << 6));
	for (size_t i = 0; i < ARRAY_LEN(rich_changes); i++)
		revision_seed(&rich_changes[i], 0x10 | (unsigned)(i % 3 | i / 3 % 4 << 2));
	/* an update as bytes, whose offsets are those behind the first sample */
	struct buf raw = {0};
	buf_add_text(&raw,
		     "8 0 obj\n<< >>\nendobj\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 22 /Root 1 0 R >>\n"
		     "startxref\n21\n%%EOF\n");
	seed("revisions", 0x80, raw);
}

/* A ToUnicode CMap and what is drawn with it, on a page or as the appearance of a signature. */
static void text_seeds(void) {
	static const char chars[] = "1 begincodespacerange <00> <FF> endcodespacerange 2 beginbfchar <01> <00530041004F> <FF> "
				    "<0323> endbfchar\nendcmap\n";
	static const char ranges[] = "2 begincodespacerange <00> <7F> <8000> <FFFF> endcodespacerange 3 beginbfrange <00> <7F> "
				     "<0000> <0080> <0081> [<0059> <1EE4>] <8000> <8001> <D835DC00> endbfrange\nendcmap\n";
	static const struct {
		const char *map, *content;
		unsigned choice;
	} rows[] = {
		{chars, "BT /F1 10 Tf 400 800 Td (SAO Y) Tj 0 -12 TD (UBND) Tj T* [(A) -300 (B)] TJ ET", 0},
		{chars, "q 1 0 0 1 2 2 cm BT /F1 9 Tf 12 TL <0120590A> Tj (SAO LU\377C) ' 1 2 (x) \" ET Q /I Do", 0},
		{ranges, "BT /F2 10 Tf 1 0 0 1 400 800 Tm <00530041004F00200059> Tj ET", 0},
		{ranges, "BT /F5 10 Tf 400 800 Td <53414F208001> Tj 3 Tc 2 Tw 90 Tz (a) Tj ET", 0},
		{"", "BT /F3 10 Tf 400 800 Td <010203> Tj (sao l\364c) Tj /F4 8 Tf (TRI\331CH SAO) Tj ET", 0},
		{"", "BT /F1 10 Tf 0 1 -1 0 20 700 Tm (TRICH SAO) Tj ET", 1},
		{"", "BT /F1 10 Tf -1 0 0 -1 100 40 Tm (SAO Y;) Tj ET", 2},
		{"", "BT /F1 10 Tf 0 -1 1 0 570 100 Tm (SAO Y:) Tj ET", 3},
		{"", "/X Do BI /W 1 /H 1 ID x EI q Q Q /X Do", 4},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b = {0};
		buf_add_text(&b, rows[i].map);
		buf_add_text(&b, rows[i].content);
		seed("text", rows[i].choice, b);
	}
}

int main(int argc, char **argv) {
	if (argc != 2) return 2;
	folder = argv[1];
	struct sealed_world w;
	digest_init();
	mkdir(folder, 0777);
	sealed_world_open(&w);
	crl_seeds(&w);
	ocsp_seeds(&w);
	tst_seeds();
	revision_seeds();
	text_seeds();
	sealed_world_close(&w);
	return 0;
}
