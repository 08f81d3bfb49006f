/* Zip files that no container should be, each beside one that is as near as can be. */
#include "validator/zip.h"
#include "validator/zip_directory.h"

#include "base/limits.h"
#include "tests/validator/asic_builder.h"

#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define LOCAL_FLAGS 6
#define LOCAL_METHOD 8
#define LOCAL_NAME 30
#define CENTRAL_FLAGS 8
#define CENTRAL_METHOD 10
#define CENTRAL_CRC 16
#define CENTRAL_PACKED 20
#define CENTRAL_SIZE 24
#define CENTRAL_OFFSET 42

static struct made_zip two(const char *first, const char *second) {
	const struct asic_file files[] = {{first, "one", 3}, {second, "second", 6}};
	return zip_make(files, 2);
}

static void reads(struct made_zip *made, const char *expected) {
	struct zip zip;
	const char *why = "";
	bool good = zip_read(made->bytes.data, made->bytes.len, &zip, &why);
	if (!expected && !good) fail_msg("%s", why);
	if (expected && good) fail_msg("read, though: %s", expected);
	if (expected) assert_string_equal(why, expected);
	zip_dispose(&zip);
	buf_dispose(&made->bytes);
}

static void members_come_by_name(void **state) {
	(void)state;
	struct made_zip made = two("b/x", "a");
	struct zip zip;
	const char *why;
	assert_true(zip_read(made.bytes.data, made.bytes.len, &zip, &why));
	assert_int_equal(zip.count, 2);
	assert_string_equal(zip.members[0].name, "a");
	assert_memory_equal(zip.members[0].data, "second", 6);
	assert_false(zip.members[0].stored_first);
	assert_true(zip.members[1].stored_first);
	assert_false(zip.unlisted);
	assert_ptr_equal(zip_find(&zip, "b/x"), &zip.members[1]);
	assert_null(zip_find(&zip, "B/x"));
	zip_dispose(&zip);
	buf_dispose(&made.bytes);
}

