#include "store/apply.h"

#include <string.h>

void apply_malformed(struct txn *txn, const struct event *event) {
	txn_fail(txn, ERROR_DAMAGED, "journal: event %llu (%s) is malformed", (unsigned long long)event->sequence,
		 event_type_name(event->type));
}

bool apply_totals_get(struct txn *txn, struct totals_row *totals) {
	struct span value;
	memset(totals, 0, sizeof *totals);
	if (!txn_get(txn, TABLE_META, span_text(META_TOTALS), &value)) return !txn_failed(txn);
	if (totals_row_get(value, totals)) return true;
	txn_fail(txn, ERROR_DAMAGED, "catalogue: meta totals: malformed");
	return false;
}

void apply_totals_put(struct txn *txn, const struct totals_row *totals) {
	struct buf b = {0};
	totals_row_put(&b, totals);
	txn_put(txn, TABLE_META, span_text(META_TOTALS), span_of(&b));
	buf_dispose(&b);
}

static void apply_created(struct txn *txn, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	struct buf b = {0};
	const unsigned char *id = record_get_raw(&r, 16);
	uint32_t format = record_get_u32(&r);
	if (!record_at_end(&r)) {
		apply_malformed(txn, event);
		return;
	}
	record_put_u32(&b, format);
	txn_put(txn, TABLE_META, span_text(META_FORMAT), span_of(&b));
	txn_put(txn, TABLE_META, span_text(META_ARCHIVE), (struct span){id, 16});
	buf_dispose(&b);
}

static void put_object(struct txn *txn, const struct object_id *id, const struct object_row *row) {
	struct key key = key_object(id), place = key_place(row->pack, row->offset);
	struct buf b = {0};
	object_row_put(&b, row);
	txn_put(txn, TABLE_OBJECTS, key_span(&key), span_of(&b));
	txn_put(txn, TABLE_PLACES, key_span(&place), key_span(&key));
	buf_dispose(&b);
}

/* Storing again what was lost or damaged heals it: the new copy takes the old one's place in the catalogue. */
static void apply_object(struct txn *txn, uint32_t pack, const struct event_object *object, struct totals_row *totals) {
	struct key key = key_object(&object->id);
	struct object_row row, old;
	struct span value;
	row = (struct object_row){pack, object->offset, object->size, object->kind, OBJECT_PRESENT};
	if (txn_get(txn, TABLE_OBJECTS, key_span(&key), &value)) {
		char text[OBJECT_ID_TEXT_MAX];
		if (!object_row_get(value, &old) || old.state == OBJECT_PRESENT) {
			txn_fail(txn, ERROR_DAMAGED, "catalogue: objects %s: stored twice",
				 object_id_text(&object->id, text));
			return;
		}
		struct key place = key_place(old.pack, old.offset);
		txn_delete(txn, TABLE_PLACES, key_span(&place));
		txn_delete(txn, TABLE_DAMAGES, key_span(&key));
		row.kind = old.kind;
	} else {
		totals->objects[row.kind]++;
		totals->bytes[row.kind] += row.size;
	}
	put_object(txn, &object->id, &row);
}

static bool get_pack(struct txn *txn, uint32_t pack, struct pack_row *row) {
	struct key key = key_pack(pack);
	struct span value;
	memset(row, 0, sizeof *row);
	if (!txn_get(txn, TABLE_PACKS, key_span(&key), &value)) return false;
	if (!pack_row_get(value, row)) txn_fail(txn, ERROR_DAMAGED, "catalogue: packs %u: malformed", pack);
	return !txn_failed(txn);
}

static void put_pack(struct txn *txn, uint32_t pack, const struct pack_row *row) {
	struct key key = key_pack(pack);
	struct buf b = {0};
	pack_row_put(&b, row);
	txn_put(txn, TABLE_PACKS, key_span(&key), span_of(&b));
	buf_dispose(&b);
}

static void apply_objects(struct txn *txn, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	struct totals_row totals;
	struct pack_row row;
	uint32_t pack = record_get_u32(&r);
	uint64_t end = record_get_u64(&r);
	uint32_t count = record_get_u32(&r);
	if (!apply_totals_get(txn, &totals)) return;
	get_pack(txn, pack, &row);
	row.length = end;
	put_pack(txn, pack, &row);
	for (uint32_t i = 0; i < count && !r.bad && !txn_failed(txn); i++) {
		struct event_object object;
		event_object_get(&r, &object);
		if (r.bad || object.kind >= OBJECT_KINDS) break;
		apply_object(txn, pack, &object, &totals);
	}
	if (!record_at_end(&r)) apply_malformed(txn, event);
	apply_totals_put(txn, &totals);
}

