/* ltv-testexpect: holds `ltvault validate` against OUTDIR/expected.tsv, once with the evidence and once with the file
 * alone, never with a network; prints a line for every difference and a last line with the counts. */
#include "tests/pki/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX (64u << 20)

extern char **environ;

enum column { FILE_NAME, AT, DATA, INDICATION, SUB, OFFLINE_INDICATION, OFFLINE_SUB, COLUMNS };

/* Is `got` one of "A|B|C"? "*" takes anything, the empty text only nothing. */
static bool is_one_of(const char *got, const char *wanted) {
	if (!strcmp(wanted, "*")) return true;
	size_t len = strlen(got);
	for (const char *p = wanted;; p++) {
		size_t n = strcspn(p, "|");
		if (n == len && !strncmp(p, got, n)) return true;
		p += n;
		if (!*p) return false;
	}
}

/* Runs the program and reads its standard output; the exit status or -1 in *status. */
static struct buf run(const char *const *argv, int *status) {
	int ends[2];
	pid_t child;
	posix_spawn_file_actions_t actions;
	need(pipe2(ends, O_CLOEXEC) == 0 && posix_spawn_file_actions_init(&actions) == 0, "pipe");
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	errno = posix_spawn(&child, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	need(errno == 0, argv[0]);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	struct buf answer = {0};
	char piece[65536];
	ssize_t n;
	while ((n = read(ends[0], piece, sizeof piece)) > 0 && answer.len < ANSWER_MAX)
		buf_add(&answer, piece, (size_t)n);
	close(ends[0]);
	int how;
	need(waitpid(child, &how, 0) == child, argv[0]);
	*status = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
	return answer;
}

static const char *text_of(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* One question; true when the answer is as expected. */
static bool ask(const char *ltvault, const char *out_dir, char *const *row, bool evidence) {
	char *trust = xasprintf("%s/trust", out_dir), *more = xasprintf("%s/evidence", out_dir);
	char *data = xasprintf("%s/samples/%s", out_dir, row[DATA]);
	char *file = xasprintf("%s/samples/%s", out_dir, row[FILE_NAME]);
	const char *argv[20] = {ltvault, "--at", row[AT], "--json", "validate", "--offline", "--trust", trust};
	int argc = 8, status;
	if (evidence) {
		argv[argc++] = "--evidence";
		argv[argc++] = more;
	}
	if (row[DATA][0]) {
		argv[argc++] = "--data";
		argv[argc++] = data;
	}
	argv[argc++] = file;
	struct buf answer = run(argv, &status);
	json_t *report = json_loadb(buf_text(&answer), answer.len, 0, NULL);
	const char *indication = text_of(report, "indication"), *sub = text_of(report, "sub_indication");
	const char *wanted = row[evidence ? INDICATION : OFFLINE_INDICATION];
	const char *wanted_sub = row[evidence ? SUB : OFFLINE_SUB];
	bool passed = !strcmp(indication, "TOTAL-PASSED");
	bool good = is_one_of(indication, wanted) && is_one_of(sub, wanted_sub) &&
		    (passed ? status == 0 : status == 1 || status == 2);
	if (!good)
		printf("%s (%s): %s %s, exit status %d; expected %s %s\n", row[FILE_NAME],
		       evidence ? "with evidence" : "alone", report ? indication : "no answer", sub, status, wanted,
		       wanted_sub);
	json_decref(report);
	buf_dispose(&answer);
	free(trust);
	free(more);
	free(data);
	free(file);
	return good;
}

int main(int argc, char **argv) {
	if (argc != 3) {
		fputs("usage: ltv-testexpect LTVAULT OUTDIR\n", stderr);
		return 2;
	}
	struct buf table = tool_read(argv[2], "expected.tsv");
	char *rest = (char *)table.data, *line;
	int asked = 0, good = 0;
	strsep(&rest, "\n"); /* the heading */
	while ((line = strsep(&rest, "\n")) && *line) {
		char *row[COLUMNS];
		for (int i = 0; i < COLUMNS; i++) need((row[i] = strsep(&line, "\t")) != NULL, "expected.tsv");
		for (int evidence = 1; evidence >= 0; evidence--, asked++) good += ask(argv[1], argv[2], row, evidence);
	}
	printf("%d of %d answers as expected\n", good, asked);
	buf_dispose(&table);
	return asked && good == asked ? 0 : 1;
}
