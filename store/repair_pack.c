#include "store/repair_private.h"

#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FRESH "work/repair.tar"
#define CHUNK (1U << 20)

struct place { /* where good bytes of a bad member are */
	const char *name;
	int dir; /* -1: nowhere */
	uint32_t pack;
	uint64_t offset;
};

struct repair {
	struct store *store;
	uint32_t pack;
	const struct repair_from *from;
	size_t from_count;
	struct repair_layout layout;
	unsigned char *bad; /* of each member */
	struct place *places;
	size_t index;       /* of the member told last */
	uint64_t frames;
	const unsigned char *seal;
	unsigned char digest[SHA256_SIZE];
	unsigned char *chunk;
	struct repair_pack *result;
	struct error *err;
};

/* ---- what is wrong ---- */

static size_t expect(void *user, uint64_t offset, struct object_info *rows, size_t max, struct error *err) {
	struct repair *r = user;
	size_t low = 0, high = r->layout.count, n = 0;
	(void)err;
	while (low < high) { /* the first behind the offset */
		size_t middle = low + (high - low) / 2;
		if (r->layout.members[middle].offset <= offset) low = middle + 1;
		else high = middle;
	}
	for (; low < r->layout.count && n < max; low++) rows[n++] = r->layout.members[low];
	return n;
}

static int found(void *user, const struct scrub_found *f, struct error *err) {
	struct repair *r = user;
	(void)err;
	if (f->state == SCRUB_FRAME || f->state == SCRUB_EXTRA) {
		r->frames++;
		return 0;
	}
	while (r->index < r->layout.count && r->layout.members[r->index].offset != f->info.offset) r->index++;
	if (r->index == r->layout.count) r->frames++, r->index = 0;
	else r->bad[r->index] = f->state != SCRUB_GOOD;
	return 0;
}

/* Reads a file as this pack; bad[] and frames say what is wrong. */
static int look(struct repair *r, const char *path, struct scrub_stretch *stretch) {
	struct scrubber *scrubber = scrubber_new(&(struct scrub_options){.whole = true, .threads = r->store->threads, .tell = found, .user = r});
	const struct scrub_source source = {.dir = r->store->dir, .path = path, .pack = r->pack, .length = r->layout.length,
					    .ended = r->layout.ended, .seal = r->seal, .expect = expect, .user = r};
	memset(r->bad, 0, r->layout.count);
	r->frames = 0;
	r->index = 0;
	int rc = scrubber_read(scrubber, &source, 0, stretch, r->err);
	scrubber_free(scrubber);
	return rc;
}

/* ---- where it is right ---- */

