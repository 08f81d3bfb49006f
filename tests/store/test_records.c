#include "busy.h"

static void record_has_what_its_events_said(void **state) {
	(void)state;
	struct busy busy;
	struct store *store = create_busy(&busy);
	struct record_row row;
	struct error err = {0};
	assert_int_equal(records_get(store, 1, &row, &err), 1);
	assert_true(object_id_equal(&row.original, &busy.documents[0]));
	assert_string_equal(row.name, "a.pdf");
	assert_int_equal(row.state, RECORD_ACCEPTED);
	assert_int_equal(row.metadata_versions, 2);
	assert_true(object_id_equal(&row.metadata, &busy.metadata[1]));
	assert_string_equal(row.natural_key, "12/UBND");
	assert_string_equal(row.indication, "TOTAL-PASSED");
	assert_int_equal(row.receipts, 1);
	assert_int_equal(row.verdicts, 1);
	assert_int_equal(row.revisions, 1);
	assert_int_equal(row.verified, NOW + UTIME_SECOND);
	assert_int_equal(row.due, NOW + 30 * UTIME_DAY);
	assert_int_equal(row.bytes, OBJECT_PRESENT);
	record_row_dispose(&row);
	assert_int_equal(records_get(store, 3, &row, &err), 1);
	assert_int_equal(row.verified, UTIME_NONE);
	assert_int_equal(row.bytes, OBJECT_DAMAGED);
	assert_string_equal(row.state_reason, "no trust anchor");
	record_row_dispose(&row);
	assert_int_equal(records_get(store, 4, &row, &err), 0);
	store_close(store);
}

static void histories_come_by_index(void **state) {
	(void)state;
	struct busy busy;
	struct store *store = create_busy(&busy);
	struct receipt_row receipt;
	struct metadata_row metadata;
	struct verdict_row verdict;
	struct revision_row revision;
	struct error err = {0};
	assert_int_equal(records_receipt(store, 2, 0, &receipt, &err), 1);
	assert_string_equal(receipt.name, "a.pdf");
	receipt_row_dispose(&receipt);
	assert_int_equal(records_receipt(store, 2, 1, &receipt, &err), 1);
	assert_string_equal(receipt.name, "b \"q\"\n\xff.pdf");
	receipt_row_dispose(&receipt);
	assert_int_equal(records_receipt(store, 2, 2, &receipt, &err), 0);
	assert_int_equal(records_metadata(store, 1, 0, &metadata, &err), 1);
	assert_true(object_id_equal(&metadata.metadata, &busy.metadata[0]));
	assert_int_equal(records_verdict(store, 1, 0, &verdict, &err), 1);
	assert_true(object_id_equal(&verdict.report, &busy.verdict));
	verdict_row_dispose(&verdict);
	assert_int_equal(records_revision(store, 1, 0, &revision, &err), 1);
	assert_int_equal(revision.count, 2);
	assert_true(object_id_equal(&revision.own[0], &busy.appended));
	assert_int_equal(revision.pieces[1].form, PIECE_OWN);
	assert_int_equal(revision.pieces[1].size, 8);
	revision_row_dispose(&revision);
	store_close(store);
}

static void due_time_is_brought_forward_and_never_back(void **state) {
	(void)state;
	struct busy busy;
	struct store *store = create_busy(&busy);
	const uint64_t numbers[] = {1, 3};
	struct batch *batch = store_begin(store, NOW + 2 * UTIME_SECOND);
	batch_make_due(batch, numbers, 2, NOW + 5 * UTIME_DAY);
	fine(batch_commit(batch, oops));
	struct record_row row = {0};
	fine(records_get(store, 1, &row, oops));
	assert_int_equal(row.due, NOW + 5 * UTIME_DAY);
	assert_int_equal(row.verified, NOW + UTIME_SECOND);
	record_row_dispose(&row);
	fine(records_get(store, 3, &row, oops));
	assert_int_equal(row.due, NOW + UTIME_DAY);
	record_row_dispose(&row);
	store_close(store);
}

