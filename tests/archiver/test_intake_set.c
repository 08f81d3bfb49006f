#include "archiver/export.h"
#include "archiver/intake_set.h"
#include "archiver/show.h"
#include "tests/archiver/intake_archive.h"

static struct app app;
static char *folder;

static int set_up(void **state) {
	(void)state;
	folder = folder_new("set");
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

static uint64_t number_of(const char *name) {
	uint64_t number = 0;
	if (records_by_name(app.store, name, 0, &number, 1, NULL) < 1) fail_msg("%s: no record", name);
	return number;
}

static void expect(const char *name, enum record_state state, const char *indication, const char *sub) {
	struct record_row row = archive_row(&app, number_of(name));
	if (row.state != state || strcmp(row.indication, indication) || strcmp(row.sub_indication, sub))
		fail_msg("%s: %s %s %s", name, record_state_name(row.state), row.indication, row.sub_indication);
	record_row_dispose(&row);
}

/* The codes and details of the archive's findings in the newest verdict: "CODE detail; ". */
static char *findings_of(const char *name) {
	json_t *doc = show_document(&app, number_of(name), 0, NULL), *f;
	struct buf text = {0};
	size_t i;
	json_array_foreach(json_object_get(json_object_get(doc, "report"), "archive_findings"), i, f)
		buf_printf(&text, "%s %s; ", metadata_text(f, "code"), metadata_text(f, "detail"));
	json_decref(doc);
	return buf_take_text(&text);
}

static void expect_findings(const char *name, const char *expected) {
	char *text = findings_of(name);
	assert_string_equal(text, expected);
	free(text);
}

static json_int_t shown(const char *name, const char *list) {
	json_t *doc = show_document(&app, number_of(name), 0, NULL), *value = json_object_get(doc, list);
	if (json_is_array(value)) value = json_array_get(value, 0);
	json_int_t number = json_integer_value(json_object_get(value, "record"));
	json_decref(doc);
	return number;
}

static void verify_all(void) {
	struct verify_counts counts;
	const struct verify_options options = {.scope = VERIFY_ALL, .policy = ON_FAILED_QUARANTINE};
	fine(verify_run(&app, &options, &counts, oops));
}

static void a_signature_is_judged_with_the_file_beside_it_and_either_names_the_other(void **state) {
	(void)state;
	static const struct {
		const char *content, *signature, *text;
	} cases[] = {
		{"a.pdf", "a.pdf.p7s", "signs plain a.pdf"},     {"b.pdf", "b.p7s", "signs plain b.pdf"},
		{"c.docx", "c.sig", "signs512 plain c.docx"},    {"d.xml", "d.xml.p7m", "signs plain d.xml"},
		{"other.txt", "e.p7s", "signs plain other.txt"}, /* by its digest alone */
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		spool_put(&app, cases[i].signature, cases[i].text);
		spool_put(&app, cases[i].content, strchr(cases[i].text, 'p'));
	}
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
			struct record_row row = archive_row(&app, number_of(cases[i].signature));
			expect(cases[i].signature, RECORD_ACCEPTED, "TOTAL-PASSED", "");
			expect(cases[i].content, RECORD_ACCEPTED, "NO-SIGNATURE", "");
			assert_int_equal(shown(cases[i].signature, "content"), number_of(cases[i].content));
			assert_int_equal(shown(cases[i].content, "detached_signatures"), row.number);
			assert_int_equal(row.metadata_versions, 1);
			record_row_dispose(&row);
		}
		verify_all();
	}
	assert_clean(&app);
	archive_close(&app);
	fine(store_rebuild(folder, "test", NOW, oops));
	archive_open(&app, folder, NOW);
	assert_int_equal(shown("a.pdf.p7s", "content"), number_of("a.pdf"));
	assert_int_equal(shown("a.pdf", "detached_signatures"), number_of("a.pdf.p7s"));
}

static void refusing_policy_takes_a_file_for_its_detached_signature_alone(void **state) {
	(void)state;
	spool_put(&app, "a.pdf", "plain a");
	spool_put(&app, "a.pdf.p7s", "signs plain a");
	spool_put(&app, "b.pdf", "plain b");
	spool_put(&app, "b.pdf.tst", "stamps plain b"); /* proves that it was there, not who signed */
	archive_ingest(&app, ON_FAILED_REFUSE);
	expect("a.pdf", RECORD_ACCEPTED, "NO-SIGNATURE", "");
	expect("b.pdf.tst", RECORD_ACCEPTED, "TOTAL-PASSED", "");
	expect("b.pdf", RECORD_REFUSED, "NO-SIGNATURE", "");
}

static void a_passed_document_lends_nothing_to_a_file_that_it_does_not_sign(void **state) {
	(void)state;
	spool_put(&app, "a.txt", "plain a");
	spool_put(&app, "z.pdf", "good"); /* carries its own signature */
	spool_put(&app, "z.pdf.json", "{\"content\":\"a.txt\"}");
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	expect("z.pdf", RECORD_ACCEPTED, "TOTAL-PASSED", "");
	expect("a.txt", RECORD_QUARANTINED, "NO-SIGNATURE", "");
	assert_int_equal(shown("a.txt", "detached_signatures"), 0);
}

