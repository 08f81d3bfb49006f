#include "archiver/extend_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- made ---- */

static void add_piece(struct revision_row *row, struct revision_piece piece) {
	row->pieces = xreallocarray(row->pieces, row->count + 1, sizeof *row->pieces);
	row->pieces[row->count++] = piece;
}

static void add_link(struct extend_document *d, const struct object_id *id) {
	for (size_t i = 0; i < d->link_count; i++)
		if (object_id_equal(&d->links[i], id)) return;
	d->links = xreallocarray(d->links, d->link_count + 1, sizeof *d->links);
	d->links[d->link_count++] = *id;
}

static void add_plan_piece(struct extend_document *d, const struct plan_piece *p) {
	struct revision_piece piece = {.form = PIECE_OWN, .size = p->len};
	if (p->kind == EXTEND_ITEM) piece = (struct revision_piece){.form = PIECE_OBJECT, .object = d->plan.items[p->item].id};
	if (p->kind == EXTEND_TOKEN) {
		piece.form = PIECE_HEX;
		sha256_bytes(d->token.der, d->token.len, piece.object.sha256);
	}
	if (p->kind == EXTEND_LITERAL) buf_add(&d->own, p->literal.data, p->literal.len);
	add_piece(&d->form, piece);
}

static void make_appended(struct extend_document *d) {
	struct revision_row *f = &d->form;
	const struct revision_row *b = &d->base;
	f->own_count = b->own_count + 1;
	for (size_t i = 0; i < b->count; i++) add_piece(f, b->pieces[i]);
	for (size_t i = 0; i < d->plan.count; i++) add_plan_piece(d, &d->plan.pieces[i]);
	f->own = xcalloc(f->own_count, sizeof *f->own);
	for (size_t i = 0; i < b->own_count; i++) f->own[i] = b->own[i];
	sha256_bytes(d->own.data, d->own.len, f->own[b->own_count].sha256);
}

static void add_own(struct extend_document *d, const unsigned char *data, uint64_t len) {
	struct revision_row *f = &d->form;
	buf_add(&d->own, data, (size_t)len);
	if (f->count && f->pieces[f->count - 1].form == PIECE_OWN)
		f->pieces[f->count - 1].size += len;
	else
		add_piece(f, (struct revision_piece){.form = PIECE_OWN, .size = len});
}

/* A range of the form before, by what it is made of. Its own bytes are few (lengths, types) and become those of this form. */
static void add_range(struct extend_document *d, uint64_t at, uint64_t len, const unsigned char *bytes) {
	const struct revision_row *b = &d->base;
	uint64_t begin = 0;
	for (size_t i = 0; i < b->count && len; i++) {
		const struct revision_piece *p = &b->pieces[i];
		uint64_t size = p->form == PIECE_OBJECT ? b->size : p->size; /* an object as a whole: the original alone */
		uint64_t end = begin + size, stop = at + len < end ? at + len : end;
		if (at < end) {
			uint64_t n = stop - at;
			if (p->form == PIECE_OWN)
				add_own(d, bytes, n);
			else
				add_piece(&d->form, (struct revision_piece){PIECE_RANGE, p->object, n, p->at + (at - begin)});
			at += n, len -= n, bytes += n;
		}
		begin = end;
	}
}

/* Nothing of it is at the place where it was: ranges of the original and of evidence, and what is new. */
static void make_rewritten(struct extend_document *d, const struct buf *whole) {
	struct revision_row *f = &d->form;
	uint64_t at = 0;
	for (size_t i = 0; i < d->plan.count; i++) {
		const struct plan_piece *p = &d->plan.pieces[i];
		if (p->kind == EXTEND_COPY)
			add_range(d, p->at, p->len, whole->data + at);
		else if (p->kind == EXTEND_ITEM)
			add_piece(f, (struct revision_piece){PIECE_RANGE, d->plan.items[p->item].id, p->len, 0});
		else
			add_own(d, p->literal.data, p->len);
		at += p->len;
	}
	f->own_count = 1;
	f->own = xcalloc(1, sizeof *f->own);
	sha256_bytes(d->own.data, d->own.len, f->own[0].sha256);
}

static void add_token_link(struct extend_document *d, const struct tsa_token *token) {
	struct object_id id;
	if (!token->der) return;
	sha256_bytes(token->der, token->len, id.sha256);
	add_link(d, &id);
}

void extend_form_make(struct extend_document *d, const struct buf *whole) {
	struct revision_row *f = &d->form;
	*f = (struct revision_row){.when = d->work->app->now, .size = whole->len};
	sha256_bytes(whole->data, whole->len, f->digest.sha256);
	if (d->plan.whole)
		make_rewritten(d, whole);
	else
		make_appended(d);
	for (size_t i = 0; i < d->plan.item_count; i++) add_link(d, &d->plan.items[i].id);
	add_token_link(d, &d->token);
	for (size_t i = 0; i < d->token_count; i++) add_token_link(d, &d->tokens[i]);
}