static void lists_walk_in_order(void **state) {
	(void)state;
	struct busy busy;
	struct store *store = create_busy(&busy);
	uint64_t numbers[4], number;
	utime dues[4];
	struct object_id ids[2];
	struct error err = {0};
	assert_int_equal(records_list(store, 0, numbers, 4, &err), 3);
	assert_int_equal(records_list(store, 2, numbers, 4, &err), 1);
	assert_int_equal(numbers[0], 3);
	assert_int_equal(records_due(store, NOW + UTIME_DAY - 1, UTIME_NONE, 0, numbers, dues, 4, &err), 0);
	assert_int_equal(records_due(store, NOW + UTIME_DAY, UTIME_NONE, 0, numbers, dues, 4, &err), 1);
	assert_int_equal(numbers[0], 3);
	assert_int_equal(records_due(store, NOW + 30 * UTIME_DAY, dues[0], 3, numbers, dues, 4, &err), 2);
	assert_int_equal(numbers[1], 2);
	assert_int_equal(records_by_key(store, "12/UBND", 0, numbers, 4, &err), 2);
	assert_int_equal(records_by_key(store, "12/UBND", 1, numbers, 4, &err), 1);
	assert_int_equal(records_by_key(store, "11/UBND", 0, numbers, 4, &err), 0);
	assert_int_equal(records_by_name(store, "b \"q\"\n\xff.pdf", 0, numbers, 4, &err), 1); /* of a receipt */
	assert_int_equal(numbers[0], 2);
	int named = records_by_name(store, "a.pdf", 0, numbers, 4, &err);
	assert_true(named > 0 && numbers[named - 1] >= 2);
	assert_int_equal(records_by_name(store, "a.pdf", numbers[named - 1], numbers, 4, &err), 0);
	assert_int_equal(records_by_name(store, "a.pd", 0, numbers, 4, &err), 0);
	assert_int_equal(records_by_object(store, &busy.documents[1], &number, &err), 1);
	assert_int_equal(number, 2);
	assert_int_equal(records_by_object(store, &busy.evidence, &number, &err), 0);
	assert_int_equal(records_evidence(store, 1, NULL, ids, 2, &err), 1);
	assert_true(object_id_equal(&ids[0], &busy.evidence));
	assert_int_equal(records_evidence(store, 1, &busy.evidence, ids, 2, &err), 0);
	store_close(store);
}

static int note_name(void *user, const struct record_row *row) {
	struct buf *b = user;
	buf_printf(b, "%llu:%u ", (unsigned long long)row->number, row->verdicts);
	return row->number == 3;
}

static int by_digest(const void *a, const void *b) {
	return memcmp(a, b, SHA256_SIZE);
}

static void many_are_found_as_one_by_one(void **state) {
	(void)state;
	struct busy busy;
	struct store *store = create_busy(&busy);
	struct object_id ids[4] = {busy.documents[0], busy.documents[1], busy.documents[2], busy.evidence};
	static const uint64_t wanted[] = {1, 2, 99}, beyond[] = {3, 4};
	uint64_t numbers[4], number;
	struct buf b = {0};
	qsort(ids, 4, sizeof *ids, by_digest);
	fine(records_by_objects(store, ids, 4, numbers, oops));
	for (size_t i = 0; i < 4; i++) {
		int found;
		fine(found = records_by_object(store, &ids[i], &number, oops));
		assert_int_equal(numbers[i], found ? number : 0);
	}
	fine(records_by_objects(store, ids, 0, numbers, oops));
	assert_int_equal(records_peek_many(store, wanted, 3, note_name, &b, NULL), 0);
	assert_int_equal(records_peek_many(store, beyond, 2, note_name, &b, NULL), 1); /* stopped at the third */
	struct record_row row = {0};
	struct buf one = {0};
	for (uint64_t n = 1; n <= 3; n++) {
		assert_int_equal(records_peek(store, n, &row, NULL), 1);
		note_name(&one, &row);
		record_row_dispose(&row);
	}
	assert_string_equal(buf_text(&b), buf_text(&one));
	buf_dispose(&one);
	buf_dispose(&b);
	store_close(store);
}

