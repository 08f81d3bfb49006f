/* A run that dies, or finds the disk full, at every step that changes the disk; the next one must end in the same
 * archive. */
#include "tests/archiver/intake_archive.h"

#include "store/fault.h"

#include <dirent.h>
#include <sys/wait.h>

#define STEPS_MAX 400

static void fill(struct app *app) {
	spool_put(app, "a.pdf", "good 1");
	spool_put(app, "a.pdf.json", META "}");
	spool_put(app, "b.pdf", "bad 2");
	spool_put(app, "c.pdf", "good 1"); /* the same bytes in the same batch */
	spool_put(app, "d.pdf", "good 3");
	spool_put(app, "e.pdf", "never read");
	spool_put(app, "e.pdf.json", "{\"secrecy\":\"mật\"}");
	spool_put(app, "f.p7s", "signs512 plain 6"); /* held until its content was met */
	spool_put(app, "f.pdf", "plain 6");
}

/* In a process of its own: fill, arm, ingest. The result: 0 all well, 4 failed, FAULT_STATUS died. */
static int run_armed(const char *folder, unsigned long step, enum fault_action action, bool stay) {
	pid_t child = fork();
	if (child == 0) {
		struct app app;
		struct ingest_counts counts;
		struct error err = {0};
		const struct ingest_options options = {.policy = ON_FAILED_REFUSE};
		archive_open(&app, folder, NOW);
		log_set_level(LOG_ERROR_LEVEL + 1);
		fill(&app);
		fault_arm(step, action, stay);
		if (ingest_run(&app, &options, &counts, &err)) app_worsen(&app, error_exit_status(err.code));
		unsigned long steps = fault_steps();
		fault_arm(0, FAULT_NONE, false);
		archive_close(&app);
		_exit(step > steps ? 0 : app.status == EXIT_RUN_FAILED ? EXIT_RUN_FAILED : EXIT_FINDINGS);
	}
	int status;
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) fail_msg("the run was killed");
	return WEXITSTATUS(status);
}

static size_t count_files(const char *folder, const char *where, bool json) {
	char *path = xasprintf("%s/spool/%s", folder, where);
	DIR *dir = opendir(path);
	size_t n = 0;
	for (struct dirent *e; dir && (e = readdir(dir));) {
		bool is_json = strstr(e->d_name, ".json") != NULL, part = strstr(e->d_name, ".part") != NULL;
		n += e->d_name[0] != '.' && is_json == json && !part;
	}
	if (dir) closedir(dir);
	free(path);
	return n;
}

static int count_notes(void *user, const struct event_row *event) {
	*(unsigned *)user += !strcmp(event->type, "refused");
	return 0;
}

static void assert_same_end(const char *folder) {
	struct app app;
	static const struct {
		const char *name;
		enum record_state state;
		uint32_t receipts, metadata;
	} rows[] = {{"a.pdf", RECORD_ACCEPTED, 2, 1},
		    {"b.pdf", RECORD_REFUSED, 1, 0},
		    {"d.pdf", RECORD_ACCEPTED, 1, 0},
		    {"f.pdf", RECORD_ACCEPTED, 1, 0},
		    {"f.p7s", RECORD_ACCEPTED, 1, 1}};
	unsigned notes = 0;
	archive_open(&app, folder, NOW);
	archive_ingest(&app, ON_FAILED_REFUSE);
	assert_int_equal(archive_records(&app), ARRAY_LEN(rows));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct record_row row = archive_row(&app, i + 1);
		assert_string_equal(row.name, rows[i].name);
		assert_int_equal(row.state, rows[i].state);
		assert_int_equal(row.receipts, rows[i].receipts);
		assert_int_equal(row.metadata_versions, rows[i].metadata);
		assert_int_equal(row.verdicts, 1);
		record_row_dispose(&row);
	}
	assert_int_equal(count_files(folder, "in", false), 0);
	assert_int_equal(count_files(folder, "done/2026-11-22", false), 5);
	assert_int_equal(count_files(folder, "refused/2026-11-22", false), 2);
	assert_int_equal(count_files(folder, "outbox", true), 2);
	assert_int_equal(count_files(folder, "outbox", false), 2);
	assert_clean(&app);
	fine(store_each_event(app.store, 1, count_notes, &notes, oops));
	assert_int_equal(notes, 2);
	archive_close(&app);
}

static void every_step(enum fault_action action, bool stay, int expected) {
	unsigned long step = 1;
	for (;; step++) {
		char *folder = folder_new("ingest-crash");
		int status = run_armed(folder, step, action, stay);
		if (status && status != expected && status != EXIT_FINDINGS)
			fail_msg("step %lu: status %d", step, status);
		assert_same_end(folder);
		folder_remove(folder);
		free(folder);
		if (!status) break;
		assert_true(step < STEPS_MAX);
	}
	assert_true(step > 20);
}

static void a_run_that_dies_anywhere_is_finished_by_the_next(void **state) {
	(void)state;
	every_step(FAULT_DIE, false, FAULT_STATUS);
}

static void a_disk_that_is_full_from_anywhere_on_loses_nothing(void **state) {
	(void)state;
	every_step(FAULT_FAIL, true, EXIT_RUN_FAILED);
}

int main(int argc, char **argv) {
	if (RUN_AS_WORKER(argc, argv)) return worker_serve(WORKER_FD, &engine);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_that_dies_anywhere_is_finished_by_the_next),
		cmocka_unit_test(a_disk_that_is_full_from_anywhere_on_loses_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
