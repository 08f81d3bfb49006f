/* The two wide rows: records and media. */
#include "store/row.h"

#include <stdlib.h>
#include <string.h>

const char *record_state_name(enum record_state state) {
	static const char *const names[RECORD_STATES] = {
#define RECORD_STATE(name, text) [RECORD_##name] = text,
#include "store/record_state.def"
#undef RECORD_STATE
	};
	return (unsigned)state < RECORD_STATES ? names[state] : "unknown";
}

bool record_state_parse(const char *text, enum record_state *state) {
	for (int i = 0; i < RECORD_STATES; i++) {
		if (strcmp(text, record_state_name(i))) continue;
		*state = i;
		return true;
	}
	return false;
}

void record_row_put(struct buf *b, const struct record_row *row) {
	record_put_id(b, &row->original);
	record_put_u64(b, row->size);
	record_put_raw(b, row->sha512, sizeof row->sha512);
	record_put_text(b, row->name);
	record_put_text(b, row->source);
	record_put_text(b, row->actor);
	record_put_time(b, row->taken_in);
	record_put_u8(b, (uint8_t)row->state);
	record_put_text(b, row->state_reason);
	record_put_id(b, &row->metadata);
	record_put_u32(b, row->metadata_versions);
	record_put_u32(b, row->receipts);
	record_put_u32(b, row->verdicts);
	record_put_u32(b, row->revisions);
	record_put_text(b, row->natural_key);
	record_put_id(b, &row->verdict);
	record_put_text(b, row->indication);
	record_put_text(b, row->sub_indication);
	record_put_time(b, row->verified);
	record_put_time(b, row->due);
}

bool record_row_get(struct span value, struct record_row *row) {
	struct record_reader r = record_reader_of(value.data, value.len);
	*row = (struct record_row){0};
	record_get_id(&r, &row->original);
	row->size = record_get_u64(&r);
	const unsigned char *sha512 = record_get_raw(&r, sizeof row->sha512);
	if (sha512) memcpy(row->sha512, sha512, sizeof row->sha512);
	row->name = record_get_text(&r);
	row->source = record_get_text(&r);
	row->actor = record_get_text(&r);
	row->taken_in = record_get_time(&r);
	row->state = record_get_u8(&r);
	row->state_reason = record_get_text(&r);
	record_get_id(&r, &row->metadata);
	row->metadata_versions = record_get_u32(&r);
	row->receipts = record_get_u32(&r);
	row->verdicts = record_get_u32(&r);
	row->revisions = record_get_u32(&r);
	row->natural_key = record_get_text(&r);
	record_get_id(&r, &row->verdict);
	row->indication = record_get_text(&r);
	row->sub_indication = record_get_text(&r);
	row->verified = record_get_time(&r);
	row->due = record_get_time(&r);
	if (record_at_end(&r) && row->state < RECORD_STATES) return true;
	record_row_dispose(row);
	return false;
}

void record_row_dispose(struct record_row *row) {
	free(row->name);
	free(row->source);
	free(row->actor);
	free(row->state_reason);
	free(row->natural_key);
	free(row->indication);
	free(row->sub_indication);
	*row = (struct record_row){0};
}

void medium_row_put(struct buf *b, const struct medium_row *row) {
	record_put_text(b, row->label);
	record_put_text(b, row->path);
	record_put_text(b, row->uuid);
	record_put_time(b, row->registered);
	record_put_time(b, row->written);
	record_put_time(b, row->verified);
	record_put_u64(b, row->bytes);
	record_put_u64(b, row->generation);
	record_put_raw(b, row->journal_head, sizeof row->journal_head);
}

bool medium_row_get(struct span value, struct medium_row *row) {
	struct record_reader r = record_reader_of(value.data, value.len);
	*row = (struct medium_row){0};
	row->label = record_get_text(&r);
	row->path = record_get_text(&r);
	row->uuid = record_get_text(&r);
	row->registered = record_get_time(&r);
	row->written = record_get_time(&r);
	row->verified = record_get_time(&r);
	row->bytes = record_get_u64(&r);
	row->generation = record_get_u64(&r);
	const unsigned char *head = record_get_raw(&r, sizeof row->journal_head);
	if (head) memcpy(row->journal_head, head, sizeof row->journal_head);
	if (record_at_end(&r)) return true;
	medium_row_dispose(row);
	return false;
}

void medium_row_dispose(struct medium_row *row) {
	free(row->label);
	free(row->path);
	free(row->uuid);
	*row = (struct medium_row){0};
}
