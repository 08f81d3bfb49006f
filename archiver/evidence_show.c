#include "archiver/evidence_show.h"

#include "archiver/evidence_state.h"
#include "archiver/i18n.h"
#include "archiver/intake_finding.h"
#include "archiver/show.h"

#include <stdlib.h>
#include <string.h>

int evidence_object(struct app *app, const char *text, struct object_id *id, struct error *err) {
	struct record_row row = {0};
	uint64_t number;
	if (object_id_parse(text, id)) return 0;
	if (show_id(app, text, &number, err)) return -1;
	int rc = records_get(app->store, number, &row, err);
	*id = row.original;
	record_row_dispose(&row);
	return rc > 0 ? 0 : -1;
}

/* ---- showing ---- */

static void set_time(json_t *to, const char *key, utime when) {
	char text[UTIME_TEXT_MAX];
	json_object_set_new(to, key, when == UTIME_NONE ? json_null() : json_string(utime_text(when, text)));
}

static void set_id(json_t *to, const char *key, const struct object_id *id) {
	char text[OBJECT_ID_TEXT_MAX];
	json_object_set_new(to, key, object_id_is_zero(id) ? json_null() : json_string(object_id_text(id, text)));
}

/* The earlier of the two ends. */
static utime end_of(const struct evidence_stamp *s) {
	if (s->digest_until == UTIME_NONE) return s->until;
	return s->until == UTIME_NONE || s->digest_until < s->until ? s->digest_until : s->until;
}

json_t *evidence_show(struct evidence *e, const struct object_id *id, struct error *err) {
	json_t *shown = json_object(), *records = json_array();
	set_id(shown, "object", id);
	json_object_set_new(shown, "records", records);
	for (unsigned series = 1; series <= EVIDENCE_SERIES; series++) {
		struct buf der = {0};
		struct evidence_proof proof;
		json_t *row = NULL;
		int rc = evidence_state_object(e, id, series, &row, err);
		if (rc > 0) rc = evidence_of(e, id, series, &der, &proof, err);
		if (rc > 0) {
			json_object_set_new(row, "size", json_integer((json_int_t)der.len));
			json_array_append(records, row);
		}
		json_decref(row);
		buf_dispose(&der);
		if (rc >= 0) continue;
		json_decref(shown);
		return NULL;
	}
	return shown;
}

json_t *evidence_list(struct evidence *e, struct error *err) {
	const struct evidence_stamp *stamps;
	json_t *list = json_array();
	(void)err;
	size_t count = evidence_stamps(e, &stamps);
	for (size_t i = 0; i < count; i++) {
		const struct evidence_stamp *s = &stamps[i];
		json_t *row = json_pack("{s:I, s:s, s:i, s:s, s:I, s:I, s:s?}", "number", (json_int_t)s->number, "kind",
					evidence_kind_name(s->kind), "series", (int)s->series, "digest", digest_name(s->alg),
					"leaves", (json_int_t)s->leaves, "chains", (json_int_t)s->cover_count, "authority",
					s->url);
		set_id(row, "tree", &s->tree);
		set_id(row, "token", &s->token);
		set_time(row, "gen_time", s->gen_time);
		set_time(row, "until", end_of(s));
		json_array_append_new(list, row);
	}
	return json_pack("{s:o}", "stamps", list);
}

static const char *text_of(const json_t *row, const char *key) {
	const char *text = json_string_value(json_object_get(row, key));
	return text ? text : "-";
}

static json_int_t number_of(const json_t *row, const char *key) {
	return json_integer_value(json_object_get(row, key));
}

static void print_group(FILE *out, const json_t *row) {
	const json_t *members = json_object_get(row, "members"), *id;
	size_t i;
	fprintf(out, _("Together since %s, by %lld time-stamps (%s): %zu objects, %lld more that are not there whole"), text_of(row, "from"),
		number_of(row, "timestamps"), text_of(row, "digest"), json_array_size(members), number_of(row, "missing"));
	fprintf(out, "%s%s\n", json_is_true(json_object_get(row, "closed")) ? "; " : "",
		json_is_true(json_object_get(row, "closed")) ? _("not renewed any more, each object for itself is") : "");
	json_array_foreach(members, i, id) fprintf(out, "  %s\n", json_string_value(id));
}

static void print_record(FILE *out, const json_t *row) {
	fprintf(out, _("Proves since %s, until %s, by %lld time-stamps in %lld chains (%s, %s)\n"), text_of(row, "from"),
		text_of(row, "until"), number_of(row, "timestamps"), number_of(row, "chains"), text_of(row, "digest"),
		text_of(row, "authority"));
}

void evidence_print(FILE *out, const json_t *shown) {
	const json_t *records = json_object_get(shown, "records"), *row;
	size_t i;
	json_array_foreach(records, i, row) print_record(out, row);
	const json_t *groups = json_object_get(shown, "groups");
	json_array_foreach(groups, i, row) print_group(out, row);
	if (groups && !json_array_size(groups)) fputs(_("It has no group: it was alone in its round, or is in none yet.\n"), out);
	if (records && !json_array_size(records))
		fputs(_("It is in no evidence record yet: the next round will have it.\n"), out);
	json_array_foreach(json_object_get(shown, "stamps"), i, row)
		fprintf(out, "%lld  %s  %s  %lld  %s  %lld  %s\n", number_of(row, "number"), text_of(row, "gen_time"),
			text_of(row, "kind"), number_of(row, "leaves"), text_of(row, "digest"), number_of(row, "series"),
			text_of(row, "until"));
}

/* ---- checking ---- */