static void small_tables_are_read_whole(void **state) {
	(void)state;
	struct busy busy;
	struct store *store = create_busy(&busy);
	struct medium_row *media;
	struct damage_row *damages;
	size_t count;
	char *value;
	fine(store_media(store, &media, &count, oops));
	assert_int_equal(count, 1);
	assert_string_equal(media[0].path, "/media/a");
	medium_row_dispose(&media[0]);
	free(media);
	fine(store_damages(store, &damages, &count, oops));
	assert_int_equal(count, 1);
	assert_string_equal(damages[0].detail, "a flipped bit");
	damage_row_dispose(&damages[0]);
	free(damages);
	struct error err = {0};
	assert_int_equal(store_value(store, "cursor/verify", &value, &err), 1);
	assert_string_equal(value, "17");
	free(value);
	assert_int_equal(store_value(store, "cursor/gone", &value, &err), 0);
	store_close(store);
}

static int collect(void *user, const struct event_row *event) {
	buf_printf(user, "%llu %s %llu %s\n", (unsigned long long)event->sequence, event->type,
		   (unsigned long long)event->number, event->json);
	return event->sequence == 20;
}

static void journal_tells_every_event(void **state) {
	(void)state;
	struct busy busy;
	struct store *store = create_busy(&busy);
	struct buf b = {0};
	struct error err = {0};
	uint64_t sequence;
	assert_int_equal(store_each_event(store, 1, collect, &b, &err), 1);
	assert_non_null(strstr(buf_text(&b), "2 objects 0 {\"pack\":1,\"end\":15872,\"objects\":5,\"bytes\":12009}\n"));
	assert_non_null(strstr(buf_text(&b), "\"name\":\"b \\\"q\\\"\\u000a\xef\xbf\xbd.pdf\""));
	assert_non_null(strstr(buf_text(&b), " run 0 {\"ok\":true}\n"));
	b.len = 0;
	assert_int_equal(store_each_event(store, 18, collect, &b, &err), 1);
	assert_int_equal(strncmp(buf_text(&b), "18 ", 3), 0);
	buf_dispose(&b);
	fine(store_event_at(store, NOW - 1, &sequence, oops));
	assert_int_equal(sequence, 1);
	fine(store_event_at(store, NOW + 1, &sequence, oops));
	assert_int_equal(sequence, 9);
	fine(store_event_at(store, NOW + UTIME_DAY, &sequence, oops));
	assert_int_equal(sequence, 24);
	store_close(store);
}

static void record_of_bytes_that_have_one_is_refused(void **state) {
	(void)state;
	struct busy busy;
	struct store *store = create_busy(&busy);
	struct batch *batch = store_begin(store, NOW + UTIME_DAY);
	struct error err = {0};
	uint64_t number;
	assert_int_equal(batch_record_of(batch, &busy.documents[1], &number, &err), 1);
	add_sample_record(batch, &busy.documents[1], 4000);
	assert_int_equal(batch_commit(batch, &err), -1);
	assert_int_equal(err.code, ERROR_EXISTS);
	assert_consistent(store);
	store_close(store);
}

static void rebuilt_catalogue_equals_the_lost_one(void **state) {
	(void)state;
	struct busy busy;
	struct store *store = create_store();
	store_set_bounds(store, 6000, 600);
	busy_first_batch(store, &busy);
	busy_second_batch(store, &busy);
	store_close(store);
	store = open_store(STORE_READ);
	assert_consistent(store);
	char *before = dump(store);
	store_close(store);
	shell("rm '%s'/catalogue/*", directory);
	struct error err = {0};
	assert_null(store_open(directory, STORE_WRITE, "test", NOW, &err));
	assert_int_equal(err.code, ERROR_DAMAGED);
	fine(store_rebuild(directory, "test", NOW + UTIME_DAY, oops));
	error_clear(&err);
	store = store_open(directory, STORE_WRITE, "test", NOW + UTIME_DAY, &err);
	if (!store) fail_msg("%s", err.text);
	char *after = dump(store);
	assert_string_equal(before, after);
	assert_non_null(strstr(before, "packs 00000002"));
	free(before);
	free(after);
	assert_consistent(store);
	store_close(store);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		T(record_has_what_its_events_said),
		T(histories_come_by_index),
		T(due_time_is_brought_forward_and_never_back),
		T(lists_walk_in_order),
		T(many_are_found_as_one_by_one),
		T(small_tables_are_read_whole),
		T(journal_tells_every_event),
		T(record_of_bytes_that_have_one_is_refused),
		T(rebuilt_catalogue_equals_the_lost_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
