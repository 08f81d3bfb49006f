#include "archiver/extend_private.h"

#include "archiver/content.h"
#include "archiver/json_get.h"
#include "archiver/log.h"
#include "base/limits.h"
#include "store/revision.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- evidence in memory ---- */

static const struct extend_held *find_held(const struct extend_work *w, const struct object_id *id) {
	for (size_t i = 0; i < w->held_count; i++)
		if (object_id_equal(&w->held[i].id, id)) return &w->held[i];
	return NULL;
}

const struct extend_held *extend_hold(struct extend_work *w, const struct object_id *id, const unsigned char *data,
				      size_t len) {
	const struct extend_held *there = find_held(w, id);
	if (there) return there;
	ARRAY_GROW(w->held, w->held_count, w->held_cap);
	w->held[w->held_count] = (struct extend_held){*id, xmemdup(data, len), len};
	return &w->held[w->held_count++];
}

void extend_release(struct extend_work *w) {
	for (size_t i = 0; i < w->held_count; i++) free(w->held[i].data);
	free(w->held);
	w->held = NULL;
	w->held_count = w->held_cap = 0;
}

/* What is linked and was fetched for it; other documents are none, and what is damaged is told by verify. */
static int add_evidence(struct extend_document *d, const struct object_id *id) {
	struct extend_work *w = d->work;
	struct object_info info = {0};
	const struct extend_held *held = find_held(w, id);
	if (!held) {
		unsigned char *data = NULL;
		size_t len = 0;
		if (!store_object_info(w->app->store, id, &info, w->err)) return w->err->code ? -1 : 0;
		if (info.kind != OBJECT_CERTIFICATE && info.kind != OBJECT_CRL && info.kind != OBJECT_OCSP) return 0;
		enum object_state state = store_read(w->app->store, id, LIMIT_EVIDENCE_BYTES, &data, &len, w->err);
		if (state == OBJECT_UNREADABLE) return -1;
		if (state == OBJECT_PRESENT) held = extend_hold(w, id, data, len);
		free(data);
	}
	if (!held || d->evidence_count == LIMIT_EVIDENCE_COUNT) return 0;
	ARRAY_GROW(d->evidence, d->evidence_count, d->evidence_cap);
	d->evidence[d->evidence_count++] = (struct val_blob){held->data, held->len};
	return 0;
}

static int read_evidence(struct extend_document *d) {
	struct object_id ids[64];
	struct store *store = d->work->app->store;
	int n = records_evidence(store, d->number, NULL, ids, ARRAY_LEN(ids), d->work->err);
	while (n > 0) {
		for (int i = 0; i < n; i++)
			if (add_evidence(d, &ids[i])) return -1;
		n = records_evidence(store, d->number, &ids[n - 1], ids, ARRAY_LEN(ids), d->work->err);
	}
	return n;
}

/* ---- the record ---- */

static int read_base(struct extend_document *d) {
	struct extend_work *w = d->work;
	if (d->record.revisions) {
		int found = records_revision(w->app->store, d->number, d->record.revisions - 1, &d->base, w->err);
		if (found == 0) error_set(w->err, ERROR_DAMAGED, "record %" PRIu64 ": its newest form is not there", d->number);
		return found == 1 ? 0 : -1;
	}
	d->base = (struct revision_row){.digest = d->record.original, .size = d->record.size, .count = 1,
					.pieces = xcalloc(1, sizeof *d->base.pieces)};
	d->base.pieces[0].object = d->record.original;
	return 0;
}

static int read_content(struct extend_document *d) {
	struct extend_work *w = d->work;
	unsigned char *text = NULL;
	size_t len = 0;
	if (object_id_is_zero(&d->record.metadata)) return 0;
	if (store_read(w->app->store, &d->record.metadata, LIMIT_REPORT_BYTES, &text, &len, w->err) == OBJECT_UNREADABLE) return -1;
	json_t *json = text ? json_loadb((const char *)text, len, 0, NULL) : NULL;
	content_of_metadata(json, &d->content);
	json_decref(json);
	free(text);
	return 0;
}

int extend_document_open(struct extend_document *d, struct extend_work *work, uint64_t number) {
	*d = (struct extend_document){.work = work, .number = number, .retry_at = UTIME_NONE, .detail = xstrdup(""),
				      .level = xstrdup("")};
	int found = records_get(work->app->store, number, &d->record, work->err);
	if (found == 0) error_set(work->err, ERROR_NOT_FOUND, "record %" PRIu64 ": not found", number);
	if (found != 1 || read_base(d) || read_evidence(d) || read_content(d)) return -1;
	if (d->record.state != RECORD_ACCEPTED)
		extend_document_refuse(d, EXTEND_NOT_ACCEPTED, record_state_name(d->record.state));
	else if (d->base.size > LIMIT_JUDGED_BYTES)
		extend_document_refuse(d, EXTEND_NOT_JUDGED, "");
	return 0;
}

