#include "archiver/command.h"

#include "archiver/extend.h"
#include "archiver/i18n.h"
#include "archiver/output.h"
#include "archiver/run_record.h"
#include "archiver/search.h"
#include "archiver/show.h"
#include "archiver/spool.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void tell_json(const struct extend_told *t) {
	char next[UTIME_TEXT_MAX];
	char *file = spool_printable(t->name);
	json_t *row = json_pack("{s:I, s:s, s:b, s:s?, s:s?, s:s?, s:b, s:b, s:I, s:s?}", "record", (json_int_t)t->number, "file",
				file, "extended", t->refusal == EXTEND_NONE, "refusal",
				t->refusal ? extend_refusal_name(t->refusal) : NULL, "detail", *t->detail ? t->detail : NULL,
				"level", *t->level ? t->level : NULL, "stamped", t->stamped, "unstamped", t->unstamped, "bytes",
				(json_int_t)t->bytes, "next", t->next == UTIME_NONE ? NULL : utime_text(t->next, next));
	output_json(row);
	json_decref(row);
	free(file);
}

static void tell_text(const struct extend_told *t) {
	char *file = spool_printable(t->name);
	if (t->refusal == EXTEND_NONE)
		printf(_("%llu %s: now %s"), (unsigned long long)t->number, file, t->level);
	else
		printf(_("%llu %s: not extended: %s"), (unsigned long long)t->number, file, _(extend_refusal_text(t->refusal)));
	if (*t->detail) printf(" (%s)", t->detail);
	if (t->unstamped) printf("; %s", _("no time-stamp was to be had"));
	putchar('\n');
	free(file);
}

static void tell(void *user, const struct extend_told *told) {
	const struct app *app = user;
	if (app->json)
		tell_json(told);
	else if (app->verbosity >= 0)
		tell_text(told);
}

static void tell_counts(const struct app *app, const struct extend_counts *counts) {
	const struct output_count rows[] = {
#define EXTEND_COUNT(name, text) {counts->name, text},
#include "archiver/extend_count.def"
#undef EXTEND_COUNT
	};
	if (app->json) {
		json_t *json = json_pack("{s:o}", "counts", extend_counts_json(counts));
		output_json(json);
		json_decref(json);
	} else if (app->verbosity >= 0) {
		output_counts(rows, ARRAY_LEN(rows), 2);
	}
}

static int parse(struct app *app, const struct args *args, struct extend_options *o, uint64_t **numbers, struct error *err) {
	const char *const *words, *level = args_value(args, "level");
	o->count = args_words(args, &words);
	o->offline = args_has(args, "offline");
	if (o->count && args_has(args, "due")) return error_set(err, ERROR_USAGE, "extend: one of --due and records");
	if (level && strcmp(level, "lt") && strcmp(level, "lta")) return error_set(err, ERROR_USAGE, "--level %s: one of lt, lta", level);
	if (app_open_store(app, STORE_WRITE, err)) return -1;
	if (app_refuse_medium(app, err)) return -1;
	o->lta = !strcmp(level ? level : conf_text(app->conf, CONF_extend_level), "lta");
	if (!o->count) return 0;
	*numbers = xcalloc(o->count, sizeof **numbers);
	for (size_t i = 0; i < o->count; i++)
		if (show_id(app, words[i], &(*numbers)[i], err)) return -1;
	o->numbers = *numbers;
	return 0;
}

static int run(struct app *app, const struct args *args) {
	struct extend_options options = {.tell = tell, .user = app};
	struct extend_counts counts = {0};
	struct error err = {0};
	uint64_t *numbers = NULL;
	if (parse(app, args, &options, &numbers, &err)) {
		free(numbers);
		return app_fail(app, &err);
	}
	struct run_record *record = run_record_new(app);
	int rc = extend_run(app, &options, &counts, &err);
	rc = run_record_close(record, app, "extend", rc, extend_counts_json(&counts), &err);
	free(numbers);
	tell_counts(app, &counts);
	if (rc) return app_fail(app, &err);
	search_follow(app);
	return app->status;
}

static const struct option_row options[] = {
	{"due", 0, NULL, N_("what is due (the default)")},
	{"level", 0, "LEVEL", N_("lt: status data; lta: under a document time-stamp (default: extend.level)")},
	{"offline", 0, NULL, N_("no network at all")},
	{NULL, 0, NULL, NULL},
};

const struct command command_extend = {
	.name = "extend",
	.arguments = "[--due|ID...] [--level lt|lta] [--offline]",
	.summary = N_("give documents what their proof needs to last"),
	.manual = "Adds to signed PDF documents and CMS signatures the certificates and the revocation data that their verdict rests "
		  "on, and with level lta a time-stamp over all of it, which is renewed before its certificate ends (EN 319 142-1 "
		  "and EN 319 122-1, B-LT and B-LTA). The original stays as it came; the longer form is a revision of the record. Without records, what is "
		  "due is extended, most pressing first: documents of which a certificate ends within extend.horizon.\n\n"
		  "Only a document that passes by itself, without what the archive vouches for, is extended; every other one is "
		  "named with the reason. The new form is judged by itself, with nothing but the trust anchors, and kept only when "
		  "it passes and every signature in it is what it was.\n\n"
		  "Status data from before the proven time of a signature show nothing about it: then the document waits for younger "
		  "ones. A run that was stopped is simply started again; a time-stamp that was obtained is used and no other is asked "
		  "for.\n\n"
		  "With --json there is one line for each record, and a last line with the counts.\n\n"
		  "Exit status 1: a document that was named cannot be extended, or did not get the time-stamp it should have. 3: the "
		  "bytes of one are damaged or missing.",
	.options = options,
	.run = run,
};
