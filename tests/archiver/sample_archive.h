/* A small archive with a few records, written through the store, for tests of searching and handing out. */
#ifndef LTVAULT_TESTS_SAMPLE_ARCHIVE_H
#define LTVAULT_TESTS_SAMPLE_ARCHIVE_H

#include "archiver/command.h"
#include "store/batch.h"
#include "tests/archiver/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define SAMPLE_NOW (INT64_C(1795312800) * UTIME_SECOND) /* 2026-11-22T02:00:00Z */

struct sample {
	const char *name, *content, *metadata, *indication, *sub_indication, *report;
	enum record_state state;
};

static const struct sample samples[] = {
	{"15-QD-UBND.signed.pdf", "first document",
	 "{\"number\":\"15\",\"symbol\":\"QĐ-UBND\",\"date\":\"2025-03-10\",\"type\":\"Quyết "
	 "định\",\"organisation\":{\"code\":\"H35.1\","
	 "\"name\":\"Ủy ban nhân dân tỉnh Lai Châu\"},\"subject\":\"Về việc thu hồi đất tại xã Hòa "
	 "Bình\",\"signers\":[{\"name\":\"Lê Văn "
	 "Hòa\",\"position\":\"Chủ tịch\"}],\"recipients\":[{\"code\":\"H35.6\",\"name\":\"Sở Thông tin và Truyền "
	 "thông\"}]}",
	 "TOTAL-PASSED", "",
	 "{\"schema\":\"ltvault.validation/"
	 "1\",\"indication\":\"TOTAL-PASSED\",\"signatures\":[{\"signer\":{\"subject\":\"CN=Lê Văn Hòa,O=Ủy "
	 "ban nhân dân tỉnh Lai Châu\",\"not_after\":\"2027-01-09T00:00:00Z\"},"
	 "\"chain\":[{\"sha256\":\"aa11bb2200000000000000000000000000000000000000000000000000000000\",\"issuer\":\"CN=CA\",\"serial\":\"00ff01\",\"subject\":\"CN=A\"},{\"sha256\":\"cc33dd4411111111111111111111111111111111111111111111111111111111\",\"issuer\":\"CN=Root\",\"serial\":\"04\",\"subject\":\"CN=CA\"}]}],\"findings\":[]}",
	 RECORD_ACCEPTED},
	{"bao-cao.pdf", "second document",
	 "{\"number\":\"007\",\"symbol\":\"BC-SNV\",\"date\":\"2025-12-31\",\"organisation\":{\"name\":\"Sở Nội "
	 "vụ\"},\"subject\":\"Báo cáo "
	 "hoà giải năm 2025\",\"signers\":[{\"name\":\"Trần Thị Hoa\"}],\"domain\":\"Tư pháp\",\"description\":\"bản scan kèm theo\","
	 "\"file\":{\"code\":\"H35.2025.44\",\"title\":\"Hồ sơ khiếu nại\"}}",
	 "INDETERMINATE", "REVOKED_NO_POE", "{\"indication\":\"INDETERMINATE\",\"signatures\":[],\"findings\":[]}",
	 RECORD_QUARANTINED},
	{"no\nmetadata \xff.pdf", "third document", NULL, NULL, NULL, NULL, RECORD_PENDING},
	{"QyD.pdf", "fourth document",
	 "{\"number\":\"15\",\"symbol\":\"2026/QyĐ-UBND\",\"date\":\"2026-01-05\",\"organisation\":{\"name\":\"UBND xã "
	 "Hoa Lư\"},\"subject\":"
	 "\"Quy định về hóa đơn điện tử\"}",
	 "TOTAL-FAILED", "HASH_FAILURE",
	 "{\"indication\":\"TOTAL-FAILED\",\"signatures\":[{\"kind\":\"document-timestamp\",\"signer\":{\"not_after\":\"2026-12-01T00:00:00Z\"}},"
	 "{\"kind\":\"signature\",\"signer\":{\"not_after\":\"2028-05-01T00:00:00Z\"}},{\"kind\":\"signature\",\"signer\":{\"not_after\":"
	 "\"2027-03-31T23:59:59Z\"},\"timestamps\":[{"
	 "\"chain\":[{\"sha256\":\"cc33dd4411111111111111111111111111111111111111111111111111111111\",\"issuer\":\"CN=Root\",\"serial\":\"04\",\"subject\":\"CN=CA\"}]}]}],\"findings\":[]}",
	 RECORD_ACCEPTED},
};
#define SAMPLES (sizeof samples / sizeof *samples)

