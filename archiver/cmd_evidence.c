#include "archiver/command.h"

#include "archiver/conf.h"
#include "archiver/evidence_authority.h"
#include "archiver/evidence_make.h"
#include "archiver/evidence_show.h"
#include "archiver/i18n.h"
#include "archiver/run_record.h"
#include "archiver/show.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_json(const json_t *json) {
	json_dumpf(json, stdout, JSON_INDENT(2));
	putchar('\n');
}

static int series_of(const struct args *args, unsigned *series, struct error *err) {
	const char *text = args_value(args, "series");
	*series = text ? (unsigned)strtoul(text, NULL, 10) : 1;
	if (*series >= 1 && *series <= EVIDENCE_SERIES) return 0;
	return error_set(err, ERROR_USAGE, "--series: \"%s\" is neither 1 nor 2", text);
}

/* ---- making ---- */

static void tell_counts(const struct app *app, const struct evidence_counts *counts) {
	const struct {
		uint64_t value;
		const char *text;
	} rows[] = {
#define EVIDENCE_COUNT(name, text) {counts->name, text},
#include "archiver/evidence_count.def"
#undef EVIDENCE_COUNT
	};
	if (app->json) {
		json_t *json = json_pack("{s:o}", "counts", evidence_counts_json(counts));
		print_json(json);
		json_decref(json);
	} else if (app->verbosity >= 0) {
		bool told = false;
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			if (!rows[i].value && (told || i + 1 < ARRAY_LEN(rows))) continue;
			printf("%s%llu %s", told ? ", " : "", (unsigned long long)rows[i].value, _(rows[i].text));
			told = true;
		}
		putchar('\n');
	}
}

/* How much there is to read, before anything is read. */
static int rehash(struct app *app, struct evidence *e, unsigned series, enum digest_alg alg,
		  struct evidence_counts *counts, struct error *err) {
	struct evidence_budget budget;
	bool done;
	if (evidence_rehash_budget(e, series, alg, &budget, err)) return -1;
	if (app->verbosity >= 0)
		fprintf(stderr, _("Hash-tree renewal to %s reads %llu objects, %llu bytes.\n"), digest_name(alg),
			(unsigned long long)budget.objects, (unsigned long long)budget.bytes);
	return evidence_rehash(e, series, alg, 0, counts, &done, err);
}

static int make(struct app *app, const struct args *args, bool renew, struct evidence_counts *counts,
		struct error *err) {
	const char *hash = args_value(args, "hash");
	enum digest_alg alg = hash ? digest_from_name(hash) : DIGEST_UNKNOWN;
	unsigned series;
	int rc = -1;
	if (series_of(args, &series, err)) return -1;
	if (hash && digest_size(alg) < SHA256_SIZE)
		return error_set(err, ERROR_USAGE, "--hash: \"%s\" is no algorithm for this", hash);
	if (app_open_store(app, STORE_WRITE, err)) return -1;
	if (!evidence_authority_configured(app))
		return error_set(err, ERROR_CONFIG, "timestamp.urls in ltvault.conf is empty: no authority gives time-stamps");
	struct evidence_authorities *authorities = evidence_authorities_open(app, err);
	struct evidence *e = authorities ? evidence_open(app, evidence_authority_of(authorities), err) : NULL;
	if (e && !renew)
		rc = evidence_round(e, counts, err);
	else if (e && hash)
		rc = rehash(app, e, series, alg, counts, err);
	else if (e)
		rc = evidence_renew(e, args_has(args, "all"), counts, err);
	evidence_close(e);
	evidence_authorities_close(authorities);
	return rc;
}

static int make_and_record(struct app *app, const struct args *args, bool renew, struct error *err) {
	struct evidence_counts counts = {0};
	int rc = make(app, args, renew, &counts, err);
	if (!app->store) return rc;
	struct run_record *record = run_record_new(app);
	rc = run_record_close(record, app, "evidence", rc, evidence_counts_json(&counts), err);
	tell_counts(app, &counts);
	return rc;
}

/* ---- using ---- */

static json_t *what_is_shown(struct app *app, struct evidence *e, const char *id, bool group, struct error *err) {
	struct object_id object;
	uint64_t number;
	if (!id) return evidence_list(e, err);
	if (group) return show_id(app, id, &number, err) ? NULL : evidence_show_group(e, number, err);
	return evidence_object(app, id, &object, err) ? NULL : evidence_show(e, &object, err);
}

