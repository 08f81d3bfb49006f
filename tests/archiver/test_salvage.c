#include "archiver/log.h"
#include "archiver/salvage.h"
#include "store/fault.h"
#include "store/records.h"
#include "store/salvage.h"
#include "tests/archiver/small_archive.h"

#include <jansson.h>
#include <sys/wait.h>

static struct app app;
static char *folder;
static struct object_id documents[3], metadata;

/* As an intake writes: the document, its metadata, and later the verdict. */
static void add(int i, bool with_metadata, bool with_verdict) {
	char hex[SHA256_HEX], *text = xasprintf("%%PDF-1.7 document %d", i), *name = xasprintf("%d.pdf", i);
	struct batch *batch = store_begin(app.store, app.now);
	struct record_row row = {.size = strlen(text), .name = name, .source = (char *)"spool", .actor = (char *)"clerk",
	                         .taken_in = app.now, .state = RECORD_PENDING, .due = app.now};
	uint64_t number;
	batch_put(batch, OBJECT_DOCUMENT, text, strlen(text), &documents[i], NULL);
	row.original = documents[i];
	const char *meta = "{\"number\":\"15\",\"subject\":\"về việc\"}";
	if (with_metadata) batch_put(batch, OBJECT_METADATA, meta, strlen(meta), &metadata, NULL);
	batch_add_record(batch, &row, &number);
	hex_encode(documents[i].sha256, SHA256_SIZE, hex);
	char *report = xasprintf("{\"at\":\"2026-11-22T02:00:00Z\",\"file\":\"%s\",\"indication\":\"TOTAL-PASSED\",\"schema\":\"ltvault.validation/1\","
	                         "\"sha256\":\"%s\",\"sub_indication\":null}", name, hex);
	struct object_id id;
	if (with_verdict) batch_put(batch, OBJECT_VERDICT, report, strlen(report), &id, NULL);
	fine(batch_commit(batch, oops));
	free(text), free(name), free(report);
}

static int set_up(void **state) {
	(void)state;
	folder = folder_new("salvage");
	log_set_level(LOG_ERROR_LEVEL + 1);
	small_open(&app, folder, NOW);
	add(0, true, true);
	add(1, false, true);
	add(2, false, false);
	small_close(&app);
	app = (struct app){.archive = folder, .now = NOW + UTIME_DAY, .command = "rebuild"};
	fine(app_load_conf(&app, oops));
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(folder);
	free(folder);
	return 0;
}

static void remove_at(const char *name) {
	char *path = xasprintf("%s/%s", folder, name);
	folder_remove(path);
	free(path);
}

static void say(void *user, const char *text) {
	(void)user;
	print_message("%s\n", text);
}

static int keep_note(void *user, const struct event_row *event) {
	json_t **note = user;
	if (!strcmp(event->type, "salvaged")) *note = json_loads(event->json, 0, NULL);
	return 0;
}

static int salvage_it(struct error *err) {
	return salvage_archive(&app, &(struct repair_media){0}, &(struct store_totals){0}, true, err);
}

static json_t *salvage(void) {
	struct fsck_counts counts;
	json_t *note = NULL;
	fine(salvage_it(oops));
	assert_int_equal(store_fsck(app.store, true, say, NULL, &counts, NULL), 0);
	assert_int_equal(counts.records, 3);
	fine(store_each_event(app.store, 1, keep_note, &note, oops));
	assert_non_null(note);
	return note;
}

static json_int_t told(json_t *note, const char *key) {
	return json_integer_value(json_object_get(note, key));
}

static struct record_row record(int i) {
	struct record_row row;
	uint64_t number;
	assert_int_equal(records_by_object(app.store, &documents[i], &number, NULL), 1);
	assert_int_equal(records_get(app.store, number, &row, NULL), 1);
	return row;
}

static void packs_alone_give_records_with_what_can_be_known(void **state) {
	(void)state;
	remove_at("journal");
	remove_at("catalogue");
	json_t *note = salvage();
	assert_int_equal(told(note, "records"), 3);
	assert_int_equal(told(note, "with_file_name"), 2);
	assert_int_equal(told(note, "verdicts"), 2);
	assert_int_equal(told(note, "with_metadata"), 1);
	assert_true(json_is_true(json_object_get(note, "new_archive_id")));
	json_decref(note);
	struct record_row first = record(0), last = record(2);
	assert_string_equal(first.name, "0.pdf");
	assert_string_equal(first.source, "salvaged");
	assert_string_equal(first.indication, "TOTAL-PASSED");
	assert_true(object_id_equal(&first.metadata, &metadata));
	assert_int_equal(first.state, RECORD_PENDING);
	assert_true(first.due <= app.now); /* judged again by the next verify */
	assert_int_equal(last.verdicts, 0);
	record_row_dispose(&first), record_row_dispose(&last);
}

