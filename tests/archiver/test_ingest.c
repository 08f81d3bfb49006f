#include "tests/archiver/intake_archive.h"

#include <dirent.h>

static struct app app;
static char *folder;

static int set_up(void **state) {
	(void)state;
	folder = folder_new("ingest");
	archive_open(&app, folder, NOW);
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	archive_close(&app);
	folder_remove(folder);
	free(folder);
	return 0;
}

static size_t files_in(const char *where) {
	char *path = xasprintf("%s/spool/%s", folder, where);
	DIR *dir = opendir(path);
	size_t n = 0;
	for (struct dirent *e; dir && (e = readdir(dir));) n += e->d_name[0] != '.';
	if (dir) closedir(dir);
	free(path);
	return n;
}

static void bytes_are_kept_as_they_came_and_the_source_is_moved(void **state) {
	(void)state;
	unsigned char *data, sha512[DIGEST_MAX];
	size_t len;
	spool_put(&app, "a.pdf", "good document");
	spool_put(&app, "a.pdf.json", META "}");
	struct ingest_counts c = archive_ingest(&app, ON_FAILED_QUARANTINE);
	assert_int_equal(c.files, 1);
	assert_int_equal(c.taken, 1);
	assert_int_equal(c.passed, 1);
	assert_int_equal(app.status, EXIT_FINE);
	struct record_row row = archive_row(&app, 1);
	assert_int_equal(store_read(app.store, &row.original, 100, &data, &len, NULL), OBJECT_PRESENT);
	assert_int_equal(len, 13);
	assert_memory_equal(data, "good document", 13);
	digest_bytes(DIGEST_SHA512, data, len, sha512);
	assert_memory_equal(row.sha512, sha512, 64);
	assert_string_equal(row.name, "a.pdf");
	assert_string_equal(row.source, "spool");
	assert_string_equal(row.natural_key, "h35.6|2025|15|qd-ubnd");
	assert_int_equal(row.state, RECORD_ACCEPTED);
	assert_string_equal(row.indication, "TOTAL-PASSED");
	assert_true(row.verified == NOW && row.due == NOW + 30 * UTIME_DAY);
	assert_true(spool_has(&app, "done/2026-11-22", "a.pdf") && spool_has(&app, "done/2026-11-22", "a.pdf.json"));
	assert_int_equal(files_in("in") + files_in("outbox"), 0);
	assert_clean(&app);
	free(data);
	record_row_dispose(&row);
}

