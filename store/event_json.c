#include "store/event.h"

#include "store/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void created(struct record_reader *r, struct buf *json) {
	const unsigned char *id = record_get_raw(r, 16);
	if (id) json_hex(json, "archive", id, 16);
	json_number(json, "format", record_get_u32(r));
}

/* The list itself is long and in the catalogue: what an event tells is how many and how much. */
static void objects(struct record_reader *r, struct buf *json) {
	uint64_t bytes = 0;
	json_number(json, "pack", record_get_u32(r));
	json_number(json, "end", record_get_u64(r));
	uint32_t count = record_get_u32(r);
	for (uint32_t i = 0; i < count && !r->bad; i++) {
		struct event_object object;
		event_object_get(r, &object);
		bytes += object.size;
	}
	json_number(json, "objects", count);
	json_number(json, "bytes", bytes);
}

static void pack(const struct event *event, struct record_reader *r, struct buf *json) {
	json_number(json, "pack", record_get_u32(r));
	if (event->type == EVENT_PACK_CLOSED) {
		json_number(json, "length", record_get_u64(r));
		return;
	}
	const unsigned char *digest = record_get_raw(r, SHA256_SIZE);
	if (digest) json_hex(json, "sha256", digest, SHA256_SIZE);
}

static bool record(struct span payload, struct buf *json) {
	struct record_row row;
	if (!record_row_get(payload, &row)) return false;
	json_id(json, "object", &row.original);
	json_number(json, "size", row.size);
	json_hex(json, "sha512", row.sha512, sizeof row.sha512);
	json_text(json, "name", row.name);
	json_text(json, "source", row.source);
	json_text(json, "actor", row.actor);
	json_time(json, "taken_in", row.taken_in);
	json_text(json, "state", record_state_name(row.state));
	if (*row.state_reason) json_text(json, "reason", row.state_reason);
	json_id(json, "metadata", &row.metadata);
	json_time(json, "due", row.due);
	record_row_dispose(&row);
	return true;
}

static bool receipt(struct span payload, struct buf *json) {
	struct receipt_row row;
	if (!receipt_row_get(payload, &row)) return false;
	json_time(json, "when", row.when);
	json_text(json, "name", row.name);
	json_text(json, "source", row.source);
	json_text(json, "actor", row.actor);
	receipt_row_dispose(&row);
	return true;
}

static void text_member(struct record_reader *r, struct buf *json, const char *name) {
	char *text = record_get_text(r);
	json_text(json, name, text);
	free(text);
}

static bool verdict(struct record_reader *r, struct buf *json) {
	struct verdict_row row;
	struct span bytes;
	bytes.data = record_get_bytes(r, &bytes.len);
	if (r->bad || !verdict_row_get(bytes, &row)) return false;
	json_time(json, "when", row.when);
	json_id(json, "report", &row.report);
	json_text(json, "indication", row.indication);
	json_text(json, "sub_indication", row.sub_indication);
	json_time(json, "due", record_get_time(r));
	verdict_row_dispose(&row);
	return true;
}

static void verified(struct record_reader *r, struct buf *json) {
	json_time(json, "due", record_get_time(r));
	uint32_t count = record_get_u32(r);
	json_number(json, "count", count);
	buf_add_text(json, ",\"records\":[");
	for (uint32_t i = 0; i < count && !r->bad; i++)
		buf_printf(json, "%s%llu", i ? "," : "", (unsigned long long)record_get_u64(r));
	buf_add_byte(json, ']');
}

static bool revision(struct span payload, struct buf *json) {
	struct revision_row row;
	if (!revision_row_get(payload, &row)) return false;
	json_time(json, "when", row.when);
	json_id(json, "digest", &row.digest);
	json_number(json, "size", row.size);
	json_number(json, "pieces", row.count);
	revision_row_dispose(&row);
	return true;
}

static bool medium(struct span payload, struct buf *json) {
	struct medium_row row;
	if (payload.len < 16 || !medium_row_get((struct span){payload.data + 16, payload.len - 16}, &row)) return false;
	json_hex(json, "id", payload.data, 16);
	json_text(json, "label", row.label);
	json_text(json, "path", row.path);
	json_text(json, "uuid", row.uuid);
	json_time(json, "registered", row.registered);
	json_time(json, "written", row.written);
	json_time(json, "verified", row.verified);
	json_number(json, "bytes", row.bytes);
	json_number(json, "generation", row.generation);
	json_hex(json, "journal_head", row.journal_head, sizeof row.journal_head);
	medium_row_dispose(&row);
	return true;
}

static void one_id(struct record_reader *r, struct buf *json, const char *name) {
	struct object_id id;
	record_get_id(r, &id);
	json_id(json, name, &id);
}

/* What was passed to batch_note goes through as it is. */
static bool note(struct record_reader *r, struct buf *json, char **type) {
	char *word = record_get_text(r), *text = record_get_text(r);
	bool fine = record_at_end(r);
	if (fine) {
		*type = word;
		buf_add_text(json, *text ? text : "{}");
	} else
		free(word);
	free(text);
	return fine;
}

static bool members(const struct event *event, struct record_reader *r, struct buf *json) {
	switch (event->type) {
	case EVENT_RECORD:
		return record(event->payload, json);
	case EVENT_RECEIPT:
		return receipt(event->payload, json);
	case EVENT_REVISION:
		return revision(event->payload, json);
	case EVENT_MEDIUM:
		return medium(event->payload, json);
	case EVENT_VERDICT:
		return verdict(r, json) && record_at_end(r);
	case EVENT_CREATED:
		created(r, json);
		break;
	case EVENT_OBJECTS:
		objects(r, json);
		break;
	case EVENT_PACK_CLOSED:
	case EVENT_PACK_SEALED:
		pack(event, r, json);
		break;
	case EVENT_VERIFIED:
	case EVENT_DUE:
		verified(r, json);
		break;
	case EVENT_EVIDENCE:
		one_id(r, json, "evidence");
		break;
	case EVENT_METADATA:
		one_id(r, json, "metadata");
		text_member(r, json, "natural_key");
		break;
	case EVENT_STATE:
		json_text(json, "state", record_state_name(record_get_u8(r)));
		text_member(r, json, "reason");
		break;
	case EVENT_OBJECT_STATE:
		one_id(r, json, "object");
		json_text(json, "state", object_state_name(record_get_u8(r)));
		text_member(r, json, "detail");
		break;
	case EVENT_VALUE:
		text_member(r, json, "name");
		text_member(r, json, "value");
		break;
	default:
		return false;
	}
	return record_at_end(r);
}

bool event_json(const struct event *event, struct buf *json, char **type) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	*type = NULL;
	json->len = 0;
	if (event->type == EVENT_NOTE) return note(&r, json, type);
	if (!members(event, &r, json)) return false;
	json_end(json);
	*type = xstrdup(event_type_name(event->type));
	return true;
}