static void changed_content_fails_and_missing_content_is_named(void **state) {
	(void)state;
	spool_put(&app, "a.pdf", "plain changed");
	spool_put(&app, "a.pdf.p7s", "signs plain a");
	spool_put(&app, "b.pdf.p7s", "signs plain b");
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	expect("a.pdf.p7s", RECORD_QUARANTINED, "TOTAL-FAILED", "HASH_FAILURE");
	expect("a.pdf", RECORD_QUARANTINED, "NO-SIGNATURE", "");
	expect_findings("a.pdf.p7s", "");
	expect("b.pdf.p7s", RECORD_QUARANTINED, "INDETERMINATE", "SIGNED_DATA_NOT_FOUND");
	expect_findings("b.pdf.p7s", "CONTENT_MISSING b.pdf; ");
	assert_int_equal(app.status, EXIT_FINDINGS);
}

static void content_and_signature_meet_in_whatever_order_they_come(void **state) {
	(void)state;
	spool_put(&app, "a.pdf.p7s", "signs plain a");
	spool_put(&app, "b.pdf", "plain b");
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	expect("a.pdf.p7s", RECORD_QUARANTINED, "INDETERMINATE", "SIGNED_DATA_NOT_FOUND");
	expect("b.pdf", RECORD_QUARANTINED, "NO-SIGNATURE", "");
	app.now += UTIME_DAY;
	spool_put(&app, "renamed.pdf", "plain a");
	spool_put(&app, "b.pdf.p7s", "signs512 plain b"); /* found among what came as b.pdf */
	archive_ingest(&app, ON_FAILED_QUARANTINE);
	expect("b.pdf.p7s", RECORD_ACCEPTED, "TOTAL-PASSED", "");
	expect("b.pdf", RECORD_ACCEPTED, "NO-SIGNATURE", "");
	verify_all();
	expect("a.pdf.p7s", RECORD_ACCEPTED, "TOTAL-PASSED", "");
	expect("renamed.pdf", RECORD_ACCEPTED, "NO-SIGNATURE", "");
	expect_findings("a.pdf.p7s", "VERDICT_CHANGED from INDETERMINATE SIGNED_DATA_NOT_FOUND to TOTAL-PASSED; ");
	assert_clean(&app);
}

static void a_signature_that_comes_again_keeps_its_link_and_adds_no_version(void **state) {
	(void)state;
	static const struct {
		bool content, sidecar;
		uint32_t versions;
	} rounds[] = {{true, false, 1}, {false, false, 1}, {true, true, 2}, {false, true, 2}, {false, false, 2}};
	for (size_t i = 0; i < ARRAY_LEN(rounds); i++) {
		spool_put(&app, "a.p7s", "signs plain a");
		if (rounds[i].content) spool_put(&app, "a.pdf", "plain a");
		if (rounds[i].sidecar) spool_put(&app, "a.p7s.json", "{\"subject\":\"x\"}");
		archive_ingest(&app, ON_FAILED_QUARANTINE);
		struct record_row row = archive_row(&app, number_of("a.p7s"));
		assert_int_equal(row.metadata_versions, rounds[i].versions);
		assert_int_equal(row.receipts, i + 1);
		assert_int_equal(row.verdicts, 1);
		record_row_dispose(&row);
		assert_int_equal(shown("a.p7s", "content"), number_of("a.pdf"));
	}
	assert_int_equal(archive_records(&app), 2);
	assert_clean(&app);
}

static void a_list_in_any_order_and_longer_than_a_batch_finds_every_content(void **state) {
	(void)state;
	char *in = xasprintf("%s/handed", folder), *paths[20];
	mkdir(in, 0755);
	for (int i = 0; i < 10; i++) {
		char *name = xasprintf("%d.pdf", i), *sig = xasprintf("%d.pdf.p7s", i),
		     *text = xasprintf("plain %d", i), *over = xasprintf("signs512 plain %d", i);
		folder_put_text(in, name, text);
		folder_put_text(in, sig, over);
		paths[i] = xasprintf("%s/%s", in, i % 2 ? name : sig); /* some before, some after, batches of three */
		paths[19 - i] = xasprintf("%s/%s", in, i % 2 ? sig : name);
		free(name), free(sig), free(text), free(over);
	}
	struct ingest_counts counts;
	const struct ingest_options options = {
		.paths = (const char *const *)paths, .count = 20, .policy = ON_FAILED_REFUSE};
	fine(ingest_run(&app, &options, &counts, oops));
	for (int i = 0; i < 10; i++) {
		char *sig = xasprintf("%d.pdf.p7s", i);
		expect(sig, RECORD_ACCEPTED, "TOTAL-PASSED", "");
		free(sig);
	}
	for (int i = 0; i < 20; i++) free(paths[i]);
	free(in);
}

