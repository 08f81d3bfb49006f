#include "archiver/export_private.h"

#include "archiver/content.h"
#include "archiver/intake_set.h"
#include "archiver/show.h"
#include "base/limits.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what is in the bag already ---- */

int export_see(struct export *export, enum export_seen kind, const void *id, size_t len, bool *was, struct error *err) {
	const struct search_value values[] = {search_number(kind), search_bytes(id, len)};
	if (export_was_seen(export, kind, id, len, was, err)) return -1;
	return *was ? 0 : search_db_run(export->seen, "INSERT INTO seen VALUES(?, ?)", values, 2, NULL, NULL, err);
}

static int note_seen(void *user, const struct search_row *row) {
	(void)row;
	return *(bool *)user = true;
}

int export_was_seen(struct export *export, enum export_seen kind, const void *id, size_t len, bool *was,
		    struct error *err) {
	const struct search_value values[] = {search_number(kind), search_bytes(id, len)};
	*was = false;
	return search_db_run(export->seen, "SELECT 1 FROM seen WHERE kind = ? AND id = ?", values, 2, note_seen, was,
			     err);
}

struct export *export_open(struct app *app, const char *out, enum package_format format,
			   enum export_revisions revisions, struct error *err) {
	struct export *export = xcalloc(1, sizeof *export);
	export->app = app;
	export->revisions = revisions;
	export->seen = search_db_open("", SEARCH_DB_CREATE, err);
	if (export->seen &&
	    !search_db_script(export->seen, "CREATE TABLE seen(kind, id, PRIMARY KEY(kind, id)) WITHOUT ROWID", err))
		export->evidence = evidence_open(app, NULL, err);
	if (export->evidence) export->bag = bag_open(out, format, app->now, err);
	if (export->bag) return export;
	export_abort(export);
	return NULL;
}

static void export_free(struct export *export) {
	search_db_close(export->seen);
	evidence_close(export->evidence);
	buf_dispose(&export->omissions);
	free(export);
}

void export_abort(struct export *export) {
	if (!export) return;
	bag_abort(export->bag);
	export_free(export);
}

/* ---- one record ---- */

static int add_document(struct export *e, const struct record_row *row, const char *folder, struct error *err) {
	char *name = bag_safe_name(row->name), *path = xasprintf("%s/document/%s", folder, name);
	bool original = e->revisions != EXPORT_LATEST || !row->revisions;
	int rc = original ? export_object(e, row->number, &row->original, path, "the document", err) : 0;
	uint32_t from = e->revisions == EXPORT_ORIGINAL                   ? row->revisions
			: e->revisions == EXPORT_LATEST && row->revisions ? row->revisions - 1
									  : 0;
	for (uint32_t i = from; !rc && i < row->revisions; i++) {
		struct revision_row revision = {0};
		char *revision_path = xasprintf("%s/document/revision-%u-%s", folder, i + 1, name);
		rc = records_revision(e->app->store, row->number, i, &revision, err);
		rc = rc > 0 ? export_revision(e, row->number, &revision, revision_path, err) : rc;
		revision_row_dispose(&revision);
		free(revision_path);
	}
	free(name);
	free(path);
	return rc;
}

/* Everything `show` knows but the report, which stands beside it as it was stored. */
static int add_description(struct export *e, const struct record_row *row, const char *folder, struct error *err) {
	json_t *doc = show_document(e->app, row->number, 0, err);
	if (!doc) return -1;
	json_object_del(doc, "report");
	char *text = json_dumps(doc, JSON_INDENT(2)), *path = xasprintf("%s/record.json", folder);
	int rc = bag_add(e->bag, path, text, strlen(text), err);
	free(path);
	free(text);
	json_decref(doc);
	return rc;
}

/* Certificates that a report names in its paths: an anchor among them is added at the end. */
static int note_certificates(struct export *e, const json_t *value, struct error *err) {
	const json_t *chain = json_object_get(value, "chain"), *child;
	size_t i;
	json_array_foreach(chain, i, child) {
		unsigned char digest[SHA256_SIZE];
		const char *hex = json_string_value(json_object_get(child, "sha256"));
		bool was;
		if (!hex || !hex_decode(hex, digest, sizeof digest)) continue;
		if (export_see(e, EXPORT_SEEN_CERTIFICATE, digest, sizeof digest, &was, err)) return -1;
	}
	json_array_foreach(json_object_get(value, "timestamps"), i,
			   child) if (note_certificates(e, child, err)) return -1;
	return 0;
}

