/* The archive's evidence records when it judges a document again, and in the night. */
#include "tests/archiver/intake_archive.h"

#include "tests/archiver/evidence_archive.h"

#include "archiver/evidence_authority.h"
#include "archiver/intake_judge.h"
#include "base/limits.h"

static struct app app;
static char *folder;
static struct authority a;
static json_t *proven; /* what the validator was told besides the document to be proven, since when */

static int set_up(void **state) {
	(void)state;
	folder = folder_new("evidence-judged");
	archive_open(&app, folder, NOW);
	log_set_level(LOG_ERROR_LEVEL + 1);
	a = (struct authority){.gen_time = NOW, .until = NOW + 3650 * UTIME_DAY, .digest_until = UTIME_NONE, .certificate = 1};
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	json_decref(proven);
	proven = NULL;
	archive_close(&app);
	folder_remove(folder);
	free(folder);
	return 0;
}

static json_int_t covered; /* what the validator was told that they are about */

/* How many pieces of evidence the validator was given for record 1. */
static json_int_t evidence_given(void) {
	struct fixity fixity;
	struct error err = {0};
	struct intake_judged item = {.number = 1};
	fine(fixity_begin(&fixity, app.store, oops));
	struct intake_judge *judge = intake_judge_start(&app, ON_FAILED_QUARANTINE, &fixity, &err);
	if (!judge) fail_msg("%s", err.text);
	struct batch *batch = store_begin(app.store, app.now);
	fine(intake_judge_run(judge, batch, &item, 1, oops));
	fine(batch_commit(batch, oops));
	json_int_t given = json_integer_value(json_object_get(item.report, "evidence"));
	covered = json_integer_value(json_object_get(item.report, "records_cover"));
	json_decref(proven);
	proven = json_incref(json_object_get(item.report, "proven"));
	assert_false(item.recorded); /* that it is there alone is no new verdict */
	intake_judged_dispose(&item);
	intake_judge_stop(judge);
	fixity_end(&fixity);
	return given;
}

static void a_document_is_judged_with_its_own_evidence_record(void **state) {
	(void)state;
	struct evidence_counts counts = {0};
	spool_put(&app, "a.pdf", "good");
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	assert_int_equal(evidence_given(), 0);
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_round(e, &counts, oops));
	evidence_close(e);
	assert_int_equal(evidence_given(), 1);
}

/* A form of `first`, as it is, and one more word. */
static void add_form(const struct revision_piece *first, const char *text) {
	struct object_id own;
	struct revision_piece pieces[2] = {*first, {.form = PIECE_OWN, .size = 5}};
	struct revision_row row = {.when = app.now, .size = strlen(text), .own = &own, .own_count = 1, .pieces = pieces, .count = 2};
	struct batch *batch = store_begin(app.store, app.now);
	batch_put(batch, OBJECT_APPENDED, text + strlen(text) - 5, 5, &own, NULL);
	sha256_bytes(text, strlen(text), row.digest.sha256);
	batch_add_revision(batch, 1, &row);
	fine(batch_commit(batch, oops));
}

static void round_now(void) {
	struct evidence_counts counts = {0};
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_round(e, &counts, oops));
	evidence_close(e);
}

/* The record is about the original: of use for a form that begins with it, and for no other. */
static void a_longer_form_is_judged_with_the_record_of_what_it_begins_with(void **state) {
	(void)state;
	spool_put(&app, "a.pdf", "good start");
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	round_now();
	struct record_row row = archive_row(&app, 1);
	add_form(&(struct revision_piece){.form = PIECE_OBJECT, .object = row.original}, "good start more");
	assert_int_equal(evidence_given(), 1);
	assert_int_equal(covered, 10);
	add_form(&(struct revision_piece){.form = PIECE_RANGE, .object = row.original, .size = 4}, "good mor3");
	assert_int_equal(evidence_given(), 0);
	record_row_dispose(&row);
}

static struct object_id link_evidence(const char *text) {
	struct object_id id;
	struct batch *batch = store_begin(app.store, app.now);
	batch_put(batch, OBJECT_OCSP, text, strlen(text), &id, NULL);
	batch_link_evidence(batch, 1, &id);
	fine(batch_commit(batch, oops));
	return id;
}

static json_int_t proven_since(const struct object_id *id) {
	char hex[SHA256_HEX];
	const json_t *when = json_object_get(proven, hex_encode(id->sha256, SHA256_SIZE, hex));
	return when ? (json_int_t)json_integer_value(when) : -1;
}

