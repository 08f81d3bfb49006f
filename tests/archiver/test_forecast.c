/* Until when records can be proven: kept, found, counted by month, and asked what if; each count with its nearest other. */
#include "tests/archiver/small_archive.h"

#include "archiver/provable.h"
#include "archiver/report.h"
#include "archiver/report_model.h"
#include "archiver/show.h"
#include "archiver/what_if.h"

static char *archive;
static struct app app;

static int fresh(void **state) {
	(void)state;
	archive = folder_new("forecast-archive");
	small_open(&app, archive, NOW);
	return 0;
}

static int gone(void **state) {
	(void)state;
	small_close(&app);
	folder_remove(archive);
	free(archive);
	return 0;
}

static json_t *provable(const char *until, const char *limit, const char *algorithms) {
	json_error_t why;
	json_t *list = json_loads(algorithms, 0, &why);
	return json_pack("{s:s?,s:s,s:s,s:o}", "until", until, "limit", limit, "detail", "CN=X", "algorithms", list);
}

/* A record whose verdict says so; `until` NULL: none. */
static uint64_t add(const char *bytes, const char *indication, const char *until, const char *limit, const char *algorithms) {
	uint64_t number = small_add(&app, bytes, bytes, indication, "");
	struct verdict_row verdict = {.when = NOW, .indication = (char *)indication, .sub_indication = (char *)""};
	json_t *report = json_pack("{s:s,s:[],s:o}", "indication", indication, "signatures", "provable", provable(until, limit, algorithms));
	char *text = json_dumps(report, JSON_COMPACT | JSON_SORT_KEYS);
	struct batch *batch = store_begin(app.store, NOW);
	batch_put(batch, OBJECT_VERDICT, text, strlen(text), &verdict.report, NULL);
	batch_add_verdict(batch, number, &verdict, NOW + UTIME_DAY);
	fine(batch_commit(batch, oops));
	json_decref(report);
	free(text);
	return number;
}

static uint64_t found(const char *text) {
	const char *words[] = {text};
	struct error err = {0};
	struct query query = {0};
	uint64_t count = 0;
	if (query_parse(words, 1, &query, &err)) fail_msg("%s", err.text);
	struct search *search = search_open(&app, &err);
	if (!search || search_count(search, &query, false, &count, &err)) fail_msg("%s", err.text);
	search_close(search);
	query_dispose(&query);
	return count;
}

static void records_are_found_by_the_end_of_their_proof(void **state) {
	(void)state;
	add("one", "TOTAL-PASSED", "2030-03-04T09:12:33Z", "ca-certificate", "[]");
	add("next", "TOTAL-PASSED", "2030-03-05T00:00:00Z", "root", "[]");
	add("none", "INDETERMINATE", NULL, "none", "[]");
	small_add(&app, "old.pdf", "from before there were dates", "TOTAL-PASSED", "");
	assert_int_equal(found("provable<2030-03-05"), 1);
	assert_int_equal(found("provable<=2030-03-05"), 2);
	assert_int_equal(found("provable:2030-03"), 2);
	assert_int_equal(found("chứngminh<2030-03-05"), 1);
	assert_int_equal(found("limit:root"), 1);
	assert_int_equal(found("giớihạn:ca-certificate"), 1);
	assert_int_equal(found("limit:none"), 1);
	assert_int_equal(found("limit:status"), 0);
}

static void unknown_limits_are_refused(void **state) {
	(void)state;
	const char *words[] = {"limit:weather"};
	struct error err = {0};
	struct query query = {0};
	assert_int_equal(query_parse(words, 1, &query, &err), -1);
	assert_int_equal(err.code, ERROR_USAGE);
	assert_non_null(strstr(err.text, "tsa-certificate"));
	query_dispose(&query);
}

static json_t *build(void) {
	struct error err = {0};
	json_t *report = report_build(&app, NOW - UTIME_DAY, NOW + UTIME_DAY, &err);
	if (!report) fail_msg("%s", err.text);
	return report;
}

