#include "archiver/search.h"

#include "tests/archiver/sample_archive.h"

#include <jansson.h>
#include <sys/file.h>

struct found {
	char text[256]; /* "3 1" : record numbers in order; '!' after exact ones when the query has marks */
	bool marks;
};

static int note_hit(void *user, const char *json, bool exact) {
	struct found *f = user;
	json_t *row = json_loads(json, 0, NULL);
	size_t len = strlen(f->text);
	assert_non_null(row);
	snprintf(f->text + len, sizeof f->text - len, "%s%lld%s", len ? " " : "",
		 (long long)json_integer_value(json_object_get(row, "record")), f->marks && exact ? "!" : "");
	json_decref(row);
	return 0;
}

static void search_is(struct app *app, const char *text, struct search_window window, const char *expected) {
	struct error err = {0};
	struct query query;
	struct found found = {.text = ""};
	struct search *search = search_open(app, &err);
	if (!search || query_parse(&text, 1, &query, &err)) fail_msg("%s: %s", text, err.text);
	found.marks = query.marks;
	if (search_each(search, &query, &window, note_hit, &found, &err)) fail_msg("%s: %s", text, err.text);
	if (strcmp(found.text, expected) != 0)
		fail_msg("%s: found \"%s\" instead of \"%s\"", text, found.text, expected);
	query_dispose(&query);
	search_close(search);
}

