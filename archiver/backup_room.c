#include "archiver/backup_room.h"

#include "archiver/medium_device.h"
#include "base/mem.h"

#include <stdlib.h>

#define ROW_BYTES 512   /* of a file in SHA256SUMS and the manifest together */
#define OWN_FILES 16    /* files and folders of the backup's own: README, lists, signatures, manifest, INCOMPLETE; the old ones stay meanwhile */
#define OWN_BYTES 16384 /* of README and label beside their predecessors */

struct need {
	uint64_t bytes, files, rows; /* to be written; rows of the lists, those of what is there already included */
	uint64_t overhead;           /* of one encrypted message; 0 where nothing is encrypted */
};

/* `fresh` bytes of a file that are new. */
static void need_bytes(struct need *n, uint64_t fresh) {
	uint64_t messages = n->overhead ? (fresh + LIMIT_ENVELOPE_PLAIN - 1) / LIMIT_ENVELOPE_PLAIN : 1;
	n->rows += messages;
	if (!fresh) return;
	n->bytes += fresh + messages * n->overhead;
	n->files += messages;
}

/* Bytes of a file that the medium has; 0 when it has none of it. */
static int size_there(struct copy *c, struct need *n, const char *name, uint64_t *size) {
	const struct generation_file *old = c->recipients ? generation_find(&c->prior, name) : NULL;
	*size = old ? old->size : 0;
	n->rows += old ? old->parts : 0;
	return c->recipients || !place_has(&c->place, name) ? 0 : medium_size(&c->place, name, size, c->err);
}

/* What is in one folder: its files and bytes, and what of them is new; `whole`: copied again each time. */
static int need_tree(struct copy *c, struct need *n, const char *tree, bool whole, uint64_t *files, uint64_t *bytes) {
	uint64_t here, there = 0;
	char **names;
	size_t count;
	if (place_list(&c->archive, tree, BACKUP_NAMES_MAX, &names, &count, c->err)) return -1;
	*files = count;
	*bytes = 0;
	for (size_t i = 0; i < count && !c->err->code; i++) {
		char *name = xasprintf("%s/%s", tree, names[i]);
		if (!medium_size(&c->archive, name, &here, c->err) && (whole || !size_there(c, n, name, &there))) {
			*bytes += here;
			need_bytes(n, here > there ? here - there : 0);
		}
		free(name);
	}
	place_names_free(names, count);
	return c->err->code ? -1 : 0;
}

/* Every pack of the catalogue is there with the length that belongs to it. */
static int need_packs(struct copy *c, struct need *n) {
	uint64_t count, bytes;
	if (need_tree(c, n, "packs", false, &count, &bytes)) return -1;
	if (bytes >= c->totals.pack_bytes && count >= c->totals.packs) return 0;
	return error_set(c->err, ERROR_DAMAGED,
	                 "%s/packs: %llu packs of %llu bytes are left of %llu of %llu bytes: the archive is damaged; nothing was written to %s",
	                 c->archive.path, (unsigned long long)count, (unsigned long long)bytes, (unsigned long long)c->totals.packs,
	                 (unsigned long long)c->totals.pack_bytes, c->medium->row.label);
}

/* The catalogue's snapshot stands beside the one before, which stays. */
static int need_rest(struct copy *c, struct need *n) {
	uint64_t count, bytes, catalogue, settings;
	if (need_tree(c, n, "journal", false, &count, &bytes) || need_tree(c, n, "trust", true, &count, &bytes) ||
	    medium_size(&c->archive, "catalogue/data.mdb", &catalogue, c->err) || medium_size(&c->archive, "ltvault.conf", &settings, c->err))
		return -1;
	need_bytes(n, catalogue);
	need_bytes(n, settings);
	return 0;
}

int backup_check_room(struct copy *c) {
	struct medium_device device;
	struct need n = {0};
	if (c->recipients && envelope_overhead(c->recipients, &n.overhead, c->err)) return -1;
	if (need_packs(c, &n) || need_rest(c, &n) || medium_device(&c->place, &device, c->err)) return -1;
	medium_set_number(c->medium, "capacity", device.capacity);
	medium_set_number(c->medium, "available", device.available);
	uint64_t needed = n.bytes + n.rows * ROW_BYTES + (n.files + OWN_FILES) * device.block + OWN_BYTES;
	if (needed <= device.available) return 0;
	return error_set(c->err, ERROR_NO_SPACE, "%s: No space left on device: the backup needs %llu bytes, and %llu are free; nothing was written",
	                 c->place.path, (unsigned long long)needed, (unsigned long long)device.available);
}