static char *rendered(enum report_format format, const json_t *report) {
	char *path = xasprintf("%s/rendered", archive);
	FILE *out = fopen(path, "w");
	report_render(format, out, report);
	fclose(out);
	char *text = folder_text(path);
	free(path);
	return text;
}

static void months_have_counts_and_bytes_and_the_old_root_stands_out(void **state) {
	(void)state;
	add("a", "TOTAL-PASSED", "2027-03-01T00:00:00Z", "signer-certificate", "[]");
	add("bb", "TOTAL-PASSED", "2030-03-04T09:12:33Z", "ca-certificate", "[]");
	add("ccc", "TOTAL-PASSED", "2030-03-04T09:12:33Z", "ca-certificate", "[]");
	add("dddd", "TOTAL-PASSED", "2030-03-31T23:59:59Z", "root", "[]");
	add("eeeee", "TOTAL-PASSED", "2030-04-01T00:00:00Z", "root", "[]");
	add("ffffff", "TOTAL-PASSED", "2026-11-01T00:00:00Z", "signer-certificate", "[]");
	add("ggggggg", "INDETERMINATE", NULL, "none", "[]");
	small_add(&app, "old.pdf", "12345678", "TOTAL-PASSED", "");
	uint64_t refused = add("refused", "TOTAL-PASSED", "2030-03-04T09:12:33Z", "ca-certificate", "[]");
	struct batch *batch = store_begin(app.store, NOW);
	batch_set_state(batch, refused, RECORD_REFUSED, "");
	fine(batch_commit(batch, oops));
	json_t *report = build();
	const json_t *months = model_get(report, "forecast.months"), *old_root = json_array_get(months, 1);
	assert_int_equal(json_array_size(months), 3);
	assert_string_equal(model_text(report, "forecast.peak"), "2030-03");
	assert_string_equal(model_text(old_root, "month"), "2030-03");
	assert_int_equal(model_number(old_root, "records"), 3);
	assert_int_equal(model_number(old_root, "bytes"), 9);
	assert_int_equal(model_number(old_root, "limits.ca-certificate"), 2);
	assert_int_equal(model_number(old_root, "limits.root"), 1);
	assert_int_equal(model_number(report, "forecast.ended.records"), 1);
	assert_int_equal(model_number(report, "forecast.ended.bytes"), 6);
	assert_int_equal(model_number(report, "forecast.none.records"), 1);
	assert_int_equal(model_number(report, "forecast.unknown.bytes"), 8);
	assert_int_equal(model_number(report, "forecast.later.records"), 0);
	char *text = rendered(REPORT_TEXT, report), *page = rendered(REPORT_HTML, report), *csv = rendered(REPORT_CSV, report);
	assert_non_null(strstr(text, "       3  2030-03               9  end of an authority's certificate"));
	assert_non_null(strstr(page, "<tr><td>2030-03</td><td class=\"n\">3</td><td class=\"n\">9</td>"));
	assert_non_null(strstr(page, "<title>2030-03: 3</title>"));
	assert_non_null(strstr(csv, "forecast,months.2.records,3\r\n"));
	free(text), free(page), free(csv);
	json_decref(report);
}

#define OLD_ROOT "{\"subject\":\"CN=Old root\",\"not_after\":\"2030-03-05T00:00:00Z\",\"anchor\":true}"
#define NEW_ROOT "{\"subject\":\"CN=New root\",\"not_after\":\"2044-01-01T00:00:00Z\",\"trusted_until\":\"2040-01-01T00:00:00Z\",\"anchor\":true}"
#define PAST_ROOT "{\"subject\":\"CN=Past root\",\"not_after\":\"2026-11-22T01:59:59Z\",\"anchor\":true}"
#define SIGNER "{\"subject\":\"CN=Signer\",\"not_after\":\"2027-01-01T00:00:00Z\",\"anchor\":false}"
#define CA "{\"subject\":\"CN=CA\",\"not_after\":\"2030-03-04T00:00:00Z\",\"anchor\":false,\"reliable_until\":\"2029-01-01T00:00:00Z\",\"reliable_what\":\"RSA 2048, SHA-256\"}"
#define TSA "{\"subject\":\"CN=TSA\",\"not_after\":\"2031-01-01T00:00:00Z\",\"anchor\":false}"
#define RSA "\"algorithms\":{\"signature\":\"RSA PKCS#1 v1.5\",\"key_bits\":2048,\"reliable_until\":\"2029-01-01T00:00:00Z\"}"

