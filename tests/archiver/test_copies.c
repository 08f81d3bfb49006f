#include "tests/archiver/small_archive.h"

#include "archiver/backup.h"
#include "archiver/i18n.h"
#include "archiver/log.h"
#include "archiver/medium_show.h"
#include "archiver/report.h"
#include "archiver/search.h"
#include "archiver/show.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *archive, *media[2];
static struct app app;

static int fresh(void **state) {
	(void)state;
	struct backup_result result;
	archive = folder_new("copies-archive");
	media[0] = folder_new("copies-first");
	media[1] = folder_new("copies-second");
	small_open(&app, archive, NOW);
	/* Three documents: on both media, on the first, on none. */
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {"a.pdf", "b.pdf", "c.pdf"}, *const labels[] = {"Disk A", "Disk B"}, *const sites[] = {"Kho 1", "Kho 2"};
		small_add(&app, names[i], names[i], "TOTAL-PASSED", "");
		for (int m = 0; m < 2 - i; m++) {
			const struct medium_wish wish = {.path = media[m], .label = labels[m], .site = sites[m], .set = "", .end_of_life = UTIME_NONE};
			if (!i) fine(media_init(&app, &wish, oops));
			fine(backup_medium(&app, media[m], false, &result, oops));
		}
	}
	return 0;
}

static int gone(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(archive);
	for (int m = 0; m < 2; m++) folder_remove(media[m]), free(media[m]);
	free(archive);
	return 0;
}

static int take(void *user, const char *json, bool exact) {
	struct buf *found = user;
	json_t *row = json_loads(json, 0, NULL);
	(void)exact;
	buf_printf(found, "%lld ", (long long)json_integer_value(json_object_get(row, "record")));
	json_decref(row);
	return 0;
}

static void a_query_for_copies_finds_the_records_that_have_them(void **state) {
	(void)state;
	static const struct {
		const char *query, *found; /* newest first */
	} cases[] = {
		{"copies<1", ""},       {"copies:1", "3 "},     {"copies<2", "3 "},       {"copies:2", "2 "},    {"copies<3", "3 2 "},
		{"copies:3", "1 "},     {"copies>=2", "2 1 "},  {"copies>2", "1 "},       {"copies<=3", "3 2 1 "}, {"copies>3", ""},
		{"-copies<3", "1 "},    {"copies>=0", "3 2 1 "}, {"bansao<2 copies>0", "3 "},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct search_window everything = {0};
		struct query query;
		struct buf found = {0};
		fine(query_parse(&cases[i].query, 1, &query, oops));
		struct error err = {0};
		struct search *search = search_open(&app, &err);
		assert_non_null(search);
		fine(search_each(search, &query, &everything, take, &found, oops));
		if (strcmp(buf_text(&found), cases[i].found)) fail_msg("%s: found %s, not %s", cases[i].query, buf_text(&found), cases[i].found);
		search_close(search);
		query_dispose(&query);
		buf_dispose(&found);
	}
}

static void what_is_no_number_of_copies_is_refused(void **state) {
	(void)state;
	static const char *const bad[] = {"copies:", "copies:two", "copies<-1", "copies<1234567890"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct query query;
		struct error err = {0};
		if (query_parse(&bad[i], 1, &query, &err) != -1) fail_msg("%s is taken", bad[i]);
		assert_int_equal(err.code, ERROR_USAGE);
	}
}

static void a_record_tells_where_its_copies_are(void **state) {
	(void)state;
	struct error err = {0};
	for (uint64_t number = 1; number <= 3; number++) {
		json_t *doc = show_document(&app, number, 0, &err);
		assert_non_null(doc);
		const json_t *copies = json_object_get(doc, "copies");
		assert_int_equal(json_integer_value(json_object_get(copies, "count")), 4 - (int)number);
		assert_int_equal(json_integer_value(json_object_get(copies, "sites")), 3 - (int)number);
		if (number == 2)
			assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(copies, "rows"), 0), "medium")), "Disk A");
		json_decref(doc);
	}
}