static void attachments_are_found_by_name_and_what_is_missing_or_unsigned_is_told(void **state) {
	(void)state;
	spool_put(&app, "main.pdf", "good main");
	spool_put(&app, "main.pdf.json",
		  "{\"attachments\":[\"z1.pdf\",\"z2.pdf\",\"z3.pdf\",\"z4.pdf\",\"main.pdf\"]}");
	spool_put(&app, "x1.pdf", "good 1"); /* batches of three: the rest comes in later ones */
	spool_put(&app, "x2.pdf", "good 2");
	spool_put(&app, "z1.pdf", "good z1");
	spool_put(&app, "z2.pdf", "plain z2");
	spool_put(&app, "z3.pdf", "plain z3");
	spool_put(&app, "z3.pdf.p7s", "signs plain z3");
	archive_ingest(&app, ON_FAILED_ACCEPT);
	expect_findings("main.pdf",
			"ATTACHMENT_UNSIGNED z2.pdf; ATTACHMENT_MISSING z4.pdf; ATTACHMENT_MISSING main.pdf; ");
	expect("main.pdf", RECORD_ACCEPTED, "TOTAL-PASSED", "");
	struct record_row row = archive_row(&app, 1);
	assert_true(row.due < NOW + 30 * UTIME_DAY); /* looked at again soon */
	record_row_dispose(&row);
	assert_int_equal(shown("main.pdf", "attachments"), number_of("z1.pdf"));
	spool_put(&app, "z2.pdf.p7s", "signs plain z2");
	spool_put(&app, "z4.pdf", "good z4");
	spool_put(&app, "main.pdf", "good main");
	spool_put(&app, "main.pdf.json", "{\"attachments\":[\"z1.pdf\",\"z2.pdf\",\"z3.pdf\",\"z4.pdf\"]}");
	archive_ingest(&app, ON_FAILED_ACCEPT); /* a newer sidecar is judged at once */
	expect_findings("main.pdf", "");
	assert_clean(&app);
}

static void the_attachment_of_that_time_is_taken_where_many_have_its_name(void **state) {
	(void)state;
	for (int day = 0; day < 3; day++) {
		char *folder_name = xasprintf("%s/spool/in/%d", folder, day), *main = xasprintf("good main %d", day),
		     *text = xasprintf("good appendix %d", day);
		mkdir(folder_name, 0755);
		folder_put_text(folder_name, "main.pdf", main);
		folder_put_text(folder_name, "main.pdf.json", "{\"attachments\":[\"pl.pdf\"]}");
		folder_put_text(folder_name, "pl.pdf", text);
		archive_ingest(&app, ON_FAILED_ACCEPT);
		app.now += UTIME_DAY;
		free(folder_name), free(main), free(text);
	}
	for (uint64_t i = 0; i < 3; i++) {
		json_t *doc = show_document(&app, 2 * i + 1, 0, NULL);
		json_t *first = json_array_get(json_object_get(doc, "attachments"), 0);
		assert_int_equal(json_integer_value(json_object_get(first, "record")), 2 * i + 2);
		json_decref(doc);
	}
}

static void a_signature_is_handed_out_with_what_it_signs(void **state) {
	(void)state;
	json_t *release = NULL;
	spool_put(&app, "a.pdf", "plain a");
	spool_put(&app, "a.pdf.p7s", "signs plain a");
	archive_ingest(&app, ON_FAILED_REFUSE);
	for (uint64_t number = 1; number <= 2; number++) {
		char *out = xasprintf("%s/bag%d", folder, (int)number);
		struct error err = {0};
		struct export *export = export_open(&app, out, PACKAGE_FOLDER, EXPORT_ORIGINAL, &err);
		assert_non_null(export);
		fine(export_record(export, number, oops));
		assert_int_equal(export_records(export), 2);
		fine(export_commit(export, "test", &release, oops));
		assert_true(folder_has(out, "data/1/document/a.pdf") && folder_has(out, "data/2/document/a.pdf.p7s"));
		json_decref(release);
		free(out);
	}
}

int main(int argc, char **argv) {
	if (RUN_AS_WORKER(argc, argv)) return worker_serve(WORKER_FD, &engine);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_signature_is_judged_with_the_file_beside_it_and_either_names_the_other),
		TEST(refusing_policy_takes_a_file_for_its_detached_signature_alone),
		TEST(a_passed_document_lends_nothing_to_a_file_that_it_does_not_sign),
		TEST(changed_content_fails_and_missing_content_is_named),
		TEST(content_and_signature_meet_in_whatever_order_they_come),
		TEST(a_signature_that_comes_again_keeps_its_link_and_adds_no_version),
		TEST(a_list_in_any_order_and_longer_than_a_batch_finds_every_content),
		TEST(attachments_are_found_by_name_and_what_is_missing_or_unsigned_is_told),
		TEST(the_attachment_of_that_time_is_taken_where_many_have_its_name),
		TEST(a_signature_is_handed_out_with_what_it_signs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
