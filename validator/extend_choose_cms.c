/* CMS signatures: each SignerInfo has its own time-stamps, all share the bags. A signature without any gets a signature
 * time-stamp first; what comes after that is an archive time-stamp over evidence that is younger. */
#include "validator/extend_choice.h"

#include <stdlib.h>
#include <string.h>

static bool is_archive(const struct token *t) {
	return t->kind == TOKEN_ARCHIVE && t->proves && t->form && !strcmp(t->form, "ATSv3");
}

static const struct token *newest_of(const struct signature *s) {
	const struct token *newest = NULL;
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		if (is_archive(t) && (!newest || t->signature->tst.gen_time > newest->signature->tst.gen_time)) newest = t;
	}
	return newest;
}

/* The time of the first valid archive time-stamp whose index lists these bytes of the signature. */
static utime archived_at(const struct signature *s, const unsigned char *bytes) {
	utime first = UTIME_NONE;
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		struct archive_cover cover;
		if (!is_archive(t) || (first != UTIME_NONE && t->signature->tst.gen_time >= first)) continue;
		process_archive_cover(s, t, &cover);
		if (archive_covers(&cover, bytes)) first = t->signature->tst.gen_time;
		archive_cover_dispose(&cover);
	}
	return first;
}

/* The signature that it countersigns, directly or not. */
static const struct signature *root_of(const struct judged *j, const struct signature *counter) {
	for (size_t i = 0; i < j->count; i++) {
		const struct signature *s = j->signatures[i];
		const struct der *set = &s->signer->unsigned_attrs;
		if (!s->is_counter && set->start && counter->bytes > set->start && counter->bytes < set->start + set->full) return s;
	}
	return counter;
}

static enum extend_cms_stamp stamp_for(const struct context *c, const struct signature *s, const struct token *newest,
				       bool *urgent) {
	if (!c->request->extend->stamp || s->is_counter) return EXTEND_NO_STAMP;
	if (choice_proven_at(s) == UTIME_NONE) return EXTEND_SIGNATURE_STAMP;
	if (newest && !choice_ends_before(newest->signature, c->request->extend->renew_until)) return EXTEND_NO_STAMP;
	if (newest) *urgent = true;
	return EXTEND_ARCHIVE_STAMP;
}

static void add_one(struct choice *w, const struct signature *s) {
	const struct signature *root = s->is_counter ? root_of(w->j, s) : s;
	const struct token *newest = newest_of(s);
	bool urgent = false;
	w->covered = w->c->request->extend->stamp && newest_of(root) &&
		     stamp_for(w->c, root, newest_of(root), &urgent) == EXTEND_NO_STAMP;
	if (s->path_judged) choice_add_path(w, &s->path, choice_proven_at(s), 0);
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		if (!t->proves || t == newest || !t->signature->path_judged) continue;
		choice_add_path(w, &t->signature->path, archived_at(root, t->signature->bytes), 0);
	}
}

/* As with PDF: status data about the newest time-stamp are for the one that comes over it, and are added all the same when
 * something is written or there are none. */
static void add_newest(struct choice *w, const struct signature *s) {
	const struct token *newest = newest_of(s);
	if (!newest || w->c->request->revocation == REVOCATION_OFF) return;
	if (!w->out->count && !w->out->stamp && choice_stands_alone(w, newest->signature)) return;
	w->covered = false;
	choice_add_path(w, &newest->signature->path, UTIME_NONE, 0);
}

/* When the next time-stamp is due, if nothing has to be done before. */
static utime due_at(const struct val_request *q, const struct signature *t) {
	utime end = t->algorithms_end == POLICY_NO_END || t->algorithms_end == POLICY_NEVER ? INT64_MAX : t->algorithms_end;
	for (size_t i = 0; i < t->path.link_count; i++) {
		const struct path_link *link = &t->path.links[i];
		if (!link->anchor && link->cert->not_after < end) end = link->cert->not_after;
	}
	return end == INT64_MAX ? UTIME_NONE : end - (q->extend->renew_until - q->at);
}

static void look_again(struct choice *w, const struct signature *s) {
	const struct token *newest = newest_of(s);
	utime due = newest && w->c->request->extend->stamp ? due_at(w->c->request, newest->signature) : UTIME_NONE;
	if (due != UTIME_NONE && due > w->c->request->at && (w->out->retry_at == UTIME_NONE || due < w->out->retry_at))
		w->out->retry_at = due;
}

void choice_of_cms(struct choice *w, bool *urgent) {
	const struct judged *j = w->j;
	struct extend_chosen *out = w->out;
	bool bare = false;
	out->stamps = xcalloc(j->count + 1, sizeof *out->stamps);
	for (size_t i = 0; i < j->count; i++) {
		out->stamps[i] = stamp_for(w->c, j->signatures[i], newest_of(j->signatures[i]), urgent);
		if (out->stamps[i] != EXTEND_NO_STAMP) out->stamp = true;
		if (out->stamps[i] == EXTEND_SIGNATURE_STAMP) bare = true;
	}
	for (size_t i = 0; bare && i < j->count; i++) /* first things first: there will be evidence that is younger than these */
		if (out->stamps[i] == EXTEND_ARCHIVE_STAMP) out->stamps[i] = EXTEND_NO_STAMP;
	if (bare) *urgent = true;
	for (size_t i = 0; i < j->count; i++) add_one(w, j->signatures[i]);
	for (size_t i = 0; i < j->count; i++) add_newest(w, j->signatures[i]);
	for (size_t i = 0; i < j->count; i++) look_again(w, j->signatures[i]);
}

enum extend_refusal choice_refuse_cms(const struct context *c, const struct judged *j, char **detail) {
	enum extend_refusal refusal = extend_cms_refuse(c, j, detail);
	for (size_t i = 0; refusal == EXTEND_NONE && !c->request->extend->stamp && i < j->count; i++) {
		const struct signature *s = j->signatures[i];
		if (s->is_counter || choice_proven_at(s) != UTIME_NONE) continue;
		refusal = EXTEND_NO_TIMESTAMP;
		free(*detail);
		*detail = xstrdup(s->id);
	}
	return refusal;
}