/* A record with this entry in its report. */
static uint64_t add_signed(const char *bytes, const char *until, const char *signature) {
	uint64_t number = small_add(&app, bytes, bytes, "TOTAL-PASSED", "");
	struct verdict_row verdict = {.when = NOW, .indication = (char *)"TOTAL-PASSED", .sub_indication = (char *)""};
	char *text = xasprintf("{\"indication\":\"TOTAL-PASSED\",\"provable\":{\"until\":\"%s\",\"limit\":\"algorithm\"},\"signatures\":[%s]}", until, signature);
	json_t *report = json_loads(text, 0, NULL);
	assert_non_null(report);
	struct batch *batch = store_begin(app.store, NOW);
	batch_put(batch, OBJECT_VERDICT, text, strlen(text), &verdict.report, NULL);
	batch_add_verdict(batch, number, &verdict, NOW + UTIME_DAY);
	fine(batch_commit(batch, oops));
	json_decref(report);
	free(text);
	return number;
}

static const json_t *deadline(const json_t *report, const char *name) {
	size_t i;
	const json_t *row;
	json_array_foreach(model_get(report, "forecast.deadlines.rows"), i, row) if (!strcmp(model_text(row, "name"), name)) return row;
	return NULL;
}

static void assert_deadline(const json_t *report, const char *name, const char *kind, const char *ends, json_int_t records, json_int_t bytes, json_int_t carried) {
	const json_t *row = deadline(report, name);
	if (!row) fail_msg("%s", name);
	assert_string_equal(model_text(row, "kind"), kind);
	assert_string_equal(model_text(row, "ends"), ends);
	assert_int_equal(model_number(row, "records"), records);
	assert_int_equal(model_number(row, "bytes"), bytes);
	assert_int_equal(model_number(row, "carried"), carried);
}

/* The algorithms end first for every one of them: the old root stands there with its count all the same. */
static void every_deadline_is_told_whichever_comes_first(void **state) {
	(void)state;
	add_signed("a", "2029-01-01T00:00:00Z", "{\"kind\":\"signature\"," RSA ",\"chain\":[" SIGNER "," CA "," OLD_ROOT "]}");
	add_signed("bb", "2035-01-01T00:00:00Z", "{\"kind\":\"signature\"," RSA ",\"chain\":[" SIGNER "," CA "," OLD_ROOT "],\"timestamps\":[{\"chain\":[" TSA "," NEW_ROOT "]}]}");
	add_signed("ccc", "2030-03-05T00:00:00Z", "{\"kind\":\"signature\",\"chain\":[" SIGNER "," NEW_ROOT "]}");
	add_signed("dddd", "2026-11-01T00:00:00Z", "{\"kind\":\"signature\",\"chain\":[" SIGNER "," PAST_ROOT "]}");
	uint64_t refused = add_signed("eeeee", "2029-01-01T00:00:00Z", "{\"kind\":\"signature\",\"chain\":[" OLD_ROOT "]}");
	struct batch *batch = store_begin(app.store, NOW);
	batch_set_state(batch, refused, RECORD_REFUSED, "");
	fine(batch_commit(batch, oops));
	json_t *report = build();
	assert_int_equal(model_number(report, "forecast.deadlines.total"), 6);
	assert_deadline(report, "RSA PKCS#1 v1.5 2048", "algorithm", "2029-01-01T00:00:00Z", 2, 3, 1);
	assert_deadline(report, "RSA 2048, SHA-256", "algorithm", "2029-01-01T00:00:00Z", 2, 3, 1);
	assert_deadline(report, "CN=CA", "ca-certificate", "2030-03-04T00:00:00Z", 2, 3, 1);
	assert_deadline(report, "CN=Old root", "root", "2030-03-05T00:00:00Z", 2, 3, 1);
	assert_deadline(report, "CN=TSA", "tsa-certificate", "2031-01-01T00:00:00Z", 1, 2, 1);
	assert_deadline(report, "CN=New root", "root", "2040-01-01T00:00:00Z", 2, 5, 0); /* when the policy says so */
	assert_null(deadline(report, "CN=Past root"));
	assert_null(deadline(report, "CN=Signer"));
	assert_string_equal(model_text(json_array_get(model_get(report, "forecast.deadlines.rows"), 5), "name"), "CN=New root");
	char *text = rendered(REPORT_TEXT, report), *page = rendered(REPORT_HTML, report);
	assert_non_null(strstr(text, "  2030-03-05         2               3         1  end of the root: CN=Old root\n"));
	assert_non_null(strstr(page, "<tr><td class=\"t\">2030-03-05</td><td>end of the root: CN=Old root</td><td class=\"n\">2</td>"));
	free(text), free(page);
	json_decref(report);
}

