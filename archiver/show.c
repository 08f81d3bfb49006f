#include "archiver/show.h"

#include "archiver/coverage.h"
#include "archiver/extend.h"
#include "archiver/extend_blocked.h"
#include "archiver/fold.h"
#include "archiver/provable.h"
#include "archiver/show_evidence.h"
#include "archiver/show_set.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum object_state show_read_json(struct store *store, const struct object_id *id, size_t max, json_t **json,
				 struct error *err) {
	unsigned char *data = NULL;
	size_t len = 0;
	*json = NULL;
	enum object_state state = store_read(store, id, max, &data, &len, err);
	if (state == OBJECT_PRESENT) {
		*json = json_loadb((const char *)data, len, 0, NULL);
		if (!*json) state = OBJECT_DAMAGED;
	}
	free(data);
	return state;
}

/* File names are raw bytes: what is no UTF-8 becomes U+FFFD. */
static void set_text(json_t *to, const char *key, const char *text) {
	char *composed = fold_nfc(text ? text : "");
	json_object_set_new(to, key, *composed ? json_string(composed) : json_null());
	free(composed);
}

static void set_time(json_t *to, const char *key, utime when) {
	char text[UTIME_TEXT_MAX];
	set_text(to, key, utime_text(when, text));
}

static void set_id(json_t *to, const char *key, const struct object_id *id) {
	char text[OBJECT_ID_TEXT_MAX];
	if (object_id_is_zero(id))
		json_object_set_new(to, key, json_null());
	else
		json_object_set_new(to, key, json_string(strchr(object_id_text(id, text), ':') + 1));
}

static void set_number(json_t *to, const char *key, uint64_t number) {
	json_object_set_new(to, key, json_integer((json_int_t)number));
}

static void of_record(json_t *doc, const struct record_row *row, utime now) {
	char digest[2 * sizeof row->sha512 + 1];
	json_object_set_new(doc, "schema", json_string("ltvault.record/1"));
	set_number(doc, "record", row->number);
	set_id(doc, "sha256", &row->original);
	json_object_set_new(doc, "sha512", json_string(hex_encode(row->sha512, sizeof row->sha512, digest)));
	set_number(doc, "size", row->size);
	set_text(doc, "file", row->name);
	set_text(doc, "source", row->source);
	set_text(doc, "actor", row->actor);
	set_time(doc, "taken_in", row->taken_in);
	set_text(doc, "state", record_state_name(row->state));
	set_text(doc, "state_reason", row->state_reason);
	set_text(doc, "indication", row->indication);
	set_text(doc, "sub_indication", row->sub_indication);
	set_time(doc, "verified", row->verified);
	set_time(doc, "due", row->due);
	json_object_set_new(doc, "overdue", json_boolean(row->due != UTIME_NONE && row->due <= now));
	set_text(doc, "bytes", object_state_name(row->bytes));
	json_object_set_new(doc, "counts",
			    json_pack("{s:i,s:i,s:i,s:i}", "receipts", (int)row->receipts, "metadata_versions",
				      (int)row->metadata_versions, "verdicts", (int)row->verdicts, "revisions",
				      (int)row->revisions));
}

/* ---- lists: each stops where there is no next, or at the bound ---- */

static int add_receipts(json_t *doc, struct store *store, uint64_t number, struct error *err) {
	json_t *list = json_array();
	struct receipt_row row = {0};
	int found = 0;
	json_object_set_new(doc, "receipts", list);
	for (uint32_t i = 0; i < LIMIT_SHOWN_ROWS && (found = records_receipt(store, number, i, &row, err)) > 0; i++) {
		json_t *item = json_object();
		set_time(item, "when", row.when);
		set_text(item, "file", row.name);
		set_text(item, "source", row.source);
		set_text(item, "actor", row.actor);
		json_array_append_new(list, item);
		receipt_row_dispose(&row);
	}
	return found < 0 ? -1 : 0;
}

