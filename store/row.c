#include "store/row.h"

#include <stdlib.h>
#include <string.h>

void record_put_id(struct buf *b, const struct object_id *id) {
	record_put_raw(b, id->sha256, SHA256_SIZE);
}

static void get_digest(struct record_reader *r, unsigned char *digest, size_t len) {
	const unsigned char *p = record_get_raw(r, len);
	if (p)
		memcpy(digest, p, len);
	else
		memset(digest, 0, len);
}

void record_get_id(struct record_reader *r, struct object_id *id) {
	get_digest(r, id->sha256, SHA256_SIZE);
}

void object_row_put(struct buf *b, const struct object_row *row) {
	record_put_u32(b, row->pack);
	record_put_u64(b, row->offset);
	record_put_u64(b, row->size);
	record_put_u8(b, (uint8_t)row->kind);
	record_put_u8(b, (uint8_t)row->state);
}

bool object_row_get(struct span value, struct object_row *row) {
	struct record_reader r = record_reader_of(value.data, value.len);
	row->pack = record_get_u32(&r);
	row->offset = record_get_u64(&r);
	row->size = record_get_u64(&r);
	row->kind = record_get_u8(&r);
	row->state = record_get_u8(&r);
	return record_at_end(&r) && row->kind < OBJECT_KINDS && row->state < OBJECT_UNREADABLE;
}

void pack_row_put(struct buf *b, const struct pack_row *row) {
	record_put_u64(b, row->length);
	record_put_u8(b, (uint8_t)row->state);
	record_put_raw(b, row->digest, SHA256_SIZE);
}

bool pack_row_get(struct span value, struct pack_row *row) {
	struct record_reader r = record_reader_of(value.data, value.len);
	row->length = record_get_u64(&r);
	row->state = record_get_u8(&r);
	get_digest(&r, row->digest, SHA256_SIZE);
	return record_at_end(&r) && row->state <= PACK_SEALED;
}

void journal_head_put(struct buf *b, const struct journal_head *head) {
	record_put_u32(b, head->file);
	record_put_u64(b, head->offset);
	record_put_u64(b, head->sequence);
	record_put_raw(b, head->chain, SHA256_SIZE);
	record_put_time(b, head->when);
}

bool journal_head_get(struct span value, struct journal_head *head) {
	struct record_reader r = record_reader_of(value.data, value.len);
	head->file = record_get_u32(&r);
	head->offset = record_get_u64(&r);
	head->sequence = record_get_u64(&r);
	get_digest(&r, head->chain, SHA256_SIZE);
	head->when = record_get_time(&r);
	return record_at_end(&r);
}

void batch_row_put(struct buf *b, const struct batch_row *row) {
	record_put_u32(b, row->file);
	record_put_u64(b, row->offset);
	record_put_time(b, row->when);
	record_put_raw(b, row->chain, SHA256_SIZE);
}

bool batch_row_get(struct span value, struct batch_row *row) {
	struct record_reader r = record_reader_of(value.data, value.len);
	row->file = record_get_u32(&r);
	row->offset = record_get_u64(&r);
	row->when = record_get_time(&r);
	get_digest(&r, row->chain, SHA256_SIZE);
	return record_at_end(&r);
}

void totals_row_put(struct buf *b, const struct totals_row *row) {
	record_put_u64(b, row->records);
	record_put_u8(b, OBJECT_KINDS);
	for (int i = 0; i < OBJECT_KINDS; i++) {
		record_put_u64(b, row->objects[i]);
		record_put_u64(b, row->bytes[i]);
	}
}

/* A catalogue written before a kind was added counts none of it. */
bool totals_row_get(struct span value, struct totals_row *row) {
	struct record_reader r = record_reader_of(value.data, value.len);
	memset(row, 0, sizeof *row);
	row->records = record_get_u64(&r);
	unsigned kinds = record_get_u8(&r);
	if (kinds > OBJECT_KINDS) return false;
	for (unsigned i = 0; i < kinds; i++) {
		row->objects[i] = record_get_u64(&r);
		row->bytes[i] = record_get_u64(&r);
	}
	return record_at_end(&r);
}

void receipt_row_put(struct buf *b, const struct receipt_row *row) {
	record_put_time(b, row->when);
	record_put_text(b, row->name);
	record_put_text(b, row->source);
	record_put_text(b, row->actor);
}

bool receipt_row_get(struct span value, struct receipt_row *row) {
	struct record_reader r = record_reader_of(value.data, value.len);
	row->when = record_get_time(&r);
	row->name = record_get_text(&r);
	row->source = record_get_text(&r);
	row->actor = record_get_text(&r);
	if (record_at_end(&r)) return true;
	receipt_row_dispose(row);
	return false;
}

