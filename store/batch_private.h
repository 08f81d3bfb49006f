/* The inside of a batch. */
#ifndef LTVAULT_STORE_BATCH_PRIVATE_H
#define LTVAULT_STORE_BATCH_PRIVATE_H

#include "store/private.h"

struct batch_event {
	unsigned type;
	uint64_t number;
	struct buf payload;
};

struct batch_object {
	struct object_id id;
	enum object_kind kind;
	struct pack_place place;
	uint64_t size;
};

struct batch_closed {
	uint32_t pack;
	uint64_t length;
};

struct batch_record { /* a record of this batch, which the catalogue does not know yet */
	struct object_id original;
	uint64_t number;
};

struct batch {
	struct store *store;
	utime now;
	struct error err; /* sticks */
	uint64_t bytes, records;
	bool dirty; /* the pack may hold bytes of this batch */

	struct batch_event *events;
	size_t count, cap;

	struct batch_object *objects; /* in the order of the packs */
	size_t object_count, object_cap;
	uint32_t *slots; /* open addressing by digest: index + 1 in objects */
	size_t slot_count;

	struct batch_closed *closed;
	size_t closed_count, closed_cap;

	struct batch_record *new_records;
	size_t new_count, new_cap;

	struct object_stream *stream; /* the open one */
};

#endif