void extend_document_drop(struct extend_document *d) {
	extend_plan_dispose(&d->plan);
	buf_dispose(&d->own);
	free(d->token.der);
	d->token = (struct tsa_token){0};
	for (size_t i = 0; i < d->token_count; i++) free(d->tokens[i].der);
	free(d->tokens);
	d->tokens = NULL;
	d->token_count = 0;
	revision_row_dispose(&d->form);
	free(d->links);
	d->links = NULL;
	d->link_count = 0;
	d->planned = d->kept = false;
}

void extend_document_close(struct extend_document *d) {
	extend_document_drop(d);
	record_row_dispose(&d->record);
	revision_row_dispose(&d->base);
	buf_dispose(&d->bytes);
	json_decref(d->before);
	json_decref(d->after);
	free(d->evidence);
	free(d->detail);
	free(d->level);
	*d = (struct extend_document){0};
}

void extend_document_refuse(struct extend_document *d, enum extend_refusal refusal, const char *detail) {
	char *copy = xstrdup(detail);
	free(d->detail);
	d->detail = copy;
	d->refusal = refusal;
}

static int collect(void *user, const unsigned char *data, size_t len, struct error *err) {
	(void)err;
	buf_add(user, data, len);
	return 0;
}

static int read_row(struct extend_document *d, const struct revision_row *row, struct buf *out) {
	struct extend_work *w = d->work;
	struct object_id bad;
	buf_reserve(out, (size_t)row->size + 1);
	enum object_state state = store_stream_revision(w->app->store, row, false, collect, out, &bad, w->err);
	if (state == OBJECT_UNREADABLE) return error_set(w->err, ERROR_IO, "record %" PRIu64 ": could not be read", d->number);
	if (state == OBJECT_PRESENT) return 1;
	buf_dispose(out);
	extend_document_refuse(d, EXTEND_NOT_READABLE, object_state_name(state));
	app_worsen(w->app, EXIT_DAMAGE);
	return 0;
}

int extend_document_read(struct extend_document *d, struct buf *out) {
	return read_row(d, &d->base, out);
}

/* ---- judging ---- */

/* What a detached signature signs: without it the signature is not judged to be intact, which is then the reason. */
static int load_content(struct extend_document *d, struct judge_item *item) {
	struct extend_work *w = d->work;
	size_t len = 0;
	if (object_id_is_zero(&d->content)) return 0;
	enum object_state state = store_read(w->app->store, &d->content, LIMIT_JUDGED_BYTES, &d->content_read, &len, w->err);
	if (state == OBJECT_UNREADABLE) return error_set(w->err, ERROR_IO, "record %" PRIu64 ": could not be read", d->number);
	if (!d->content_read) return 0;
	d->companion = (struct val_blob){d->content_read, len};
	item->companions = &d->companion;
	item->companion_count = 1;
	return 0;
}

static int load_base(struct judge_item *item, struct error *err) {
	struct extend_document *d = item->user;
	(void)err; /* the run's own */
	int there = extend_document_read(d, &d->bytes);
	item->data = d->bytes.data;
	item->len = d->bytes.len;
	if (there == 1) return load_content(d, item);
	return there < 0 ? -1 : !there;
}

static int load_form(struct judge_item *item, struct error *err) {
	struct extend_document *d = item->user;
	struct buf base = {0};
	(void)err;
	int there = d->planned ? extend_document_read(d, &base) : read_row(d, &d->form, &d->bytes);
	if (there == 1 && d->planned) extend_plan_assemble(&d->plan, base.data, base.len, &d->bytes);
	buf_dispose(&base);
	item->data = d->bytes.data;
	item->len = d->bytes.len;
	if (there == 1) return load_content(d, item);
	return there < 0 ? -1 : !there;
}

static void unload(struct judge_item *item) {
	struct extend_document *d = item->user;
	buf_dispose(&d->bytes);
	free(d->content_read);
	d->content_read = NULL;
	item->companions = NULL;
	item->companion_count = 0;
	item->data = NULL;
	item->len = 0;
}