static void algorithms_are_asked_for_as_people_write_them(void **state) {
	(void)state;
	static const struct {
		const char *text, *on;
		bool meets;
	} cases[] = {
		{"sha256-broken", ",RSA 2048,SHA-256,", true},
		{"SHA-256 broken", ",RSA 2048,SHA-256,", true},
		{"sha256-broken", ",RSA 2048,SHA-512,", false},
		{"sha-256 broken", ",SHA3-256,", false},
		{"sha3-256-broken", ",SHA3-256,", true},
		{"rsa-2048 ends 2029-01-01", ",RSA 2048,SHA-512,", true},
		{"rsa-2048 ends 2029-01-01", ",RSA 1024,", true},
		{"rsa-2048 ends 2029-01-01", ",RSA 4096,", false},
		{"RSA ends 2029-01-01", ",RSA 4096,", true},
		{"rsa-2048 ends 2029-01-01", ",RSA-PSS 2048,", true},
		{"rsa-pss-2048 ends 2029-01-01", ",RSA 2048,", false},
		{"ecdsa-256 ends 2035-01-01", ",EC 256,", true},
		{"ecdsa-256 ends 2035-01-01", ",EC 384,", false},
		{"ed25519 broken", ",Ed25519 253,SHA-512,", true},
		{"ed25519 broken", ",Ed448 456,", false},
		{"sha256-broken", "", false},
	};
	struct error err = {0};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct what_if w;
		if (what_if_parse(cases[i].text, NOW, &w, &err)) fail_msg("%s: %s", cases[i].text, err.text);
		if (what_if_meets(&w, cases[i].on) != cases[i].meets) fail_msg("%s: %s", cases[i].text, cases[i].on);
	}
}

static void other_questions_are_refused(void **state) {
	(void)state;
	static const char *const wrong[] = {"",           "broken",           "sha256",         "sha257-broken",        "rsa-2048 ends soon",
	                                    "rsa-x ends 2029-01-01", "rsa-99999999999 ends 2029-01-01", "sha256-broken now", "-broken",
	                                    "root ends 2029-01-01", "root  ends 2029-01-01", "root CN=X", "root CN=X ends soon", "root broken", "root CN=X broken now"};
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct error err = {0};
		struct what_if w;
		if (!what_if_parse(wrong[i], NOW, &w, &err)) fail_msg("%s", wrong[i]);
		assert_int_equal(err.code, ERROR_USAGE);
	}
}