void receipt_row_dispose(struct receipt_row *row) {
	free(row->name);
	free(row->source);
	free(row->actor);
	*row = (struct receipt_row){0};
}

void metadata_row_put(struct buf *b, const struct metadata_row *row) {
	record_put_time(b, row->when);
	record_put_id(b, &row->metadata);
}

bool metadata_row_get(struct span value, struct metadata_row *row) {
	struct record_reader r = record_reader_of(value.data, value.len);
	row->when = record_get_time(&r);
	record_get_id(&r, &row->metadata);
	return record_at_end(&r);
}

void verdict_row_put(struct buf *b, const struct verdict_row *row) {
	record_put_time(b, row->when);
	record_put_id(b, &row->report);
	record_put_text(b, row->indication);
	record_put_text(b, row->sub_indication);
}

bool verdict_row_get(struct span value, struct verdict_row *row) {
	struct record_reader r = record_reader_of(value.data, value.len);
	row->when = record_get_time(&r);
	record_get_id(&r, &row->report);
	row->indication = record_get_text(&r);
	row->sub_indication = record_get_text(&r);
	if (record_at_end(&r)) return true;
	verdict_row_dispose(row);
	return false;
}

void verdict_row_dispose(struct verdict_row *row) {
	free(row->indication);
	free(row->sub_indication);
	*row = (struct verdict_row){0};
}

void revision_row_put(struct buf *b, const struct revision_row *row) {
	record_put_time(b, row->when);
	record_put_id(b, &row->digest);
	record_put_u64(b, row->size);
	record_put_u32(b, (uint32_t)row->own_count);
	for (size_t i = 0; i < row->own_count; i++) record_put_id(b, &row->own[i]);
	record_put_u32(b, (uint32_t)row->count);
	for (size_t i = 0; i < row->count; i++) {
		const struct revision_piece *p = &row->pieces[i];
		record_put_u8(b, (uint8_t)p->form);
		if (p->form != PIECE_OWN) record_put_id(b, &p->object);
		if (p->form != PIECE_OBJECT) record_put_u64(b, p->size);
		if (p->form == PIECE_RANGE) record_put_u64(b, p->at);
	}
}

static void get_piece(struct record_reader *r, struct revision_piece *p) {
	uint8_t form = record_get_u8(r);
	if (form >= PIECE_FORMS) r->bad = true;
	p->form = (enum piece_form)form;
	if (p->form != PIECE_OWN) record_get_id(r, &p->object);
	if (p->form != PIECE_OBJECT) p->size = record_get_u64(r);
	if (p->form == PIECE_RANGE) p->at = record_get_u64(r);
}

/* Believed only as far as the bytes that are there can carry so many elements. */
static size_t get_count(struct record_reader *r, size_t element) {
	size_t n = record_get_u32(r);
	if (!r->bad && n <= (r->len - r->pos) / element) return n;
	r->bad = true;
	return 0;
}

bool revision_row_get(struct span value, struct revision_row *row) {
	struct record_reader r = record_reader_of(value.data, value.len);
	row->when = record_get_time(&r);
	record_get_id(&r, &row->digest);
	row->size = record_get_u64(&r);
	row->own = NULL;
	row->pieces = NULL;
	row->own_count = get_count(&r, SHA256_SIZE);
	row->own = xcalloc(row->own_count + 1, sizeof *row->own);
	for (size_t i = 0; i < row->own_count; i++) record_get_id(&r, &row->own[i]);
	row->count = get_count(&r, 9); /* the shortest piece */
	row->pieces = xcalloc(row->count ? row->count : 1, sizeof *row->pieces);
	for (size_t i = 0; i < row->count; i++) get_piece(&r, &row->pieces[i]);
	if (record_at_end(&r)) return true;
	revision_row_dispose(row);
	return false;
}

void revision_row_dispose(struct revision_row *row) {
	free(row->own);
	free(row->pieces);
	*row = (struct revision_row){0};
}

void damage_row_put(struct buf *b, const struct damage_row *row) {
	record_put_u8(b, (uint8_t)row->state);
	record_put_time(b, row->when);
	record_put_text(b, row->detail);
}

bool damage_row_get(struct span value, struct damage_row *row) {
	struct record_reader r = record_reader_of(value.data, value.len);
	row->state = record_get_u8(&r);
	row->when = record_get_time(&r);
	row->detail = record_get_text(&r);
	if (record_at_end(&r) && row->state < OBJECT_UNREADABLE) return true;
	damage_row_dispose(row);
	return false;
}

void damage_row_dispose(struct damage_row *row) {
	free(row->detail);
	*row = (struct damage_row){0};
}
