#include "store/fsck_private.h"

#include "store/apply.h"
#include "store/file.h"

#include <errno.h>
#include <string.h>

/* Is the header of the object where the catalogue says? A pack that is not there was said by the walk over packs. */
static void check_header(struct fsck *fsck, const struct question *q, const struct object_id *id) {
	unsigned char data[TAR_HEADER_MAX];
	char path[FILE_PATH_MAX], text[OBJECT_ID_TEXT_MAX];
	struct object_id found;
	uint64_t size;
	size_t len, wanted = tar_header_size(q->size);
	int fd = pack_acquire(fsck->store->packs, q->index);
	pack_path(q->index, path);
	object_id_text(id, text);
	if (fd < 0) {
		fsck_say(fsck, "%s: object %s is missing with its pack", path, text);
		return;
	}
	ssize_t n = q->number < wanted ? 0 : file_read_at(fd, path, data, wanted, q->number - wanted, NULL);
	pack_release(fsck->store->packs, q->index, fd);
	if (n != (ssize_t)wanted || tar_parse(data, wanted, &found, &size, &len) != TAR_MEMBER ||
	    !object_id_equal(id, &found) || size != q->size || len != wanted)
		fsck_say(fsck, "%s: object %s has no header at byte %llu", path, text,
			 (unsigned long long)(q->number - wanted));
}

/* Places are answered in physical order, and so headers are read. */
static void answer_place(struct fsck *fsck, const struct question *q, const struct span *value) {
	char text[OBJECT_ID_TEXT_MAX];
	struct object_id id;
	memcpy(id.sha256, q->key + q->key_len, SHA256_SIZE);
	if (!value || value->len != SHA256_SIZE || memcmp(value->data, id.sha256, SHA256_SIZE))
		fsck_say(fsck, "catalogue: places: object %s is not at its place", object_id_text(&id, text));
	check_header(fsck, q, &id);
}

static void check_object(struct fsck *fsck, struct txn *txn, struct span key, const struct object_row *row,
			 uint64_t *damages) {
	struct question question = {.answer = answer_place, .index = row->pack, .number = row->offset, .size = row->size};
	struct key place = key_place(row->pack, row->offset);
	struct object_id id;
	struct span value;
	char text[OBJECT_ID_TEXT_MAX];
	memcpy(id.sha256, key.data, SHA256_SIZE);
	memcpy(question.key + place.len, id.sha256, SHA256_SIZE);
	object_id_text(&id, text);
	bool damaged = txn_get(txn, TABLE_DAMAGES, key, &value);
	if (damaged != (row->state != OBJECT_PRESENT))
		fsck_say(fsck, "catalogue: damages: object %s is %s", text, object_state_name(row->state));
	*damages += damaged;
	struct key pack = key_pack(row->pack);
	if (!txn_get(txn, TABLE_PACKS, key_span(&pack), &value))
		fsck_say(fsck, "catalogue: packs: pack %u of object %s is missing", row->pack, text);
	fsck_ask(fsck, txn, TABLE_PLACES, &place, question);
}

int fsck_objects(struct fsck *fsck, struct txn *txn, struct error *err) {
	struct totals_row told, counted;
	struct span key, value;
	uint64_t damages = 0;
	(void)err;
	memset(&counted, 0, sizeof counted);
	if (!apply_totals_get(txn, &told)) return 0;
	struct walk *walk = walk_begin(txn, TABLE_OBJECTS);
	for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more; more = walk_next(walk, &key, &value)) {
		struct object_row row;
		fsck->counts->objects++;
		if (key.len != SHA256_SIZE || !object_row_get(value, &row)) {
			fsck_say(fsck, "catalogue: objects: malformed");
			continue;
		}
		counted.objects[row.kind]++;
		counted.bytes[row.kind] += row.size;
		check_object(fsck, txn, key, &row, &damages);
	}
	walk_end(walk);
	fsck_answer(fsck, txn);
	if (txn_failed(txn)) return 0;
	counted.records = told.records;
	if (memcmp(&told, &counted, sizeof told))
		fsck_say(fsck, "catalogue: meta totals: objects or bytes are miscounted");
	if (fsck->counts->objects != txn_count(txn, TABLE_PLACES))
		fsck_say(fsck, "catalogue: places: entries without an object");
	if (damages != txn_count(txn, TABLE_DAMAGES)) fsck_say(fsck, "catalogue: damages: entries without an object");
	return 0;
}