/* "none one two more" of one measure. */
static void assert_spread(const json_t *copies, const char *measure, const char *expected) {
	size_t i;
	const json_t *row;
	json_array_foreach(json_object_get(copies, "spread"), i, row) {
		if (strcmp(json_string_value(json_object_get(row, "measure")), measure)) continue;
		char *text = xasprintf("%lld %lld %lld %lld of %lld", (long long)json_integer_value(json_object_get(row, "none")),
		                       (long long)json_integer_value(json_object_get(row, "one")), (long long)json_integer_value(json_object_get(row, "two")),
		                       (long long)json_integer_value(json_object_get(row, "more")), (long long)json_integer_value(json_object_get(row, "held")));
		assert_string_equal(text, expected);
		free(text);
		return;
	}
	fail_msg("%s is not counted", measure);
}

static json_int_t count_of(const json_t *copies, const char *key) {
	return json_integer_value(json_object_get(copies, key));
}

static void set(enum setting setting, const char *value) {
	fine(conf_set(app.conf, setting, value, oops));
}

static json_t *copies_now(void) {
	struct error err = {0};
	json_t *report = report_build(&app, NOW, app.now + 1, &err);
	assert_non_null(report);
	json_t *copies = json_incref(json_object_get(report, "copies"));
	json_decref(report);
	assert_non_null(copies);
	return copies;
}

static void the_report_counts_records_by_their_copies(void **state) {
	(void)state;
	set(CONF_archive_site, "Kho 1");
	json_t *copies = copies_now();
	assert_int_equal(count_of(copies, "held"), 3);
	assert_spread(copies, "media", "1 1 1 0 of 3");
	assert_spread(copies, "copies", "0 1 1 1 of 3");
	assert_spread(copies, "kinds", "0 3 0 0 of 3");
	assert_spread(copies, "sites", "0 2 1 0 of 3");    /* Disk A is at the archive's own place */
	assert_spread(copies, "off_site", "2 1 0 0 of 3"); /* Disk B alone is not */
	assert_int_equal(count_of(copies, "enough"), 0);   /* all of them are on disks */
	assert_int_equal(count_of(copies, "total"), 3);
	json_decref(copies);
	set(CONF_rotation_kinds, "1");
	copies = copies_now();
	assert_int_equal(count_of(copies, "enough"), 1);
	assert_int_equal(count_of(copies, "total"), 2);
	const json_t *row = json_array_get(json_object_get(copies, "rows"), 0), *lacks = json_object_get(row, "lacks");
	assert_int_equal(count_of(row, "record"), 2);
	assert_int_equal(json_array_size(lacks), 2); /* copies 2 of 3, off-site 0 of 1 */
	assert_string_equal(json_string_value(json_object_get(json_array_get(lacks, 0), "measure")), "copies");
	assert_int_equal(count_of(json_array_get(lacks, 0), "has"), 2);
	assert_int_equal(count_of(json_array_get(lacks, 0), "wanted"), 3);
	json_decref(copies);
}

static void a_damaged_copy_here_and_a_retired_medium_do_not_count(void **state) {
	(void)state;
	struct record_row record = {0};
	struct ledger ledger;
	fine(records_get(app.store, 1, &record, oops));
	fine(ledger_read(&app, &ledger, oops));
	struct batch *batch = store_begin(app.store, app.now);
	batch_set_object_state(batch, &record.original, OBJECT_DAMAGED, "for the test");
	medium_set_time(&ledger.media[1], "retired", NOW);
	medium_put(batch, &ledger.media[1]);
	fine(batch_commit(batch, oops));
	json_t *copies = copies_now();
	assert_spread(copies, "media", "1 2 0 0 of 3");
	assert_spread(copies, "copies", "0 2 1 0 of 3"); /* the first one is on Disk A alone */
	json_decref(copies);
	record_row_dispose(&record);
	ledger_dispose(&ledger);
}

static void a_record_that_no_medium_got_in_time_is_a_finding(void **state) {
	(void)state;
	json_t *copies = copies_now();
	assert_int_equal(count_of(copies, "overdue"), 0);
	json_decref(copies);
	app.now = NOW + UTIME_DAY + UTIME_DAY / 4 - 1;
	copies = copies_now();
	assert_int_equal(count_of(copies, "overdue"), 0);
	json_decref(copies);
	app.now++;
	copies = copies_now();
	assert_int_equal(count_of(copies, "overdue"), 1);
	json_decref(copies);
}

