#include "archiver/image_write.h"

#include "archiver/archive_key.h"
#include "archiver/bag_package.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1 << 20)

/* Bytes of a file, hashed, and given to a package where there is one. */
static int stream(const struct medium_place *place, const char *name, uint64_t from, uint64_t to, struct package *to_package,
                  const struct medium_watch *watch, char hex[static SHA256_HEX], struct error *err) {
	int fd = place_open_file(place, name, O_RDONLY, err);
	if (fd < 0) return -1;
	unsigned char sum[DIGEST_MAX], *chunk = xmalloc(CHUNK);
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	posix_fadvise(fd, (off_t)from, (off_t)(to - from), POSIX_FADV_SEQUENTIAL);
	while (from < to && !err->code) {
		ssize_t n = pread(fd, chunk, to - from < CHUNK ? (size_t)(to - from) : CHUNK, (off_t)from);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) error_errno(err, "%s/%s", place->path, name);
		else if (!n) error_set(err, ERROR_DAMAGED, "%s/%s: ends at %llu, and not at %llu", place->path, name, (unsigned long long)from,
		                       (unsigned long long)to);
		if (n <= 0) break;
		digest_update(ctx, chunk, (size_t)n);
		if (to_package) package_data(to_package, chunk, (size_t)n, err);
		if (watch && watch->moved) watch->moved(watch->user, (uint64_t)n);
		from += (uint64_t)n;
	}
	hex_encode(sum, digest_final(ctx, sum), hex);
	digest_free(ctx);
	free(chunk);
	close(fd);
	return err->code ? -1 : 0;
}

int image_range_digest(const struct medium_place *place, const char *name, uint64_t from, uint64_t to, const struct medium_watch *watch,
                       char hex[static SHA256_HEX], struct error *err) {
	return stream(place, name, from, to, NULL, watch, hex, err);
}

struct writing {
	struct copy *c;
	struct package *package;
	struct medium_sums *written;
};

static int add_text(struct writing *w, const char *name, const void *data, size_t len, bool listed) {
	unsigned char sum[SHA256_SIZE];
	char hex[SHA256_HEX];
	struct error *err = w->c->err;
	sha256_bytes(data, len, sum);
	if (listed) medium_sums_add(w->written, name, hex_encode(sum, sizeof sum, hex));
	return package_begin(w->package, name, len, err) || package_data(w->package, data, len, err) || package_end(w->package, err) ? -1 : 0;
}

static int add_signed(struct writing *w, const char *name, const char *signature_name, const char *text, bool listed) {
	unsigned char signature[ARCHIVE_SIGNATURE_BYTES];
	size_t len = strlen(text);
	return archive_key_sign(w->c->app, text, len, signature, w->c->err) || add_text(w, name, text, len, listed) ||
			       add_text(w, signature_name, signature, sizeof signature, listed)
		       ? -1
		       : 0;
}

static const struct image_file *file_of(const struct image_files *files, const char *name) {
	for (size_t i = 0; i < files->count; i++)
		if (!strcmp(files->items[i].name, name)) return &files->items[i];
	return NULL;
}

/* A file that is whole in one piece is held against the digest that it had when it was looked at. */
static int add_piece(struct writing *w, const struct image_files *files, const struct image_piece *piece) {
	struct copy *c = w->c;
	const struct image_file *file = file_of(files, piece->file);
	char *name = image_piece_name(piece), hex[SHA256_HEX];
	if (!package_begin(w->package, name, piece->size, c->err) &&
	    !stream(&c->archive, file->source, piece->offset, piece->offset + piece->size, w->package, &c->watch, hex, c->err) &&
	    !package_end(w->package, c->err)) {
		medium_sums_add(w->written, name, hex);
		if (!piece->offset && piece->size == file->to && strcmp(hex, file->hex))
			error_set(c->err, ERROR_DAMAGED, "%s/%s: read as sha256 %s, and before as %s: the disk gives different bytes each time", c->archive.path,
			          file->source, hex, file->hex);
	}
	free(name);
	return c->err->code ? -1 : 0;
}

/* As it stands on the medium, signed by the key that is in use now. */
static int add_label(struct writing *w) {
	struct copy *c = w->c;
	char *label = NULL;
	size_t len = 0;
	if (place_read(&c->place, MEDIUM_LABEL, LIMIT_LABEL_BYTES, &label, &len, c->err)) return -1;
	int rc = add_signed(w, MEDIUM_LABEL, MEDIUM_LABEL_SIGNATURE, label, true) || add_text(w, MEDIUM_KEY, c->pem, strlen(c->pem), true) ||
		 add_text(w, "README.txt", image_readme, strlen(image_readme), true);
	free(label);
	return rc ? -1 : 0;
}

static int add_manifest(struct writing *w) {
	const struct generation *g = &w->c->generation;
	char *name = generation_path(g->number, "manifest.json"), *signature = generation_path(g->number, "manifest.sig"), *text = generation_text(g);
	int rc = add_signed(w, name, signature, text, true);
	free(name);
	free(signature);
	free(text);
	return rc;
}

static int add_all(struct writing *w, const struct image_files *files, const struct image_label *about) {
	char *text = image_label_text(about);
	struct buf sums = {0};
	int rc = add_text(w, IMAGE_LABEL, text, strlen(text), true) || add_label(w);
	for (size_t i = 0; i < about->count && !rc; i++) rc = add_piece(w, files, &about->pieces[i]);
	if (!rc && about->last) rc = add_manifest(w);
	if (!rc) {
		medium_sums_text(w->written, &sums);
		rc = add_signed(w, MEDIUM_SUMS, MEDIUM_SUMS ".sig", buf_text(&sums), false);
	}
	buf_dispose(&sums);
	free(text);
	return rc;
}

static char *volume_of(const struct image_label *about) {
	return xasprintf("LTV_%02X%02X%02X%02X_%06llu", about->medium_id[0], about->medium_id[1], about->medium_id[2], about->medium_id[3],
	                 (unsigned long long)about->number);
}

/* What does not fit on the disc must not lie there as if it did. */
static int check_size(struct copy *c, const char *name, uint64_t capacity) {
	uint64_t size;
	if (medium_size(&c->place, name, &size, c->err)) return -1;
	if (size <= capacity) return 0;
	error_set(c->err, ERROR_LIMIT, "%s/%s: came to %llu bytes, and images of this medium have at most %llu", c->place.path, name,
	          (unsigned long long)size, (unsigned long long)capacity);
	return place_remove(&c->place, name, false, &(struct error){0}), -1;
}

int image_write(struct copy *c, const struct image_files *files, const struct image_label *about, uint64_t capacity, struct medium_sums *written) {
	enum medium_kind kind = medium_kind_of(c->medium);
	char *name = image_path(kind, about->number), *path = xasprintf("%s/%s", c->place.path, name), *volume = volume_of(about);
	struct writing w = {c, package_open_image(path, kind == MEDIUM_TAPE ? PACKAGE_TAPE : PACKAGE_DISC, volume, c->app->now, c->err), written};
	if (w.package && add_all(&w, files, about)) package_abort(w.package);
	else if (w.package && !package_commit(w.package, c->err)) check_size(c, name, capacity);
	free(volume);
	free(path);
	free(name);
	return c->err->code ? -1 : 0;
}