/* What was fetched belongs to the judge and goes with its next run. */
static void hold_items(struct extend_document *d) {
	for (size_t i = 0; i < d->plan.item_count; i++) {
		struct plan_item *it = &d->plan.items[i];
		it->data = extend_hold(d->work, &it->id, it->data, it->len)->data;
	}
}

static const char *first_code(const json_t *report) {
	const char *code = json_string_value(
		json_object_get(json_array_get(json_object_get(report, "findings"), 0), "code"));
	return code ? code : "";
}

static int take_plan(struct extend_document *d, struct judge_item *item) {
	json_decref(d->before);
	d->before = item->report;
	if (!item->report) return 0; /* refused when it was loaded */
	if (!json_object_get(item->report, "extension")) {
		extend_document_refuse(d, EXTEND_NOT_JUDGED, first_code(item->report));
		return 0;
	}
	size_t count = item->evidence_count + item->used_count;
	struct val_blob *all = xcalloc(count + 1, sizeof *all);
	for (size_t i = 0; i < item->evidence_count; i++) all[i] = item->evidence[i];
	for (size_t i = 0; i < item->used_count; i++)
		all[item->evidence_count + i] = (struct val_blob){item->used[i]->data, item->used[i]->len};
	int rc = extend_plan_read(item->report, d->base.size, all, count, &d->plan, d->work->err);
	free(all);
	if (rc) return -1;
	d->planned = d->plan.refusal == EXTEND_NONE;
	d->retry_at = d->plan.retry_at;
	if (d->planned)
		hold_items(d);
	else
		extend_document_refuse(d, d->plan.refusal, d->plan.detail);
	d->tokens = xcalloc(d->plan.imprint_count + 1, sizeof *d->tokens);
	d->token_count = d->plan.imprint_count;
	return 0;
}

int extend_documents_plan(struct extend_work *w, struct extend_document *const *list, size_t count, bool stamp) {
	const struct conf *conf = w->app->conf;
	const struct val_extend order = {
		.stamp = stamp,
		.token_room = w->room,
		.renew_until = w->app->now + conf_duration(conf, CONF_extend_renew),
		.entries = conf_yes(conf, CONF_extend_entries),
		.certified = conf_yes(conf, CONF_extend_certified),
		.digest = digest_from_name(conf_text(conf, CONF_timestamp_digest)),
	};
	const struct val_request request = {.extend = &order, .brief = true};
	struct judge_item *items = xcalloc(count + 1, sizeof *items);
	for (size_t i = 0; i < count; i++) {
		extend_document_drop(list[i]);
		items[i] = (struct judge_item){.load = load_base, .unload = unload, .user = list[i], .more = &request,
					       .evidence = list[i]->evidence, .evidence_count = list[i]->evidence_count};
	}
	int rc = judge_run(w->judge, items, count, w->err);
	for (size_t i = 0; i < count; i++) {
		if (!rc) rc = take_plan(list[i], &items[i]);
		free(items[i].used);
	}
	free(items);
	return rc;
}

int extend_document_finish(struct extend_document *d, const struct val_blob *tokens, size_t count) {
	const struct val_extend order = {.finish = true, .token_count = count};
	const struct val_request request = {.extend = &order, .brief = true};
	size_t items = d->plan.item_count;
	struct val_blob *all = xcalloc(items + count + 1, sizeof *all);
	for (size_t i = 0; i < items; i++) all[i] = (struct val_blob){d->plan.items[i].data, d->plan.items[i].len};
	for (size_t i = 0; i < count; i++) all[items + i] = tokens[i];
	struct judge_item item = {.load = load_base, .unload = unload, .user = d, .more = &request, .evidence = all,
				  .evidence_count = items + count, .alone = true};
	struct extend_plan done = {0};
	int rc = judge_run(d->work->judge, &item, 1, d->work->err);
	if (!rc && item.report && json_object_get(item.report, "extension")) {
		rc = extend_plan_read(item.report, d->base.size, all, items + count, &done, d->work->err);
		if (!rc && done.refusal != EXTEND_NONE) extend_document_refuse(d, done.refusal, done.detail);
		extend_plan_dispose(&d->plan);
		d->plan = done;
		if (!rc) hold_items(d);
	} else if (!rc && item.report) {
		extend_document_refuse(d, EXTEND_NOT_JUDGED, first_code(item.report));
	}
	if (!rc && d->refusal == EXTEND_NONE && !d->plan.count) extend_document_refuse(d, EXTEND_NOT_JUDGED, "");
	if (!rc && !d->before && item.report) d->before = json_incref(item.report); /* of a run that died: judged here first */
	json_decref(item.report);
	free(item.used);
	free(all);
	return rc;
}

