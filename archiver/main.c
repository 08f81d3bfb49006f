#include "archiver/app.h"
#include "archiver/command.h"
#include "archiver/guard.h"
#include "archiver/i18n.h"
#include "archiver/log.h"
#include "archiver/worker.h"
#include "base/digest.h"
#include "base/mem.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The one place where the clock is read: a run has one time (docs/architecture.md). */
static utime clock_now(void) {
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * UTIME_SECOND;
}

struct line {
	struct app *app;
	bool help;
};

/* Takes the value of a common option at argv[*i] when it is `letter` or `name`; NULL when it is another one. */
static const char *value_of(char **argv, int *i, int argc, const char *letter, const char *name, struct error *err) {
	const char *text = argv[*i];
	size_t n = strlen(name);
	if (!strncmp(text, name, n) && text[n] == '=') return text + n + 1;
	if (letter && !strncmp(text, letter, 2) && text[2]) return text + 2;
	if (strcmp(text, name) && (!letter || strcmp(text, letter))) return NULL;
	if (*i + 1 < argc) return argv[++*i];
	error_set(err, ERROR_USAGE, "%s: needs a value", text);
	return NULL;
}

/* Handles argv[*i] when it is an option of every command; 1 when it was, 0 when not, -1 on error. */
static int common_option(struct line *line, char **argv, int *i, int argc, struct error *err) {
	const char *text = argv[*i], *value;
	if (!strcmp(text, "--json")) return line->app->json = true;
	if (!strcmp(text, "-q") || !strcmp(text, "--quiet")) return line->app->verbosity = -1, 1;
	if (!strcmp(text, "-v") || !strcmp(text, "--verbose")) return line->app->verbosity = 1;
	if (!strcmp(text, "-h") || !strcmp(text, "--help")) return line->help = true;
	if ((value = value_of(argv, i, argc, "-C", "--archive", err))) return line->app->archive = value, 1;
	if ((value = value_of(argv, i, argc, NULL, "--at", err))) {
		if (!utime_parse(value, &line->app->now))
			return error_set(err, ERROR_USAGE, "--at: \"%s\" is not a time such as 2026-11-22T02:00:00Z", value);
		return line->app->at_given = true;
	}
	return err->code ? -1 : 0;
}

/* Common options may stand before and after the command; what is left is the command and its own words. */
static int common_options(struct line *line, int *argc, char **argv, struct error *err) {
	int kept = 0;
	for (int i = 0; i < *argc; i++) {
		if (!strcmp(argv[i], "--")) {
			while (i < *argc) argv[kept++] = argv[i++];
			break;
		}
		int taken = common_option(line, argv, &i, *argc, err);
		if (taken < 0) return -1;
		if (!taken) argv[kept++] = argv[i];
	}
	*argc = kept;
	return 0;
}

/* True when whoever read our output has gone (`| head`): nothing is left to say and nobody to say it to. */
static bool reader_gone(void) {
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

static int run(struct line *line, int argc, char **argv) {
	struct app *app = line->app;
	struct error err = {0};
	const struct command *command = argc ? command_named(argv[0]) : NULL;
	if (line->help || !argc) {
		command_help(argc ? stdout : line->help ? stdout : stderr, command);
		return line->help ? EXIT_FINE : EXIT_UNUSABLE;
	}
	if (!command) {
		error_set(&err, ERROR_USAGE, "%s: no such command; see ltvault --help", argv[0]);
		return app_fail(app, &err);
	}
	app->command = command->name;
	struct args *args = args_parse(command, argc - 1, argv + 1, &err);
	if (!args) {
		error_prefix(&err, "%s", command->name);
		return app_fail(app, &err);
	}
	app_worsen(app, command->run(app, args));
	args_free(args);
	return app->status;
}

int main(int argc, char **argv) {
	/* A worker is this program started anew, so that it inherits nothing but its socket (archiver/worker.h). */
	if (argc > 1 && !strcmp(argv[1], WORKER_ARGUMENT)) return worker_main();
	if (argc == 3 && !strcmp(argv[1], GUARD_ARGUMENT)) return guard_main(argv[2]);
	if (argc > 1 && !strcmp(argv[1], "--version")) return puts("ltvault " LTVAULT_VERSION), EXIT_FINE;
	if (argc > 1 && !strcmp(argv[1], "--manual")) {
		const struct command *command = argc > 2 ? command_named(argv[2]) : NULL;
		if (argc > 2 && !command) return fprintf(stderr, "ltvault: --manual: %s: no such command\n", argv[2]), EXIT_UNUSABLE;
		return command_manual(stdout, command), EXIT_FINE;
	}
	if (argc > 1 && !strcmp(argv[1], "--settings")) return conf_write_defaults(stdout), EXIT_FINE;
	signal(SIGPIPE, SIG_IGN);
	guard_signals();
	i18n_init();
	digest_init();
	struct app app = {.now = clock_now(), .started = app_milliseconds(), .archive = getenv("LTVAULT_ARCHIVE")};
	struct line line = {.app = &app};
	struct error err = {0};
	argc--, argv++;
	if (common_options(&line, &argc, argv, &err)) return app_fail(&app, &err);
	if (!app.archive || !*app.archive) app.archive = ".";
	if (app.verbosity > 0) log_set_level(LOG_INFO_LEVEL);
	if (app.verbosity < 0) log_set_level(LOG_ERROR_LEVEL);
	int status = run(&line, argc, argv);
	store_close(app.store);
	conf_free(app.conf);
	if ((fflush(stdout) || ferror(stdout)) && !reader_gone()) {
		error_set(&err, ERROR_IO, "standard output: could not be written");
		status = app_fail(&app, &err);
	}
	return status;
}
