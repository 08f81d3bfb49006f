/* Events: what changed. Each is one leaf of the journal; the catalogue follows from them alone.
 *
 * Leaf bytes (hashed as RFC 6962 leaf, so that a Merkle tree over them can be added): version, flags, sequence, time,
 * type, record number, payload. */
#ifndef LTVAULT_STORE_EVENT_H
#define LTVAULT_STORE_EVENT_H

#include "store/row.h"

enum event_type {
#define EVENT(name, number, text) EVENT_##name = (number),
#include "store/event.def"
#undef EVENT
};
const char *event_type_name(unsigned type); /* "record"; "unknown" for a number without a row */

#define EVENT_LEAF_VERSION 1
#define EVENT_LAST 1 /* flag: the batch ends with this event; without it the batch never happened */

struct event {
	uint64_t sequence;
	utime when;
	unsigned type;
	uint64_t number; /* record, 0 none */
	bool last;
	struct span payload; /* borrowed */
};
void event_put(struct buf *leaf, const struct event *event);
/* 0 read, 1 of a newer format, -1 no event. */
int event_get(struct span leaf, struct event *event);
void event_leaf_hash(struct span leaf, unsigned char hash[static SHA256_SIZE]);
/* chain = SHA-256(chain || leaf hash) */
void event_chain(unsigned char chain[static SHA256_SIZE], const unsigned char leaf[static SHA256_SIZE]);

/* One object of an OBJECTS event. */
struct event_object {
	struct object_id id;
	enum object_kind kind;
	uint64_t offset, size;
};
void event_object_put(struct buf *b, const struct event_object *object);
void event_object_get(struct record_reader *r, struct event_object *object);

/* Makes the changes of one event. The only writer of tables; errors stick in the transaction. */
void event_apply(struct txn *txn, const struct event *event);

/* What an event says as JSON; `type` becomes its word. False when the payload is not one of its type. */
bool event_json(const struct event *event, struct buf *json, char **type);

#endif