static int add_metadata_versions(json_t *doc, struct store *store, uint64_t number, struct error *err) {
	json_t *list = json_array();
	struct metadata_row row;
	int found = 0;
	json_object_set_new(doc, "metadata_versions", list);
	for (uint32_t i = 0; i < LIMIT_SHOWN_ROWS && (found = records_metadata(store, number, i, &row, err)) > 0; i++) {
		json_t *item = json_object();
		set_time(item, "when", row.when);
		set_id(item, "sha256", &row.metadata);
		json_array_append_new(list, item);
	}
	return found < 0 ? -1 : 0;
}

static int add_verdicts(json_t *doc, struct store *store, uint64_t number, struct error *err) {
	json_t *list = json_array();
	struct verdict_row row = {0};
	int found = 0;
	json_object_set_new(doc, "verdicts", list);
	for (uint32_t i = 0; i < LIMIT_SHOWN_ROWS && (found = records_verdict(store, number, i, &row, err)) > 0; i++) {
		json_t *item = json_object();
		set_number(item, "verdict", i + 1);
		set_time(item, "when", row.when);
		set_text(item, "indication", row.indication);
		set_text(item, "sub_indication", row.sub_indication);
		set_id(item, "report", &row.report);
		json_array_append_new(list, item);
		verdict_row_dispose(&row);
	}
	return found < 0 ? -1 : 0;
}

static int add_revisions(json_t *doc, struct store *store, uint64_t number, struct error *err) {
	json_t *list = json_array();
	struct revision_row row = {0};
	int found = 0;
	json_object_set_new(doc, "revisions", list);
	for (uint32_t i = 0; i < LIMIT_SHOWN_ROWS && (found = records_revision(store, number, i, &row, err)) > 0; i++) {
		json_t *item = json_object();
		set_time(item, "when", row.when);
		set_id(item, "sha256", &row.digest);
		set_number(item, "size", row.size);
		set_number(item, "pieces", row.count);
		json_array_append_new(list, item);
		revision_row_dispose(&row);
	}
	return found < 0 ? -1 : 0;
}

static int add_evidence(json_t *doc, struct store *store, uint64_t number, struct error *err) {
	json_t *list = json_array();
	struct object_id ids[64], last;
	int count;
	bool first = true;
	json_object_set_new(doc, "evidence", list);
	while ((count = records_evidence(store, number, first ? NULL : &last, ids, ARRAY_LEN(ids), err)) > 0) {
		for (int i = 0; i < count; i++) {
			struct object_info info = {.kind = OBJECT_OTHER};
			bool known = store_object_info(store, &ids[i], &info, err);
			if (info.kind == OBJECT_DOCUMENT) continue; /* a signature: in "detached_signatures" */
			json_t *item = json_object();
			set_id(item, "sha256", &ids[i]);
			if (known) {
				set_text(item, "kind", object_kind_name(info.kind));
				set_number(item, "size", info.size);
			}
			json_array_append_new(list, item);
		}
		last = ids[count - 1];
		first = false;
		if (json_array_size(list) >= LIMIT_SHOWN_ROWS) break;
	}
	return count < 0 ? -1 : 0;
}

/* Other records under the same number and symbol. */
static int add_same_number(json_t *doc, struct store *store, const struct record_row *row, struct error *err) {
	json_t *list = json_array();
	uint64_t numbers[64];
	int count =
		*row->natural_key ? records_by_key(store, row->natural_key, 0, numbers, ARRAY_LEN(numbers), err) : 0;
	json_object_set_new(doc, "same_number", list);
	for (int i = 0; i < count; i++)
		if (numbers[i] != row->number) json_array_append_new(list, json_integer((json_int_t)numbers[i]));
	return count < 0 ? -1 : 0;
}

