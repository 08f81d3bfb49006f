#include "archiver/command.h"
#include "archiver/i18n.h"
#include "archiver/show.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const struct option_row options[] = {
	{"verdict", 0, "N", N_("with the report of the N-th verdict instead of the newest")},
	{"raw", 0, NULL, N_("write the original bytes to standard output, after they were checked")},
	{NULL, 0, NULL, NULL},
};

static int write_out(void *user, const unsigned char *data, size_t len, struct error *err) {
	(void)user;
	return fwrite(data, 1, len, stdout) == len ? 0 : error_errno(err, "standard output");
}

static int damage(struct app *app, uint64_t number, enum object_state state) {
	struct error err = {0};
	error_set(&err, ERROR_DAMAGED, "record %llu: its bytes are %s", (unsigned long long)number,
		  object_state_name(state));
	return app_fail(app, &err);
}

/* Read twice: nothing is put out before the whole was found to be what its name says. */
static int raw(struct app *app, uint64_t number, struct error *err) {
	struct record_row row = {0};
	if (records_get(app->store, number, &row, err) <= 0) return -1;
	struct object_id id = row.original;
	record_row_dispose(&row);
	enum object_state state = store_stream(app->store, &id, false, NULL, NULL, err);
	if (state == OBJECT_PRESENT) state = store_stream(app->store, &id, false, write_out, NULL, err);
	if (state == OBJECT_UNREADABLE || err->code) return -1;
	if (state != OBJECT_PRESENT) damage(app, number, state);
	return 0;
}

/* The exit status says what is known of the document: damage, findings, or all well. */
static void judge(struct app *app, const json_t *document) {
	const char *bytes = json_string_value(json_object_get(document, "bytes"));
	const char *indication = json_string_value(json_object_get(document, "indication"));
	if (bytes && strcmp(bytes, "present") != 0) app_worsen(app, EXIT_DAMAGE);
	if (json_object_get(document, "metadata_bytes") || json_object_get(document, "report_bytes"))
		app_worsen(app, EXIT_DAMAGE);
	if (json_integer_value(json_object_get(json_object_get(document, "evidence_records"), "damaged"))) app_worsen(app, EXIT_DAMAGE);
	if (!indication || strcmp(indication, "TOTAL-PASSED") != 0) app_worsen(app, EXIT_FINDINGS);
}

static int document(struct app *app, uint64_t number, uint32_t verdict, struct error *err) {
	json_t *doc = show_document(app, number, verdict, err);
	if (!doc) return -1;
	if (app->json) {
		json_dumpf(doc, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		show_print(stdout, doc);
	}
	judge(app, doc);
	json_decref(doc);
	return 0;
}

static int show(struct app *app, const struct args *args, struct error *err) {
	const char *const *words, *wanted = args_value(args, "verdict");
	char *end = NULL;
	unsigned long verdict = wanted ? strtoul(wanted, &end, 10) : 0;
	uint64_t number;
	if (args_words(args, &words) != 1) return error_set(err, ERROR_USAGE, "show: name one record");
	if (wanted && (*end || !verdict || verdict > UINT32_MAX || *wanted == '-'))
		return error_set(err, ERROR_USAGE, "--verdict: \"%s\" is not the number of a verdict", wanted);
	if (app_open_store(app, STORE_READ, err) || show_id(app, words[0], &number, err)) return -1;
	return args_has(args, "raw") ? raw(app, number, err) : document(app, number, (uint32_t)verdict, err);
}

static int run(struct app *app, const struct args *args) {
	struct error err = {0};
	if (show(app, args, &err)) app_fail(app, &err);
	return app->status;
}

const struct command command_show = {
	.name = "show",
	.arguments = "ID",
	.summary = N_("one record as the archive sees it"),
	.manual = "Shows everything the archive knows of one record: metadata, receipts, state, the history of "
		  "verdicts and the report of "
		  "the newest one with its findings explained, the evidence it stands on, revisions, which of its objects are in "
		  "evidence records since when and by whom and when these must be renewed, and when it was "
		  "and will be verified.\n\n"
		  "ID is the record's number, or the SHA-256 of the document, whole or its first digits (8 at least; "
		  "write sha256: "
		  "before them when they are all decimal).\n\n"
		  "With --raw the bytes of the document as they came go to standard output, after the whole was read "
		  "and found to be "
		  "unchanged; damaged bytes are not put out.\n\n"
		  "The exit status is 0 for TOTAL-PASSED, 1 for any other verdict or none, 3 when bytes are missing or "
		  "damaged.",
	.options = options,
	.run = run,
};