static int show(struct app *app, const struct args *args, const char *id, struct error *err) {
	bool group = args_has(args, "group");
	if (group && !id) return error_set(err, ERROR_USAGE, "evidence show --group: name a record");
	if (app_open_store(app, STORE_READ, err)) return -1;
	struct evidence *e = evidence_open(app, NULL, err);
	json_t *shown = e ? what_is_shown(app, e, id, group, err) : NULL;
	if (shown && app->json)
		print_json(shown);
	else if (shown)
		evidence_print(stdout, shown);
	if (shown && id && !json_array_size(json_object_get(shown, group ? "groups" : "records"))) app_worsen(app, EXIT_FINDINGS);
	int rc = shown ? 0 : -1;
	json_decref(shown);
	evidence_close(e);
	return rc;
}

static int write_file(const char *path, const struct buf *data, struct error *err) {
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), rc = fd < 0 ? -1 : 0;
	if (!rc && (io_write(fd, data->data, data->len) || fsync(fd))) rc = -1;
	if (rc && errno == EEXIST)
		error_set(err, ERROR_EXISTS, "%s: there is a file of that name", path);
	else if (rc)
		error_errno(err, "%s", path);
	if (fd >= 0 && close(fd) && !rc) rc = error_errno(err, "%s", path);
	if (rc && fd >= 0) unlink(path);
	return rc;
}

static int record_of(struct app *app, struct evidence *e, const char *id, unsigned series, struct object_id *object,
		     struct buf *der, struct error *err) {
	struct evidence_proof proof;
	if (evidence_object(app, id, object, err)) return -1;
	int rc = evidence_of(e, object, series, der, &proof, err);
	if (!rc) return error_set(err, ERROR_NOT_FOUND, "%s: it is in no evidence record of series %u yet", id, series);
	return rc < 0 ? -1 : 0;
}

/* The same of all that came with it. */
static int group_of(struct app *app, struct evidence *e, const char *id, unsigned series, struct evidence_group *group,
		    size_t *missing, struct buf *der, struct error *err) {
	struct evidence_proof proof;
	uint64_t number;
	bool closed;
	if (show_id(app, id, &number, err)) return -1;
	int rc = evidence_group_of(e, number, series, der, &proof, group, missing, &closed, err);
	if (!rc) return error_set(err, ERROR_NOT_FOUND, "%s: it has no group in series %u: it was alone in its round, or is in none yet", id, series);
	return rc < 0 ? -1 : 0;
}

static int export(struct app *app, const struct args *args, const char *id, struct error *err) {
	const char *out = args_value(args, "output");
	struct object_id object;
	struct buf der = {0};
	unsigned series;
	if (!out) return error_set(err, ERROR_USAGE, "evidence export: name the file with -o");
	if (series_of(args, &series, err) || app_open_store(app, STORE_READ, err)) return -1;
	struct evidence *e = evidence_open(app, NULL, err);
	struct evidence_group group = {0};
	size_t missing;
	int rc = !e ? -1 : args_has(args, "group") ? group_of(app, e, id, series, &group, &missing, &der, err)
						   : record_of(app, e, id, series, &object, &der, err);
	if (!rc) rc = write_file(out, &der, err);
	evidence_group_dispose(&group);
	buf_dispose(&der);
	evidence_close(e);
	return rc;
}

static int read_file(const char *path, struct buf *out, struct error *err) {
	unsigned char chunk[65536];
	FILE *file = fopen(path, "rbe");
	size_t n;
	if (!file) return error_errno(err, "%s", path);
	while ((n = fread(chunk, 1, sizeof chunk, file)) > 0 && out->len <= LIMIT_ERS_BYTES) buf_add(out, chunk, n);
	int rc = ferror(file) ? error_errno(err, "%s", path) : 0;
	if (!rc && out->len > LIMIT_ERS_BYTES) rc = error_set(err, ERROR_INPUT, "%s: too large for an evidence record", path);
	fclose(file);
	return rc;
}

static void print_check(struct app *app, const json_t *report) {
	const json_t *findings = json_object_get(report, "archive_findings"), *f;
	size_t i;
	if (app->json) {
		print_json(report);
	} else {
		const char *sub = report_sub_indication(report);
		printf("%s%s%s\n", report_indication(report), *sub ? " " : "", sub);
		json_array_foreach(findings, i, f)
			printf("%s: %s\n", json_string_value(json_object_get(f, "code")), _(json_string_value(json_object_get(f, "text"))));
	}
	if (strcmp(report_indication(report), "TOTAL-PASSED") || json_array_size(findings)) app_worsen(app, EXIT_FINDINGS);
}