static inline struct store *sample_open(struct app *app, enum store_mode mode) {
	struct error err = {0};
	if (!app->store && app_open_store(app, mode, &err)) fail_msg("%s", err.text);
	return app->store;
}

static inline void sample_close(struct app *app) {
	store_close(app->store);
	app->store = NULL;
}

static inline void sample_commit(struct batch *batch) {
	struct error err = {0};
	if (batch_commit(batch, &err)) fail_msg("%s", err.text);
}

static inline uint64_t sample_add(struct batch *batch, const struct sample *sample, utime when) {
	struct record_row row = {.size = strlen(sample->content),
				 .name = (char *)sample->name,
				 .source = (char *)"spool",
				 .actor = (char *)"clerk",
				 .taken_in = when,
				 .state = sample->state,
				 .due = when + UTIME_DAY};
	struct verdict_row verdict = {.when = when,
				      .indication = (char *)sample->indication,
				      .sub_indication = (char *)sample->sub_indication};
	unsigned char sha512[DIGEST_MAX];
	uint64_t number;
	digest_bytes(DIGEST_SHA512, sample->content, row.size, sha512);
	memcpy(row.sha512, sha512, sizeof row.sha512);
	batch_put(batch, OBJECT_DOCUMENT, sample->content, row.size, &row.original, NULL);
	if (sample->metadata)
		batch_put(batch, OBJECT_METADATA, sample->metadata, strlen(sample->metadata), &row.metadata, NULL);
	batch_add_record(batch, &row, &number);
	if (sample->report) {
		batch_put(batch, OBJECT_VERDICT, sample->report, strlen(sample->report), &verdict.report, NULL);
		batch_add_verdict(batch, number, &verdict, when + 30 * UTIME_DAY);
	}
	return number;
}

/* The archive with the samples as records 1, 2, 3, 4; nothing open. */
static inline struct app sample_archive(const char *name) {
	struct app app = {.archive = folder_new(name), .now = SAMPLE_NOW, .command = "test", .verbosity = -1};
	struct error err = {0};
	digest_init();
	if (store_create(app.archive, SAMPLE_NOW, &err)) fail_msg("%s", err.text);
	folder_put_text(app.archive, "ltvault.conf", "");
	struct batch *batch = store_begin(sample_open(&app, STORE_WRITE), SAMPLE_NOW);
	for (size_t i = 0; i < SAMPLES; i++) assert_int_equal(sample_add(batch, &samples[i], SAMPLE_NOW), i + 1);
	sample_commit(batch);
	sample_close(&app);
	return app;
}

static inline void sample_end(struct app *app) {
	sample_close(app);
	conf_free(app->conf);
	folder_remove(app->archive);
	free((char *)app->archive);
	*app = (struct app){0};
}

/* Runs a command as main does, store closed before and after; what it wrote to standard output, owned. The words end
 * with NULL. */
static inline char *sample_run(struct app *app, const struct command *command, int *status, const char *const *words) {
	struct error err = {0};
	char *path = xasprintf("%s/work/output", app->archive);
	int count = 0, kept = dup(STDOUT_FILENO);
	while (words[count]) count++;
	fflush(stdout);
	if (!freopen(path, "w", stdout)) abort();
	struct args *args = args_parse(command, count, (char **)words, &err);
	if (!args) fail_msg("%s", err.text);
	sample_close(app);
	app->status = EXIT_FINE;
	*status = command->run(app, args);
	args_free(args);
	sample_close(app);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	char *text = folder_text(path);
	free(path);
	return text;
}
#define RUN(app, command, status, ...) sample_run(app, command, status, (const char *const[]){__VA_ARGS__, NULL})

/* Flips one bit of the object's bytes where they lie. */
static inline void sample_damage(struct app *app, const struct object_id *id) {
	struct object_info info;
	struct error err = {0};
	if (!store_object_info(sample_open(app, STORE_READ), id, &info, &err)) fail_msg("%s", err.text);
	char *path = xasprintf("%s/packs/%06u.tar", app->archive, info.pack);
	sample_close(app);
	chmod(path, 0600);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	unsigned char byte = 0;
	if (fd < 0 || pread(fd, &byte, 1, (off_t)info.offset) != 1) fail_msg("%s", path);
	byte ^= 1;
	if (pwrite(fd, &byte, 1, (off_t)info.offset) != 1) fail_msg("%s", path);
	close(fd);
	free(path);
}

#endif
