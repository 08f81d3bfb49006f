#include "tests/archiver/small_archive.h"

#include "archiver/backup.h"
#include "archiver/coverage.h"
#include "archiver/rotation.h"

#include <unistd.h>

static struct app app;

static int fresh(void **state) {
	(void)state;
	app = (struct app){.now = NOW, .conf = conf_new()};
	return 0;
}

static int gone(void **state) {
	(void)state;
	conf_free(app.conf);
	return 0;
}

static void set(enum setting setting, const char *value) {
	fine(conf_set(app.conf, setting, value, oops));
}

static json_t *generation(int number, utime when) {
	char text[UTIME_TEXT_MAX];
	return json_pack("{s:i,s:s,s:i,s:i}", "number", number, "when", utime_text(when, text), "pack", 1, "pack_length", 1000 * number);
}

static struct medium medium_of(const char *label, const char *kind, const char *site, const char *set_name, utime written) {
	struct medium m = {.row = {.label = xstrdup(label), .path = xasprintf("/media/%s", label), .uuid = xstrdup(""), .registered = NOW - 400 * UTIME_DAY,
	                           .written = written, .verified = written, .generation = 1},
	                   .facts = json_object()};
	m.row.id[0] = (unsigned char)label[0];
	medium_set_text(&m, "kind", kind);
	medium_set_text(&m, "site", site);
	medium_set_text(&m, "set", set_name);
	medium_set_time(&m, "full_read", written);
	medium_set_time(&m, "end_of_life", NOW + 1000 * UTIME_DAY);
	if (written != UTIME_NONE) json_array_append_new(medium_generations(&m), generation(1, written));
	return m;
}

static struct ledger ledger_of(struct medium *media, size_t count) {
	return (struct ledger){media, count};
}

/* Numbers of the generations that stay, "12 11 3". */
static void assert_kept(struct medium *m, const char *expected) {
	struct buf kept = {0};
	size_t i;
	json_t *one;
	json_array_foreach(medium_generations(m), i, one)
		if (!json_is_true(json_object_get(one, "expired")))
			buf_printf(&kept, "%s%lld", kept.len ? " " : "", (long long)json_integer_value(json_object_get(one, "number")));
	assert_string_equal(buf_text(&kept), expected);
	buf_dispose(&kept);
}

static void keeps(const char *daily, const char *weekly, const char *monthly, const char *yearly, const char *verified) {
	set(CONF_rotation_daily, daily), set(CONF_rotation_weekly, weekly), set(CONF_rotation_monthly, monthly);
	set(CONF_rotation_yearly, yearly), set(CONF_rotation_verified, verified);
}

