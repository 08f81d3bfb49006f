#include "archiver/command.h"
#include "archiver/drill.h"
#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "archiver/json_get.h"
#include "archiver/output.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void tell(const struct app *app, const json_t *outcome) {
	size_t i;
	const json_t *row;
	if (app->json) {
		output_json(outcome);
		return;
	}
	char *medium = explain_safe(json_string_value(json_object_get(outcome, "medium")));
	printf(_("%s: %lld of %lld records restored, %lld bytes in %.1f seconds, %lld that do not agree with the archive\n"), medium,
	       number_at(outcome, "restored"), number_at(outcome, "records"), number_at(outcome, "bytes"),
	       json_real_value(json_object_get(outcome, "seconds")), number_at(outcome, "failure_count"));
	printf(_("The sample can be taken again with --seed %s\n"), json_string_value(json_object_get(outcome, "seed")));
	json_array_foreach(json_object_get(outcome, "failures"), i, row) {
		char *what = explain_safe(json_string_value(json_object_get(row, "what")));
		printf("  %lld  %s\n", number_at(row, "record"), what);
		free(what);
	}
	free(medium);
}

static int one(struct app *app, const struct drill_options *options) {
	struct error err = {0};
	json_t *outcome;
	if (drill_run(app, options, &outcome, &err)) return app_fail(app, &err);
	if (number_at(outcome, "failure_count")) app_worsen(app, EXIT_DAMAGE);
	tell(app, outcome);
	json_decref(outcome);
	return app->status;
}

static int run(struct app *app, const struct args *args) {
	const char *const *words, *sample = args_value(args, "sample");
	struct error err = {0};
	struct drill_options options = {.scratch = args_value(args, "scratch"), .seed = args_value(args, "seed"),
	                                .key = args_value(args, "key"), .certificate = args_value(args, "certificate")};
	size_t count = args_words(args, &words);
	char *end = NULL;
	if (options.certificate && !options.key) error_set(&err, ERROR_USAGE, "--certificate: goes with --key only");
	if (sample) options.sample = strtoull(sample, &end, 10);
	if (sample && (*end || !options.sample || options.sample > LIMIT_DRILL_SAMPLE || args_has(args, "all")))
		error_set(&err, ERROR_USAGE, "--sample: needs a number of records from 1 to %d, and no --all", LIMIT_DRILL_SAMPLE);
	if (err.code || app_open_store(app, STORE_WRITE, &err)) return app_fail(app, &err);
	if (!sample && !args_has(args, "all")) options.sample = conf_number(app->conf, CONF_drill_sample);
	for (size_t i = 0; i < count; i++) {
		options.medium = words[i];
		one(app, &options);
	}
	if (count) return app->status;
	char *list = xstrdup(conf_text(app->conf, CONF_backup_media)), *rest = list;
	for (; (options.medium = conf_next(&rest)); count++) one(app, &options);
	free(list);
	if (!count) error_set(&err, ERROR_USAGE, "drill: no medium is named, and backup.media in ltvault.conf is empty");
	return count ? app->status : app_fail(app, &err);
}

static const struct option_row options[] = {
	{"sample", 0, "N", N_("this many records, chosen at random (default: the setting drill.sample)")},
	{"all", 0, NULL, N_("restore everything")},
	{"seed", 0, "HEX", N_("take the sample of an earlier drill again")},
	{"key", 0, "KEY.pem", N_("private key of a recipient, for an encrypted medium")},
	{"certificate", 0, "CERT.pem", N_("the certificate of that key; without it every recipient is tried")},
	{"scratch", 0, "DIR", N_("where to restore to; by default the archive's work folder")},
	{NULL, 0, NULL, NULL},
};

const struct command command_drill = {
	.name = "drill",
	.arguments = "[--sample N | --all] [MEDIUM...]",
	.summary = N_("restore test: a medium gives back what the archive has"),
	.manual = "Restores a random sample of records, or everything, from each MEDIUM (the path where it is mounted; without one, those in the "
		  "setting backup.media) to scratch space, reads it back from there, and compares it with the archive: the documents' SHA-256 and "
		  "SHA-512, metadata, verdicts, evidence. With --all the medium is restored as restore does it, and the copy is checked as by fsck "
		  "--deep.\n\n"
		  "Time, throughput, seed and outcome are an event of the journal (\"drill\", or \"drill-failed\"). Scratch space is cleared "
		  "afterwards; the medium is not changed. One drill is due every drill.interval; the night makes a sample by itself where "
		  "a medium that needs no key is there (settings drill.automatic, drill.bytes, drill.time). An overdue one is a finding of the report "
		  "and of the night, which names the medium to connect.\n\n"
		  "Exit status: 3 when something does not agree with the archive.",
	.options = options,
	.run = run,
};
