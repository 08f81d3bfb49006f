/* Evidence carried by hand, to measure with.
 *
 *   import_speed fill ARCHIVE COUNT                COUNT records in an archive that `ltvault init` made, each with a verdict that rests on a
 *                                                  certificate of its own, issued by one of four authorities under one root
 *   import_speed files FOLDER LISTS ANSWERS        LISTS lists of these authorities in turn, a day apart, and ANSWERS about the first
 *                                                  certificates */
#include "archiver/app.h"
#include "base/digest.h"
#include "store/batch.h"
#include "tests/validator/cert_builder.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AUTHORITIES 4
#define RECORDS_A_BATCH 1024
#define FIRST_SERIAL 65536

static void stop(const char *what, const char *why) {
	fprintf(stderr, "import_speed: %s: %s\n", what, why);
	exit(1);
}

/* ---- records ---- */

static json_t *link_of(const char *subject, const char *issuer, unsigned long serial, bool anchor) {
	unsigned char sha256[SHA256_SIZE];
	char hex[SHA256_HEX], number[24];
	sha256_bytes(subject, strlen(subject), sha256);
	snprintf(number, sizeof number, "%06lx", serial);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "subject", subject, "issuer", issuer, "serial", number, "sha256",
			 hex_encode(sha256, SHA256_SIZE, hex), "not_after", "2030-01-01T00:00:00Z", "anchor", anchor);
}

static char *report_of(unsigned long i) {
	char signer[32], ca[16];
	snprintf(signer, sizeof signer, "CN=Signer %lu", i);
	snprintf(ca, sizeof ca, "CN=CA %lu", i % AUTHORITIES);
	json_t *report = json_pack("{s:s, s:[{s:s, s:[o, o, o]}]}", "indication", "TOTAL-PASSED", "signatures", "kind", "signature", "chain",
				   link_of(signer, ca, FIRST_SERIAL + i, false), link_of(ca, "CN=Root", 2 + i % AUTHORITIES, false),
				   link_of("CN=Root", "CN=Root", 1, true));
	char *text = json_dumps(report, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(report);
	return text;
}

static void add_record(struct batch *batch, utime now, unsigned long i) {
	char name[32];
	struct record_row row = {.name = name, .source = (char *)"bench", .actor = (char *)"bench", .taken_in = now,
				 .state = RECORD_ACCEPTED, .state_reason = (char *)"", .natural_key = (char *)"", .due = UTIME_NONE};
	struct verdict_row verdict = {.when = now, .indication = (char *)"TOTAL-PASSED", .sub_indication = (char *)""};
	uint64_t number;
	snprintf(name, sizeof name, "%09lu.pdf", i);
	row.size = strlen(name);
	batch_put(batch, OBJECT_DOCUMENT, name, row.size, &row.original, NULL);
	batch_add_record(batch, &row, &number);
	char *text = report_of(i);
	batch_put(batch, OBJECT_VERDICT, text, strlen(text), &verdict.report, NULL);
	batch_add_verdict(batch, number, &verdict, now + 300 * UTIME_DAY);
	free(text);
}

static int fill(const char *directory, unsigned long count) {
	struct app app = {.archive = directory, .now = (utime)time(NULL) * UTIME_SECOND, .command = "bench"};
	struct error err = {0};
	if (app_open_store(&app, STORE_WRITE, &err)) stop(directory, err.text);
	for (unsigned long i = 0; i < count;) {
		struct batch *batch = store_begin(app.store, app.now);
		for (unsigned long n = 0; n < RECORDS_A_BATCH && i < count; n++, i++) add_record(batch, app.now, i);
		if (batch_commit(batch, &err)) stop(directory, err.text);
	}
	store_close(app.store);
	conf_free(app.conf);
	return 0;
}

/* ---- files ---- */

static void put_file(const char *folder, const char *kind, unsigned long i, struct buf *der) {
	char *path = xasprintf("%s/%s-%06lu.der", folder, kind, i);
	FILE *file = fopen(path, "wb");
	if (!file || fwrite(der->data, 1, der->len, file) != der->len || fclose(file)) stop(path, "could not be written");
	buf_dispose(der);
	free(path);
}

static char *day(unsigned long i) {
	time_t when = 1767225600 + (time_t)i * 86400; /* 2026-01-01 */
	struct tm tm;
	char text[32];
	gmtime_r(&when, &tm);
	strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm);
	return xstrdup(text);
}

static int files(const char *folder, unsigned long lists, unsigned long answers) {
	struct made ca[AUTHORITIES], root = cert_make(&(struct cert_plan){.subject = "CN=Root", .key = "1"});
	for (unsigned long k = 0; k < AUTHORITIES; k++) {
		char subject[16];
		snprintf(subject, sizeof subject, "CN=CA %lu", k);
		ca[k] = cert_make(&(struct cert_plan){.subject = subject, .key = "2", .issuer = &root, .serial = (long)(2 + k)});
	}
	for (unsigned long i = 0; i < lists; i++) {
		char *from = day(i / AUTHORITIES), *to = day(i / AUTHORITIES + 7);
		struct buf der = crl_make(&(struct crl_plan){.issuer = &ca[i % AUTHORITIES], .this_update = from, .next_update = to});
		put_file(folder, "list", i, &der);
		free(from);
		free(to);
	}
	for (unsigned long i = 0; i < answers; i++) {
		char subject[32];
		snprintf(subject, sizeof subject, "CN=Signer %lu", i);
		struct made signer = cert_make(&(struct cert_plan){.subject = subject, .key = "3", .issuer = &ca[i % AUTHORITIES],
								   .serial = (long)(FIRST_SERIAL + i)});
		struct buf der = ocsp_make(&(struct ocsp_plan){.cert = &signer, .issuer = &ca[i % AUTHORITIES]});
		put_file(folder, "answer", i, &der);
		made_free(&signer);
	}
	for (unsigned long k = 0; k < AUTHORITIES; k++) made_free(&ca[k]);
	made_free(&root);
	return 0;
}

int main(int argc, char **argv) {
	digest_init();
	if (argc == 4 && !strcmp(argv[1], "fill")) return fill(argv[2], strtoul(argv[3], NULL, 10));
	if (argc == 5 && !strcmp(argv[1], "files")) return files(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
	fputs("usage: import_speed fill ARCHIVE COUNT | import_speed files FOLDER LISTS ANSWERS\n", stderr);
	return 2;
}