static void what_would_be_lost_is_counted(void **state) {
	(void)state;
	static const char *const asked[] = {"sha256-broken", "rsa-2048 ends 2029-01-01"};
	add("a", "TOTAL-PASSED", "2028-03-01T00:00:00Z", "signer-certificate", "[\"RSA 2048\",\"SHA-256\"]");
	add("bb", "TOTAL-PASSED", "2030-03-04T00:00:00Z", "ca-certificate", "[\"RSA 2048\",\"RSA 4096\",\"SHA-256\"]");
	add("ccc", "TOTAL-PASSED", "2035-03-04T00:00:00Z", "tsa-certificate", "[\"RSA 4096\",\"SHA-512\"]");
	add("dddd", "INDETERMINATE", NULL, "none", "[]");
	json_t *report = build();
	assert_null(json_object_get(report, "what_if"));
	fine(report_add_what_if(&app, report, asked, 2, oops));
	const json_t *digest = json_array_get(model_get(report, "what_if.rows"), 0), *key = json_array_get(model_get(report, "what_if.rows"), 1);
	assert_int_equal(model_number(digest, "records"), 2);
	assert_int_equal(model_number(digest, "bytes"), 3);
	assert_int_equal(model_number(digest, "reread_bytes"), 3);
	assert_int_equal(model_number(digest, "tokens"), 1);
	assert_int_equal(model_number(digest, "tokens_each"), 2);
	assert_int_equal(model_number(digest, "unaffected"), 1);
	assert_int_equal(model_number(key, "records"), 1); /* the other one ends before */
	assert_int_equal(model_number(key, "bytes"), 2);
	assert_int_equal(model_number(key, "reread_bytes"), 0);
	assert_string_equal(model_text(key, "ends"), "2029-01-01T00:00:00Z");
	char *text = rendered(REPORT_TEXT, report), *page = rendered(REPORT_HTML, report);
	assert_non_null(strstr(text, "What if: sha256-broken"));
	assert_non_null(strstr(page, "<td>rsa-2048 ends 2029-01-01</td>"));
	free(text), free(page);
	json_decref(report);
}

#define OLD_SHA "5f0a111111111111111111111111111111111111111111111111111111111111"
#define NEW_SHA "77bb222222222222222222222222222222222222222222222222222222222222"
#define OLD_NAMED "{\"sha256\":\"" OLD_SHA "\",\"subject\":\"CN=Old Root ends here,O=Ban Cơ yếu\"}"
#define NEW_NAMED "{\"sha256\":\"" NEW_SHA "\",\"subject\":\"CN=New Root\"}"

static void roots_are_named_by_fingerprint_or_a_part_of_their_name(void **state) {
	(void)state;
	static const struct {
		const char *text, *ends;
		bool meets;
	} cases[] = {
		{"root CN=Old Root ends here,O=Ban Cơ yếu ends 2030-03-05", "2030-03-05T00:00:00Z", true},
		{"root old root ends 2030-03-05", "2030-03-05T00:00:00Z", true},
		{"Root Cơ yếu ends 2030-03-05", "2030-03-05T00:00:00Z", true},
		{"root " OLD_SHA " ends 2030-03-05", "2030-03-05T00:00:00Z", true},
		{"root 5F:0A:1111111111111111111111111111111111111111111111111111:11:11:11:11 ends 2030-03-05", "2030-03-05T00:00:00Z", true},
		{"root Old Root broken", NULL, true},
		{"root Old Root-broken", NULL, true},
		{"root New Root ends 2030-03-05", "2030-03-05T00:00:00Z", false},
		{"root " NEW_SHA " ends 2030-03-05", "2030-03-05T00:00:00Z", false},
		{"root 5f0a ends 2030-03-05", "2030-03-05T00:00:00Z", false}, /* a part of a fingerprint is none */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = {0};
		struct what_if w;
		char when[UTIME_TEXT_MAX];
		if (what_if_parse(cases[i].text, NOW, &w, &err)) fail_msg("%s: %s", cases[i].text, err.text);
		assert_string_equal(utime_text(w.ends, when), cases[i].ends ? cases[i].ends : "2026-11-22T02:00:00Z");
		if (what_if_is_root(&w, OLD_SHA, "CN=Old Root ends here,O=Ban Cơ yếu") != cases[i].meets) fail_msg("%s", cases[i].text);
	}
}

