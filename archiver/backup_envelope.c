#include "archiver/backup_envelope.h"

#include "archiver/backup_seal.h"
#include "archiver/medium_identity.h"
#include "archiver/medium_signed.h"
#include "base/io.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (1UL << 20)
#define CATALOGUE "catalogue/data.mdb"
#define CATALOGUE_NEXT "catalogue/next.mdb"

/* ---- what is on the medium ---- */

static bool is_growing(const char *name) {
	return !strncmp(name, "packs/", 6) || !strncmp(name, "journal/", 8);
}

/* Catalogue and small files are replaced while a backup runs; packs and journal only get more. */
static bool all_listed(const struct copy *c) {
	for (size_t i = 0; i < c->prior.count; i++)
		for (uint64_t k = 1; is_growing(c->prior.files[i].name) && k <= c->prior.files[i].parts; k++) {
			char *part = generation_part(c->prior.files[i].name, k);
			bool listed = medium_sums_get(&c->before, part) != NULL;
			free(part);
			if (!listed) return false;
		}
	return true;
}

/* The manifest is signed before SHA256SUMS is written and has its digest: wherever a backup was cut off, either the list's own
 * signature holds, or the newest manifest knows the list. */
int envelope_read_prior(struct copy *c) {
	char *text, hex[SHA256_HEX];
	unsigned char sum[SHA256_SIZE];
	size_t len = 0;
	uint64_t number;
	bool found = false;
	int made = medium_read_signed(c->app, &c->place, MEDIUM_SUMS, MEDIUM_SUMS ".sig", &text, &len, c->err);
	if (made < 0 || !text || medium_highest_generation(&c->place, &number, c->err)) goto out;
	sha256_bytes(text, len, sum);
	hex_encode(sum, sizeof sum, hex);
	for (uint64_t lowest = number > 3 ? number - 3 : 0; number > lowest && !found && !c->err->code; number--) {
		if (medium_read_manifest(c->app, &c->place, number, &c->prior, c->err) != 1) continue;
		bool known = made == 1 || (c->prior.sums && !strcmp(c->prior.sums, hex));
		if (known && !c->before.count) medium_sums_parse(&c->before, text, len, MEDIUM_SUMS, c->err);
		found = known && !c->err->code && all_listed(c);
		if (!found) generation_dispose(&c->prior);
	}
	if (!found) medium_sums_dispose(&c->before);
out:
	free(text);
	return c->err->code ? -1 : 0;
}

/* ---- one file ---- */

struct parts {
	char (*hex)[SHA256_HEX];
	size_t count, cap, known; /* known: how many were on the medium before */
	uint64_t size;            /* plain bytes of the whole */
	char whole[SHA256_HEX];
};

static void parts_add(struct parts *p, const char *hex) {
	ARRAY_GROW(p->hex, p->count, p->cap);
	snprintf(p->hex[p->count++], SHA256_HEX, "%s", hex);
}

static int write_part(struct copy *c, const char *as, struct parts *p, const unsigned char *plain, size_t len) {
	struct buf der = {0};
	unsigned char sum[SHA256_SIZE];
	char hex[SHA256_HEX], *name = generation_part(as, p->count + 1);
	if (p->count >= LIMIT_MANIFEST_LINES) error_set(c->err, ERROR_LIMIT, "%s: more than %d encrypted parts", name, LIMIT_MANIFEST_LINES);
	if (!c->err->code && !envelope_make(c->recipients, plain, len, &der, c->err) && !place_write(&c->place, name, der.data, der.len, c->err)) {
		sha256_bytes(der.data, der.len, sum);
		parts_add(p, hex_encode(sum, sizeof sum, hex));
		c->result->bytes += der.len;
		if (c->watch.moved) c->watch.moved(c->watch.user, der.len);
	}
	buf_dispose(&der);
	free(name);
	return c->err->code ? -1 : 0;
}

/* What is on the medium already must be the beginning of the archive's file: more written behind it would make neither. */
static int check_beginning(struct copy *c, const char *name, const struct digest_ctx *ctx, const struct generation_file *old) {
	unsigned char sum[DIGEST_MAX];
	char hex[SHA256_HEX];
	struct digest_ctx *so_far = digest_copy(ctx);
	hex_encode(sum, digest_final(so_far, sum), hex);
	digest_free(so_far);
	if (!strcmp(hex, old->hex)) return 0;
	return error_set(c->err, ERROR_DAMAGED,
	                 "%s/%s: what is on the medium is not its beginning: the archive's file is damaged, or another copy of this archive has "
	                 "written to this medium; keep the medium as it is",
	                 c->archive.path, name);
}

