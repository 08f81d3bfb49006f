/* The example bytes in docs/formats.md are what the code writes. */
#include "fixture.h"

static char *whole_file(const char *path, size_t *len) {
	struct stat st;
	int fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) < 0) fail_msg("%s", path);
	char *data = xmalloc((size_t)st.st_size + 1);
	assert_int_equal(read(fd, data, (size_t)st.st_size), st.st_size);
	data[st.st_size] = 0;
	*len = (size_t)st.st_size;
	close(fd);
	return data;
}

/* The digits of the block "```hex NAME". */
static char *example(const char *name) {
	size_t len;
	char *text = whole_file(TEST_SOURCE_DIR "/docs/formats.md", &len), *head = xasprintf("```hex %s\n", name);
	char *p = strstr(text, head);
	struct buf digits = {0};
	if (!p) fail_msg("docs/formats.md: no example %s", name);
	for (p += strlen(head); *p && *p != '`'; p++)
		if (*p != ' ' && *p != '\n') buf_add_byte(&digits, (unsigned char)*p);
	free(text);
	free(head);
	return buf_take_text(&digits);
}

static void assert_example(const char *name, const void *data, size_t len) {
	char *expected = example(name), *actual = hex_dup(data, len);
	if (strcmp(expected, actual)) fail_msg("docs/formats.md: %s is %s", name, actual);
	free(expected);
	free(actual);
}

/* Two batches' worth of events in one: an object and a value. */
static void make_example(void) {
	struct store *store = create_store();
	struct batch *batch = store_begin(store, NOW);
	struct object_id id;
	assert_int_equal(batch_put(batch, OBJECT_DOCUMENT, "hello\n", 6, &id, NULL), 0);
	batch_set_value(batch, "cursor/verify", "17");
	fine(batch_commit(batch, oops));
	store_close(store);
}

static void pack_header_is_as_documented(void **state) {
	(void)state;
	size_t len;
	make_example();
	char *pack = whole_file(in_archive("packs/000001.tar"), &len);
	assert_int_equal(len, 1024);
	assert_example("pack-header", pack, 512);
	assert_memory_equal(pack + 512, "hello\n\0", 7);
	free(pack);
}

static void journal_is_as_documented(void **state) {
	(void)state;
	size_t len, at = 48;
	make_example();
	char *journal = whole_file(in_archive("journal/000001.log"), &len);
	assert_example("journal-header", journal, 48);
	static const char *const names[] = {NULL, "journal-objects", "journal-value"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct record_reader r = record_reader_of(journal + at, 4);
		size_t entry = 4 + record_get_u32(&r) + 32; /* the chain value depends on the archive's own id */
		assert_true(at + entry + 32 <= len);
		if (names[i]) assert_example(names[i], journal + at, entry);
		at += entry + 32;
	}
	assert_int_equal(at, len);
	free(journal);
}

/* Value and checksum stand behind the key in LMDB's page. */
static void assert_row(const char *name, const void *key, size_t key_len, size_t value_len) {
	size_t len;
	char *file = whole_file(in_archive("catalogue/data.mdb"), &len), *from = file, *p;
	char *expected = example(name);
	bool found = false;
	while (!found && (p = memmem(from, len - (size_t)(from - file), key, key_len))) {
		char *actual = hex_dup(p, key_len + value_len + 8);
		found = !strcmp(actual, expected);
		if (!found) print_message("%s could be %s\n", name, actual);
		free(actual);
		from = p + 1;
	}
	assert_true(found);
	free(expected);
	free(file);
}

static void catalogue_rows_are_as_documented(void **state) {
	(void)state;
	unsigned char digest[SHA256_SIZE];
	make_example();
	sha256_bytes("hello\n", 6, digest);
	assert_row("row-object", digest, sizeof digest, 22);
	assert_row("row-value", "cursor/verify", 13, 2);
}

static void every_event_and_table_is_documented(void **state) {
	(void)state;
	static const char *const names[] = {
#define EVENT(name, number, text) "| " #number " | `" text "` |",
#include "store/event.def"
#undef EVENT
#define TABLE(name, text) "| `" text "` |",
#include "store/table.def"
#undef TABLE
	};
	size_t len;
	char *text = whole_file(TEST_SOURCE_DIR "/docs/formats.md", &len);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strstr(text, names[i])) fail_msg("docs/formats.md lacks %s", names[i]);
	free(text);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		T(pack_header_is_as_documented),
		T(journal_is_as_documented),
		T(catalogue_rows_are_as_documented),
		cmocka_unit_test(every_event_and_table_is_documented),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