/* What the proof rests on counts, not what else stands in the report: the new root's time-stamp carries the second beyond the old one. */
static void what_would_be_lost_with_a_root_is_counted(void **state) {
	(void)state;
	static const char *const asked[] = {"root Old Root ends 2030-03-05", "root " NEW_SHA " ends 2030-03-05", "root Third Root ends 2030-03-05",
					    "root Old Root ends 2036-01-01"};
	static const struct {
		json_int_t records, bytes, unaffected;
		size_t roots;
	} expected[] = {{3, 1 + 16 + 64, 2, 1}, {3, 2 + 4 + 16, 2, 1}, {0, 0, 5, 0}, {0, 0, 0, 0}};
	static const char *const rows[] = {
		"\"roots\":[" OLD_NAMED "]}", "\"roots\":[" NEW_NAMED "]}", "\"roots\":[" NEW_NAMED "]}", NULL, "\"roots\":[" NEW_NAMED "," OLD_NAMED "]}"};
	static const char *const bytes[] = {"a", "bb", "cccc", "dddddddd", "eeeeeeeeeeeeeeee"};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t number = add_signed(bytes[i], rows[i] ? "2035-01-01T00:00:00Z" : "2029-01-01T00:00:00Z",
					     i == 1 ? "{\"kind\":\"signature\",\"chain\":[" OLD_ROOT "]}" : "{}");
		char *value = rows[i] ? xasprintf("{\"until\":\"2035-01-01T00:00:00Z\",\"limit\":\"algorithm\",%s", rows[i]) : NULL;
		if (!value) continue; /* ends before: it has nothing to lose */
		json_t *judged = json_pack("{s:o}", "provable", json_loads(value, 0, NULL));
		struct batch *batch = store_begin(app.store, NOW);
		fine(provable_keep(app.store, batch, number, NULL, judged, oops));
		batch_mark_verified(batch, &number, 1, NOW + UTIME_DAY);
		fine(batch_commit(batch, oops));
		json_decref(judged);
		free(value);
	}
	/* judged before roots were told: every anchor in it */
	add_signed("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "2035-01-01T00:00:00Z",
		   "{\"kind\":\"signature\",\"chain\":[" SIGNER ",{\"anchor\":true,\"sha256\":\"" OLD_SHA "\",\"subject\":\"CN=Old Root ends here\"}]}");
	json_t *report = build();
	fine(report_add_what_if(&app, report, asked, ARRAY_LEN(asked), oops));
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		const json_t *row = json_array_get(model_get(report, "what_if.rows"), i);
		assert_int_equal(model_number(row, "records"), expected[i].records);
		assert_int_equal(model_number(row, "bytes"), expected[i].bytes);
		assert_int_equal(model_number(row, "unaffected"), expected[i].unaffected);
		assert_int_equal(model_number(row, "reread_bytes"), 0);
		assert_int_equal(json_array_size(json_object_get(row, "roots")), expected[i].roots);
	}
	char *text = rendered(REPORT_TEXT, report);
	assert_non_null(strstr(text, "root: CN=New Root (77bb222222222222)"));
	assert_non_null(strstr(text, "no document's proof rests on such a root"));
	free(text);
	json_decref(report);
}