/* ---- kept ---- */

void extend_form_put(struct batch *batch, const struct extend_document *d) {
	struct object_id id;
	for (size_t i = 0; i < d->plan.item_count; i++)
		batch_put(batch, d->plan.items[i].kind, d->plan.items[i].data, d->plan.items[i].len, &id, NULL);
	if (d->token.der) batch_put(batch, OBJECT_TIMESTAMP, d->token.der, d->token.len, &id, NULL);
	batch_put(batch, OBJECT_APPENDED, d->own.data, d->own.len, &id, NULL);
}

void extend_form_adopt(struct batch *batch, const struct extend_document *d) {
	batch_add_revision(batch, d->number, &d->form);
	for (size_t i = 0; i < d->link_count; i++) batch_link_evidence(batch, d->number, &d->links[i]);
}

/* ---- as text ---- */

static json_t *id_json(const struct object_id *id) {
	char text[OBJECT_ID_TEXT_MAX];
	return json_string(object_id_text(id, text));
}

static json_t *ids_json(const struct object_id *ids, size_t count) {
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) json_array_append_new(list, id_json(&ids[i]));
	return list;
}

static json_t *piece_json(const struct revision_piece *p) {
	if (p->form == PIECE_OWN) return json_pack("{s:I}", "own", (json_int_t)p->size);
	if (p->form == PIECE_OBJECT) return json_pack("{s:o}", "object", id_json(&p->object));
	if (p->form == PIECE_RANGE)
		return json_pack("{s:o, s:I, s:I}", "range", id_json(&p->object), "at", (json_int_t)p->at, "size",
				 (json_int_t)p->size);
	return json_pack("{s:o, s:I}", "hex", id_json(&p->object), "digits", (json_int_t)p->size);
}

json_t *extend_form_json(const struct extend_document *d) {
	json_t *pieces = json_array();
	char when[UTIME_TEXT_MAX];
	for (size_t i = 0; i < d->form.count; i++) json_array_append_new(pieces, piece_json(&d->form.pieces[i]));
	return json_pack("{s:o, s:s, s:o, s:I, s:o, s:o, s:o}", "base", id_json(&d->base.digest), "when",
			 utime_text(d->form.when, when), "digest", id_json(&d->form.digest), "size",
			 (json_int_t)d->form.size, "own", ids_json(d->form.own, d->form.own_count), "pieces", pieces,
			 "evidence", ids_json(d->links, d->link_count));
}

static bool read_id(const json_t *json, struct object_id *id) {
	return json_is_string(json) && object_id_parse(json_string_value(json), id);
}

static struct object_id *read_ids(const json_t *list, size_t *count) {
	struct object_id *ids = xcalloc(json_array_size(list) + 1, sizeof *ids);
	for (*count = 0; *count < json_array_size(list) && read_id(json_array_get(list, *count), &ids[*count]); ++*count)
		;
	return ids;
}

static bool read_piece(const json_t *json, struct revision_piece *p) {
	const json_t *own = json_object_get(json, "own"), *hex = json_object_get(json, "hex"), *range = json_object_get(json, "range");
	*p = (struct revision_piece){.form = PIECE_OBJECT};
	if (own) {
		p->form = PIECE_OWN;
		p->size = (uint64_t)json_integer_value(own);
		return json_integer_value(own) > 0;
	}
	if (range) {
		p->form = PIECE_RANGE;
		p->at = (uint64_t)json_integer_value(json_object_get(json, "at"));
		p->size = (uint64_t)json_integer_value(json_object_get(json, "size"));
		return read_id(range, &p->object) && p->size > 0;
	}
	if (!hex) return read_id(json_object_get(json, "object"), &p->object);
	p->form = PIECE_HEX;
	p->size = (uint64_t)json_integer_value(json_object_get(json, "digits"));
	return read_id(hex, &p->object) && p->size > 0;
}

bool extend_form_read(const json_t *json, struct extend_document *d) {
	struct revision_row *f = &d->form;
	const json_t *pieces = json_object_get(json, "pieces"), *piece;
	const char *when = json_string_value(json_object_get(json, "when"));
	struct object_id base;
	size_t i;
	*f = (struct revision_row){.size = (uint64_t)json_integer_value(json_object_get(json, "size"))};
	if (!read_id(json_object_get(json, "base"), &base) || !object_id_equal(&base, &d->base.digest)) return false;
	if (!read_id(json_object_get(json, "digest"), &f->digest) || !when || !utime_parse(when, &f->when)) return false;
	f->own = read_ids(json_object_get(json, "own"), &f->own_count);
	d->links = read_ids(json_object_get(json, "evidence"), &d->link_count);
	json_array_foreach(pieces, i, piece) {
		struct revision_piece p;
		if (!read_piece(piece, &p)) return false;
		add_piece(f, p);
	}
	d->stored = d->stamped = true;
	return f->count > 1;
}
