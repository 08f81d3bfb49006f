#include "archiver/command.h"

#include "archiver/guard.h"
#include "archiver/i18n.h"
#include "archiver/judge.h"
#include "archiver/output.h"
#include "archiver/run_record.h"
#include "archiver/search.h"
#include "archiver/spool.h"
#include "archiver/verify.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void tell_json(const struct intake_judged *j) {
	json_t *json = json_pack(
		"{s:I, s:s, s:s, s:s, s:b, s:s?, s:s?, s:s?, s:s?}", "record", (json_int_t)j->number, "file",
		j->before.name, "state", record_state_name(j->state), "bytes", object_state_name(j->bytes), "changed",
		j->changed, "before", j->before.verdicts ? j->before.indication : NULL, "before_sub",
		j->before.verdicts && *j->before.sub_indication ? j->before.sub_indication : NULL, "indication",
		j->report ? report_indication(j->report) : NULL, "sub_indication",
		j->report && *report_sub_indication(j->report) ? report_sub_indication(j->report) : NULL);
	/* A raw name that is no UTF-8 cannot be packed. */
	if (!json)
		json = json_pack("{s:I, s:s, s:s, s:b}", "record", (json_int_t)j->number, "state",
				 record_state_name(j->state), "bytes", object_state_name(j->bytes), "changed",
				 j->changed);
	output_json(json);
	json_decref(json);
}

static void tell_text(const struct intake_judged *j) {
	char *name = spool_printable(j->before.name);
	printf("%s %llu: %s: ", _("record"), (unsigned long long)j->number, name);
	if (j->bytes != OBJECT_PRESENT) {
		printf("%s\n", j->bytes == OBJECT_MISSING ? _("the bytes are missing") : _("the bytes are damaged"));
	} else {
		char *was = verdict_short(j->before.indication, j->before.sub_indication);
		char *is = verdict_short(report_indication(j->report), report_sub_indication(j->report));
		if (j->changed)
			printf(_("%s, was %s\n"), is, was);
		else
			printf("%s, %s\n", record_state_name(j->state), is);
		free(was);
		free(is);
	}
	free(name);
}

static void tell(void *user, const struct intake_judged *judged) {
	const struct app *app = user;
	if (app->json)
		tell_json(judged);
	else if (app->verbosity >= 0)
		tell_text(judged);
}

static void tell_counts(const struct app *app, const struct verify_counts *counts) {
	const struct output_count rows[] = {
#define VERIFY_COUNT(name, text) {counts->name, text},
#include "archiver/verify_count.def"
#undef VERIFY_COUNT
	};
	if (app->json) {
		json_t *json = json_pack("{s:o}", "counts", verify_counts_json(counts));
		output_json(json);
		json_decref(json);
	} else if (app->verbosity >= 0) {
		/* Never "checked" without the number that there was to check. */
		output_counts(rows, ARRAY_LEN(rows), 2);
	}
}

/* A record's number, or the digest of its original. */
static int record_of(struct app *app, const char *word, uint64_t *number, struct error *err) {
	struct object_id id;
	struct record_row row = {0};
	char *end;
	int found;
	if (object_id_parse(word, &id)) {
		found = records_by_object(app->store, &id, number, err);
	} else {
		*number = strtoull(word, &end, 10);
		if (*end || *word < '0' || *word > '9')
			return error_set(err, ERROR_USAGE, "%s: neither a record's number nor a digest", word);
		found = records_get(app->store, *number, &row, err);
		record_row_dispose(&row);
	}
	return found == 1 ? 0 : error_set(err, ERROR_NOT_FOUND, "%s: no such record", word);
}

static int parse(struct app *app, const struct args *args, struct verify_options *o, uint64_t **numbers,
		 struct error *err) {
	const char *const *words;
	bool all = args_has(args, "all"), due = args_has(args, "due");
	o->count = args_words(args, &words);
	o->deep = args_has(args, "deep");
	o->scope = o->count ? VERIFY_LISTED : all ? VERIFY_ALL : VERIFY_DUE;
	if ((all && due) || (o->count && (all || due)))
		return error_set(err, ERROR_USAGE, "verify: one of --due, --all and records");
	if (guard_catalogue(app, err) || app_open_store(app, STORE_WRITE, err)) return -1;
	o->policy = (enum on_failed)on_failed_parse(conf_text(app->conf, CONF_ingest_on_failed));
	*numbers = xcalloc(o->count + 1, sizeof **numbers);
	for (size_t i = 0; i < o->count; i++)
		if (record_of(app, words[i], &(*numbers)[i], err)) return -1;
	o->numbers = *numbers;
	return 0;
}

static int run(struct app *app, const struct args *args) {
	struct verify_options options = {.tell = tell, .user = app};
	struct verify_counts counts = {0};
	struct error err = {0};
	uint64_t *numbers = NULL;
	if (parse(app, args, &options, &numbers, &err)) {
		free(numbers);
		return app_fail(app, &err);
	}
	struct run_record *record = run_record_new(app);
	int rc = verify_run(app, &options, &counts, &err);
	rc = run_record_close(record, app, "verify", rc, verify_counts_json(&counts), &err);
	free(numbers);
	tell_counts(app, &counts);
	if (rc) return app_fail(app, &err);
	search_follow(app);
	return app->status;
}

static const struct option_row options[] = {
	{"due", 0, NULL, N_("what is due (the default)")},
	{"all", 0, NULL, N_("every record")},
	{"deep", 0, NULL, N_("also older metadata, earlier verdicts and long-term forms of each record")},
	{NULL, 0, NULL, NULL},
};

const struct command command_verify = {
	.name = "verify",
	.arguments = "[--due|--all|ID...] [--deep]",
	.summary = N_("re-read and re-judge what the archive holds"),
	.manual = "Reads each document from its pack, past the page cache, holds it against its digest, and judges it "
		  "again as of now "
		  "with the evidence that is stored and what can be fetched. Records are named by number or by the "
		  "digest of their "
		  "bytes; without any, what is due is checked (settings verify.interval and verify.interval_open).\n\n"
		  "An unchanged result moves the time of the last check and the next due time. A result that differs "
		  "is a new verdict "
		  "beside the earlier ones, with the finding VERDICT_CHANGED. A quarantined document that passes now "
		  "is accepted. Documents "
		  "that were taken in with ingest --defer are judged for the first time.\n\n"
		  "Objects found damaged or missing are reported with both digests and stay due. Only documents are "
		  "read here, because they are judged; every byte of the archive is read by scrub.\n\n"
		  "Each batch becomes durable: a run that was stopped goes on where it was.\n\n"
		  "With --json there is one line for each record whose result or bytes are not as before, and a last "
		  "line with the "
		  "counts.\n\n"
		  "Exit status 1: a result changed, or a document judged for the first time is not TOTAL-PASSED. 3: "
		  "something is "
		  "damaged or missing.",
	.options = options,
	.run = run,
};
