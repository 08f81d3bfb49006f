#include "archiver/spool.h"
#include "base/limits.h"
#include "store/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/archiver/folder.h"

#include <sys/wait.h>

static void names_for_people_carry_no_control_characters(void **state) {
	(void)state;
	static const struct {
		const char *raw, *shown;
	} cases[] = {
		{"15-QĐ-UBND.pdf", "15-QĐ-UBND.pdf"},
		{"a\nb", "a\\nb"},
		{"a\\nb", "a\\\\nb"},
		{"\x1b[2J", "\\x1b[2J"},
		{"a\xff.pdf", "a\\xff.pdf"},
		{"\xc3", "\\xc3"},
		{"\xc0\xaf", "\\xc0\\xaf"},
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
		{"\xc2\x9b", "\\xc2\\x9b"},
		{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
		{"", ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *shown = spool_printable(cases[i].raw);
		assert_string_equal(shown, cases[i].shown);
		free(shown);
	}
}

static int note(void *user, const char *path, enum spool_kind kind, const struct error *why) {
	static const char *const words[] = {"file",   "folder",     "link", "special",
					    "hidden", "unreadable", "deep", "vanished"};
	(void)why;
	buf_printf(user, "%s:%s ", strrchr(path, '/') + 1, words[kind]);
	return 0;
}

static void walk_tells_what_is_no_file_and_follows_no_link(void **state) {
	(void)state;
	char *folder = folder_new("walk"), *sub = xasprintf("%s/m", folder), *link = xasprintf("%s/l", folder);
	char *loop = xasprintf("%s/m/loop", folder), *pipe = xasprintf("%s/p", folder);
	struct buf seen = {0};
	assert_int_equal(mkdir(sub, 0755) | symlink("m/b", link) | symlink("..", loop) | mkfifo(pipe, 0644), 0);
	folder_put_text(folder, "z", "1");
	folder_put_text(folder, ".part", "1");
	folder_put_text(folder, "n\nl", "1");
	folder_put_text(sub, "b", "1");
	assert_int_equal(spool_walk(folder, note, &seen), 0);
	assert_string_equal(buf_text(&seen), ".part:hidden l:link b:file loop:link n\nl:file p:special z:file ");
	buf_dispose(&seen);
	folder_remove(folder);
	free(folder), free(sub), free(link), free(loop), free(pipe);
}

static void folders_are_followed_to_the_limit_and_not_beyond(void **state) {
	(void)state;
	char *folder = folder_new("deep");
	struct buf path = {0}, seen = {0};
	buf_add_text(&path, folder);
	for (int i = 1; i < LIMIT_FOLDER_DEPTH; i++) buf_add_text(&path, "/d"), mkdir(buf_text(&path), 0755);
	folder_put_text(buf_text(&path), "last", "1");
	assert_int_equal(spool_walk(folder, note, &seen), 0);
	assert_string_equal(buf_text(&seen), "last:file ");
	buf_add_text(&path, "/e");
	mkdir(buf_text(&path), 0755);
	buf_dispose(&seen);
	assert_int_equal(spool_walk(folder, note, &seen), 0);
	assert_string_equal(buf_text(&seen), "e:deep last:file ");
	buf_dispose(&seen), buf_dispose(&path);
	folder_remove(folder);
	free(folder);
}

static void moving_replaces_nothing(void **state) {
	(void)state;
	struct error err = {0};
	char *folder = folder_new("move"), *done = xasprintf("%s/done", folder), *source = xasprintf("%s/a", folder),
	     *moved[3];
	static const char *const expected[] = {"2026-11-22/s/a.pdf", "2026-11-22/s/a.pdf~2", "2026-11-22/s/a.pdf~3"};
	for (size_t i = 0; i < 3; i++) {
		char *target = xasprintf("%s/%s", done, expected[i]);
		folder_put(folder, "a", &"123"[i], 1);
		moved[i] = spool_move(source, done, "2026-11-22/s/a.pdf", &err);
		assert_string_equal(moved[i], target);
		free(target);
	}
	char *first = folder_text(moved[0]);
	assert_string_equal(first, "1");
	assert_false(folder_has(folder, "a"));
	assert_null(spool_move(source, done, "x", &err));
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	assert_int_equal(spool_sync(done, NULL), 0);
	folder_remove(folder);
	for (size_t i = 0; i < 3; i++) free(moved[i]);
	free(first), free(folder), free(done), free(source);
}

/* A folder on a file system other than `folder`'s; NULL where the machine has none. */
static char *folder_elsewhere(const char *folder) {
	struct stat a, b;
	char *path = xstrdup("/dev/shm/ltvault-move-XXXXXX");
	if (mkdtemp(path) && !stat(folder, &a) && !stat(path, &b) && a.st_dev != b.st_dev) return path;
	rmdir(path);
	free(path);
	return NULL;
}

static void moving_to_another_file_system_keeps_the_bytes_and_replaces_nothing(void **state) {
	(void)state;
	struct error err = {0};
	char *folder = folder_new("move-far"), *done = folder_elsewhere(folder), *source = xasprintf("%s/a", folder),
	     *moved[3];
	static const char *const texts[] = {"1", "2", "1"}, *const ends[] = {"d/a.pdf", "d/a.pdf~2", "d/a.pdf"};
	for (size_t i = 0; done && i < 3; i++) {
		folder_put_text(folder, "a", texts[i]);
		moved[i] = spool_move(source, done, "d/a.pdf", &err);
		assert_non_null(moved[i]);
		char *target = xasprintf("%s/%s", done, ends[i]), *text = folder_text(target);
		assert_string_equal(moved[i], target); /* the same bytes are not put there twice */
		assert_string_equal(text, texts[i]);
		assert_false(folder_has(folder, "a") || folder_has(done, "d/.part"));
		free(target), free(text), free(moved[i]);
	}
	folder_remove(folder);
	if (done) folder_remove(done);
	bool tested = done != NULL;
	free(folder), free(done), free(source);
	if (!tested) skip();
}

static int move_and_die(const char *source, const char *done, unsigned long step, enum fault_action action) {
	pid_t child = fork();
	if (!child) {
		struct error err = {0};
		fault_arm(step, action, action == FAULT_FAIL);
		char *moved = spool_move(source, done, "d/a.pdf", &err);
		_exit(fault_steps() < step ? 0 : moved ? 1 : 2);
	}
	int status;
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) fail_msg("the move was killed");
	return WEXITSTATUS(status);
}

static void a_move_to_another_file_system_that_is_cut_short_loses_nothing_and_is_finished(void **state) {
	(void)state;
	static const enum fault_action actions[] = {FAULT_DIE, FAULT_FAIL};
	char *folder = folder_new("move-cut"), *source = xasprintf("%s/a", folder), *done = folder_elsewhere(folder);
	if (done) folder_remove(done);
	for (size_t k = 0; done && k < 2; k++) {
		int status = 1;
		for (unsigned long step = 1; status; step++) {
			assert_true(step < 50);
			mkdir(done, 0755);
			folder_put_text(folder, "a", "bytes");
			status = move_and_die(source, done, step, actions[k]);
			struct error err = {0};
			char *there = xasprintf("%s/d/a.pdf", done), *text = NULL;
			if (folder_has(folder, "a")) {
				char *moved = spool_move(source, done, "d/a.pdf", &err);
				assert_string_equal(moved, there);
				free(moved);
			}
			text = folder_text(there);
			assert_string_equal(text, "bytes");
			assert_false(folder_has(folder, "a") || folder_has(done, "d/a.pdf~2"));
			folder_remove(done);
			free(there), free(text);
		}
	}
	folder_remove(folder);
	bool tested = done != NULL;
	free(folder), free(source), free(done);
	if (!tested) skip();
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_for_people_carry_no_control_characters),
		cmocka_unit_test(walk_tells_what_is_no_file_and_follows_no_link),
		cmocka_unit_test(folders_are_followed_to_the_limit_and_not_beyond),
		cmocka_unit_test(moving_replaces_nothing),
		cmocka_unit_test(moving_to_another_file_system_keeps_the_bytes_and_replaces_nothing),
		cmocka_unit_test(a_move_to_another_file_system_that_is_cut_short_loses_nothing_and_is_finished),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