static void every_form_of_the_report_names_what_is_below_the_policy(void **state) {
	(void)state;
	struct error err = {0};
	i18n_set_language(LANGUAGE_EN);
	json_t *report = report_build(&app, NOW, app.now + 1, &err);
	for (int format = 0; format < REPORT_FORMATS; format++) {
		char *text = NULL;
		size_t len = 0;
		FILE *memory = open_memstream(&text, &len);
		report_render((enum report_format)format, memory, report);
		fclose(memory);
		assert_non_null(strstr(text, "b.pdf"));
		if (format == REPORT_TEXT) {
			assert_non_null(strstr(text, "0: 1  1: 1  2: 1  3+: 0"));
			assert_non_null(strstr(text, "copies, the archive's own included 2/3"));
		}
		free(text);
	}
	json_decref(report);
}

static struct backup_result result_of(int m) {
	struct backup_result result;
	fine(backup_medium(&app, media[m], false, &result, oops));
	return result;
}

static json_t *listed(const char *label) {
	struct ledger ledger;
	struct drill_state drill;
	fine(drill_state(&app, &drill, oops));
	fine(ledger_read(&app, &ledger, oops));
	json_t *doc = medium_json(&(struct medium_view){&app, &ledger, &drill}, ledger_find(&ledger, label), false);
	ledger_dispose(&ledger);
	return doc;
}

static void assert_day(const json_t *doc, const char *key, utime expected) {
	char text[UTIME_TEXT_MAX];
	const char *there = json_string_value(json_object_get(doc, key));
	assert_string_equal(there ? there : "", utime_text(expected, text));
}

static void change(const char *label, const char *key, utime when) {
	struct ledger ledger;
	fine(ledger_read(&app, &ledger, oops));
	struct medium *m = ledger_find(&ledger, label);
	medium_set_time(m, key, when);
	medium_set_text(m, "away_to", medium_time(m, "away_since") == UTIME_NONE ? "" : "Kho 3");
	struct batch *batch = store_begin(app.store, app.now);
	medium_put(batch, m);
	fine(batch_commit(batch, oops));
	ledger_dispose(&ledger);
}

static void the_ledger_says_what_is_due_next(void **state) {
	(void)state;
	result_of(0);
	json_t *a = listed("Disk A"), *b = listed("Disk B");
	assert_day(a, "next_write", NOW + UTIME_DAY);
	assert_day(a, "next_full_read", NOW + 30 * UTIME_DAY);
	assert_day(a, "next_drill", NOW + 92 * UTIME_DAY);
	assert_true(json_is_null(json_object_get(b, "next_drill"))); /* one is due, and it is the other one's turn */
	assert_true(json_is_false(json_object_get(a, "encrypted")));
	assert_int_equal(json_array_size(json_object_get(a, "recipients")), 0);
	json_decref(a), json_decref(b);
	change("Disk A", "drilled", NOW);
	change("Disk B", "away_since", NOW);
	b = listed("Disk B");
	assert_day(b, "next_write", NOW + 30 * UTIME_DAY);
	assert_day(b, "next_full_read", NOW + 30 * UTIME_DAY);
	json_decref(b);
	change("Disk B", "retired", NOW);
	b = listed("Disk B");
	assert_true(json_is_null(json_object_get(b, "next_write")) && json_is_null(json_object_get(b, "next_full_read")));
	json_decref(b);
}

static void the_list_is_a_table_whose_columns_stand_under_their_titles(void **state) {
	(void)state;
	static const enum language languages[] = {LANGUAGE_EN, LANGUAGE_VI};
	for (size_t k = 0; k < ARRAY_LEN(languages); k++) {
		i18n_set_language(languages[k]);
		char *text = NULL, *line, *rest;
		size_t len = 0;
		json_t *rows = json_pack("[o, o]", listed("Disk A"), listed("Disk B"));
		FILE *memory = open_memstream(&text, &len);
		medium_print_table(memory, rows);
		fclose(memory);
		json_decref(rows);
		int lines = 0, at = -1;
		for (rest = text; (line = strsep(&rest, "\n")) && *line; lines++) {
			/* The last column begins at the same place in every line, counted in letters. */
			const char *last = strrchr(line, ' ');
			if (lines) assert_string_equal(last, " -"); /* not encrypted */
			int column = 0;
			for (const char *p = line; lines && p < last; p++) column += ((unsigned char)*p & 0xc0) != 0x80;
			if (lines > 1) assert_int_equal(column, at);
			at = column;
		}
		assert_int_equal(lines, 3);
		free(text);
	}
	i18n_set_language(LANGUAGE_EN);
}