/* What is kept apart from the document is proven by the first time-stamp over it, as long as that was always renewed in time. */
static void pieces_of_evidence_are_proven_by_records_of_their_own(void **state) {
	(void)state;
	struct evidence_counts counts = {0};
	spool_put(&app, "a.pdf", "good");
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	struct object_id one = link_evidence("an answer");
	evidence_given();
	assert_int_equal(json_object_size(proven), 0);
	round_now();
	app.now += 2 * UTIME_DAY; /* what is stamped is older than what asks */
	struct object_id later = link_evidence("a later answer");
	evidence_given();
	assert_int_equal(json_object_size(proven), 1);
	assert_int_equal(proven_since(&one), NOW);
	assert_int_equal(proven_since(&later), -1);
	a.gen_time = app.now - UTIME_DAY;
	round_now();
	evidence_given();
	assert_int_equal(proven_since(&one), NOW);
	assert_int_equal(proven_since(&later), app.now - UTIME_DAY);
	/* renewed in time: the first time-stamp counts; that one and its renewal over: nothing does */
	app.now = NOW + 3650 * UTIME_DAY;
	a.gen_time = app.now - 2 * UTIME_DAY, a.until = app.now + 5 * UTIME_DAY;
	struct evidence *e = evidence_begin(&app, AUTHORITY(a));
	fine(evidence_renew(e, true, &counts, oops));
	evidence_close(e);
	evidence_given();
	assert_int_equal(proven_since(&one), NOW);
	app.now += 5 * UTIME_DAY;
	evidence_given();
	assert_int_equal(proven_since(&one), NOW);
	app.now += 1;
	evidence_given();
	assert_int_equal(json_object_size(proven), 0);
}

/* A renewal that came when the time-stamp had ended proves nothing of what lies before. */
static void a_late_renewal_is_no_proof(void **state) {
	(void)state;
	for (int late = 0; late < 2; late++) {
		struct evidence_counts counts = {0};
		if (late) tear_down(state), set_up(state);
		spool_put(&app, "a.pdf", "good");
		archive_ingest(&app, ON_FAILED_QUARANTINE);
		struct object_id one = link_evidence("an answer");
		a.until = NOW + 30 * UTIME_DAY;
		round_now();
		app.now = NOW + (late ? 31 : 28) * UTIME_DAY;
		a.gen_time = app.now, a.bad = late ? "OUT_OF_BOUNDS_NO_POE" : NULL, a.bad_until = late ? 1 : 0;
		if (!late) a.until = app.now + 100 * UTIME_DAY;
		struct evidence *e = evidence_begin(&app, AUTHORITY(a));
		fine(evidence_renew(e, true, &counts, oops));
		evidence_close(e);
		app.now += UTIME_DAY;
		evidence_given();
		assert_int_equal(proven_since(&one), late ? -1 : NOW);
	}
}

static bool is_due(uint64_t wanted, utime before) {
	uint64_t numbers[16];
	utime dues[16];
	int n;
	fine(n = records_due(app.store, before, UTIME_NONE, 0, numbers, dues, 16, oops));
	for (int i = 0; i < n; i++)
		if (numbers[i] == wanted) return true;
	return false;
}

/* So that the date until which it is provable is that of the record, and not only in a year. */
static void what_passes_is_judged_again_once_it_is_in_a_round(void **state) {
	(void)state;
	spool_put(&app, "a.pdf", "good one");
	spool_put(&app, "b.pdf", "bad two");
	archive_ingest(&app, ON_FAILED_REFUSE);
	spool_put(&app, "c.pdf", "open three");
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	const utime night = NOW + UTIME_DAY;
	assert_false(is_due(1, night));
	a.down = true;
	round_now();
	assert_false(is_due(1, night));
	a.down = false;
	round_now();
	assert_true(is_due(1, night));
	assert_false(is_due(1, NOW + UTIME_DAY / 2)); /* nor late in a report of the day */
	assert_false(is_due(2, night)); /* refused */
	app.now = night;
	struct verify_counts counts;
	const struct verify_options options = {.scope = VERIFY_DUE};
	fine(verify_run(&app, &options, &counts, oops));
	assert_int_equal(counts.checked, 2); /* and what is undecided, as every night */
	spool_put(&app, "d.pdf", "good four");
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	round_now();
	assert_false(is_due(1, night + UTIME_DAY)); /* not again for every later round */
	assert_true(is_due(4, night + UTIME_DAY));
}

