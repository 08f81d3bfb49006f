#include "archiver/bag.h"

#include "base/digest.h"
#include "tests/archiver/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void names_mean_no_harm_anywhere(void **state) {
	(void)state;
	static const struct {
		const char *name, *safe;
	} cases[] = {
		{"15-QĐ-UBND.signed.pdf", "15-QĐ-UBND.signed.pdf"},
		{"Quye\xcc\x82\xcc\x81t.pdf", "Quyết.pdf"},
		{"a\nb\rc%d.pdf", "a=0Ab=0Dc=25d.pdf"},
		{"../../etc/passwd", "=2E.=2F..=2Fetc=2Fpasswd"},
		{".hidden", "=2Ehidden"},
		{"-rf", "=2Drf"},
		{"a\\b:c*d?e\"f<g>h|i", "a=5Cb=3Ac=2Ad=3Fe=22f=3Cg=3Eh=7Ci"},
		{"a=b", "a=3Db"},
		{"\xff\xfe.pdf", "=FF=FE.pdf"},
		{"con.pdf", "_con.pdf"},
		{"COM7", "_COM7"},
		{"console.pdf", "console.pdf"},
		{"ends with dot.", "ends with dot_"},
		{"ends with space ", "ends with space_"},
		{"a\xe2\x80\xae"
		 "fdp.exe",
		 "a=E2=80=AEfdp.exe"},
		{"", "document"},
		{" x", "=20x"},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *safe = bag_safe_name(cases[i].name);
		assert_string_equal(safe, cases[i].safe);
		free(safe);
	}
}

static void long_names_are_cut_and_keep_their_suffix(void **state) {
	(void)state;
	for (size_t len = 140; len <= 160; len++) {
		struct buf name = {0};
		while (name.len + 4 < len) buf_add_byte(&name, 'x');
		buf_add_text(&name, ".pdf");
		char *safe = bag_safe_name(buf_text(&name));
		assert_int_equal(strlen(safe), len <= 150 ? len : 150);
		assert_string_equal(safe + strlen(safe) - 4, ".pdf");
		free(safe);
		buf_dispose(&name);
	}
	struct buf letters = {0}, escapes = {0};
	for (int i = 0; i < 100; i++) buf_add_text(&letters, "ế"), buf_add_text(&escapes, "\n");
	char *cut = bag_safe_name(buf_text(&letters)), *half = bag_safe_name(buf_text(&escapes));
	assert_int_equal(strlen(cut), 150); /* three bytes each: not cut inside a letter */
	assert_int_equal(strlen(half) % 3, 0);
	free(cut);
	free(half);
	buf_dispose(&letters);
	buf_dispose(&escapes);
}

static int fill(struct bag *bag, struct error *err) {
	return bag_add(bag, "1/document/a b.txt", "hello", 5, err) || bag_add(bag, "1/empty", "", 0, err) ||
			       bag_add_tag(bag, "README.txt", "read me\n", err)
		       ? -1
		       : 0;
}

static void shell(const char *format, const char *folder, const char *more) {
	char *command = xasprintf("cd '%s' && { %s%s; }", folder, format, more);
	if (system(command) != 0) fail_msg("%s", command);
	free(command);
}

/* Every form, unpacked by the usual programs, holds by sha256sum and sha512sum and has nothing that no manifest names.
 */
static void every_format_unpacks_to_a_valid_bag(void **state) {
	(void)state;
	static const struct {
		enum package_format format;
		const char *out, *unpack;
	} cases[] = {
		{PACKAGE_FOLDER, "bag", "true"},
		{PACKAGE_TAR, "bag.tar", "cmake -E tar xf bag.tar"},
		{PACKAGE_ZIP, "bag.zip", "cmake -E tar xf bag.zip"},
	};
	static const char checks[] =
		"&& cd bag && sha256sum --strict -c --quiet manifest-sha256.txt && sha512sum --strict -c --quiet "
		"manifest-sha512.txt && "
		"sha256sum --strict -c --quiet tagmanifest-sha256.txt && sha512sum --strict -c --quiet "
		"tagmanifest-sha512.txt && "
		"grep -q '^Payload-Oxum: 5.2$' bag-info.txt && grep -q '^Bagging-Date: 2026-11-22$' bag-info.txt && "
		"[ \"$(head -n 1 bagit.txt)\" = 'BagIt-Version: 1.0' ] && [ \"$(find data -type f | wc -l)\" = 2 ] && "
		"[ \"$(wc -l <manifest-sha256.txt)\" = 2 ] && [ \"$(wc -l <tagmanifest-sha512.txt)\" = 5 ]";
	digest_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *folder = folder_new("bag"), *out = xasprintf("%s/%s", folder, cases[i].out);
		unsigned char seal[SHA256_SIZE];
		struct error err = {0};
		struct bag *bag = bag_open(out, cases[i].format, INT64_C(1795312800) * UTIME_SECOND, &err);
		assert_non_null(bag);
		bag_info(bag, "Ltvault-Selection", "two\nlines");
		if (fill(bag, &err) || bag_commit(bag, seal, &err)) fail_msg("%s", err.text);
		shell(cases[i].unpack, folder, checks);
		folder_remove(folder);
		free(out);
		free(folder);
	}
}

static void what_is_there_is_not_overwritten(void **state) {
	(void)state;
	char *folder = folder_new("bag-there"), *out = xasprintf("%s/bag.tar", folder);
	struct error err = {0};
	unsigned char seal[SHA256_SIZE];
	digest_init();
	folder_put_text(folder, "bag.tar", "mine");
	assert_null(bag_open(out, PACKAGE_TAR, 0, &err));
	assert_int_equal(err.code, ERROR_EXISTS);
	unlink(out);
	error_clear(&err);
	struct bag *bag = bag_open(out, PACKAGE_TAR, 0, &err);
	assert_int_equal(fill(bag, &err), 0);
	folder_put_text(folder, "bag.tar", "mine"); /* came meanwhile */
	assert_int_equal(bag_commit(bag, seal, &err), -1);
	assert_int_equal(err.code, ERROR_EXISTS);
	char *text = folder_text(out);
	assert_string_equal(text, "mine");
	free(text);
	free(out);
	folder_remove(folder);
	free(folder);
}

static void failure_leaves_nothing(void **state) {
	(void)state;
	static const enum package_format formats[] = {PACKAGE_FOLDER, PACKAGE_TAR, PACKAGE_ZIP};
	digest_init();
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		char *folder = folder_new("bag-failed"), *out = xasprintf("%s/bag", folder);
		struct error err = {0};
		struct bag *bag = bag_open(out, formats[i], 0, &err);
		assert_int_equal(fill(bag, &err), 0);
		assert_int_equal(bag_begin(bag, "2/document/x", 10, &err), 0);
		assert_int_equal(bag_data(bag, "short", 5, &err), 0);
		bag_abort(bag);
		assert_int_equal(rmdir(folder), 0); /* empty */
		free(out);
		free(folder);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_mean_no_harm_anywhere),
		cmocka_unit_test(long_names_are_cut_and_keep_their_suffix),
		cmocka_unit_test(every_format_unpacks_to_a_valid_bag),
		cmocka_unit_test(what_is_there_is_not_overwritten),
		cmocka_unit_test(failure_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