static void names_lead_nowhere_else(void **state) {
	(void)state;
	static const char leads[] = "the name of a member leads out of the container";
	static const char odd[] = "the name of a member has characters that no name should have";
	static const struct {
		const char *name, *why;
	} cases[] = {
		{"a/b", NULL},   {"/a", leads},      {"a//b", leads},
		{"../a", leads}, {"a/../b", leads},  {"./a", leads},
		{"a/.", leads},  {"...", NULL},      {"a..b", NULL},
		{"a\\b", odd},   {"a\nb", odd},      {"a b", NULL},
		{"tờ", NULL},    {"\xe1\x82", NULL}, {"x", "two members have the same name"},
		{"X", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made_zip made = two("x", cases[i].name);
		reads(&made, cases[i].why);
	}
}

static void fields_are_held_against_each_other(void **state) {
	(void)state;
	static const char ways[] = "a member is described in two different ways";
	static const struct {
		size_t central, local; /* where; 0: not there */
		unsigned long long value;
		unsigned size;
		const char *why;
	} cases[] = {
		{CENTRAL_FLAGS, LOCAL_FLAGS, 0x801, 2, "a member is encrypted"},
		{CENTRAL_FLAGS, LOCAL_FLAGS, 0x840, 2, "a member is encrypted"},
		{CENTRAL_FLAGS, LOCAL_FLAGS, 0, 2, NULL},
		{CENTRAL_METHOD, LOCAL_METHOD, 12, 2, "a member is compressed in an unusual way"},
		{CENTRAL_METHOD, 0, 8, 2, ways},
		{CENTRAL_SIZE, 0, 4, 4, ways},
		{CENTRAL_PACKED, 0, 0xfffffff0, 4, ways},
		{0, LOCAL_NAME, 'z', 1, "a member has two different names"},
		{CENTRAL_OFFSET, 0, 0, 4, "a member has two different names"},
		{CENTRAL_OFFSET, 0, 1, 4, "a member is not where the directory says"},
		{CENTRAL_OFFSET, 0, 0xffffffff, 4, "a member is not where the directory says"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made_zip made = two("x", "y");
		if (cases[i].central)
			zip_patch(&made, made.central[1] + cases[i].central, cases[i].value, cases[i].size);
		if (cases[i].local) zip_patch(&made, made.local[1] + cases[i].local, cases[i].value, cases[i].size);
		reads(&made, cases[i].why);
	}
}

static void members_do_not_overlap(void **state) {
	(void)state;
	/* The first one's data is the whole second member. */
	struct made_zip made = two("x", "x");
	zip_patch(&made, made.central[0] + CENTRAL_PACKED, 3 + 31 + 6, 4);
	zip_patch(&made, made.central[0] + CENTRAL_SIZE, 3 + 31 + 6, 4);
	reads(&made, "members overlap");
}

static void a_false_end_in_the_comment_is_passed_over(void **state) {
	(void)state;
	struct made_zip made = two("x", "y");
	zip_patch(&made, made.end + 20, 24, 2);
	buf_add(&made.bytes, "PK\005\006\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\007\000zz",
		24);
	reads(&made, NULL);
	made = two("x", "y");
	buf_add(&made.bytes, "z", 1);
	reads(&made, "there is no directory");
}

static void what_the_directory_omits_is_noticed(void **state) {
	(void)state;
	const struct asic_file files[] = {{"a", "one", 3}, {"b", "two", 3}, {"c", "three", 5}};
	struct made_zip made = zip_make(files, 3);
	/* The second entry goes: the directory is one shorter. */
	size_t entry = made.central[2] - made.central[1];
	memmove(made.bytes.data + made.central[1], made.bytes.data + made.central[2], made.bytes.len - made.central[2]);
	made.bytes.len -= entry;
	made.end -= entry;
	zip_patch(&made, made.end + 8, 2, 2);
	zip_patch(&made, made.end + 10, 2, 2);
	zip_patch(&made, made.end + 12, made.end - made.central[0], 4);
	struct zip zip;
	const char *why;
	assert_true(zip_read(made.bytes.data, made.bytes.len, &zip, &why));
	assert_int_equal(zip.count, 2);
	assert_true(zip.unlisted);
	zip_dispose(&zip);
	buf_dispose(&made.bytes);
}

static void a_wrong_checksum_is_damage(void **state) {
	(void)state;
	struct made_zip made = two("x", "y");
	struct zip zip;
	const char *why;
	zip_patch(&made, made.central[1] + CENTRAL_CRC, 1, 4);
	zip_patch(&made, made.local[1] + 14, 1, 4);
	assert_true(zip_read(made.bytes.data, made.bytes.len, &zip, &why));
	assert_false(zip.members[0].damaged);
	assert_true(zip.members[1].damaged);
	zip_dispose(&zip);
	buf_dispose(&made.bytes);
}

/* Sizes are believed to be what they claim until they are unpacked, and refused before that. */
static void sizes_are_bounded_before_anything_is_unpacked(void **state) {
	(void)state;
	static const struct {
		unsigned long long packed, size;
		const char *why;
	} cases[] = {
		{3, LIMIT_ZIP_RATIO_FROM, NULL},
		{3, LIMIT_ZIP_RATIO_FROM + LIMIT_ZIP_RATIO, "a member is packed too well"},
		{3, LIMIT_ZIP_MEMBER_BYTES + 1, "a member is too large"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct made_zip made = two("x", "y");
		struct zip_directory d;
		const char *why = NULL;
		zip_patch(&made, made.central[0] + CENTRAL_METHOD, 8, 2);
		zip_patch(&made, made.local[0] + LOCAL_METHOD, 8, 2);
		zip_patch(&made, made.central[0] + CENTRAL_PACKED, cases[i].packed, 4);
		zip_patch(&made, made.central[0] + CENTRAL_SIZE, cases[i].size, 4);
		zip_directory_read(made.bytes.data, made.bytes.len, &d, &why);
		if (cases[i].why)
			assert_string_equal(why, cases[i].why);
		else
			assert_null(why);
		zip_directory_dispose(&d);
		buf_dispose(&made.bytes);
	}
}

static void the_number_of_members_is_bounded(void **state) {
	(void)state;
	static const size_t counts[] = {LIMIT_ZIP_MEMBERS, LIMIT_ZIP_MEMBERS + 1};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct made_zip made = two("x", "y");
		struct zip_directory d;
		const char *why = NULL;
		zip_patch(&made, made.end + 10, counts[i], 2);
		assert_false(zip_directory_read(made.bytes.data, made.bytes.len, &d, &why));
		assert_string_equal(why, i ? "there are too many members" : "the directory is damaged");
		zip_directory_dispose(&d);
		buf_dispose(&made.bytes);
	}
}

/* Every prefix and every single changed byte is borne. */
static void damage_is_borne(void **state) {
	(void)state;
	struct made_zip made = two("META-INF/signature.p7s", "y");
	for (size_t i = 0; i < made.bytes.len; i++) {
		struct zip zip;
		const char *why;
		unsigned char *copy = xmemdup(made.bytes.data, made.bytes.len);
		assert_false(zip_read(copy, i, &zip, &why));
		zip_dispose(&zip);
		copy[i] ^= 0xff;
		zip_read(copy, made.bytes.len, &zip, &why);
		zip_dispose(&zip);
		free(copy);
	}
	buf_dispose(&made.bytes);
}

/* As other programs write them: packed, lengths behind the data, zip64 where asked for. */
static void packed_members_are_unpacked(void **state) {
	(void)state;
	static const char *const options[] = {"zip:compression=deflate", "zip:compression=deflate,zip:zip64"};
	static unsigned char file[1 << 20], content[100000];
	for (size_t i = 0; i < sizeof content; i++) content[i] = (unsigned char)(i % 251);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		size_t used = 0;
		struct archive *a = archive_write_new();
		struct archive_entry *e = archive_entry_new();
		archive_write_set_format_zip(a);
		assert_int_equal(archive_write_set_options(a, options[i]), ARCHIVE_OK);
		archive_write_set_bytes_in_last_block(a, 1);
		archive_write_open_memory(a, file, sizeof file, &used);
		archive_entry_set_pathname(e, "văn bản.txt");
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_size(e, sizeof content);
		archive_write_header(a, e);
		archive_write_data(a, content, sizeof content);
		archive_entry_free(e);
		archive_write_close(a);
		archive_write_free(a);
		struct zip zip;
		const char *why = "";
		if (!zip_read(file, used, &zip, &why)) fail_msg("%s", why);
		assert_int_equal(zip.count, 1);
		assert_string_equal(zip.members[0].name, "văn bản.txt");
		assert_false(zip.members[0].damaged);
		assert_int_equal(zip.members[0].len, sizeof content);
		assert_memory_equal(zip.members[0].data, content, sizeof content);
		zip_dispose(&zip);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_come_by_name),
		cmocka_unit_test(names_lead_nowhere_else),
		cmocka_unit_test(fields_are_held_against_each_other),
		cmocka_unit_test(members_do_not_overlap),
		cmocka_unit_test(a_false_end_in_the_comment_is_passed_over),
		cmocka_unit_test(what_the_directory_omits_is_noticed),
		cmocka_unit_test(a_wrong_checksum_is_damage),
		cmocka_unit_test(sizes_are_bounded_before_anything_is_unpacked),
		cmocka_unit_test(the_number_of_members_is_bounded),
		cmocka_unit_test(damage_is_borne),
		cmocka_unit_test(packed_members_are_unpacked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