static void apply_pack_state(struct txn *txn, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	struct pack_row row;
	uint32_t pack = record_get_u32(&r);
	if (!get_pack(txn, pack, &row)) {
		txn_fail(txn, ERROR_DAMAGED, "journal: event %llu: pack %u is unknown",
			 (unsigned long long)event->sequence, pack);
		return;
	}
	if (event->type == EVENT_PACK_CLOSED) {
		row.state = PACK_CLOSED;
		row.length = record_get_u64(&r);
	} else {
		const unsigned char *digest = record_get_raw(&r, SHA256_SIZE);
		row.state = PACK_SEALED;
		if (digest) memcpy(row.digest, digest, SHA256_SIZE);
	}
	if (!record_at_end(&r)) apply_malformed(txn, event);
	put_pack(txn, pack, &row);
}

static void apply_object_state(struct txn *txn, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	struct damage_row damage = {.when = event->when};
	struct object_row row;
	struct span value;
	struct buf b = {0};
	record_get_id(&r, &damage.id);
	damage.state = record_get_u8(&r);
	damage.detail = record_get_text(&r);
	struct key key = key_object(&damage.id);
	if (!record_at_end(&r) || damage.state >= OBJECT_UNREADABLE) {
		apply_malformed(txn, event);
		goto out;
	}
	if (!txn_get(txn, TABLE_OBJECTS, key_span(&key), &value) || !object_row_get(value, &row)) {
		char text[OBJECT_ID_TEXT_MAX];
		txn_fail(txn, ERROR_NOT_FOUND, "object %s: not in the catalogue", object_id_text(&damage.id, text));
		goto out;
	}
	row.state = damage.state;
	put_object(txn, &damage.id, &row);
	damage_row_put(&b, &damage);
	if (damage.state == OBJECT_PRESENT)
		txn_delete(txn, TABLE_DAMAGES, key_span(&key));
	else
		txn_put(txn, TABLE_DAMAGES, key_span(&key), span_of(&b));
out:
	damage_row_dispose(&damage);
	buf_dispose(&b);
}

static void apply_medium(struct txn *txn, const struct event *event) {
	struct span payload = event->payload;
	struct medium_row row;
	if (payload.len < 16 || !medium_row_get((struct span){payload.data + 16, payload.len - 16}, &row)) {
		apply_malformed(txn, event);
		return;
	}
	medium_row_dispose(&row);
	txn_put(txn, TABLE_MEDIA, (struct span){payload.data, 16}, (struct span){payload.data + 16, payload.len - 16});
}

static void apply_value(struct txn *txn, const struct event *event) {
	struct record_reader r = record_reader_of(event->payload.data, event->payload.len);
	size_t name_len, len;
	const unsigned char *name = record_get_bytes(&r, &name_len), *value = record_get_bytes(&r, &len);
	if (!record_at_end(&r) || !name_len)
		apply_malformed(txn, event);
	else if (len)
		txn_put(txn, TABLE_VALUES, (struct span){name, name_len}, (struct span){value, len});
	else
		txn_delete(txn, TABLE_VALUES, (struct span){name, name_len});
}

void event_apply(struct txn *txn, const struct event *event) {
	switch (event->type) {
	case EVENT_CREATED:
		apply_created(txn, event);
		return;
	case EVENT_OBJECTS:
		apply_objects(txn, event);
		return;
	case EVENT_PACK_CLOSED:
	case EVENT_PACK_SEALED:
		apply_pack_state(txn, event);
		return;
	case EVENT_RECORD:
		apply_record(txn, event);
		return;
	case EVENT_RECEIPT:
		apply_receipt(txn, event);
		return;
	case EVENT_METADATA:
		apply_metadata(txn, event);
		return;
	case EVENT_STATE:
		apply_state(txn, event);
		return;
	case EVENT_VERDICT:
		apply_verdict(txn, event);
		return;
	case EVENT_VERIFIED:
	case EVENT_DUE:
		apply_verified(txn, event);
		return;
	case EVENT_OBJECT_STATE:
		apply_object_state(txn, event);
		return;
	case EVENT_EVIDENCE:
		apply_evidence(txn, event);
		return;
	case EVENT_REVISION:
		apply_revision(txn, event);
		return;
	case EVENT_MEDIUM:
		apply_medium(txn, event);
		return;
	case EVENT_VALUE:
		apply_value(txn, event);
		return;
	case EVENT_NOTE:
		return; /* the journal alone keeps it */
	}
	txn_fail(txn, ERROR_NEWER_FORMAT, "journal: event %llu has type %u, which this program does not know",
		 (unsigned long long)event->sequence, event->type);
}