static void damaged_member_is_kept_and_told(void **state) {
	(void)state;
	char *path = xasprintf("%s/packs/000001.tar", folder);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "X", 1, 512 + 10), 1);
	close(fd);
	free(path);
	remove_at("journal");
	fine(salvage_it(oops));
	struct damage_row *rows;
	size_t count;
	fine(store_damages(app.store, &rows, &count, oops));
	assert_int_equal(count, 1);
	assert_true(object_id_equal(&rows[0].id, &documents[0]));
	damage_row_dispose(&rows[0]);
	free(rows);
	struct record_row row = record(0); /* its verdict names it */
	assert_int_equal(row.bytes, OBJECT_DAMAGED);
	record_row_dispose(&row);
}

static void what_is_left_of_the_journal_stays(void **state) {
	(void)state;
	char *path = xasprintf("%s/journal/000001.log", folder), *old = folder_text(path);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "more than one wrong bit", 23, st.st_size - 100), 23); /* the last batch */
	close(fd);
	json_t *note = salvage();
	assert_true(told(note, "kept_events") >= 5);
	assert_false(json_is_true(json_object_get(note, "new_archive_id")));
	assert_int_equal(told(note, "records"), 1); /* the one whose batch was lost */
	json_decref(note);
	struct record_row row = record(0);
	assert_string_equal(row.source, "spool");
	record_row_dispose(&row);
	free(path), free(old);
}

static void a_whole_journal_is_not_thrown_away(void **state) {
	(void)state;
	struct error err = {0};
	assert_int_equal(salvage_it(&err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_false(folder_has(folder, "damaged"));
}

/* ---- a run that dies ---- */

static int salvage_in_child(unsigned long n) {
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		fault_arm(n, FAULT_DIE, false);
		struct error err = {0};
		int rc = salvage_it(&err);
		if (rc) print_message("%s\n", err.text);
		small_close(&app);
		_exit(rc ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Whole packs and a whole journal do not say that records are missing. */
static void assert_told_by_fsck(unsigned long n) {
	struct store *store = store_salvage_is_open(folder) ? store_open(folder, STORE_READ, "test", app.now, NULL) : NULL;
	if (store && store_fsck(store, false, NULL, NULL, NULL, NULL) < 1) fail_msg("step %lu: fsck does not tell of the salvage", n);
	store_close(store);
}

/* What the clerk does next: the night that makes the catalogue anew, or the same command again. Nothing may be lost by either. */
static void look(unsigned long n, bool rebuild_first) {
	struct fsck_counts counts;
	struct error err = {0};
	if (rebuild_first && store_rebuild(folder, "test", app.now, NULL) == 0) {
		struct store *store = store_open(folder, STORE_WRITE, "test", app.now, &err);
		if (!store) fail_msg("step %lu, rebuilt: %s", n, err.text);
		store_close(store);
	}
	if (salvage_it(&err) && err.code != ERROR_INPUT) fail_msg("step %lu: again: %s", n, err.text);
	if (!app.store) fine(app_open_store(&app, STORE_WRITE, oops));
	if (store_fsck(app.store, true, say, NULL, &counts, NULL)) fail_msg("step %lu: problems", n);
	assert_int_equal(counts.records, 3);
	assert_int_equal(counts.objects, 6); /* three documents, two verdicts, metadata */
	for (int i = 0; i < 3; i++) {
		struct record_row row = record(i);
		if (row.verdicts != (i < 2)) fail_msg("step %lu: record %d has %u verdicts", n, i, row.verdicts);
		assert_int_equal(row.metadata_versions, i == 0);
		record_row_dispose(&row);
	}
}

#ifdef LTVAULT_SANITIZED
#define STRIDE 5 /* each step is a whole salvage, twice */
#else
#define STRIDE 1
#endif

static void a_run_that_dies_at_any_step_is_finished_by_the_next(void **state) {
	int status = FAULT_STATUS;
	unsigned long n = 1;
	for (; status == FAULT_STATUS; n += STRIDE) {
		if (n > 1) set_up(state);
		char *log = xasprintf("%s/journal/000001.log", folder);
		if (n % 2) remove_at("journal");
		else assert_int_equal(truncate(log, 10), 0);
		status = salvage_in_child(n);
		if (status != 0 && status != FAULT_STATUS) fail_msg("step %lu: exit status %d", n, status);
		assert_told_by_fsck(n);
		look(n, n % 3 == 0);
		free(log);
		assert_false(folder_has(folder, "damaged/salvage"));
		tear_down(state);
	}
	assert_true(n > 20);
	set_up(state);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(packs_alone_give_records_with_what_can_be_known),
		T(damaged_member_is_kept_and_told),
		T(what_is_left_of_the_journal_stays),
		T(a_whole_journal_is_not_thrown_away),
		T(a_run_that_dies_at_any_step_is_finished_by_the_next),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