#define ALGS 8
static const enum digest_alg algs[ALGS] = {DIGEST_SHA224,   DIGEST_SHA256,   DIGEST_SHA384,   DIGEST_SHA512,
					   DIGEST_SHA3_224, DIGEST_SHA3_256, DIGEST_SHA3_384, DIGEST_SHA3_512};

static int into_all(void *user, const unsigned char *data, size_t len, struct error *err) {
	struct digest_ctx **ctx = user;
	(void)err;
	for (size_t i = 0; i < ALGS; i++) digest_update(ctx[i], data, len);
	return 0;
}

/* The object in every algorithm that a record may have, in one reading. */
static int digests_of(struct store *store, const struct object_id *id, char *texts[static ALGS], struct error *err) {
	struct digest_ctx *ctx[ALGS];
	char name[OBJECT_ID_TEXT_MAX];
	for (size_t i = 0; i < ALGS; i++) ctx[i] = digest_new(algs[i]);
	enum object_state state = store_stream(store, id, false, into_all, ctx, err);
	for (size_t i = 0; i < ALGS; i++) {
		unsigned char digest[DIGEST_MAX];
		size_t len = digest_final(ctx[i], digest);
		char *hex = hex_dup(digest, len);
		texts[i] = xasprintf("%s:%s", digest_name(algs[i]), hex);
		free(hex);
		digest_free(ctx[i]);
	}
	if (state == OBJECT_PRESENT) return 0;
	if (state == OBJECT_UNREADABLE) return -1;
	return error_set(err, ERROR_DAMAGED, "%s: %s", object_id_text(id, name), object_state_name(state));
}

static int add_truncation(struct evidence *e, const struct object_id *id, const unsigned char *record, size_t len,
			  json_t *report, struct error *err) {
	unsigned series;
	size_t lacks;
	json_t *findings = json_array();
	json_object_set_new(report, "archive_findings", findings);
	if (evidence_compare(e, id, record, len, &series, &lacks, err) < 0) return -1;
	if (!series || !lacks) return 0;
	char *detail = xasprintf("%zu time-stamps", lacks);
	json_array_append_new(findings, archive_finding_json(ARCHIVE_FINDING_EVIDENCE_TRUNCATED, detail));
	free(detail);
	return 0;
}

/* `ids`, the first of them the object whose time-stamps the journal is asked for. */
static json_t *check_all(struct evidence *e, struct judge *judge, const struct object_id *ids, size_t count,
			 const unsigned char *record, size_t len, struct error *err) {
	char **digests = xcalloc(count * ALGS + 1, sizeof *digests);
	const struct val_request more = {.digests = (const char *const *)digests, .digest_count = count * ALGS};
	struct judge_item item = {.data = record, .len = len, .more = &more};
	int rc = 0;
	for (size_t i = 0; i < count && !rc; i++) rc = digests_of(evidence_store(e), &ids[i], digests + i * ALGS, err);
	if (!rc) rc = judge_run(judge, &item, 1, err);
	if (!rc) rc = add_truncation(e, &ids[0], record, len, item.report, err);
	for (size_t i = 0; i < count * ALGS; i++) free(digests[i]);
	free(digests);
	free(item.used);
	if (!rc) return item.report;
	json_decref(item.report);
	return NULL;
}

json_t *evidence_check(struct evidence *e, struct judge *judge, const struct object_id *id, const unsigned char *record,
		       size_t len, struct error *err) {
	return check_all(e, judge, id, 1, record, len, err);
}

json_t *evidence_check_group(struct evidence *e, struct judge *judge, const struct evidence_group *group, size_t missing,
			     const unsigned char *record, size_t len, struct error *err) {
	json_t *report = check_all(e, judge, group->ids, group->count, record, len, err);
	if (!report || !missing) return report;
	char *detail = xasprintf("%zu of %zu", missing, group->count + missing);
	json_array_append_new(json_object_get(report, "archive_findings"),
			      archive_finding_json(ARCHIVE_FINDING_EVIDENCE_GROUP_INCOMPLETE, detail));
	free(detail);
	return report;
}

static json_t *group_row(unsigned series, const struct evidence_proof *proof, const struct evidence_group *group, size_t missing, bool closed) {
	json_t *members = json_array();
	char text[OBJECT_ID_TEXT_MAX];
	for (size_t i = 0; i < group->count; i++) json_array_append_new(members, json_string(object_id_text(&group->ids[i], text)));
	json_t *row = json_pack("{s:i, s:o, s:I, s:b, s:s, s:I}", "series", (int)series, "members", members, "missing", (json_int_t)missing,
				"closed", closed, "digest", digest_name(proof->last->alg), "timestamps", (json_int_t)proof->stamps);
	set_time(row, "from", proof->first->gen_time);
	set_time(row, "renewed", proof->last->gen_time);
	return row;
}

json_t *evidence_show_group(struct evidence *e, uint64_t number, struct error *err) {
	json_t *groups = json_array();
	for (unsigned series = 1; series <= EVIDENCE_SERIES; series++) {
		struct buf der = {0};
		struct evidence_proof proof;
		struct evidence_group group;
		size_t missing;
		bool closed;
		int rc = evidence_group_of(e, number, series, &der, &proof, &group, &missing, &closed, err);
		if (rc > 0) json_array_append_new(groups, group_row(series, &proof, &group, missing, closed));
		if (rc > 0) evidence_group_dispose(&group);
		buf_dispose(&der);
		if (rc >= 0) continue;
		json_decref(groups);
		return NULL;
	}
	return json_pack("{s:I, s:o}", "record", (json_int_t)number, "groups", groups);
}