static int check(struct app *app, const struct args *args, const char *id, struct error *err) {
	const char *file = args_value(args, "record");
	struct object_id object;
	struct buf der = {0};
	unsigned series;
	json_t *report = NULL;
	if (series_of(args, &series, err) || app_open_store(app, STORE_READ, err)) return -1;
	const struct judge_options options = {.offline = args_has(args, "offline")};
	struct judge *judge = judge_start(app, &options, err);
	struct evidence *e = judge ? evidence_open(app, NULL, err) : NULL;
	bool is_group = args_has(args, "group");
	struct evidence_group group = {0};
	size_t missing;
	int rc = !e ? -1 : is_group ? group_of(app, e, id, series, &group, &missing, &der, err)
		 : file ? evidence_object(app, id, &object, err) : record_of(app, e, id, series, &object, &der, err);
	if (!rc && file) buf_dispose(&der);
	if (!rc && file) rc = read_file(file, &der, err);
	if (!rc && is_group) report = evidence_check_group(e, judge, &group, missing, der.data, der.len, err);
	else if (!rc) report = evidence_check(e, judge, &object, der.data, der.len, err);
	evidence_group_dispose(&group);
	if (report) print_check(app, report);
	json_decref(report);
	buf_dispose(&der);
	evidence_close(e);
	judge_stop(judge);
	return report ? 0 : -1;
}

static int run(struct app *app, const struct args *args) {
	const char *const *words;
	struct error err = {0};
	size_t count = args_words(args, &words);
	const char *what = count ? words[0] : "", *id = count > 1 ? words[1] : NULL;
	int rc;
	if (count == 1 && !strcmp(what, "create"))
		rc = make_and_record(app, args, false, &err);
	else if (count == 1 && !strcmp(what, "renew"))
		rc = make_and_record(app, args, true, &err);
	else if (count <= 2 && !strcmp(what, "show"))
		rc = show(app, args, id, &err);
	else if (count == 2 && !strcmp(what, "export"))
		rc = export(app, args, id, &err);
	else if (count == 2 && !strcmp(what, "check"))
		rc = check(app, args, id, &err);
	else
		rc = error_set(&err, ERROR_USAGE, "evidence: create, renew, show [ID], export ID or check ID");
	return rc ? app_fail(app, &err) : app->status;
}

static const struct option_row options[] = {
	{"all", 0, NULL, N_("with renew: every chain, not only what is due")},
	{"hash", 0, "ALG", N_("with renew: hash-tree renewal to this algorithm; reads every object again")},
	{"series", 0, "N", N_("1 (the default), or 2 for the parallel records of evidence.second")},
	{"group", 0, NULL, N_("with show, export and check: of all that the record is made of and that came together")},
	{"output", 'o', "FILE", N_("with export: the file to write; it must not be there yet")},
	{"record", 0, "FILE", N_("with check: this evidence record instead of the archive's own")},
	{"offline", 0, NULL, N_("with check: never use the network")},
	{NULL, 0, NULL, NULL},
};

const struct command command_evidence = {
	.name = "evidence",
	.arguments = "create|renew|show [ID]|export ID|check ID [OPTION]",
	.summary = N_("evidence records (RFC 4998) over everything stored"),
	.manual = "Every object that the archive keeps becomes a leaf of a hash tree, and the root of the tree is time-stamped: "
		  "one time-stamp for everything that came since the last round. The night does this by itself as soon as an "
		  "authority is configured (timestamp.urls), and renews what is about to lose its worth.\n\n"
		  "create makes a round now.\n\n"
		  "renew judges the newest time-stamps and renews those that end within evidence.margin, all of them with one new "
		  "time-stamp; --all renews every chain. With --hash every object is read and hashed again together with its "
		  "evidence so far; how much there is to read is said first, and a run that was stopped goes on where it was.\n\n"
		  "show lists the time-stamps of the archive; with ID (a record's number, or the digest of any object) what proves "
		  "that object, since when and until when.\n\n"
		  "With --group, show, export and check are about a data object group: the document, its metadata, detached signatures and "
		  "attachments, as far as they came into the archive in one round, proven together by one evidence record. check then "
		  "tells what is missing (EVIDENCE_GROUP_INCOMPLETE).\n\n"
		  "export writes the evidence record of an object as DER, for any program that knows RFC 4998.\n\n"
		  "check judges the evidence record of an object over its bytes as they are now, and holds its newest time-stamp "
		  "against the journal: a record from which the newest were taken away is complete in itself and found here "
		  "(EVIDENCE_TRUNCATED).\n\n"
		  "Exit status 1: an authority did not answer and a tree waits for it, a time-stamp no longer holds, or the object is "
		  "in no record yet. 3: something is damaged or missing.",
	.options = options,
	.run = run,
};