static void days_weeks_months_and_years_keep_their_last_generation(void **state) {
	(void)state;
	static const struct {
		const char *daily, *weekly, *monthly, *yearly, *verified, *kept;
	} cases[] = {
		{"3", "0", "0", "0", "1", "38 39 40"},
		{"0", "2", "0", "0", "1", "33 40"},          /* 2026-11-22 is a Sunday */
		{"0", "0", "2", "0", "1", "18 40"},          /* the 31st of October was 22 days before */
		{"0", "0", "0", "2", "1", "40"},             /* one year only */
		{"0", "0", "0", "0", "2", "39 40"},
		{"0", "0", "0", "0", "1", "40"},             /* the last verified one stays whatever the policy says */
		{"2", "2", "2", "2", "1", "18 33 39 40"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct medium m = medium_of("A", "disk", "", "", UTIME_NONE);
		for (int n = 1; n <= 40; n++) json_array_append_new(medium_generations(&m), generation(n, NOW - (40 - n) * UTIME_DAY));
		keeps(cases[i].daily, cases[i].weekly, cases[i].monthly, cases[i].yearly, cases[i].verified);
		size_t first = rotation_expire(&app, &m);
		assert_kept(&m, cases[i].kept);
		assert_true(first > 0);
		assert_int_equal(rotation_expire(&app, &m), 0); /* again is nothing */
		medium_dispose(&m);
	}
}

static void nothing_expires_while_few_generations_are_there(void **state) {
	(void)state;
	struct medium m = medium_of("A", "disk", "", "", UTIME_NONE);
	keeps("0", "0", "0", "0", "3");
	for (int n = 1; n <= 3; n++) json_array_append_new(medium_generations(&m), generation(n, NOW));
	assert_int_equal(rotation_expire(&app, &m), 0);
	json_array_append_new(medium_generations(&m), generation(4, NOW));
	assert_int_equal(rotation_expire(&app, &m), 1);
	assert_kept(&m, "2 3 4");
	medium_dispose(&m);
}

/* "A connect" and so on. */
static void assert_next(const struct ledger *ledger, const char *expected) {
	json_t *list = rotation_next(&app, ledger), *row;
	struct buf text = {0};
	size_t i;
	json_array_foreach(list, i, row)
		buf_printf(&text, "%s%s %s", i ? ", " : "", json_string_value(json_object_get(row, "medium")), json_string_value(json_object_get(row, "action")));
	assert_string_equal(buf_text(&text), expected);
	buf_dispose(&text);
	json_decref(list);
}

static void the_medium_whose_turn_it_is_is_named(void **state) {
	(void)state;
	struct medium media[] = {medium_of("A", "disk", "Kho 1", "one", NOW), medium_of("B", "disk", "Kho 1", "two", NOW - UTIME_DAY),
	                         medium_of("C", "disk", "Kho 1", "two", NOW - 40 * UTIME_DAY)};
	struct ledger ledger = ledger_of(media, 3);
	assert_next(&ledger, "");
	app.now = NOW + UTIME_DAY; /* A is a day old: within a quarter of grace; B and C are not */
	assert_next(&ledger, "C connect");
	medium_set_text(&media[2], "away_to", "Kho 2");
	medium_set_time(&media[2], "away_since", NOW - 29 * UTIME_DAY);
	assert_next(&ledger, "B connect");
	app.now = NOW;
	assert_next(&ledger, "");
	medium_set_time(&media[2], "away_since", NOW - 30 * UTIME_DAY);
	assert_next(&ledger, "C swap");
	medium_set_text(&media[1], "away_to", "Kho 2");
	app.now = NOW + UTIME_DAY;
	assert_next(&ledger, "C bring-back");
	assert_true(rotation_path_is_away(&ledger, "/media/B"));
	assert_false(rotation_path_is_away(&ledger, "/media/A"));
	assert_false(rotation_path_is_away(&ledger, "/media/unknown"));
	medium_set_time(&media[1], "retired", NOW);
	medium_set_time(&media[2], "retired", NOW);
	assert_next(&ledger, "");
	for (int i = 0; i < 3; i++) medium_dispose(&media[i]);
}

static bool falls_short(const struct ledger *ledger, const char *code) {
	json_t *list = rotation_shortfalls(&app, ledger), *row;
	bool found = false;
	size_t i;
	json_array_foreach(list, i, row) found |= !strcmp(json_string_value(json_object_get(row, "code")), code);
	json_decref(list);
	return found;
}

static void a_policy_that_is_met_has_no_shortfall_and_each_lack_has_its_own(void **state) {
	(void)state;
	struct medium media[] = {medium_of("A", "disk", "Kho 1", "one", NOW), medium_of("B", "tape", "Kho 2", "two", NOW)};
	struct ledger ledger = ledger_of(media, 2), one = ledger_of(media, 1);
	set(CONF_archive_site, "Kho 1");
	medium_set_number(&media[1], "protected", 1);
	json_t *none = rotation_shortfalls(&app, &ledger);
	assert_int_equal(json_array_size(none), 0);
	json_decref(none);
	assert_true(falls_short(&one, "SETS_CURRENT"));
	assert_true(falls_short(&one, "COPIES"));
	assert_true(falls_short(&one, "KINDS"));
	assert_true(falls_short(&one, "OFF_SITE"));
	assert_true(falls_short(&one, "IMMUTABLE"));
	assert_false(falls_short(&one, "FULL_READ"));
	assert_false(falls_short(&one, "END_OF_LIFE"));
	medium_set_time(&media[0], "full_read", NOW - 38 * UTIME_DAY);
	assert_true(falls_short(&one, "FULL_READ"));
	medium_set_time(&media[0], "end_of_life", NOW + 365 * UTIME_DAY);
	assert_false(falls_short(&one, "END_OF_LIFE"));
	medium_set_time(&media[0], "end_of_life", NOW + 365 * UTIME_DAY - 1);
	assert_true(falls_short(&one, "END_OF_LIFE"));
	for (int i = 0; i < 2; i++) medium_dispose(&media[i]);
}

static void copies_follow_from_how_far_each_medium_reaches(void **state) {
	(void)state;
	struct medium media[] = {medium_of("A", "disk", "", "", NOW), medium_of("B", "disk", "", "", NOW), medium_of("C", "disk", "", "", UTIME_NONE)};
	struct ledger ledger = ledger_of(media, 3);
	json_array_append_new(medium_generations(&media[1]), generation(2, NOW));
	assert_true(coverage_reach(&media[0]) == coverage_place(1, 1000));
	assert_true(coverage_reach(&media[2]) == 0);
	assert_true(coverage_up_to(&ledger, 1) == UINT64_MAX);
	assert_true(coverage_up_to(&ledger, 2) == coverage_place(1, 2000));
	assert_true(coverage_up_to(&ledger, 3) == coverage_place(1, 1000));
	assert_true(coverage_up_to(&ledger, 4) == 0);
	assert_true(coverage_up_to(&ledger, 5) == 0);
	medium_set_time(&media[1], "retired", NOW);
	assert_true(coverage_up_to(&ledger, 2) == coverage_place(1, 1000));
	for (int i = 0; i < 3; i++) medium_dispose(&media[i]);
}

static void an_older_catalogue_stays_with_its_generation_until_the_policy_lets_it_go(void **state) {
	(void)state;
	char *archive = folder_new("rotation-archive"), *medium = folder_new("rotation-medium");
	struct app own;
	struct backup_result result;
	for (int day = 0; day < 4; day++) {
		char name[] = "a.pdf";
		name[0] = (char)('a' + day);
		small_open(&own, archive, NOW + day * UTIME_DAY);
		fine(conf_set(own.conf, CONF_rotation_daily, "2", oops));
		fine(conf_set(own.conf, CONF_rotation_weekly, "0", oops));
		fine(conf_set(own.conf, CONF_rotation_monthly, "0", oops));
		fine(conf_set(own.conf, CONF_rotation_yearly, "0", oops));
		if (!day)
			fine(media_init(&own, &(struct medium_wish){.path = medium, .label = "A", .site = "", .set = "", .end_of_life = UTIME_NONE}, oops));
		small_add(&own, name, name, "TOTAL-PASSED", "");
		fine(backup_medium(&own, medium, false, &result, oops));
		assert_int_equal(result.full, day == 0);
		small_close(&own);
	}
	assert_false(folder_has(medium, "generations/000001/catalogue.mdb"));
	assert_false(folder_has(medium, "generations/000002/catalogue.mdb"));
	assert_true(folder_has(medium, "generations/000003/catalogue.mdb"));
	assert_false(folder_has(medium, "generations/000004/catalogue.mdb")); /* the newest is catalogue/data.mdb */
	assert_true(folder_has(medium, "generations/000001/manifest.json"));
	struct error err = {0};
	struct store *store = store_open_medium(medium, &err);
	assert_non_null(store);
	store_close(store);
	small_open(&own, archive, NOW + 40 * UTIME_DAY);
	fine(backup_medium(&own, medium, false, &result, oops));
	assert_true(result.full); /* rotation.full is 30 days */
	small_close(&own);
	folder_remove(archive);
	folder_remove(medium);
	free(archive), free(medium);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(days_weeks_months_and_years_keep_their_last_generation),
		TEST(nothing_expires_while_few_generations_are_there),
		TEST(the_medium_whose_turn_it_is_is_named),
		TEST(a_policy_that_is_met_has_no_shortfall_and_each_lack_has_its_own),
		TEST(copies_follow_from_how_far_each_medium_reaches),
		TEST(an_older_catalogue_stays_with_its_generation_until_the_policy_lets_it_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