static void policy_decides_what_becomes_of_what_did_not_pass(void **state) {
	(void)state;
	static const struct {
		enum on_failed policy;
		const char *text, *where;
		enum record_state state;
		unsigned notices;
	} cases[] = {
		{ON_FAILED_REFUSE, "good 1", "done/2026-11-22", RECORD_ACCEPTED, 0},
		{ON_FAILED_REFUSE, "bad 1", "refused/2026-11-22", RECORD_REFUSED, 2},
		{ON_FAILED_REFUSE, "plain 1", "refused/2026-11-22", RECORD_REFUSED, 2},
		{ON_FAILED_QUARANTINE, "bad 2", "done/2026-11-22", RECORD_QUARANTINED, 0},
		{ON_FAILED_QUARANTINE, "open 2", "done/2026-11-22", RECORD_QUARANTINED, 0},
		{ON_FAILED_QUARANTINE, "dies 2", "done/2026-11-22", RECORD_QUARANTINED, 0},
		{ON_FAILED_ACCEPT, "bad 3", "done/2026-11-22", RECORD_ACCEPTED, 0},
		{ON_FAILED_ACCEPT, "plain 3", "done/2026-11-22", RECORD_ACCEPTED, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *name = xasprintf("%zu.pdf", i);
		size_t before = files_in("outbox");
		app.status = EXIT_FINE;
		spool_put(&app, name, cases[i].text);
		archive_ingest(&app, (int)cases[i].policy);
		struct record_row row = archive_row(&app, i + 1);
		assert_int_equal(row.state, cases[i].state);
		assert_true(spool_has(&app, cases[i].where, name));
		assert_int_equal(files_in("outbox") - before, cases[i].notices);
		assert_int_equal(app.status, i ? EXIT_FINDINGS : EXIT_FINE);
		record_row_dispose(&row);
		free(name);
	}
	assert_clean(&app);
}

static void same_bytes_again_are_another_receipt_and_new_metadata_another_version(void **state) {
	(void)state;
	spool_put(&app, "a.pdf", "good");
	spool_put(&app, "b.pdf", "good"); /* in the same batch */
	archive_ingest(&app, ON_FAILED_REFUSE);
	struct record_row row = archive_row(&app, 1);
	assert_int_equal(archive_records(&app), 1);
	assert_int_equal(row.receipts, 2);
	assert_int_equal(row.metadata_versions, 0);
	record_row_dispose(&row);
	for (int again = 0; again < 2; again++) {
		spool_put(&app, "c.pdf", "good");
		spool_put(&app, "c.pdf.json", META "}");
		struct ingest_counts c = archive_ingest(&app, ON_FAILED_REFUSE);
		assert_int_equal(c.again, 1);
		row = archive_row(&app, 1);
		assert_int_equal(row.receipts, 3 + again);
		assert_int_equal(row.metadata_versions, 1);
		assert_int_equal(row.verdicts, 1);
		record_row_dispose(&row);
	}
	spool_put(&app, "c.pdf", "good");
	spool_put(&app, "c.pdf.json", META ",\"subject\":\"x\"}");
	archive_ingest(&app, ON_FAILED_REFUSE);
	row = archive_row(&app, 1);
	assert_int_equal(row.metadata_versions, 2);
	assert_int_equal(archive_records(&app), 1);
	record_row_dispose(&row);
	assert_true(spool_has(&app, "done/2026-11-22", "c.pdf~3"));
}

static bool verdict_says(uint64_t number, const char *text) {
	unsigned char *data = NULL;
	size_t len;
	struct record_row row = archive_row(&app, number);
	assert_int_equal(store_read(app.store, &row.verdict, 1 << 20, &data, &len, NULL), OBJECT_PRESENT);
	char *copy = xstrndup((char *)data, len);
	bool says = strstr(copy, text) != NULL;
	free(copy), free(data);
	record_row_dispose(&row);
	return says;
}

static void same_number_with_other_bytes_is_found_on_the_later_record_only(void **state) {
	(void)state;
	spool_put(&app, "a.pdf", "good 1");
	spool_put(&app, "a.pdf.json", META "}");
	spool_put(&app, "b.pdf", "good 2");
	spool_put(&app, "b.pdf.json", META "}");
	spool_put(&app, "c.pdf", "good 3");
	spool_put(&app, "c.pdf.json",
		  "{\"number\":15,\"symbol\":\"BC\",\"year\":2025,\"organisation\":{\"code\":\"H35.6\"},\"numbr\":1}");
	struct ingest_counts c = archive_ingest(&app, ON_FAILED_REFUSE);
	assert_int_equal(c.files, 3);
	assert_int_equal(c.failed + c.left, 0); /* a sidecar moved with its document is not missed */
	assert_int_equal(app.status, EXIT_FINDINGS);
	assert_false(verdict_says(1, "DUPLICATE_NUMBER"));
	assert_true(verdict_says(2, "DUPLICATE_NUMBER") && verdict_says(2, "record 1 has h35.6|2025|15|qd-ubnd"));
	assert_false(verdict_says(3, "DUPLICATE_NUMBER"));
	assert_true(verdict_says(3, "METADATA_UNKNOWN_KEY") && verdict_says(3, "numbr"));
	assert_false(verdict_says(1, "METADATA_UNKNOWN_KEY"));
}

static uint64_t objects(void) {
	struct store_totals totals;
	fine(store_totals(app.store, &totals, oops));
	return totals.objects;
}

static void what_is_refused_before_it_is_read_leaves_no_object(void **state) {
	(void)state;
	static const struct {
		const char *text, *sidecar, *code;
	} cases[] = {
		{"good s", "{\"secrecy\":\"MẬT\"}", "SECRET_DOCUMENT"},
		{"good s", "", "METADATA_UNUSABLE"},
		{"good s", "no json", "METADATA_UNUSABLE"},
		{"good s", "[1]", "METADATA_UNUSABLE"},
		{"good s", "{\"date\":7}", "METADATA_UNUSABLE"},
		{"", NULL, "EMPTY_FILE"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *name = xasprintf("%zu.pdf", i), *sidecar = xasprintf("%zu.pdf.json", i);
		app.status = EXIT_FINE;
		spool_put(&app, name, cases[i].text);
		if (cases[i].sidecar) spool_put(&app, sidecar, cases[i].sidecar);
		struct ingest_counts c = archive_ingest(&app, ON_FAILED_ACCEPT);
		assert_int_equal(c.refused, 1);
		assert_int_equal(app.status, EXIT_FINDINGS);
		assert_int_equal(objects(), 0);
		assert_true(spool_has(&app, "refused/2026-11-22", name));
		assert_int_equal(spool_has(&app, "refused/2026-11-22", sidecar), cases[i].sidecar != NULL);
		assert_int_equal(files_in("outbox"), 2 * (i + 1));
		free(name), free(sidecar);
	}
	assert_int_equal(files_in("in"), 0);
	/* The nearest that is not refused. */
	spool_put(&app, "n.pdf", "good s");
	spool_put(&app, "n.pdf.json", "{\"secrecy\":\"không\"}");
	assert_int_equal(archive_ingest(&app, ON_FAILED_ACCEPT).accepted, 1);
}

static void told_of(void *user, const struct ingest_told *told) {
	struct buf *b = user;
	char *name = spool_printable(strrchr(told->item->path, '/') + 1);
	buf_printf(b, "%s=%s", name, intake_outcome_name(told->item->outcome));
	if (told->item->message) buf_printf(b, "(%s)", told->item->message);
	buf_add_byte(b, ' ');
	free(name);
}

static void what_is_no_document_is_told_and_left_and_the_rest_goes_on(void **state) {
	(void)state;
	char *link = xasprintf("%s/spool/in/link.pdf", folder), *pipe = xasprintf("%s/spool/in/pipe.pdf", folder);
	struct buf told = {0};
	struct ingest_counts counts;
	const struct ingest_options options = {.tell = told_of, .user = &told};
	assert_int_equal(symlink("/etc/passwd", link) | mkfifo(pipe, 0644), 0);
	spool_put(&app, ".part", "x");
	spool_put(&app, "alone.json", "{}");
	spool_put(&app, "new\nline\xff.pdf", "good");
	spool_put(&app, "z.pdf", "good too");
	fine(ingest_run(&app, &options, &counts, oops));
	assert_string_equal(buf_text(&told), ".part=left(its name starts with a dot, as of a file being written) "
					     "alone.json=left(metadata without a document beside it) "
					     "link.pdf=left(a symbolic link is not followed) "
					     "new\\nline\\xff.pdf=taken-in pipe.pdf=left(not a file) z.pdf=taken-in ");
	assert_int_equal(app.status, EXIT_FINDINGS);
	assert_int_equal(files_in("in"), 3);
	struct record_row row = archive_row(&app, 1);
	assert_string_equal(row.name, "new\nline\xff.pdf");
	assert_true(spool_has(&app, "done/2026-11-22", "new\nline\xff.pdf"));
	record_row_dispose(&row);
	buf_dispose(&told);
	free(link), free(pipe);
}

static void files_just_written_wait_for_the_next_run(void **state) {
	(void)state;
	struct timespec times[2] = {{.tv_sec = NOW / UTIME_SECOND - 4}, {.tv_sec = NOW / UTIME_SECOND - 4}};
	char *path = xasprintf("%s/spool/in/a.pdf", folder);
	app.at_given = false;
	spool_put(&app, "a.pdf", "good");
	utimensat(AT_FDCWD, path, times, 0);
	assert_int_equal(archive_ingest(&app, ON_FAILED_REFUSE).left, 1);
	assert_int_equal(app.status, EXIT_FINE);
	times[1].tv_sec -= 1;
	utimensat(AT_FDCWD, path, times, 0);
	assert_int_equal(archive_ingest(&app, ON_FAILED_REFUSE).taken, 1);
	free(path);
}

static void arguments_stay_where_they_are(void **state) {
	(void)state;
	struct ingest_counts counts;
	char *other = folder_new("ingest-arguments"), *gone = xasprintf("%s/gone.pdf", other);
	const char *const paths[] = {other, gone};
	const struct ingest_options options = {.paths = paths, .count = 2, .policy = ON_FAILED_REFUSE};
	folder_put_text(other, "a.pdf", "bad");
	folder_put_text(other, "b.pdf", "good");
	folder_put_text(other, "s.pdf", "good");
	folder_put_text(other, "s.json", "{\"secrecy\":\"mật\"}");
	fine(ingest_run(&app, &options, &counts, oops));
	assert_int_equal(counts.files, 4);
	assert_int_equal(counts.taken, 2);
	assert_int_equal(counts.refused, 2);
	assert_int_equal(counts.failed, 1);
	assert_true(folder_has(other, "a.pdf") && folder_has(other, "s.pdf") && folder_has(other, "s.json"));
	assert_int_equal(files_in("outbox"), 4);
	struct record_row row = archive_row(&app, 2);
	assert_string_equal(row.source, other);
	record_row_dispose(&row);
	folder_remove(other);
	free(other), free(gone);
}

static void a_list_names_documents_by_line_or_by_zero_byte(void **state) {
	(void)state;
	char *other = folder_new("ingest-list"), *text;
	struct ingest_counts counts;
	folder_put_text(other, "a", "good 1");
	folder_put_text(other, "b\nc", "good 2");
	for (int zero = 0; zero < 2; zero++) {
		text = xasprintf("%s/a%c%s/b\nc%c", other, zero ? 0 : '\n', other, zero ? 0 : '\n');
		size_t len = 2 * strlen(other) + 8;
		FILE *list = fmemopen(text, len, "r");
		const struct ingest_options options = {.list = list, .null_separated = zero != 0};
		fine(ingest_run(&app, &options, &counts, oops));
		assert_int_equal(counts.failed, zero ? 0 : 2);
		assert_int_equal(counts.taken, 1);
		fclose(list);
		free(text);
	}
	folder_remove(other);
	free(other);
}

static void deferred_documents_wait_for_verify(void **state) {
	(void)state;
	struct verify_counts counts;
	const struct verify_options options = {.policy = ON_FAILED_REFUSE};
	spool_put(&app, "a.pdf", "good");
	spool_put(&app, "b.pdf", "bad");
	assert_int_equal(archive_ingest(&app, -1).pending, 2);
	assert_int_equal(app.status, EXIT_FINE);
	fine(verify_run(&app, &options, &counts, oops));
	assert_int_equal(counts.first, 2);
	assert_int_equal(counts.refused, 1);
	assert_int_equal(files_in("outbox"), 2);
	assert_int_equal(app.status, EXIT_FINDINGS);
}

int main(int argc, char **argv) {
	if (RUN_AS_WORKER(argc, argv)) return worker_serve(WORKER_FD, &engine);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes_are_kept_as_they_came_and_the_source_is_moved, set_up, tear_down),
		cmocka_unit_test_setup_teardown(policy_decides_what_becomes_of_what_did_not_pass, set_up, tear_down),
		cmocka_unit_test_setup_teardown(same_bytes_again_are_another_receipt_and_new_metadata_another_version,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(same_number_with_other_bytes_is_found_on_the_later_record_only, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_refused_before_it_is_read_leaves_no_object, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_document_is_told_and_left_and_the_rest_goes_on, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(files_just_written_wait_for_the_next_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(arguments_stay_where_they_are, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_list_names_documents_by_line_or_by_zero_byte, set_up, tear_down),
		cmocka_unit_test_setup_teardown(deferred_documents_wait_for_verify, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