/* Reads the whole file, for its digest, and writes what lies behind the old one in messages of at most LIMIT_ENVELOPE_PLAIN. */
static int write_parts(struct copy *c, int fd, const char *name, const char *as, const struct generation_file *old, struct parts *p) {
	unsigned char sum[DIGEST_MAX], *chunk = xmalloc(LIMIT_ENVELOPE_PLAIN);
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	uint64_t have = old ? old->size : 0;
	ssize_t n = 0;
	for (;;) {
		size_t wanted = p->size < have && have - p->size < LIMIT_ENVELOPE_PLAIN ? (size_t)(have - p->size) : LIMIT_ENVELOPE_PLAIN;
		n = io_read(fd, chunk, wanted);
		if (n < 0) error_errno(c->err, "%s/%s", c->archive.path, name);
		if (n <= 0) break;
		bool fresh = p->size >= have;
		digest_update(ctx, chunk, (size_t)n);
		p->size += (uint64_t)n;
		if (fresh ? write_part(c, as, p, chunk, (size_t)n) : p->size == have && check_beginning(c, name, ctx, old)) break;
	}
	if (!c->err->code && p->size < have) error_set(c->err, ERROR_DAMAGED, "%s/%s: longer on the medium than in the archive", c->archive.path, name);
	hex_encode(sum, digest_final(ctx, sum), p->whole);
	digest_free(ctx);
	free(chunk);
	return c->err->code ? -1 : 0;
}

static int write_file(struct copy *c, const char *name, const char *as, const struct generation_file *old, struct parts *p) {
	int fd = place_open_file(&c->archive, name, O_RDONLY, c->err);
	if (fd < 0) return -1;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	write_parts(c, fd, name, as, old, p);
	close(fd);
	c->result->files += p->count > p->known;
	return c->err->code ? -1 : 0;
}

/* Lists the file; each message that is new, or all of them, is read back first. Without a key the digest of what was written is what
 * can be compared; a drill with a key shows that it opens. */
static int list_file(struct copy *c, const char *name, const struct parts *p) {
	for (size_t i = 0; i < p->count && !c->err->code; i++) {
		char there[SHA256_HEX], *part = generation_part(name, i + 1);
		uint64_t size;
		if ((c->full || i >= p->known) && !medium_digest(&c->place, part, &c->watch, there, &size, c->err)) {
			c->result->checked_bytes += size;
			if (strcmp(there, p->hex[i]))
				error_set(c->err, ERROR_DAMAGED, "%s/%s: read back as sha256 %s, but %s was written", c->place.path, part, there, p->hex[i]);
		}
		if (c->sums.count >= LIMIT_MANIFEST_LINES)
			error_set(c->err, ERROR_LIMIT, "%s: more than %d files", c->place.path, LIMIT_MANIFEST_LINES);
		medium_sums_add(&c->sums, part, p->hex[i]);
		free(part);
	}
	generation_add(&c->generation, name, p->size, p->whole);
	c->generation.files[c->generation.count - 1].parts = p->count;
	return c->err->code ? -1 : 0;
}

int envelope_copy_growing(struct copy *c, const char *name) {
	const struct generation_file *old = generation_find(&c->prior, name);
	struct parts p = {0};
	uint64_t here;
	if (medium_size(&c->archive, name, &here, c->err)) return -1;
	for (uint64_t k = 1; old && k <= old->parts; k++) {
		char *part = generation_part(name, k);
		parts_add(&p, medium_sums_get(&c->before, part));
		free(part);
	}
	p.known = p.count;
	if (old && here == old->size) {
		p.size = here;
		memcpy(p.whole, old->hex, sizeof p.whole);
		backup_seal_check_kept(c, name, p.whole);
	} else if (!write_file(c, name, name, old, &p)) {
		backup_seal_check_read(c, name, p.whole, 0);
	}
	if (!c->err->code) list_file(c, name, &p);
	free(p.hex);
	return c->err->code ? -1 : 0;
}

