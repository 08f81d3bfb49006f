#include "archiver/command.h"

#include "archiver/find.h"
#include "archiver/i18n.h"
#include "archiver/ingest.h"
#include "archiver/output.h"
#include "archiver/run_record.h"
#include "archiver/search.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- one line a document ---- */

static json_t *codes_of(const struct ingest_told *told) {
	const json_t *lists[] = {told->findings, json_object_get(told->report, "findings")}, *f, *signature;
	json_t *codes = json_array();
	size_t i, k;
	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		json_array_foreach(lists[l], i, f) json_array_append(codes, json_object_get(f, "code"));
	json_array_foreach(json_object_get(told->report, "signatures"), k, signature)
		json_array_foreach(json_object_get(signature, "findings"), i, f)
			json_array_append(codes, json_object_get(f, "code"));
	return codes;
}

static void tell_json(const struct ingest_told *told) {
	const struct record_row *row = told->row;
	char hex[SHA256_HEX], *file = spool_printable(told->item->path),
			      *moved = told->moved ? spool_printable(told->moved) : NULL;
	bool refused = told->item->outcome == INTAKE_REFUSED;
	json_t *json = json_pack("{s:s, s:s, s:s?, s:o, s:s?, s:s?, s:s?, s:o, s:s?, s:s?}", "file", file, "outcome",
				 intake_outcome_name(told->item->outcome), "sha256",
				 row ? hex_encode(row->original.sha256, SHA256_SIZE, hex) : NULL, "record",
				 row ? json_integer((json_int_t)row->number) : json_null(), "state",
				 row       ? record_state_name(row->state)
				 : refused ? "refused"
					   : NULL,
				 "indication", row && *row->indication ? row->indication : NULL, "sub_indication",
				 row && *row->sub_indication ? row->sub_indication : NULL, "findings", codes_of(told),
				 "message", told->item->message, "moved", moved);
	output_json(json);
	free(file);
	free(moved);
	json_decref(json);
}

static void tell_findings(const struct ingest_told *told) {
	const json_t *f;
	size_t i;
	json_array_foreach(told->findings, i, f) {
		char *detail = i18n_parts_in(i18n_language(), metadata_text(f, "detail"));
		printf("    %s: %s%s%s\n", metadata_text(f, "code"), _(metadata_text(f, "text")), *detail ? ": " : "",
		       detail);
		free(detail);
	}
}

static void tell_text(const struct ingest_told *told) {
	const struct record_row *row = told->row;
	char *file = spool_printable(told->item->path);
	if (told->item->message) {
		fprintf(stderr, "ltvault: %s: %s\n", file, told->item->message);
	} else if (!row) {
		printf("%s: %s\n", file, _("refused, nothing was kept"));
	} else {
		printf("%s: %s %llu, %s%s%s%s%s%s\n", file, _("record"), (unsigned long long)row->number,
		       find_state_word(record_state_name(row->state)), *row->indication ? ", " : "", row->indication,
		       *row->sub_indication ? " " : "", row->sub_indication,
		       told->item->outcome == INTAKE_AGAIN ? _(" (received again)") : "");
	}
	tell_findings(told);
	free(file);
}

static void tell(void *user, const struct ingest_told *told) {
	const struct app *app = user;
	if (app->json)
		tell_json(told);
	else if (app->verbosity >= 0 || told->item->message)
		tell_text(told);
}

/* ---- the command ---- */

static void tell_counts(const struct app *app, const struct ingest_counts *counts) {
	if (app->json || app->verbosity < 0) return;
	const struct output_count rows[] = {
#define INGEST_COUNT(name, text) {counts->name, text},
#include "archiver/ingest_count.def"
#undef INGEST_COUNT
	};
	output_counts(rows, ARRAY_LEN(rows), 1);
}