/* On which media, at which sites. */
static int add_copies(json_t *doc, struct app *app, const struct record_row *row, struct error *err) {
	json_t *copies = coverage_of(app, &row->original, row->bytes == OBJECT_PRESENT, err);
	return copies ? json_object_set_new(doc, "copies", copies) : -1;
}

/* An object that belongs in the document whole; its state stands beside it when it cannot be given. */
static int add_object(json_t *doc, const char *key, const char *state_key, struct store *store,
		      const struct object_id *id, size_t max, struct error *err) {
	json_t *value = NULL;
	if (!object_id_is_zero(id)) {
		enum object_state state = show_read_json(store, id, max, &value, err);
		if (state == OBJECT_UNREADABLE) return -1;
		if (state != OBJECT_PRESENT) set_text(doc, state_key, object_state_name(state));
	}
	return json_object_set_new(doc, key, value ? value : json_null());
}

static int add_report(json_t *doc, struct store *store, const struct record_row *row, uint32_t verdict,
		      struct error *err) {
	struct verdict_row chosen = {0};
	if (!verdict) return add_object(doc, "report", "report_bytes", store, &row->verdict, LIMIT_REPORT_BYTES, err);
	int found = records_verdict(store, row->number, verdict - 1, &chosen, err);
	if (!found)
		error_set(err, ERROR_USAGE, "record %llu has %u verdicts, none with number %u",
			  (unsigned long long)row->number, row->verdicts, verdict);
	if (found > 0 && add_object(doc, "report", "report_bytes", store, &chosen.report, LIMIT_REPORT_BYTES, err))
		found = -1;
	verdict_row_dispose(&chosen);
	return found > 0 ? 0 : -1;
}

/* Of today, whichever verdict is shown. */
static int add_extension(json_t *doc, struct store *store, uint64_t number, struct error *err) {
	json_t *item = NULL;
	utime next;
	if (extend_blocked_read(store, number, &item, err) || extend_next_look(store, number, &next, err)) return -1;
	if (json_is_object(item)) set_time(item, "next", next);
	json_object_set_new(doc, "not_extended", item ? item : json_null());
	return 0;
}

static int add_provable(json_t *doc, struct store *store, const struct record_row *row, struct error *err) {
	json_t *newest = NULL, *provable = NULL;
	if (!object_id_is_zero(&row->verdict) &&
	    show_read_json(store, &row->verdict, LIMIT_REPORT_BYTES, &newest, err) == OBJECT_UNREADABLE)
		return -1;
	int rc = provable_now(store, row->number, newest, &provable, err);
	json_object_set_new(doc, "provable", provable ? provable : json_null());
	json_decref(newest);
	return rc;
}

json_t *show_document(struct app *app, uint64_t number, uint32_t verdict, struct error *err) {
	struct record_row row = {0};
	int found = records_get(app->store, number, &row, err);
	json_t *doc = json_object();
	bool fine = false;
	if (!found) error_set(err, ERROR_NOT_FOUND, "%llu: there is no such record", (unsigned long long)number);
	if (found <= 0) goto out;
	of_record(doc, &row, app->now);
	fine = !add_object(doc, "metadata", "metadata_bytes", app->store, &row.metadata, LIMIT_SIDECAR_BYTES, err) &&
	       !show_add_set(doc, app->store, &row, err) && !add_metadata_versions(doc, app->store, number, err) &&
	       !add_receipts(doc, app->store, number, err) && !add_verdicts(doc, app->store, number, err) &&
	       !add_revisions(doc, app->store, number, err) && !add_extension(doc, app->store, number, err) && !add_evidence(doc, app->store, number, err) &&
	       !add_same_number(doc, app->store, &row, err) && !add_copies(doc, app, &row, err) &&
	       !add_report(doc, app->store, &row, verdict, err) && !add_provable(doc, app->store, &row, err) &&
	       !show_add_evidence_records(doc, app, &row, err);
out:
	record_row_dispose(&row);
	if (fine) return doc;
	json_decref(doc);
	return NULL;
}
