/* Rounds, renewals and hash-tree renewals of an archive with the authority of evidence_archive.h. To be included first. */
#ifndef LTVAULT_TESTS_EVIDENCE_RUNS_H
#define LTVAULT_TESTS_EVIDENCE_RUNS_H

#include "tests/archiver/small_archive.h"

#include "tests/archiver/evidence_archive.h"

static char *folder;
static struct app app;
static struct authority a;

static inline int set_up(void **state) {
	(void)state;
	log_set_level(LOG_ERROR_LEVEL + 1);
	folder = folder_new("evidence");
	small_open(&app, folder, NOW);
	a = (struct authority){.gen_time = NOW, .until = NOW + 3650 * UTIME_DAY, .digest_until = UTIME_NONE, .certificate = 1};
	return 0;
}

static inline int tear_down(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(folder);
	free(folder);
	return 0;
}

static inline struct evidence_counts round_now(void) {
	struct evidence_counts counts = {0};
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_round(e, &counts, oops));
	evidence_close(e);
	return counts;
}

static inline struct evidence_counts renew_now(bool all) {
	struct evidence_counts counts = {0};
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_renew(e, all, &counts, oops));
	evidence_close(e);
	return counts;
}

static inline struct evidence_counts rehash_now(enum digest_alg alg, uint64_t max_bytes, bool *done) {
	struct evidence_counts counts = {0};
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_rehash(e, 1, alg, max_bytes, &counts, done, oops));
	evidence_close(e);
	return counts;
}

static inline void add_many(int from, int to) {
	struct batch *batch = store_begin(app.store, app.now);
	struct object_id id;
	for (int i = from; i < to; i++) {
		char *text = xasprintf("object %d", i);
		batch_put(batch, OBJECT_CRL, text, strlen(text), &id, NULL);
		free(text);
	}
	fine(batch_commit(batch, oops));
}

static inline void set(const char *text) {
	small_close(&app);
	char *all = xasprintf("[archive]\nname = Kho\n[evidence]\n%s\n", text);
	folder_put_text(folder, "ltvault.conf", all);
	free(all);
	app.conf = NULL, app.store = NULL;
	struct error err = {0};
	if (app_open_store(&app, STORE_WRITE, &err)) fail_msg("%s", err.text);
}

static inline void damage(const struct object_id *id, int by) {
	struct object_info info;
	struct error err = {0};
	if (!store_object_info(app.store, id, &info, &err)) fail_msg("%s", err.text);
	char *path = xasprintf("%s/packs/%06u.tar", folder, info.pack);
	FILE *file = fopen(path, "r+");
	assert_non_null(file);
	fseek(file, (long)info.offset, SEEK_SET);
	int byte = fgetc(file);
	fseek(file, (long)info.offset, SEEK_SET);
	fputc(byte ^ by, file);
	fclose(file);
	free(path);
}

static inline struct object_id id_of(const char *text) {
	struct object_id id;
	sha256_bytes(text, strlen(text), id.sha256);
	return id;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