/* Judged again: the date alone has moved, by an evidence record of the archive. */
static void a_date_that_moves_alone_is_kept_beside_the_report(void **state) {
	(void)state;
	uint64_t number = add("one", "TOTAL-PASSED", "2027-03-01T00:00:00Z", "signer-certificate", "[\"RSA 2048\"]");
	json_t *stored = json_pack("{s:o}", "provable", provable("2027-03-01T00:00:00Z", "signer-certificate", "[\"RSA 2048\"]"));
	json_t *judged = json_pack("{s:o}", "provable", provable("2031-03-01T00:00:00Z", "tsa-certificate", "[\"RSA 4096\"]")), *now = NULL;
	assert_int_equal(found("provable<2028"), 1);
	for (int round = 0; round < 2; round++) {
		struct batch *batch = store_begin(app.store, NOW);
		fine(provable_keep(app.store, batch, number, stored, round ? stored : judged, oops));
		batch_mark_verified(batch, &number, 1, NOW + UTIME_DAY);
		fine(batch_commit(batch, oops));
		fine(provable_now(app.store, number, stored, &now, oops));
		assert_string_equal(model_text(now, "until"), round ? "2027-03-01T00:00:00Z" : "2031-03-01T00:00:00Z");
		json_decref(now);
		assert_int_equal(found("provable<2028"), round);
		assert_int_equal(found("limit:tsa-certificate"), !round);
		char *value = provable_value(app.store, number, &(struct error){0});
		assert_int_equal(*value != 0, !round);
		free(value);
	}
	json_decref(stored), json_decref(judged);
}

/* Reports from before it was said what carries a proof: the same date with "none" is no news for 200 bytes of journal. */
static void a_basis_that_is_none_is_no_other_proof(void **state) {
	(void)state;
	uint64_t number = add("one", "TOTAL-PASSED", "2027-03-01T00:00:00Z", "signer-certificate", "[]");
	static const char *const bases[] = {"none", "evidence-record"};
	json_t *stored = json_pack("{s:o}", "provable", provable("2027-03-01T00:00:00Z", "signer-certificate", "[]"));
	for (size_t i = 0; i < 2; i++) {
		json_t *judged = json_deep_copy(stored);
		json_object_set_new(json_object_get(judged, "provable"), "basis", json_string(bases[i]));
		struct batch *batch = store_begin(app.store, NOW);
		fine(provable_keep(app.store, batch, number, stored, judged, oops));
		fine(batch_commit(batch, oops));
		char *value = provable_value(app.store, number, &(struct error){0});
		assert_int_equal(*value != 0, i);
		free(value);
		json_decref(judged);
	}
	json_decref(stored);
}

static void show_says_until_when_and_by_what(void **state) {
	(void)state;
	static const struct {
		const char *indication, *until, *limit, *line;
	} cases[] = {
		{"TOTAL-PASSED", "2030-03-04T09:12:33Z", "ca-certificate", "Ended by                 end of an authority's certificate: CN=X"},
		{"INDETERMINATE", NULL, "none", "Can be proven until      it is not valid, or undecided"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = {0};
		uint64_t number = add(cases[i].limit, cases[i].indication, cases[i].until, cases[i].limit, "[]");
		json_t *doc = show_document(&app, number, 0, &err);
		if (!doc) fail_msg("%s", err.text);
		assert_string_equal(model_text(doc, "provable.limit"), cases[i].limit);
		char *path = xasprintf("%s/shown", archive);
		FILE *out = fopen(path, "w");
		show_print(out, doc);
		fclose(out);
		char *text = folder_text(path);
		if (!strstr(text, cases[i].line)) fail_msg("%s", text);
		free(text), free(path);
		json_decref(doc);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(records_are_found_by_the_end_of_their_proof),
		cmocka_unit_test(unknown_limits_are_refused),
		TEST(months_have_counts_and_bytes_and_the_old_root_stands_out),
		TEST(every_deadline_is_told_whichever_comes_first),
		cmocka_unit_test(algorithms_are_asked_for_as_people_write_them),
		cmocka_unit_test(other_questions_are_refused),
		TEST(what_would_be_lost_is_counted),
		TEST(roots_are_named_by_fingerprint_or_a_part_of_their_name),
		TEST(what_would_be_lost_with_a_root_is_counted),
		TEST(a_date_that_moves_alone_is_kept_beside_the_report),
		TEST(a_basis_that_is_none_is_no_other_proof),
		TEST(show_says_until_when_and_by_what),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