/* ---- the check ---- */

static const json_t *signature_named(const json_t *report, const char *id) {
	const json_t *s;
	size_t i;
	json_array_foreach(json_object_get(report, "signatures"), i, s) if (!strcmp(text_at(s, "id"), id)) return s;
	return NULL;
}

static bool is_unharmed(const json_t *s) {
	const char *modification = text_at(s, "modification");
	return !strcmp(text_at(s, "integrity"), "intact") && !strcmp(text_at(s, "indication"), "TOTAL-PASSED") &&
	       (!strcmp(modification, "none") || !strcmp(modification, "permitted"));
}

static size_t with_finding(const json_t *s, const char *code) {
	const json_t *finding;
	size_t i, n = 0;
	json_array_foreach(json_object_get(s, "findings"), i, finding) n += !strcmp(text_at(finding, "code"), code);
	return n;
}

/* Time-stamps are inside the signatures: as many more as were put in, and none more that says nothing. */
static const char *objection_to_cms(const struct extend_document *d) {
	const json_t *s;
	size_t i, stamps = 0, wrong = 0;
	json_array_foreach(json_object_get(d->after, "signatures"), i, s) {
		stamps += json_array_size(json_object_get(s, "timestamps"));
		wrong += with_finding(s, "TIMESTAMP_IMPRINT_WRONG") + with_finding(s, "TIMESTAMP_NOT_VALID");
	}
	json_array_foreach(json_object_get(d->before, "signatures"), i, s) {
		stamps -= json_array_size(json_object_get(s, "timestamps"));
		wrong -= with_finding(s, "TIMESTAMP_IMPRINT_WRONG") + with_finding(s, "TIMESTAMP_NOT_VALID");
	}
	if (d->before && stamps != d->stamps) return "it has other time-stamps than it should";
	return wrong ? "a time-stamp in it is not valid" : NULL;
}

/* Why the new form is not what it should be; NULL when it is. */
static const char *objection(const struct extend_document *d) {
	const json_t *list = json_object_get(d->after, "signatures"), *s;
	char hex[SHA256_HEX];
	size_t i, count = json_array_size(list);
	if (strcmp(text_at(d->after, "sha256"), hex_encode(d->form.digest.sha256, SHA256_SIZE, hex))) return "its digest is another";
	if (strcmp(report_indication(d->after), "TOTAL-PASSED")) return "it does not pass by itself";
	json_array_foreach(list, i, s) if (!is_unharmed(s)) return "a signature in it is not what it was";
	json_array_foreach(json_object_get(d->before, "signatures"), i, s) if (!signature_named(d->after, text_at(s, "id")))
		return "a signature is gone";
	bool cms = !strcmp(text_at(d->after, "format"), "cms");
	if (d->before && count != json_array_size(json_object_get(d->before, "signatures")) + (d->stamped && !cms))
		return "it has other signatures than it should";
	if (cms) return objection_to_cms(d);
	s = json_array_get(list, count - 1);
	if (d->stamped && (strcmp(text_at(s, "kind"), "document-timestamp") || strcmp(text_at(s, "coverage"), "whole-file")))
		return "its time-stamp does not cover it";
	return NULL;
}

static void conclude(struct extend_document *d) {
	const char *why = d->after ? objection(d) : "it could not be read";
	char number[24];
	const json_t *s;
	size_t i;
	if (why) {
		log_event(LOG_ERROR_LEVEL, "extend_self_check", "record", log_number(d->number, number), "reason", why, NULL);
		extend_document_refuse(d, EXTEND_SELF_CHECK, why);
		return;
	}
	json_array_foreach(json_object_get(d->after, "signatures"), i, s) {
		if (strcmp(text_at(s, "kind"), "signature") || *d->level) continue;
		free(d->level);
		d->level = xstrdup(text_at(s, "level"));
	}
}

int extend_documents_check(struct extend_work *w, struct extend_document *const *list, size_t count) {
	static const struct val_request request = {.brief = true};
	struct judge_item *items = xcalloc(count + 1, sizeof *items);
	for (size_t i = 0; i < count; i++)
		items[i] = (struct judge_item){.load = load_form, .unload = unload, .user = list[i], .more = &request,
					       .alone = true};
	int rc = judge_run(w->judge, items, count, w->err);
	for (size_t i = 0; i < count; i++) {
		list[i]->after = items[i].report;
		if (!rc) conclude(list[i]);
		free(items[i].used);
	}
	free(items);
	return rc;
}