static int open_pack(int dir, uint32_t pack) {
	char path[FILE_PATH_MAX];
	return openat(dir, pack_path(pack, path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* Hashes what stands there; `out` -1, or the file that the bytes are copied to at `to`. 1 right, 0 not, -1 writing failed. */
static int try_place(struct repair *r, const struct place *place, const struct object_info *info, int out, uint64_t to) {
	unsigned char digest[DIGEST_MAX];
	int fd = open_pack(place->dir, place->pack), rc = 0;
	if (fd < 0) return 0;
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	posix_fadvise(fd, (off_t)place->offset, (off_t)info->size, POSIX_FADV_DONTNEED);
	uint64_t at = 0;
	while (at < info->size && rc == 0) {
		size_t want = info->size - at < CHUNK ? (size_t)(info->size - at) : CHUNK;
		ssize_t n = file_read_at(fd, FRESH, r->chunk, want, place->offset + at, NULL);
		if (n != (ssize_t)want) break;
		digest_update(ctx, r->chunk, want);
		if (out >= 0) rc = file_write_at(out, FRESH, r->chunk, want, to + at, r->err);
		at += want;
	}
	digest_final(ctx, digest);
	digest_free(ctx);
	close(fd);
	if (rc < 0) return -1;
	return at == info->size && !memcmp(digest, info->id.sha256, SHA256_SIZE);
}

/* In the archive at another place, then on each medium at the same place and at that one. */
static void find_place(struct repair *r, size_t index) {
	const struct object_info *info = &r->layout.members[index];
	struct object_info now = *info;
	struct place *place = &r->places[index];
	store_object_info(r->store, &info->id, &now, NULL);
	bool moved = now.pack != info->pack || now.offset != info->offset;
	*place = (struct place){"the archive", r->store->dir, now.pack, now.offset};
	if (moved && try_place(r, place, info, -1, 0) == 1) return;
	for (size_t i = 0; i < r->from_count; i++) {
		*place = (struct place){r->from[i].name, r->from[i].dir, info->pack, info->offset};
		if (try_place(r, place, info, -1, 0) == 1) return;
		*place = (struct place){r->from[i].name, r->from[i].dir, now.pack, now.offset};
		if (moved && try_place(r, place, info, -1, 0) == 1) return;
	}
	place->dir = -1;
}

/* ---- writing it anew ---- */

/* What nobody has: the bytes as they are, zeros where there are none, so that nothing is thrown away. */
static int copy_lost(struct repair *r, const struct object_info *info, int out) {
	int fd = open_pack(r->store->dir, r->pack), rc = 0;
	for (uint64_t at = 0; at < info->size && !rc; at += TAR_BLOCK) {
		size_t want = info->size - at < TAR_BLOCK ? (size_t)(info->size - at) : TAR_BLOCK;
		memset(r->chunk, 0, want);
		if (fd >= 0) file_read_at(fd, FRESH, r->chunk, want, info->offset + at, NULL);
		rc = file_write_at(out, FRESH, r->chunk, want, info->offset + at, r->err);
	}
	if (fd >= 0) close(fd);
	return rc;
}

static int write_member(struct repair *r, size_t index, int out) {
	const struct object_info *info = &r->layout.members[index];
	const struct place own = {"", r->store->dir, r->pack, info->offset};
	const struct place *place = r->bad[index] ? &r->places[index] : &own;
	unsigned char header[TAR_HEADER_MAX];
	size_t len;
	if (tar_header(&info->id, info->size, header, &len, r->err) < 0 ||
	    file_write_at(out, FRESH, header, len, info->offset - len, r->err) < 0)
		return -1;
	if (place->dir < 0) return copy_lost(r, info, out);
	int right = try_place(r, place, info, out, info->offset);
	if (right == 0) {
		char text[OBJECT_ID_TEXT_MAX];
		return error_set(r->err, ERROR_IO, "object %s: its bytes changed while they were copied", object_id_text(&info->id, text));
	}
	return right < 0 ? -1 : 0;
}

static int write_fresh(struct repair *r) {
	int rc = file_remove(r->store->dir, FRESH, r->err);
	int out = rc ? -1 : file_open(r->store->dir, FRESH, O_RDWR | O_CREAT | O_EXCL, r->err);
	if (out < 0) return -1;
	rc = file_truncate(out, FRESH, r->layout.length, r->err); /* padding and end are zeros */
	for (size_t i = 0; i < r->layout.count && !rc; i++) rc = write_member(r, i, out);
	if (!rc && r->seal && fchmod(out, 0444) < 0) rc = error_errno(r->err, FRESH);
	if (!rc) rc = file_sync(out, FRESH, r->err);
	close(out);
	return rc;
}

/* Every member that was found somewhere must be right now, and nothing else be wrong. */
static int check_fresh(struct repair *r) {
	struct scrub_stretch stretch;
	unsigned char *lost = xcalloc(r->layout.count + 1, 1);
	for (size_t i = 0; i < r->layout.count; i++) lost[i] = r->bad[i] && r->places[i].dir < 0;
	int rc = look(r, FRESH, &stretch);
	bool right = !r->frames && (!stretch.sealed || stretch.seal_right || r->result->lost);
	for (size_t i = 0; i < r->layout.count; i++) right = right && (!r->bad[i] || lost[i]);
	free(lost);
	if (!rc && !right) rc = error_set(r->err, ERROR_DAMAGED, "%s: what was written was not read back right", FRESH);
	return rc;
}

static int replace(struct repair *r, utime now) {
	char path[FILE_PATH_MAX];
	pack_path(r->pack, path);
	if (write_fresh(r) < 0 || check_fresh(r) < 0) {
		file_remove(r->store->dir, FRESH, NULL);
		return -1;
	}
	pack_writer_close(r->store->writer); /* it opens the new one */
	int rc = repair_exchange(r->store->dir, FRESH, path, now, r->result->aside, r->err);
	pack_forget(r->store->packs);
	r->result->replaced = !rc;
	return rc;
}

static int find_seal(struct repair *r) {
	struct store_pack *packs;
	size_t count;
	if (store_packs(r->store, &packs, &count, r->err) < 0) return -1;
	for (size_t i = 0; i < count; i++) {
		if (packs[i].pack != r->pack || !packs[i].sealed) continue;
		memcpy(r->digest, packs[i].digest, SHA256_SIZE);
		r->seal = r->digest;
	}
	free(packs);
	return 0;
}

static int run(struct repair *r, utime now, bool accept, repair_told *told, void *user) {
	struct scrub_stretch stretch;
	char path[FILE_PATH_MAX];
	if (find_seal(r) < 0 || repair_layout(r->store, r->pack, &r->layout, r->err) < 0) return -1;
	r->result->members = r->layout.count;
	r->bad = xcalloc(r->layout.count + 1, 1);
	r->places = xcalloc(r->layout.count + 1, sizeof *r->places);
	r->chunk = xmalloc(CHUNK);
	if (look(r, pack_path(r->pack, path), &stretch) < 0) return -1;
	bool frame = r->frames || (stretch.sealed && !stretch.seal_right);
	for (size_t i = 0; i < r->layout.count; i++) {
		if (!r->bad[i]) continue;
		find_place(r, i);
		if (r->places[i].dir < 0) r->result->lost++;
		else r->result->taken++;
		if (told) told(user, &r->layout.members[i], r->places[i].dir < 0 ? NULL : r->places[i].name);
	}
	/* A seal that is broken by what is lost cannot be mended, and without its file a pack of nothing helps nobody. */
	bool better = r->result->taken || (frame && (!r->result->lost || (r->frames && r->result->lost < r->layout.count)));
	return better || accept ? replace(r, now) : 0;
}

int store_repair_pack(struct store *store, uint32_t pack, const struct repair_from *from, size_t count, utime now, bool accept,
		      repair_told *told, void *user, struct repair_pack *result, struct error *err) {
	struct error own = {0};
	struct repair r = {.store = store, .pack = pack, .from = from, .from_count = count, .result = result, .err = &own};
	*result = (struct repair_pack){0};
	int rc = run(&r, now, accept, told, user);
	repair_layout_dispose(&r.layout);
	free(r.bad);
	free(r.places);
	free(r.chunk);
	return rc < 0 ? error_set(err, own.code, "%s", own.text) : 0;
}
