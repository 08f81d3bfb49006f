#include "store/repair_private.h"

#include <stdlib.h>
#include <string.h>

static bool add_objects(struct repair_layout *layout, uint32_t pack, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	if (record_get_u32(&r) != pack) return !r.bad;
	layout->length = record_get_u64(&r);
	uint32_t count = record_get_u32(&r);
	for (uint32_t i = 0; i < count && !r.bad; i++) {
		struct event_object object;
		event_object_get(&r, &object);
		if (r.bad) break;
		ARRAY_GROW(layout->members, layout->count, layout->cap);
		layout->members[layout->count++] = (struct object_info){object.id, object.kind, object.size, pack, object.offset};
	}
	return record_at_end(&r);
}

static bool add_closed(struct repair_layout *layout, uint32_t pack, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	if (record_get_u32(&r) != pack) return !r.bad;
	layout->length = record_get_u64(&r);
	layout->ended = true;
	return record_at_end(&r);
}

/* Members follow each other without a gap: what a batch took back was written over or cut off. */
static bool is_whole(const struct repair_layout *layout) {
	uint64_t at = 0;
	for (size_t i = 0; i < layout->count; i++) {
		if (layout->members[i].offset != at + tar_header_size(layout->members[i].size)) return false;
		at = layout->members[i].offset + tar_padded(layout->members[i].size);
	}
	return at + (layout->ended ? TAR_END : 0) == layout->length;
}

int repair_layout(struct store *store, uint32_t pack, struct repair_layout *layout, struct error *err) {
	struct journal_reader reader;
	struct journal_head start = {0};
	struct event event;
	char path[64];
	bool right = true;
	enum journal_step step = JOURNAL_EVENT;
	*layout = (struct repair_layout){0};
	journal_reader_begin(&reader, store->dir, &start);
	while (right && reader.at.sequence < store->head.sequence &&
	       (step = journal_reader_next(&reader, &event, err)) == JOURNAL_EVENT) {
		if (event.type == EVENT_OBJECTS) right = add_objects(layout, pack, &event);
		if (event.type == EVENT_PACK_CLOSED) right = add_closed(layout, pack, &event);
	}
	journal_reader_end(&reader);
	if (step == JOURNAL_EVENT && right && is_whole(layout)) return 0;
	error_set(err, ERROR_DAMAGED, "journal: what it says of %s is not whole", pack_path(pack, path));
	repair_layout_dispose(layout);
	return -1;
}

void repair_layout_dispose(struct repair_layout *layout) {
	free(layout->members);
	*layout = (struct repair_layout){0};
}
