#include "store/batch_private.h"

#include "base/limits.h"
#include "store/file.h"
#include "store/scrub.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEAL_CHUNK (1U << 20)

/* The digest of the whole file is read from it, not carried along while writing: that would hash every byte twice
 * in the path of an intake, and would not be about what is on the disk. 1 digested, 0 not as long as it must be. */
int seal_digest(int dir, uint32_t pack, uint64_t length, unsigned char digest[static SHA256_SIZE], struct error *err) {
	char path[FILE_PATH_MAX];
	unsigned char full[DIGEST_MAX], *buffer = NULL;
	int rc = -1, fd = file_open(dir, pack_path(pack, path), O_RDONLY, err);
	if (fd < 0) return -1;
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	uint64_t at = 0;
	ssize_t n;
	buffer = xmalloc(SEAL_CHUNK);
	while ((n = file_read_at(fd, path, buffer, SEAL_CHUNK, at, err)) > 0) {
		digest_update(ctx, buffer, (size_t)n);
		at += (uint64_t)n;
	}
	if (n < 0) goto out;
	digest_final(ctx, full);
	memcpy(digest, full, SHA256_SIZE);
	rc = at == length;
out:
	free(buffer);
	digest_free(ctx);
	close(fd);
	return rc;
}

struct closed_pack {
	uint32_t pack;
	uint64_t length;
};

static int closed_packs(struct store *store, struct closed_pack **packs, size_t *count, struct error *err) {
	struct span key, value;
	struct pack_row row;
	size_t cap = 0;
	struct txn *txn = txn_begin(store->catalogue, false, err);
	if (!txn) return -1;
	struct walk *walk = walk_begin(txn, TABLE_PACKS);
	for (bool more = walk_seek(walk, (struct span){0}, &key, &value); more; more = walk_next(walk, &key, &value)) {
		if (!pack_row_get(value, &row) || row.state != PACK_CLOSED) continue;
		ARRAY_GROW(*packs, *count, cap);
		(*packs)[(*count)++] = (struct closed_pack){(uint32_t)key_last_number(key), row.length};
	}
	walk_end(walk);
	return txn_end(txn, err);
}

int store_seal(struct store *store, utime now, struct error *err) {
	struct closed_pack *packs = NULL;
	size_t count = 0;
	int rc = closed_packs(store, &packs, &count, err);
	if (rc < 0 || !count) {
		free(packs);
		return rc;
	}
	struct batch *batch = store_begin(store, now);
	for (size_t i = 0; i < count; i++) {
		unsigned char digest[SHA256_SIZE];
		char path[FILE_PATH_MAX];
		struct buf payload = {0};
		/* One that is lost or cut short stays closed: fsck says what it lacks. */
		if (seal_digest(store->dir, packs[i].pack, packs[i].length, digest, NULL) != 1) continue;
		if (fchmodat(store->dir, pack_path(packs[i].pack, path), 0444, 0) < 0) continue;
		record_put_u32(&payload, packs[i].pack);
		record_put_raw(&payload, digest, sizeof digest);
		batch_add_event(batch, EVENT_PACK_SEALED, 0, &payload);
	}
	free(packs);
	return batch_commit(batch, err);
}

void batch_seal_again(struct batch *batch, uint32_t pack) {
	struct store_pack *packs;
	size_t count;
	if (batch->err.code != ERROR_NONE || store_packs(batch->store, &packs, &count, &batch->err) < 0) return;
	for (size_t i = 0; i < count; i++) {
		unsigned char digest[SHA256_SIZE];
		struct buf payload = {0};
		if (packs[i].pack != pack || !packs[i].sealed) continue;
		if (seal_digest(batch->store->dir, pack, packs[i].length, digest, &batch->err) != 1) continue;
		record_put_u32(&payload, pack);
		record_put_raw(&payload, digest, sizeof digest);
		batch_add_event(batch, EVENT_PACK_SEALED, 0, &payload);
	}
	free(packs);
}