/* ---- waiting ---- */

/* The medium is not there; another process brings it after a while, or sends us SIGTERM, or nothing happens. */
static pid_t later(const char *what, const char *hidden) {
	pid_t parent = getpid(), child = fork();
	if (child) return child;
	struct timespec pause = {.tv_nsec = 300000000};
	nanosleep(&pause, NULL);
	if (*what == 'm') rmdir(media[0]), rename(hidden, media[0]);
	if (*what == 's') kill(parent, SIGTERM);
	_exit(0);
}

static void the_night_waits_for_a_medium_and_reports_it_when_it_does_not_come(void **state) {
	(void)state;
	static const struct {
		const char *wait, *what;
		unsigned done, failed;
	} cases[] = {{"60s", "mount", 2, 0}, {"60s", "signal", 1, 1}, {"1s", "nothing", 1, 1}, {"0s", "nothing", 1, 1}};
	char *hidden = xasprintf("%s.hidden", media[0]), *both = xasprintf("%s %s", media[0], media[1]);
	set(CONF_backup_media, both);
	log_set_level(LOG_ERROR_LEVEL + 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned done, failed;
		int status;
		set(CONF_backup_wait, cases[i].wait);
		assert_int_equal(rename(media[0], hidden), 0);
		mkdir(media[0], 0755);
		pid_t child = later(cases[i].what, hidden);
		backup_run(&app, &done, &failed);
		waitpid(child, &status, 0);
		if (done != cases[i].done || failed != cases[i].failed) fail_msg("case %zu: %u done, %u failed", i, done, failed);
		if (failed) assert_int_equal(rmdir(media[0]), 0); /* nothing was written into the mount point */
		if (failed) assert_int_equal(rename(hidden, media[0]), 0);
	}
	log_set_level(LOG_WARN_LEVEL);
	free(hidden), free(both);
}

/* Away, or a path that nothing was ever mounted at: nobody will bring it tonight. */
static void what_nobody_will_bring_is_not_waited_for(void **state) {
	(void)state;
	unsigned done, failed;
	char *none = folder_new("copies-none"), *hidden = xasprintf("%s.hidden", media[0]), *paths = xasprintf("%s %s", none, media[0]);
	set(CONF_backup_media, paths);
	set(CONF_backup_wait, "86400s");
	change("Disk A", "away_since", NOW);
	assert_int_equal(rename(media[0], hidden), 0);
	log_set_level(LOG_ERROR_LEVEL + 1);
	backup_run(&app, &done, &failed);
	log_set_level(LOG_WARN_LEVEL);
	assert_int_equal(done, 0);
	assert_int_equal(failed, 1);
	assert_int_equal(rename(hidden, media[0]), 0);
	/* A medium that is there, and has lost its label, is refused or made good at once. */
	char *label = xasprintf("%s/label.json", media[1]);
	unlink(label);
	set(CONF_backup_media, media[1]);
	log_set_level(LOG_ERROR_LEVEL + 1);
	backup_run(&app, &done, &failed);
	log_set_level(LOG_WARN_LEVEL);
	assert_int_equal(done + failed, 1);
	free(label);
	folder_remove(none);
	free(none), free(hidden), free(paths);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(a_query_for_copies_finds_the_records_that_have_them),
		cmocka_unit_test(what_is_no_number_of_copies_is_refused),
		TEST(a_record_tells_where_its_copies_are),
		TEST(the_report_counts_records_by_their_copies),
		TEST(a_damaged_copy_here_and_a_retired_medium_do_not_count),
		TEST(a_record_that_no_medium_got_in_time_is_a_finding),
		TEST(every_form_of_the_report_names_what_is_below_the_policy),
		TEST(the_ledger_says_what_is_due_next),
		TEST(the_list_is_a_table_whose_columns_stand_under_their_titles),
		TEST(the_night_waits_for_a_medium_and_reports_it_when_it_does_not_come),
		TEST(what_nobody_will_bring_is_not_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
