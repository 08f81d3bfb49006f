#include "fixture.h"

static void committed_objects_are_read_back(void **state) {
	(void)state;
	struct store *store = create_store();
	struct batch *batch = store_begin(store, NOW);
	struct object_id small = put_sample(batch, 1, 1000), empty = put_sample(batch, 2, 0), large = put_sample(batch, 3, 5 << 20);
	fine(batch_commit(batch, oops));
	assert_object(store, &small, OBJECT_PRESENT);
	assert_object(store, &empty, OBJECT_PRESENT);
	assert_object(store, &large, OBJECT_PRESENT);
	unsigned char *data, *expected = sample(3, 5 << 20);
	size_t len;
	struct error err = {0};
	assert_int_equal(store_read(store, &large, 5 << 20, &data, &len, &err), OBJECT_PRESENT);
	assert_int_equal(len, 5 << 20);
	assert_memory_equal(data, expected, len);
	free(data);
	assert_int_equal(store_read(store, &large, (5 << 20) - 1, &data, &len, &err), OBJECT_UNREADABLE);
	assert_int_equal(err.code, ERROR_LIMIT);
	assert_null(data);
	free(expected);
	struct object_id nobody = {{1}};
	assert_object(store, &nobody, OBJECT_MISSING);
	assert_consistent(store);
	store_close(store);
	store = open_store(STORE_READ);
	assert_object(store, &large, OBJECT_PRESENT);
	store_close(store);
}

static void aborted_batch_leaves_nothing(void **state) {
	(void)state;
	struct store *store = create_store();
	char *before = dump(store);
	struct batch *batch = store_begin(store, NOW);
	struct object_id id = put_sample(batch, 1, 3 << 20);
	add_sample_record(batch, &id, 3 << 20);
	batch_abort(batch);
	char *after = dump(store);
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_object(store, &id, OBJECT_MISSING);
	assert_int_equal(access(in_archive("packs/000001.tar"), F_OK), -1);
	batch = store_begin(store, NOW);
	id = put_sample(batch, 1, 3 << 20);
	assert_int_equal(add_sample_record(batch, &id, 3 << 20), 1);
	fine(batch_commit(batch, oops));
	assert_object(store, &id, OBJECT_PRESENT);
	store_close(store);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(committed_objects_are_read_back, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(aborted_batch_leaves_nothing, make_directory, remove_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