static int note_report(struct export *e, const struct object_id *id, struct error *err) {
	json_t *report, *signature;
	size_t i;
	int rc = 0;
	if (show_read_json(e->app->store, id, LIMIT_REPORT_BYTES, &report, err) == OBJECT_UNREADABLE) return -1;
	json_array_foreach(json_object_get(report, "signatures"), i, signature) {
		if (rc) break;
		rc = note_certificates(e, signature, err);
	}
	json_decref(report);
	return rc;
}

static int add_verdicts(struct export *e, const struct record_row *row, const char *folder, struct error *err) {
	struct verdict_row verdict = {0};
	int rc = 0;
	for (uint32_t i = 0; !rc && i < row->verdicts; i++) {
		char *path = xasprintf("%s/verdicts/%03u.json", folder, i + 1), *what = xasprintf("verdict %u", i + 1);
		rc = records_verdict(e->app->store, row->number, i, &verdict, err);
		if (rc > 0) rc = note_report(e, &verdict.report, err);
		if (!rc) rc = export_object(e, row->number, &verdict.report, path, what, err);
		verdict_row_dispose(&verdict);
		free(path);
		free(what);
	}
	return rc;
}

static const char *suffix_of(enum object_kind kind) {
	switch (kind) {
	case OBJECT_CERTIFICATE:
		return "cer";
	case OBJECT_CRL:
		return "crl";
	case OBJECT_OCSP:
		return "ors";
	case OBJECT_TIMESTAMP:
		return "tst";
	case OBJECT_EVIDENCE_RECORD:
		return "ers";
	default:
		return "bin";
	}
}

/* One evidence object serves many records: it is in the bag once, record.json says which belong to the record. */
static int add_one_evidence(struct export *e, uint64_t number, const struct object_id *id, struct error *err) {
	struct object_info info = {.kind = OBJECT_OTHER};
	bool was;
	if (export_see(e, EXPORT_SEEN_EVIDENCE, id->sha256, sizeof id->sha256, &was, err)) return -1;
	if (was) return 0;
	store_object_info(e->app->store, id, &info, err);
	if (err->code) return -1;
	if (info.kind == OBJECT_DOCUMENT) return 0; /* a detached signature: a record of its own in the bag */
	char *hex = hex_dup(id->sha256, sizeof id->sha256),
	     *path = xasprintf("evidence/%s.%s", hex, suffix_of(info.kind));
	int rc = export_object(e, number, id, path, path, err);
	free(hex);
	free(path);
	return rc;
}

static int add_evidence(struct export *e, uint64_t number, struct error *err) {
	struct object_id ids[64], last;
	const struct object_id *after = NULL;
	int count;
	while ((count = records_evidence(e->app->store, number, after, ids, ARRAY_LEN(ids), err)) > 0) {
		for (int i = 0; i < count; i++)
			if (add_one_evidence(e, number, &ids[i], err)) return -1;
		last = ids[count - 1];
		after = &last;
	}
	return count;
}

/* A signature goes with what it signs, and a file with the signatures on it. */
static int add_set(struct export *e, const struct record_row *row, struct error *err) {
	uint64_t numbers[64], content = 0;
	struct object_id id;
	json_t *metadata = NULL;
	int rc = 0;
	if (!object_id_is_zero(&row->metadata) &&
	    show_read_json(e->app->store, &row->metadata, LIMIT_SIDECAR_BYTES, &metadata, err) == OBJECT_UNREADABLE)
		return -1;
	if (content_of_metadata(metadata, &id)) rc = records_by_object(e->app->store, &id, &content, err);
	json_decref(metadata);
	if (rc > 0) rc = export_record(e, content, err);
	int count = rc ? -1 : set_signatures(e->app->store, row->number, numbers, ARRAY_LEN(numbers), err);
	for (int i = 0; i < count && !rc; i++) rc = export_record(e, numbers[i], err);
	return rc || count < 0 ? -1 : 0;
}

