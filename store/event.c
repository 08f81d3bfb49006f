#include "store/event.h"

#include <string.h>

const char *event_type_name(unsigned type) {
	switch (type) {
#define EVENT(name, number, text)                                                                                      \
	case number:                                                                                                   \
		return text;
#include "store/event.def"
#undef EVENT
	}
	return "unknown";
}

void event_put(struct buf *leaf, const struct event *event) {
	record_put_u8(leaf, EVENT_LEAF_VERSION);
	record_put_u8(leaf, event->last ? EVENT_LAST : 0);
	record_put_u64(leaf, event->sequence);
	record_put_time(leaf, event->when);
	record_put_u16(leaf, (uint16_t)event->type);
	record_put_u64(leaf, event->number);
	record_put_raw(leaf, event->payload.data, event->payload.len);
}

int event_get(struct span leaf, struct event *event) {
	struct record_reader r = record_reader_of(leaf.data, leaf.len);
	uint8_t version = record_get_u8(&r);
	if (!r.bad && version > EVENT_LEAF_VERSION) return 1;
	event->last = record_get_u8(&r) & EVENT_LAST;
	event->sequence = record_get_u64(&r);
	event->when = record_get_time(&r);
	event->type = record_get_u16(&r);
	event->number = record_get_u64(&r);
	if (r.bad || version != EVENT_LEAF_VERSION) return -1;
	event->payload = (struct span){leaf.data + r.pos, leaf.len - r.pos};
	return 0;
}

/* RFC 6962 2.1: the prefix 0x00 keeps leaves apart from nodes. */
void event_leaf_hash(struct span leaf, unsigned char hash[static SHA256_SIZE]) {
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	unsigned char full[DIGEST_MAX];
	digest_update(ctx, "", 1);
	digest_update(ctx, leaf.data, leaf.len);
	digest_final(ctx, full);
	digest_free(ctx);
	memcpy(hash, full, SHA256_SIZE);
}

void event_chain(unsigned char chain[static SHA256_SIZE], const unsigned char leaf[static SHA256_SIZE]) {
	unsigned char both[2 * SHA256_SIZE];
	memcpy(both, chain, SHA256_SIZE);
	memcpy(both + SHA256_SIZE, leaf, SHA256_SIZE);
	sha256_bytes(both, sizeof both, chain);
}

void event_object_put(struct buf *b, const struct event_object *object) {
	record_put_id(b, &object->id);
	record_put_u8(b, (uint8_t)object->kind);
	record_put_u64(b, object->offset);
	record_put_u64(b, object->size);
}

void event_object_get(struct record_reader *r, struct event_object *object) {
	record_get_id(r, &object->id);
	object->kind = record_get_u8(r);
	object->offset = record_get_u64(r);
	object->size = record_get_u64(r);
}