int envelope_copy_small(struct copy *c, const char *name) {
	struct parts p = {0};
	int rc = write_file(c, name, name, NULL, &p) || list_file(c, name, &p);
	free(p.hex);
	return rc ? -1 : 0;
}

int envelope_check_journal(struct copy *c) {
	for (size_t i = 0; i < c->prior.count && !c->err->code; i++) {
		const struct generation_file *old = &c->prior.files[i];
		uint64_t size = 0;
		int fd = strncmp(old->name, "journal/", 8) ? -1 : place_open_file(&c->archive, old->name, O_RDONLY, c->err);
		if (fd < 0) continue;
		unsigned char *chunk = xmalloc(CHUNK);
		struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
		ssize_t n;
		while (size < old->size && !c->err->code) {
			size_t rest = old->size - size < CHUNK ? (size_t)(old->size - size) : CHUNK;
			n = io_read(fd, chunk, rest);
			if (n < 0) error_errno(c->err, "%s/%s", c->archive.path, old->name);
			if (n <= 0) break;
			digest_update(ctx, chunk, (size_t)n);
			size += (uint64_t)n;
		}
		if (!c->err->code) check_beginning(c, old->name, ctx, old);
		digest_free(ctx);
		free(chunk);
		close(fd);
	}
	return c->err->code ? -1 : 0;
}

/* ---- the catalogue ---- */

/* Names in a folder that are messages of `file` (its name alone). */
static int each_part(const struct medium_place *place, const char *folder, const char *file,
                     int (*visit)(const struct medium_place *, const char *name, const char *tail, const char *user, struct error *),
                     const char *user, struct error *err) {
	char **names;
	size_t count, len;
	if (place_list(place, folder, BACKUP_NAMES_MAX, &names, &count, err)) return -1;
	for (size_t i = 0; i < count && !err->code; i++) {
		if (!generation_is_part(names[i], &len) || len != strlen(file) || strncmp(names[i], file, len)) continue;
		char *name = xasprintf("%s/%s", folder, names[i]);
		visit(place, name, names[i] + len, user, err);
		free(name);
	}
	place_names_free(names, count);
	return err->code ? -1 : 0;
}

static int move_part(const struct medium_place *place, const char *name, const char *tail, const char *to, struct error *err) {
	char *target = xasprintf("%s%s", to, tail);
	int rc = place_rename(place, name, target, err);
	free(target);
	return rc;
}

static int remove_part(const struct medium_place *place, const char *name, const char *tail, const char *user, struct error *err) {
	(void)tail, (void)user;
	place_unprotect(place, name); /* that of a generation which the ledger let go */
	return place_remove(place, name, false, err);
}

int envelope_copy_catalogue(struct copy *c, const char *snapshot, const char *kept) {
	struct parts p = {0};
	/* Messages of a longer snapshot that was cut off would stand behind those of this one. */
	if (!each_part(&c->place, "catalogue", "next.mdb", remove_part, NULL, c->err) && !write_file(c, snapshot, CATALOGUE_NEXT, NULL, &p) &&
	    !each_part(&c->place, "catalogue", "data.mdb", kept ? move_part : remove_part, kept, c->err) &&
	    !each_part(&c->place, "catalogue", "next.mdb", move_part, CATALOGUE, c->err) && !list_file(c, CATALOGUE, &p))
		place_sync_folder(&c->place, "catalogue", c->err);
	free(p.hex);
	return c->err->code ? -1 : 0;
}

int envelope_drop_catalogue(const struct medium_place *place, uint64_t number, struct error *err) {
	char *folder = generation_path(number, "");
	int rc = each_part(place, folder, GENERATION_CATALOGUE, remove_part, NULL, err);
	free(folder);
	return rc;
}

/* ---- the end ---- */

static int sweep(struct copy *c, const char *folder) {
	char **names;
	size_t count;
	if (place_list(&c->place, folder, BACKUP_NAMES_MAX, &names, &count, c->err)) return -1;
	for (size_t i = 0; i < count && !c->err->code; i++) {
		char *name = xasprintf("%s/%s", folder, names[i]);
		if (!medium_sums_get(&c->sums, name)) place_remove(&c->place, name, false, c->err);
		free(name);
	}
	place_names_free(names, count);
	return c->err->code ? -1 : 0;
}

int envelope_finish(struct copy *c) {
	return sweep(c, "packs") || sweep(c, "journal") || sweep(c, "trust") ? -1 : 0;
}