static void every_field_finds_its_records(void **state) {
	(void)state;
	struct app app = sample_archive("search-fields");
	static const struct {
		const char *query, *found;
	} cases[] = {
		{"", "4 3 2 1"},
		{"thu hoi dat", "1"},
		{"\"thu hoi dat\"", "1"},
		{"\"hoi thu dat\"", ""},
		{"dat thu", "1"},
		{"hoa", "4 2 1"},
		{"hòa", "2! 1! 4"}, /* hoà and Hòa; Hoa and hóa come after */
		{"Hóa", "4! 2 1"},
		{"subject:hoa signer:hoa", "2 1"},
		{"number:15", "4 1"},
		{"số:015", "4 1"},
		{"number:7", "2"},
		{"15/QĐ-UBND", "1!"},
		{"15/2025/QĐ-UBND", "1!"},
		{"15/2025/QD-UBND", "1"},
		{"015/2025/qd-ubnd", "1"},
		{"15/2026/QyĐ-UBND", "4!"},
		{"symbol:QĐ-UBND", "1!"},
		{"symbol:QyĐ-UBND", "4!"},
		{"symbol:QD-UB", ""},
		{"symbol:ubnd", "4 1"},
		{"so 15 quyet dinh ubnd 2025", "1"},
		{"2025", "2 1"},
		{"org:ubnd", "4 1"},
		{"org:\"ủy ban nhân dân\"", "1!"},
		{"org:\"uỷ ban nhân dân\"", "1!"},
		{"org:H35.1", "1"},
		{"signer:\"le van hoa\"", "1"},
		{"signer:\"lai chau\"", "1"}, /* from the certificate */
		{"recipient:\"truyen thong\"", "1"},
		{"recipient:H35.6", "1"},
		{"dossier:\"khieu nai\"", "2"},
		{"hoso:\"khiếu nại\"", "2!"},
		{"dossier:H35.2025.44", "2"},
		{"dossier:\"tu phap\"", ""},
		{"khieu nai tu phap", "2"},
		{"other:\"ban scan\"", "2"},
		{"khac:\"chủ tịch\"", "1!"},
		{"other:\"khieu nai\"", ""},
		{"type:\"quyet dinh\"", "1"},
		{"name:signed", "1"},
		{"name:metadata", "3"},
		{"date:2025-03", "1"},
		{"date>=2025-12-31", "4 2"},
		{"date<2025-12-31", "1"},
		{"from:2025-03-10 to:2025-12", "2 1"},
		{"date:10/3/2025", "1"},
		{"10/3/2025", "1"},
		{"verdict:TOTAL-PASSED", "1"},
		{"verdict:INDETERMINATE/REVOKED_NO_POE", "2"},
		{"verdict:INDETERMINATE/NO_POE", ""},
		{"verdict:none", "3"},
		{"state:quarantined", "2"},
		{"state:accepted -verdict:passed", "4"},
		{"taken>=2026-11-22", "4 3 2 1"},
		{"taken<2026-11-22", ""},
		{"due<2026-12", "3"},
		{"expires:2027", "4 1"},
		{"expires<2027-02", "1"},
		{"hethan>=2027-03-31", "4"}, /* the earlier of two signers; a timestamp's certificate does not count */
		{"certificate:FF:01", "1"},
		{"certificate:00ff01", "1"},
		{"chungthu:aa11bb22", "1"},
		{"certificate:cc33dd44", "4 1"}, /* the CA, of a time-stamp too */
		{"certificate:04", "4 1"},
		{"certificate:cc33dd45", ""},
		{"certificate:aa11bb", ""}, /* too few digits for a digest */
		{"-hoa", "3"},
		{"-date>2000", "3"},
		{"dat -\"hoi dat\"", ""},
		{"hoa*", "4 2 1"},
		{"tru*", "1"},
		{"'; DROP TABLE docs; --", ""},
		{"\"a\\\" OR b", ""},
		{"number:\"'15\"", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		search_is(&app, cases[i].query, (struct search_window){0}, cases[i].found);
	sample_end(&app);
}

/* Bits of the numbers that came. */
static int take_bit(void *user, uint64_t number) {
	unsigned *bits = user;
	*bits |= 1U << number;
	return 0;
}

static void records_that_rest_on_a_certificate_are_listed(void **state) {
	(void)state;
	struct app app = sample_archive("search-certificates");
	struct error err = {0};
	uint64_t numbers[4];
	unsigned char sha256[SHA256_SIZE];
	struct search *search = search_open(&app, &err);
	assert_non_null(search);
	assert_true(hex_decode("cc33dd4411111111111111111111111111111111111111111111111111111111", sha256, sizeof sha256));
	const struct {
		struct search_certificate which;
		uint64_t after;
		size_t max;
		int found;
		uint64_t first;
	} cases[] = {
		{{.sha256 = sha256}, 0, 4, 2, 1},
		{{.sha256 = sha256}, 1, 4, 1, 4},
		{{.sha256 = sha256}, 0, 1, 1, 1},
		{{.issuer = "CN=CA"}, 0, 4, 1, 1},
		{{.issuer = "CN=CA", .serial = "00ff01"}, 0, 4, 1, 1},
		{{.issuer = "CN=CA", .serial = "04"}, 0, 4, 0, 0},
		{{.serial = "04"}, 0, 4, 2, 1},
		{{.issuer = "CN=ca"}, 0, 4, 0, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int n = search_resting_on(search, &cases[i].which, cases[i].after, numbers, cases[i].max, &err);
		if (n != cases[i].found || (n && numbers[0] != cases[i].first)) fail_msg("%zu: %d", i, n);
		unsigned bits = 0, listed = 0;
		assert_int_equal(search_each_resting_on(search, &cases[i].which, take_bit, &bits, &err), 0);
		n = search_resting_on(search, &cases[i].which, 0, numbers, 4, &err);
		for (int k = 0; k < n; k++) listed |= 1U << numbers[k];
		if (bits != listed) fail_msg("%zu: %x %x", i, bits, listed);
	}
	search_close(search);
	sample_end(&app);
}

static void window_cuts_the_list(void **state) {
	(void)state;
	struct app app = sample_archive("search-window");
	search_is(&app, "hòa", (struct search_window){.limit = 2}, "2! 1!");
	search_is(&app, "hòa", (struct search_window){.offset = 1}, "1! 4");
	search_is(&app, "hòa", (struct search_window){.offset = 2, .limit = 1}, "4");
	search_is(&app, "hòa", (struct search_window){.offset = 3}, "");
	search_is(&app, "hòa", (struct search_window){.exact = true}, "2! 1!");
	search_is(&app, "", (struct search_window){.below = 3}, "2 1");
	search_is(&app, "", (struct search_window){.offset = 1, .limit = 2}, "3 2");
	sample_end(&app);
}

static void records_are_found_by_the_first_digits_of_their_digest(void **state) {
	(void)state;
	struct app app = sample_archive("search-digest");
	unsigned char digest[SHA256_SIZE];
	sha256_bytes(samples[1].content, strlen(samples[1].content), digest);
	char *hex = hex_dup(digest, sizeof digest), *whole = xasprintf("sha256:%s", hex),
	     *part = xasprintf("sha256:%.8s", hex);
	search_is(&app, whole, (struct search_window){0}, "2");
	search_is(&app, part, (struct search_window){0}, "2");
	part[14] = part[14] == '0' ? '1' : '0';
	search_is(&app, part, (struct search_window){0}, "");
	free(hex);
	free(whole);
	free(part);
	sample_end(&app);
}

static void count_is_that_of_the_list(void **state) {
	(void)state;
	struct app app = sample_archive("search-count");
	struct error err = {0};
	struct search *search = search_open(&app, &err);
	static const struct {
		const char *query;
		bool exact;
		uint64_t count;
	} cases[] = {
		{"", false, 4}, {"hòa", false, 3}, {"hòa", true, 2}, {"state:held", false, 0}, {"date:2025", false, 2}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct query query;
		uint64_t count;
		assert_int_equal(query_parse(&cases[i].query, 1, &query, &err), 0);
		assert_int_equal(search_count(search, &query, cases[i].exact, &count, &err), 0);
		assert_int_equal(count, cases[i].count);
		query_dispose(&query);
	}
	search_close(search);
	sample_end(&app);
}

static void changes_reach_the_index(void **state) {
	(void)state;
	struct app app = sample_archive("search-changes");
	struct object_id metadata;
	struct verdict_row verdict = {
		.when = SAMPLE_NOW, .indication = (char *)"TOTAL-PASSED", .sub_indication = (char *)""};
	static const char json[] = "{\"subject\":\"Kế hoạch mới\"}", report[] = "{\"indication\":\"TOTAL-PASSED\"}";
	uint64_t numbers[] = {1, 2};
	search_is(&app, "dat", (struct search_window){0}, "1");
	sample_close(&app);
	struct batch *batch = store_begin(sample_open(&app, STORE_WRITE), SAMPLE_NOW);
	batch_put(batch, OBJECT_METADATA, json, sizeof json - 1, &metadata, NULL);
	batch_add_metadata(batch, 1, &metadata, "");
	batch_put(batch, OBJECT_VERDICT, report, sizeof report - 1, &verdict.report, NULL);
	batch_add_verdict(batch, 2, &verdict, SAMPLE_NOW + UTIME_DAY);
	batch_set_state(batch, 3, RECORD_HELD, "a reason");
	batch_mark_verified(batch, numbers, 2, SAMPLE_NOW + 400 * UTIME_DAY);
	sample_commit(batch);
	sample_close(&app);
	search_is(&app, "dat", (struct search_window){0}, "");
	search_is(&app, "ke hoach", (struct search_window){0}, "1");
	search_is(&app, "15/2025/QD-UBND", (struct search_window){0}, "");
	search_is(&app, "verdict:passed", (struct search_window){0}, "2 1");
	search_is(&app, "verdict:indeterminate", (struct search_window){0}, "");
	search_is(&app, "state:held", (struct search_window){0}, "3");
	search_is(&app, "due>=2027-12", (struct search_window){0}, "2 1");
	sample_end(&app);
}

/* What becomes of an index that is there. */
static void write_over(const struct app *app, const char *name, long offset, const char *bytes, size_t len) {
	char *path = xasprintf("%s/%s", app->archive, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0 && pwrite(fd, bytes, len, offset) == (ssize_t)len);
	close(fd);
	free(path);
}

static void damaged_index_is_made_anew(void **state) {
	(void)state;
	struct app app = sample_archive("search-damaged");
	char zeros[4096] = {0};
	search_is(&app, "dat", (struct search_window){0}, "1");
	write_over(&app, "search.db", 0, "no database at all", 18);
	search_is(&app, "dat", (struct search_window){0}, "1");
	write_over(&app, "search.db", 4096, zeros, sizeof zeros);
	search_is(&app, "dat", (struct search_window){0}, "1");
	folder_put_text(app.archive, "search.db", "");
	search_is(&app, "dat", (struct search_window){0}, "1");
	sample_end(&app);
}

static void index_of_another_archive_is_made_anew(void **state) {
	(void)state;
	struct app other = sample_archive("search-other"), app = sample_archive("search-own");
	search_is(&other, "dat", (struct search_window){0}, "1");
	sample_close(&other);
	struct batch *batch = store_begin(sample_open(&other, STORE_WRITE), SAMPLE_NOW);
	batch_set_state(batch, 1, RECORD_HELD, "");
	sample_commit(batch);
	search_is(&other, "state:held", (struct search_window){0}, "1");
	char *from = xasprintf("cp '%s/search.db' '%s/search.db'", other.archive, app.archive);
	assert_int_equal(system(from), 0);
	free(from);
	search_is(&app, "state:held", (struct search_window){0}, "");
	sample_end(&other);
	sample_end(&app);
}

static void rebuilt_index_equals_the_one_that_followed(void **state) {
	(void)state;
	struct app app = sample_archive("search-rebuild");
	struct error err = {0};
	search_is(&app, "hòa", (struct search_window){0}, "2! 1! 4");
	assert_int_equal(search_rebuild(&app, &err), 0);
	search_is(&app, "hòa", (struct search_window){0}, "2! 1! 4");
	assert_false(folder_has(app.archive, "search.db.new"));
	sample_end(&app);
}

static void index_behind_is_searched_while_another_process_writes_it(void **state) {
	(void)state;
	struct app app = sample_archive("search-behind");
	struct error err = {0};
	search_is(&app, "dat", (struct search_window){0}, "1");
	sample_close(&app);
	struct batch *batch = store_begin(sample_open(&app, STORE_WRITE), SAMPLE_NOW);
	batch_set_state(batch, 1, RECORD_HELD, "");
	sample_commit(batch);
	char *path = xasprintf("%s/work/search.lock", app.archive);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	struct search *search = search_open(&app, &err);
	assert_non_null(search);
	assert_true(search_behind(search) > 0);
	search_close(search);
	search_is(&app, "state:accepted", (struct search_window){0}, "4 1");
	close(fd);
	search_is(&app, "state:accepted", (struct search_window){0}, "4");
	free(path);
	sample_end(&app);
}

static void archive_that_cannot_be_written_is_searched(void **state) {
	(void)state;
	struct app app = sample_archive("search-readonly");
	char *lock = xasprintf("%s/work/search.lock", app.archive);
	assert_int_equal(mkdir(lock, 0700), 0); /* a lock that cannot be taken, also by root */
	search_is(&app, "dat", (struct search_window){0}, "1");
	assert_false(folder_has(app.archive, "search.db"));
	free(lock);
	sample_end(&app);
}

static void missing_metadata_does_not_stop_the_index(void **state) {
	(void)state;
	struct app app = sample_archive("search-lost");
	struct object_id id;
	sha256_bytes(samples[0].metadata, strlen(samples[0].metadata), id.sha256);
	sample_damage(&app, &id);
	search_is(&app, "dat", (struct search_window){0}, "");
	search_is(&app, "name:15", (struct search_window){0}, "1");
	sample_end(&app);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_finds_its_records),
		cmocka_unit_test(records_that_rest_on_a_certificate_are_listed),
		cmocka_unit_test(window_cuts_the_list),
		cmocka_unit_test(records_are_found_by_the_first_digits_of_their_digest),
		cmocka_unit_test(count_is_that_of_the_list),
		cmocka_unit_test(changes_reach_the_index),
		cmocka_unit_test(damaged_index_is_made_anew),
		cmocka_unit_test(index_of_another_archive_is_made_anew),
		cmocka_unit_test(rebuilt_index_equals_the_one_that_followed),
		cmocka_unit_test(index_behind_is_searched_while_another_process_writes_it),
		cmocka_unit_test(archive_that_cannot_be_written_is_searched),
		cmocka_unit_test(missing_metadata_does_not_stop_the_index),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
