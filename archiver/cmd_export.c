#include "archiver/command.h"
#include "archiver/export.h"
#include "archiver/i18n.h"
#include "archiver/output.h"
#include "archiver/progress.h"
#include "archiver/search.h"
#include "archiver/show.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const struct option_row options[] = {
	{"output", 'o', "OUT", N_("where to: a folder, FILE.tar or FILE.zip; must not be there yet")},
	{"query", 0, "Q", N_("records that this query finds (see find)")},
	{"all", 0, NULL, N_("every record")},
	{"revision", 0, "WHICH", N_("original (default), latest or all forms of each document")},
	{"format", 0, "FORMAT", N_("folder, tar or zip, whatever the name of OUT says")},
	{NULL, 0, NULL, NULL},
};

struct request {
	const char *out, *query;
	const char *const *ids;
	size_t id_count;
	bool all;
	enum package_format format;
	enum export_revisions revisions;
};

static int choice(const char *option, const char *value, const char *const *words, int *chosen, struct error *err) {
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], value)) return *chosen = i, 0;
	return error_set(err, ERROR_USAGE, "--%s: \"%s\" is none of %s, %s, %s", option, value, words[0], words[1],
			 words[2]);
}

static bool ends_in(const char *text, const char *end) {
	size_t len = strlen(text), tail = strlen(end);
	return len > tail && !strcmp(text + len - tail, end);
}

static int read_request(const struct args *args, struct request *r, struct error *err) {
	static const char *const formats[] = {"folder", "tar", "zip", NULL}, *const revisions[] = {"original", "latest",
												   "all", NULL};
	const char *format = args_value(args, "format"), *revision = args_value(args, "revision");
	int chosen = 0;
	*r = (struct request){
		.out = args_value(args, "output"), .query = args_value(args, "query"), .all = args_has(args, "all")};
	r->id_count = args_words(args, &r->ids);
	if (!r->out || !*r->out) return error_set(err, ERROR_USAGE, "export: -o must say where to");
	if ((r->id_count > 0) + !!r->query + r->all != 1)
		return error_set(err, ERROR_USAGE, "export: name records, or give --query, or --all");
	if (revision && choice("revision", revision, revisions, &chosen, err)) return -1;
	r->revisions = (enum export_revisions)chosen;
	chosen = ends_in(r->out, ".tar") ? PACKAGE_TAR : ends_in(r->out, ".zip") ? PACKAGE_ZIP : PACKAGE_FOLDER;
	if (format && choice("format", format, formats, &chosen, err)) return -1;
	r->format = (enum package_format)chosen;
	return 0;
}

/* What goes on while records go by. */
struct run {
	struct export *export;
	struct progress *progress;
	struct error *err;
};

static int one(struct run *run, uint64_t number) {
	if (export_record(run->export, number, run->err)) return -1;
	progress_step(run->progress, export_records(run->export));
	return 0;
}

static int by_id(struct app *app, struct run *run, const struct request *r) {
	for (size_t i = 0; i < r->id_count; i++) {
		uint64_t number;
		if (show_id(app, r->ids[i], &number, run->err) || one(run, number)) return -1;
	}
	return 0;
}

static int all(struct app *app, struct run *run) {
	uint64_t numbers[256], last = 0;
	int count;
	while ((count = records_list(app->store, last, numbers, ARRAY_LEN(numbers), run->err)) > 0) {
		for (int i = 0; i < count; i++)
			if (one(run, numbers[i])) return -1;
		last = numbers[count - 1];
	}
	return count;
}

static int hit(void *user, const char *json, bool exact) {
	json_t *row = json_loads(json, 0, NULL);
	uint64_t number = (uint64_t)json_integer_value(json_object_get(row, "record"));
	(void)exact;
	json_decref(row);
	return one(user, number);
}

