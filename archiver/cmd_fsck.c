#include "archiver/command.h"
#include "archiver/guard.h"
#include "archiver/i18n.h"
#include "archiver/progress.h"

#include <jansson.h>

struct shown {
	struct app *app;
	json_t *problems;
};

static void show(void *user, const char *text) {
	struct shown *s = user;
	if (s->problems) json_array_append_new(s->problems, json_string(text));
	else printf("%s\n", text);
}

static void print_json(const struct fsck_counts *c, json_t *problems) {
	json_t *out = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:O}", "schema", "ltvault.fsck/1", "objects", (json_int_t)c->objects,
	                        "objects_read", (json_int_t)c->objects_checked, "members", (json_int_t)c->members, "events",
	                        (json_int_t)c->events, "records", (json_int_t)c->records, "problem_count", (json_int_t)c->problems,
	                        "problems", problems);
	json_dumpf(out, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	putchar('\n');
	json_decref(out);
}

static void step(void *user, uint64_t done) {
	progress_step(user, done);
}

static int check(struct app *app, bool deep, struct shown *shown, struct fsck_counts *counts, struct error *err) {
	struct store_totals totals;
	struct error damage = {0};
	int guarded = guard_catalogue(app, &damage);
	if (guarded < 0) return error_set(err, damage.code, "%s", damage.text);
	if (guarded) show(shown, damage.text);
	fflush(stdout);
	if (app_open_store(app, STORE_READ, err) || store_totals(app->store, &totals, err)) return -1;
	struct progress *progress = progress_start(app, N_("Objects read"), totals.objects);
	store_set_fsck_progress(app->store, step, progress);
	int problems = store_fsck(app->store, deep, show, shown, counts, err);
	store_set_fsck_progress(app->store, NULL, NULL);
	progress_end(progress);
	if (guarded && problems >= 0) counts->problems++, problems++;
	return problems;
}

static int run(struct app *app, const struct args *args) {
	struct error err = {0};
	struct fsck_counts counts = {0};
	struct shown shown = {app, app->json ? json_array() : NULL};
	const char *const *words;
	if (args_words(args, &words)) error_set(&err, ERROR_USAGE, "fsck: %s: takes no arguments", words[0]);
	int problems = err.code ? -1 : check(app, args_has(args, "deep"), &shown, &counts, &err);
	if (problems < 0) {
		json_decref(shown.problems);
		return app_fail(app, &err);
	}
	if (app->json) {
		print_json(&counts, shown.problems);
	} else {
		printf(_("records %llu, events %llu, objects %llu (read in full: %llu), pack members %llu: %llu problems\n"),
		       (unsigned long long)counts.records, (unsigned long long)counts.events, (unsigned long long)counts.objects,
		       (unsigned long long)counts.objects_checked, (unsigned long long)counts.members, (unsigned long long)counts.problems);
		if (problems) puts(_("Copy nothing over this archive. Compare with a backup medium: ltvault -C MEDIUM fsck --deep; a catalogue alone "
			             "is remade with: ltvault rebuild"));
	}
	json_decref(shown.problems);
	return problems ? EXIT_DAMAGE : EXIT_FINE;
}

static const struct option_row options[] = {
	{"deep", 0, NULL, N_("read every object and hash it again")},
	{NULL, 0, NULL, NULL},
};

const struct command command_fsck = {
	.name = "fsck",
	.arguments = "[--deep]",
	.summary = N_("compare packs, catalogue and journal with each other, in both directions"),
	.manual = "Checks that each object of the catalogue stands in its pack under its name and length and that each member of the "
		  "packs is in the catalogue; that the journal's chain of hashes holds and ends where the catalogue says; and that "
		  "records, indices, verdicts, metadata and evidence agree.\n\n"
		  "With --deep the bytes of every object are read and hashed. Without it their presence, name and length are checked.\n\n"
		  "The catalogue is read first, whole, by a process of its own: a damaged page may end that, and is told (exit status "
		  "3).\n\n"
		  "It only reads, and works beside a running night and on a backup medium (-C MEDIUM).",
	.options = options,
	.run = run,
};
