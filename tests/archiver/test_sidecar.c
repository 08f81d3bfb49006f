#include "archiver/sidecar.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/archiver/folder.h"

static char *folder;

static char *at(const char *name) {
	return xasprintf("%s/%s", folder, name);
}

static int set_up(void **state) {
	(void)state;
	folder = folder_new("sidecar");
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	folder_remove(folder);
	free(folder);
	return 0;
}

static void found_is(const char *document, const char *sidecar) {
	char *path = at(document), *expected = sidecar ? at(sidecar) : NULL, *found = sidecar_find(path);
	if (expected)
		assert_string_equal(found, expected);
	else
		assert_null(found);
	free(path), free(expected), free(found);
}

static void long_form_goes_before_short_form(void **state) {
	(void)state;
	folder_put_text(folder, "a.pdf", "x");
	folder_put_text(folder, "a.p7s", "x");
	found_is("a.pdf", NULL);
	folder_put_text(folder, "a.json", "{}");
	found_is("a.pdf", "a.json");
	found_is("a.p7s", NULL);
	folder_put_text(folder, "a.pdf.json", "{}");
	found_is("a.pdf", "a.pdf.json");
}

static bool has_document(const char *name) {
	char *path = at(name);
	bool has = sidecar_has_document(path);
	free(path);
	return has;
}

static void sidecar_knows_its_document(void **state) {
	(void)state;
	folder_put_text(folder, "a.pdf", "x");
	folder_put_text(folder, "a.json", "{}");
	folder_put_text(folder, "b.p7m.json", "{}");
	folder_put_text(folder, "c.json", "{}");
	assert_true(has_document("a.json"));
	assert_false(has_document("b.p7m.json"));
	assert_false(has_document("c.json"));
	folder_put_text(folder, "b.p7m", "x");
	assert_true(has_document("b.p7m.json"));
	/* With a.pdf.json there the short form is nobody's. */
	folder_put_text(folder, "a.pdf.json", "{}");
	assert_true(has_document("a.pdf.json"));
	assert_false(has_document("a.json"));
}

static int read_text(const char *text, size_t len, struct error *reason, json_t **object) {
	char *path = at("s.json");
	memset(reason, 0, sizeof *reason);
	folder_put(folder, "s.json", text, len);
	int rc = sidecar_read(path, object, reason);
	free(path);
	return rc;
}

static void what_is_no_json_cannot_be_used(void **state) {
	(void)state;
	static const char *const bad[] = {
		"", "{", "not json", "{\"a\":1}x", "{\"a\":1,\"a\":2}", "{\"a\":\"\xff\"}", "\xff\xfe{}"};
	struct error reason;
	json_t *object;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(read_text(bad[i], strlen(bad[i]), &reason, &object), 1);
		assert_int_equal(reason.code, ERROR_INPUT);
		assert_non_null(strstr(reason.text, "s.json"));
		assert_null(object);
	}
	assert_int_equal(read_text("{\"a\":\"b\"}", 9, &reason, &object), 0);
	json_decref(object);
	assert_int_equal(read_text("\xef\xbb\xbf{}", 5, &reason, &object), 0);
	json_decref(object);
}

static void size_is_held_against_the_limit(void **state) {
	(void)state;
	struct error reason;
	json_t *object;
	char *text = xmalloc(LIMIT_SIDECAR_BYTES + 1);
	memset(text, ' ', LIMIT_SIDECAR_BYTES + 1);
	memcpy(text, "{}", 2);
	assert_int_equal(read_text(text, LIMIT_SIDECAR_BYTES, &reason, &object), 0);
	json_decref(object);
	assert_int_equal(read_text(text, LIMIT_SIDECAR_BYTES + 1, &reason, &object), 1);
	free(text);
}

static void links_pipes_and_folders_are_no_sidecars(void **state) {
	(void)state;
	static const char *const names[] = {"link.json", "pipe.json", "folder.json"};
	char *link = at(names[0]), *pipe = at(names[1]), *sub = at(names[2]);
	struct error reason;
	json_t *object;
	assert_int_equal(symlink("/etc/passwd", link) | mkfifo(pipe, 0644) | mkdir(sub, 0755), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char *path = at(names[i]);
		memset(&reason, 0, sizeof reason);
		assert_int_equal(sidecar_read(path, &object, &reason), 1);
		free(path);
	}
	memset(&reason, 0, sizeof reason);
	char *gone = at("gone.json");
	assert_int_equal(sidecar_read(gone, &object, &reason), -1);
	assert_int_equal(reason.code, ERROR_NOT_FOUND);
	free(link), free(pipe), free(sub), free(gone);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(long_form_goes_before_short_form, set_up, tear_down),
		cmocka_unit_test_setup_teardown(sidecar_knows_its_document, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_json_cannot_be_used, set_up, tear_down),
		cmocka_unit_test_setup_teardown(size_is_held_against_the_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(links_pipes_and_folders_are_no_sidecars, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