static int parse(struct app *app, const struct args *args, struct ingest_options *o, struct error *err) {
	const char *policy = args_value(args, "on-failed");
	o->count = args_words(args, &o->paths);
	o->defer = args_has(args, "defer");
	o->null_separated = args_has(args, "null");
	if (o->count == 1 && !strcmp(o->paths[0], "-")) o->list = stdin, o->count = 0;
	if (o->null_separated && !o->list) return error_set(err, ERROR_USAGE, "ingest: --null goes with - alone");
	for (size_t i = 0; i < o->count; i++)
		if (!strcmp(o->paths[i], "-")) return error_set(err, ERROR_USAGE, "ingest: - stands alone");
	if (app_load_conf(app, err)) return -1;
	int parsed = on_failed_parse(policy ? policy : conf_text(app->conf, CONF_ingest_on_failed));
	if (parsed < 0)
		return error_set(err, ERROR_USAGE, "--on-failed: \"%s\" is not one of: refuse quarantine accept",
				 policy);
	o->policy = (enum on_failed)parsed;
	return 0;
}

static int run(struct app *app, const struct args *args) {
	struct ingest_options options = {.tell = tell, .user = app};
	struct ingest_counts counts = {0};
	struct error err = {0};
	if (parse(app, args, &options, &err) || app_open_store(app, STORE_WRITE, &err)) return app_fail(app, &err);
	struct run_record *record = run_record_new(app);
	int rc = ingest_run(app, &options, &counts, &err);
	rc = run_record_close(record, app, "ingest", rc, ingest_counts_json(&counts), &err);
	tell_counts(app, &counts);
	if (rc) return app_fail(app, &err);
	search_follow(app);
	return app->status;
}

static const struct option_row options[] = {
	{"on-failed", 0, "POLICY", N_("refuse, quarantine or accept what is not TOTAL-PASSED")},
	{"defer", 0, NULL, N_("take in now, judge with the next verify or nightly")},
	{"null", '0', NULL, N_("the list on standard input is separated by zero bytes")},
	{NULL, 0, NULL, NULL},
};

const struct command command_ingest = {
	.name = "ingest",
	.arguments = "[OPTION...] [PATH...|-]",
	.summary = N_("take documents into the archive, unchanged, judge them, record or refuse them"),
	.manual =
		"Takes files in: each PATH, folders with everything below them, the paths listed on standard input "
		"with -, or without "
		"any of these the archive's spool (spool/in). Symbolic links are never followed; pipes, sockets and "
		"devices are never "
		"opened; names that start with a dot are files still being written. Files in the spool that changed "
		"less than "
		"ingest.settle ago are left for the next run.\n\n"
		"A file NAME.json beside NAME (for NAME.pdf also the short form) is its metadata: see "
		"docs/metadata.md. A document "
		"that declares a secrecy level is refused before it is read, and nothing of it is kept. A sidecar that "
		"cannot be used "
		"refuses its document, for its secrecy level is not known.\n\n"
		"The bytes are stored as they came. Each document is then judged in a validator process; what its "
		"verdict lacks is "
		"fetched and kept as evidence. One that is not TOTAL-PASSED is refused, quarantined or accepted as "
		"--on-failed or the "
		"setting ingest.on_failed says; in every case its bytes and verdict are kept. The same bytes again are "
		"another receipt "
		"of the same record; other bytes under the same organisation, year, number and symbol get the finding "
		"DUPLICATE_NUMBER.\n\n"
		"For each refusal a notice with the reasons in Vietnamese and English is written to spool/outbox, a "
		".txt for people "
		"and a .json for programs. Sources in the spool are moved to spool/done or spool/refused, below the "
		"date, when everything "
		"about them is durable; files given as arguments stay where they are. After a crash the next run goes "
		"on where the "
		"last one stopped.\n\n"
		"With --json there is one line a file: file, outcome (taken-in, received-again, resumed, refused, "
		"failed, left), sha256, "
		"record, state, indication, sub_indication, findings (codes), message, moved.\n\n"
		"Exit status 1: a document is not TOTAL-PASSED, was refused, has a DUPLICATE_NUMBER, or something in "
		"the spool is no "
		"document. 2: a file could not be read, vanished or changed; the others were taken in.",
	.options = options,
	.run = run,
};
