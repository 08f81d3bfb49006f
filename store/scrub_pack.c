#include "store/private.h"
#include "store/scrub_private.h"

#include "store/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One that is kept with another seal is of a time before the pack was sealed again. */
static void find_frame(struct txn *txn, struct store_pack *pack) {
	char name[STORE_FRAME_NAME_MAX], seal[SHA256_HEX], frame[SHA256_HEX], *text = NULL;
	struct span value;
	if (!pack->sealed || !txn_get(txn, TABLE_VALUES, span_text(store_frame_name(pack->pack, name)), &value)) return;
	if (value.len != 2 * (SHA256_HEX - 1) + 1) return;
	text = xstrndup((const char *)value.data, value.len);
	hex_encode(pack->digest, SHA256_SIZE, seal);
	memcpy(frame, text + SHA256_HEX, SHA256_HEX);
	pack->framed = !memcmp(text, seal, SHA256_HEX - 1) && text[SHA256_HEX - 1] == ' ' && hex_decode(frame, pack->frame, SHA256_SIZE);
	free(text);
}

char *store_frame_name(uint32_t pack, char name[static STORE_FRAME_NAME_MAX]) {
	snprintf(name, STORE_FRAME_NAME_MAX, "pack-frame/%06" PRIu32, pack);
	return name;
}

void batch_keep_frame(struct batch *batch, const struct store_pack *pack, const struct scrub_stretch *stretch) {
	char name[STORE_FRAME_NAME_MAX], seal[SHA256_HEX], frame[SHA256_HEX], text[2 * SHA256_HEX];
	bool kept = pack->framed && !memcmp(pack->frame, stretch->frame, SHA256_SIZE);
	if (!pack->sealed || !stretch->framed || kept) return;
	snprintf(text, sizeof text, "%s %s", hex_encode(pack->digest, SHA256_SIZE, seal), hex_encode(stretch->frame, SHA256_SIZE, frame));
	batch_set_value(batch, store_frame_name(pack->pack, name), text);
}

int store_packs(struct store *store, struct store_pack **packs, size_t *count, struct error *err) {
	struct span key, value;
	struct pack_row row;
	size_t cap = 0;
	*packs = NULL;
	*count = 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_PACKS);
	for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more; more = walk_next(walk, &key, &value)) {
		if (key.len != 4 || !pack_row_get(value, &row)) {
			txn_fail(txn, ERROR_DAMAGED, "catalogue: packs: malformed");
			break;
		}
		ARRAY_GROW(*packs, *count, cap);
		struct store_pack *pack = &(*packs)[(*count)++];
		*pack = (struct store_pack){.pack = (uint32_t)key_last_number(key), .length = row.length, .ended = row.state != PACK_OPEN,
					    .sealed = row.state == PACK_SEALED};
		memcpy(pack->digest, row.digest, SHA256_SIZE);
		find_frame(txn, pack);
	}
	walk_end(walk);
	if (txn_end(txn, err) == 0) return 0;
	free(*packs);
	*packs = NULL;
	*count = 0;
	return -1;
}

struct expecting {
	struct store *store;
	uint32_t pack;
	uint64_t length;
	bool index_bad, told; /* an entry could not be read; that was told with its object */
	scrub_tell *tell;
	void *user;
};

/* The rows of a pack behind an offset. A damaged one ends them: the packs say themselves what stands behind it. */
static size_t expect(void *user, uint64_t offset, struct object_info *rows, size_t max, struct error *err) {
	struct expecting *e = user;
	struct error own = {0};
	size_t count = e->index_bad ? 0 : store_places_after(e->store, e->pack, offset, e->pack, rows, max, &own);
	if (own.code == ERROR_DAMAGED) e->index_bad = true;
	else if (own.code) {
		error_set(err, own.code, "%s", own.text);
		return SIZE_MAX;
	}
	/* What a batch is adding meanwhile lies behind the length that is being read. */
	while (count && (rows[count - 1].pack != e->pack || rows[count - 1].offset > e->length)) count--;
	return count;
}

static bool known(void *user, const struct object_id *id) {
	struct expecting *e = user;
	struct object_info info;
	return store_object_info(e->store, id, &info, NULL);
}

/* What the walk did not expect may be in the catalogue all the same. */
static int classify(void *user, const struct scrub_found *given, struct error *err) {
	struct expecting *e = user;
	struct scrub_found found = *given;
	struct object_info info;
	struct error own = {0};
	bool frame = found.state == SCRUB_FRAME && !object_id_is_zero(&found.info.id);
	if (found.state != SCRUB_EXTRA && !frame) return e->tell ? e->tell(e->user, &found, err) : 0;
	bool there = store_object_info(e->store, &found.info.id, &info, &own);
	if (own.code && own.code != ERROR_DAMAGED) return error_set(err, own.code, "%s", own.text);
	bool here = there && info.pack == found.info.pack &&
		    (frame ? info.offset > found.info.offset && info.offset < found.info.offset + found.info.size
			   : info.offset == found.info.offset);
	if (frame && here) {
		found.state = SCRUB_DAMAGED;
		found.info = info;
	} else if (!frame && own.code) {
		found.state = SCRUB_INDEX;
	} else if (!frame && here) {
		found.state = e->index_bad ? SCRUB_GOOD : SCRUB_INDEX; /* its row is right, its place was lost */
		found.info = info;
	} else if (there) {
		found.state = SCRUB_OLDER; /* whole or not: what counts stands elsewhere */
	}
	e->told |= found.state == SCRUB_INDEX;
	return e->tell ? e->tell(e->user, &found, err) : 0;
}

int store_scrub_pack(struct store *store, struct scrubber *scrubber, const struct store_pack *pack, uint64_t from,
		     struct scrub_stretch *stretch, struct error *err) {
	char path[FILE_PATH_MAX];
	struct expecting e = {.store = store, .pack = pack->pack, .length = pack->length};
	const struct scrub_source source = {.dir = store->dir, .path = pack_path(pack->pack, path), .pack = pack->pack,
					    .length = pack->length, .ended = pack->ended, .seal = pack->sealed ? pack->digest : NULL,
					    .frame = pack->framed ? pack->frame : NULL,
					    .expect = expect, .known = known, .user = &e};
	scrubber_redirect(scrubber, classify, &e, &e.tell, &e.user);
	int rc = scrubber_read(scrubber, &source, from, stretch, err);
	scrubber_redirect(scrubber, e.tell, e.user, NULL, NULL);
	if (rc < 0 || !e.index_bad || e.told || !e.tell) return rc;
	return e.tell(e.user, &(struct scrub_found){.state = SCRUB_INDEX, .info = {.pack = pack->pack}}, err) ? -1 : 0;
}