/* A round over a large archive is not one night's work for the verification. */
static void a_large_round_is_judged_some_each_night(void **state) {
	(void)state;
	char *const nothing = (char[]){""};
	struct batch *batch = store_begin(app.store, app.now);
	for (uint64_t i = 1; i <= LIMIT_ROUND_JUDGED + 1; i++) {
		struct record_row row = {.name = nothing, .source = nothing, .actor = nothing, .taken_in = app.now, .state_reason = nothing,
					 .natural_key = nothing, .due = UTIME_NONE};
		struct verdict_row verdict = {.when = app.now, .indication = (char[]){"TOTAL-PASSED"}, .sub_indication = nothing};
		char *text = xasprintf("document %llu", (unsigned long long)i);
		uint64_t number;
		batch_put(batch, OBJECT_DOCUMENT, text, strlen(text), &row.original, NULL);
		batch_put(batch, OBJECT_VERDICT, "{}", 2, &verdict.report, NULL);
		row.size = strlen(text);
		batch_add_record(batch, &row, &number);
		batch_add_verdict(batch, number, &verdict, app.now + 365 * UTIME_DAY);
		free(text);
	}
	fine(batch_commit(batch, oops));
	round_now();
	size_t count[2] = {0};
	for (int day = 0; day < 2; day++) {
		uint64_t numbers[1000], after = 0;
		utime dues[1000], from = UTIME_NONE;
		int n;
		while ((n = records_due(app.store, app.now + (day + 1) * UTIME_DAY, from, after, numbers, dues, 1000, &(struct error){0})) > 0) {
			count[day] += (size_t)n;
			from = dues[n - 1], after = numbers[n - 1];
		}
	}
	assert_int_equal(count[0], LIMIT_ROUND_JUDGED);
	assert_int_equal(count[1], LIMIT_ROUND_JUDGED + 1);
}

/* A worth is read off the report that a time-stamp gets. */
static void the_worth_of_a_time_stamp_is_its_earliest_end(void **state) {
	(void)state;
	static const char report[] =
		"{\"indication\":\"TOTAL-PASSED\",\"signatures\":[{\"signer\":{\"common_name\":\"TSA 1\",\"sha256\":"
		"\"0000000000000000000000000000000000000000000000000000000000000007\"},\"chain\":["
		"{\"subject\":\"CN=TSA 1\",\"not_after\":\"2034-01-01T00:00:00Z\",\"anchor\":false},{\"subject\":\"CN=CA\",\"not_after\":\"2033-01-01T00:00:00Z\",\"anchor\":false},"
		"{\"not_after\":\"2030-01-01T00:00:00Z\",\"anchor\":true}],\"algorithms\":{\"signature\":\"RSASSA-PSS\",\"key_bits\":2048,\"reliable_until\":\"%s\"},"
		"\"imprint\":{\"digest\":\"SHA-256\",\"reliable_until\":\"2031-01-01T00:00:00Z\"}}]}";
	static const struct {
		const char *algorithms, *until, *limit, *detail;
	} rows[] = {{"2029-01-01T00:00:00Z", "2029-01-01T00:00:00Z", "algorithm", "RSASSA-PSS 2048"},
		    {"2031-01-01T00:00:00Z", "2033-01-01T00:00:00Z", "ca-certificate", "CN=CA"}}; /* the imprint's own end: another renewal */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct evidence_worth worth;
		char *text = xasprintf("%.*s%s%s", (int)(strstr(report, "%s") - report), report, rows[i].algorithms, strstr(report, "%s") + 2), until[UTIME_TEXT_MAX];
		json_t *json = json_loads(text, 0, NULL);
		assert_non_null(json);
		evidence_worth_of(json, &worth);
		assert_true(worth.passed);
		assert_string_equal(utime_text(worth.until, until), rows[i].until);
		assert_string_equal(utime_text(worth.digest_until, until), "2031-01-01T00:00:00Z");
		assert_int_equal(worth.authority[31], 7);
		assert_string_equal(worth.limit, rows[i].limit);
		assert_string_equal(worth.detail, rows[i].detail);
		assert_string_equal(worth.name, "TSA 1");
		evidence_worth_dispose(&worth);
		json_decref(json);
		free(text);
	}
}

static void what_does_not_pass_says_why(void **state) {
	(void)state;
	struct evidence_worth worth;
	json_t *json = json_loads("{\"indication\":\"INDETERMINATE\",\"sub_indication\":\"REVOKED_NO_POE\",\"signatures\":[]}", 0, NULL);
	evidence_worth_of(json, &worth);
	assert_false(worth.passed);
	assert_string_equal(worth.why, "REVOKED_NO_POE");
	assert_int_equal(worth.until, UTIME_NONE);
	assert_null(worth.limit);
	evidence_worth_dispose(&worth);
	json_decref(json);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv) {
	const struct CMUnitTest tests[] = {
		TEST(a_document_is_judged_with_its_own_evidence_record),
		TEST(a_longer_form_is_judged_with_the_record_of_what_it_begins_with),
		TEST(pieces_of_evidence_are_proven_by_records_of_their_own),
		TEST(a_late_renewal_is_no_proof),
		TEST(what_passes_is_judged_again_once_it_is_in_a_round),
		TEST(a_large_round_is_judged_some_each_night),
		TEST(the_worth_of_a_time_stamp_is_its_earliest_end),
		TEST(what_does_not_pass_says_why),
	};
	if (RUN_AS_WORKER(argc, argv)) return worker_serve(WORKER_FD, &engine);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