static int by_query(struct app *app, struct run *run, const char *text) {
	const struct search_window everything = {0};
	struct query query;
	if (query_parse(&text, 1, &query, run->err)) return -1;
	struct search *search = search_open(app, run->err);
	int rc = search ? search_each(search, &query, &everything, hit, run, run->err) : -1;
	if (search && search_behind(search))
		fprintf(stderr,
			_("The search index could not be brought up to date: the last %llu changes are not in it "
			  "yet.\n"),
			(unsigned long long)search_behind(search));
	search_close(search);
	query_dispose(&query);
	return rc || run->err->code ? -1 : 0;
}

static char *selection_of(const struct request *r) {
	struct buf text = {0};
	if (r->all) buf_add_text(&text, "all");
	if (r->query) buf_printf(&text, "query: %.2000s", r->query);
	for (size_t i = 0; i < r->id_count && text.len < 2000; i++)
		buf_printf(&text, "%s%.80s", i ? " " : "", r->ids[i]);
	return buf_take_text(&text);
}

static int gather(struct app *app, const struct request *r, json_t **release, struct error *err) {
	struct store_totals totals = {0};
	struct run run = {.err = err};
	if (app_open_store(app, STORE_READ, err) || store_totals(app->store, &totals, err)) return -1;
	run.export = export_open(app, r->out, r->format, r->revisions, err);
	if (!run.export) return -1;
	run.progress = progress_start(app, N_("exporting"), r->all ? totals.records : 0);
	int rc = r->all ? all(app, &run) : r->query ? by_query(app, &run, r->query) : by_id(app, &run, r);
	progress_end(run.progress);
	if (rc) {
		export_abort(run.export);
		return -1;
	}
	char *selection = selection_of(r);
	rc = export_commit(run.export, selection, release, err);
	free(selection);
	return rc;
}

static void tell(const struct app *app, const struct request *r, json_t *release) {
	json_int_t records = json_integer_value(json_object_get(release, "records"));
	json_int_t files = json_integer_value(json_object_get(release, "files"));
	if (app->json) {
		json_object_set_new(release, "output", json_string(r->out));
		output_json(release);
	} else if (app->verbosity >= 0) {
		printf(_("%lld records in %lld files are in %s.\n"), (long long)records, (long long)files, r->out);
	}
}

static int run(struct app *app, const struct args *args) {
	struct request request;
	struct error err = {0};
	json_t *release = NULL;
	if (read_request(args, &request, &err) || gather(app, &request, &release, &err)) return app_fail(app, &err);
	/* The bag is whole whatever becomes of this; a medium holds the past only, and takes no notes. */
	if (export_log_release(app, release, &err)) {
		error_prefix(&err, "the release was not recorded in the archive");
		if (err.code == ERROR_INPUT)
			fprintf(stderr, "ltvault: %s\n", err.text);
		else
			app_fail(app, &err);
	}
	tell(app, &request, release);
	json_decref(release);
	return app->status;
}

const struct command command_export = {
	.name = "export",
	.arguments = "(ID...|--query Q|--all) -o OUT",
	.summary = N_("hand out documents with their evidence"),
	.manual =
		"Writes the named records, those that a query finds, or all, into one bag (BagIt 1.0, RFC 8493): the "
		"original bytes, "
		"metadata, every verdict, and the certificates, CRLs, OCSP responses, timestamps and trust anchors "
		"that the verdicts "
		"used, with SHA-256 and SHA-512 manifests and a README that tells how to check all of it with "
		"sha256sum and openssl.\n\n"
		"OUT is a folder, or a file when its name ends in .tar or .zip; it appears when it is whole, and "
		"nothing is left of an "
		"export that failed. It works beside a running night.\n\n"
		"What is damaged or missing is not handed out: it is named on standard error and in the bag, the rest "
		"goes on, and the exit "
		"status is 3.\n\n"
		"Every release is recorded in the journal: at once, or by the next run that holds the archive's lock.",
	.options = options,
	.run = run,
};