static int add_record(struct export *e, const struct record_row *row, struct error *err) {
	char *folder = xasprintf("%llu", (unsigned long long)row->number),
	     *metadata = xasprintf("%s/metadata.json", folder);
	int rc = add_document(e, row, folder, err);
	if (!rc) rc = add_description(e, row, folder, err);
	if (!rc && !object_id_is_zero(&row->metadata))
		rc = export_object(e, row->number, &row->metadata, metadata, "its metadata", err);
	if (!rc) rc = add_verdicts(e, row, folder, err);
	if (!rc) rc = add_evidence(e, row->number, err);
	if (!rc) rc = export_evidence_records(e, row, folder, err);
	if (!rc) rc = export_evidence_groups(e, row, folder, err);
	if (!rc) rc = add_set(e, row, err);
	free(metadata);
	free(folder);
	return rc;
}

int export_record(struct export *export, uint64_t number, struct error *err) {
	struct record_row row = {0};
	bool was;
	if (export_see(export, EXPORT_SEEN_RECORD, &number, sizeof number, &was, err)) return -1;
	if (was) return 0;
	int rc = records_get(export->app->store, number, &row, err);
	if (!rc) rc = error_set(err, ERROR_NOT_FOUND, "%llu: there is no such record", (unsigned long long)number);
	if (rc > 0) rc = add_record(export, &row, err);
	if (!rc) export->records++;
	record_row_dispose(&row);
	return rc;
}

uint64_t export_records(const struct export *export) {
	return export->records;
}

uint64_t export_omitted(const struct export *export) {
	return export->omitted;
}

/* ---- the end ---- */

static void set_info(struct export *e, const char *selection) {
	struct store_totals totals;
	char hex[SHA256_HEX], when[UTIME_TEXT_MAX], *count = xasprintf("%llu", (unsigned long long)e->records);
	bag_info(e->bag, "Source-Organization", conf_text(e->app->conf, CONF_archive_organisation));
	bag_info(e->bag, "External-Description", conf_text(e->app->conf, CONF_archive_name));
	bag_info(e->bag, "Bag-Software-Agent", "ltvault " LTVAULT_VERSION);
	bag_info(e->bag, "Ltvault-Exported-At", utime_text(e->app->now, when));
	bag_info(e->bag, "Ltvault-Selection", selection);
	bag_info(e->bag, "Ltvault-Records", count);
	free(count);
	if (store_totals(e->app->store, &totals, NULL)) return;
	bag_info(e->bag, "Ltvault-Archive", hex_encode(totals.archive_id, sizeof totals.archive_id, hex));
	bag_info(e->bag, "Ltvault-Journal-Head", hex_encode(totals.journal_head, sizeof totals.journal_head, hex));
}

static int add_last(struct export *e, struct error *err) {
	if (!e->records) return error_set(err, ERROR_NOT_FOUND, "there is no record to export");
	if (export_anchors(e, err)) return -1;
	if (e->omissions.len && bag_add(e->bag, "omitted.txt", e->omissions.data, e->omissions.len, err)) return -1;
	if (bag_add_tag(e->bag, "README.txt", export_readme, err)) return -1;
	return bag_add_tag(e->bag, "check.sh", export_check_script, err);
}

static json_t *release_of(const struct export *e, const char *selection) {
	const struct passwd *user = getpwuid(getuid());
	char when[UTIME_TEXT_MAX];
	return json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I}", "when", utime_text(e->app->now, when), "actor",
			 user ? user->pw_name : "unknown", "selection", selection, "records", (json_int_t)e->records,
			 "omitted", (json_int_t)e->omitted, "files", (json_int_t)bag_files(e->bag), "bytes",
			 (json_int_t)bag_bytes(e->bag));
}

int export_commit(struct export *export, const char *selection, json_t **release, struct error *err) {
	unsigned char seal[SHA256_SIZE];
	char hex[SHA256_HEX];
	*release = NULL;
	if (add_last(export, err)) {
		export_abort(export);
		return -1;
	}
	set_info(export, selection);
	*release = release_of(export, selection);
	int rc = bag_commit(export->bag, seal, err);
	if (!rc) json_object_set_new(*release, "tagmanifest_sha256", json_string(hex_encode(seal, sizeof seal, hex)));
	export_free(export);
	if (rc) json_decref(*release), *release = NULL;
	return rc;
}
