#include "archiver/image_read.h"

#include "archiver/archive_key.h"
#include "archiver/bag_package.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mtio.h>
#include <unistd.h>

#define CHUNK (100 * PACKAGE_TAPE_BLOCK) /* whole blocks: a tape gives nothing to a reader that asks for a part of one */
#define README "README.txt"

/* ---- the source ---- */

int image_open(struct image_source *source, const char *path, struct error *err) {
	*source = (struct image_source){.path = path, .fd = -1, .place = {.dir = -1}};
	if (stat(path, &source->st)) return error_errno(err, "%s", path);
	source->folder = S_ISDIR(source->st.st_mode);
	if (source->folder) return place_open(&source->place, path, false, err);
	if (!S_ISREG(source->st.st_mode) && !S_ISBLK(source->st.st_mode) && !S_ISCHR(source->st.st_mode))
		return error_set(err, ERROR_INPUT, "%s: neither a file, a device nor a folder", path);
	source->fd = open(path, O_RDONLY | O_CLOEXEC);
	return source->fd < 0 ? error_errno(err, "%s", path) : 0;
}

void image_close(struct image_source *source) {
	if (!source->path) return;
	if (source->folder) place_close(&source->place);
	else if (source->fd >= 0) close(source->fd);
	*source = (struct image_source){0};
}

/* To its beginning; what was read before, or just written, is not taken from memory. A device that is neither tape nor disc (a character
 * device that gives bytes) begins where it is. */
static int rewind_source(struct image_source *source, struct error *err) {
	struct mtop op = {.mt_op = MTREW, .mt_count = 1};
	if (S_ISCHR(source->st.st_mode)) {
		ioctl(source->fd, MTIOCTOP, &op);
		return 0;
	}
	posix_fadvise(source->fd, 0, 0, POSIX_FADV_DONTNEED);
	posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return lseek(source->fd, 0, SEEK_SET) < 0 ? error_errno(err, "%s", source->path) : 0;
}

static void tell(const struct medium_watch *watch, size_t bytes) {
	if (watch && watch->moved) watch->moved(watch->user, bytes);
}

int image_digest(struct image_source *source, uint64_t size, const struct medium_watch *watch, char hex[static SHA256_HEX], struct error *err) {
	if (rewind_source(source, err)) return -1;
	unsigned char sum[DIGEST_MAX], *chunk = xmalloc(CHUNK);
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	while (size && !err->code) {
		/* Nothing behind it: what follows on a burnt disc need not be readable. */
		ssize_t n = io_read(source->fd, chunk, size < CHUNK ? (size_t)size : CHUNK);
		size_t used = n > 0 ? (size_t)n : 0;
		if (n < 0) error_errno(err, "%s", source->path);
		else if (!n) error_set(err, ERROR_DAMAGED, "%s: %llu bytes are missing at its end", source->path, (unsigned long long)size);
		digest_update(ctx, chunk, used);
		tell(watch, used);
		size -= used;
	}
	hex_encode(sum, digest_final(ctx, sum), hex);
	digest_free(ctx);
	free(chunk);
	return err->code ? -1 : 0;
}

/* ---- what is in it ---- */

static const struct {
	const char *name;
	size_t most;
	bool head; /* says which image it is */
} texts[IMAGE_TEXT_MANIFEST] = {
	[IMAGE_TEXT_IMAGE] = {IMAGE_LABEL, LIMIT_MANIFEST_BYTES, true},
	[IMAGE_TEXT_LABEL] = {MEDIUM_LABEL, LIMIT_LABEL_BYTES, true},
	[IMAGE_TEXT_LABEL_SIGNATURE] = {MEDIUM_LABEL_SIGNATURE, ARCHIVE_SIGNATURE_BYTES, true},
	[IMAGE_TEXT_KEY] = {MEDIUM_KEY, LIMIT_LABEL_BYTES, true},
	[IMAGE_TEXT_SUMS] = {MEDIUM_SUMS, LIMIT_MANIFEST_BYTES, false},
	[IMAGE_TEXT_SUMS_SIGNATURE] = {MEDIUM_SUMS ".sig", ARCHIVE_SIGNATURE_BYTES, false},
};

struct reading {
	struct image_source *source;
	struct image *image;
	bool head;
	image_take *take;
	void *user;
	const struct medium_watch *watch;
	char *name; /* of the file that is read */
	struct digest_ctx *ctx;
	size_t next;   /* piece that is expected: they lie in the order of image.json */
	bool is_piece;
	uint64_t at;   /* in the archive's file */
	int text;      /* one of enum image_text, -1 none */
};

static bool is_manifest(const struct image *image, const char *name, const char *file) {
	char *path = generation_path(image->about.generation, file);
	bool is = image->about.last && !strcmp(path, name);
	free(path);
	return is;
}

static int text_of(const struct image *image, const char *name) {
	for (int i = 0; i < IMAGE_TEXT_MANIFEST; i++)
		if (!strcmp(texts[i].name, name)) return i;
	if (is_manifest(image, name, "manifest.json")) return IMAGE_TEXT_MANIFEST;
	return is_manifest(image, name, "manifest.sig") ? IMAGE_TEXT_MANIFEST_SIGNATURE : -1;
}

static int damaged(const struct reading *r, const char *what, struct error *err) {
	return error_set(err, ERROR_DAMAGED, "%s/%s: %s", r->source->path, r->name ? r->name : "", what);
}

static bool head_is_there(const struct image *image) {
	for (int i = 0; i < IMAGE_TEXT_MANIFEST; i++)
		if (texts[i].head && !image->texts[i].len) return false;
	return true;
}

static int begin(void *user, const char *name, uint64_t size, struct error *err) {
	struct reading *r = user;
	struct image *image = r->image;
	if (r->head && head_is_there(image)) return 1;
	free(r->name);
	r->name = xstrdup(name);
	r->text = text_of(image, name);
	size_t most = r->text >= 0 && r->text < IMAGE_TEXT_MANIFEST ? texts[r->text].most : LIMIT_MANIFEST_BYTES;
	if (r->text >= 0 && (size > most || image->texts[r->text].len)) return damaged(r, "too large, or there twice", err);
	const struct image_piece *piece = r->next < image->about.count ? &image->about.pieces[r->next] : NULL;
	char *expected = piece ? image_piece_name(piece) : NULL;
	r->is_piece = expected && !strcmp(expected, name);
	free(expected);
	if (r->is_piece && piece->size != size) return damaged(r, "of another size than " IMAGE_LABEL " says", err);
	if (r->is_piece) r->at = piece->offset;
	r->ctx = digest_new(DIGEST_SHA256);
	return 0;
}

static int data(void *user, const void *bytes, size_t len, struct error *err) {
	struct reading *r = user;
	digest_update(r->ctx, bytes, len);
	r->image->bytes += len;
	tell(r->watch, len);
	if (r->text >= 0) buf_add(&r->image->texts[r->text], bytes, len);
	if (r->is_piece && r->take && r->take(r->user, &r->image->about.pieces[r->next], r->at, bytes, len, err)) return -1;
	r->at += len;
	return 0;
}

static int end(void *user, struct error *err) {
	struct reading *r = user;
	struct image *image = r->image;
	unsigned char sum[DIGEST_MAX];
	char hex[SHA256_HEX];
	hex_encode(sum, digest_final(r->ctx, sum), hex);
	digest_free(r->ctx);
	r->ctx = NULL;
	medium_sums_add(&image->there, r->name, hex);
	r->next += r->is_piece;
	const struct buf *text = r->text >= 0 ? &image->texts[r->text] : NULL;
	int rc = r->text == IMAGE_TEXT_IMAGE   ? image_label_parse(buf_text(text), text->len, &image->about, err)
		 : r->text == IMAGE_TEXT_LABEL ? medium_label_parse(buf_text(text), text->len, &image->label, err)
					       : 0;
	return rc ? error_prefix(err, "%s", r->source->path) : 0;
}

/* ---- a folder: the same files in the same order ---- */

static int feed(struct reading *r, const char *name, struct error *err) {
	struct stat st;
	int fd = place_open_file(&r->source->place, name, O_RDONLY, err);
	if (fd < 0) return -1;
	unsigned char *chunk = xmalloc(CHUNK);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	int rc = fstat(fd, &st) ? error_errno(err, "%s/%s", r->source->path, name) : begin(r, name, (uint64_t)st.st_size, err);
	for (ssize_t n; !rc && (n = io_read(fd, chunk, CHUNK)) != 0;)
		rc = n < 0 ? error_errno(err, "%s/%s", r->source->path, name) : data(r, chunk, (size_t)n, err);
	if (!rc) rc = end(r, err);
	close(fd);
	free(chunk);
	return rc;
}

static int read_folder(struct reading *r, struct error *err) {
	const struct image *image = r->image;
	int rc = 0;
	for (int i = 0; !rc && i < IMAGE_TEXT_MANIFEST; i++)
		if (texts[i].head) rc = feed(r, texts[i].name, err);
	if (!rc && r->head) return 0;
	if (!rc) rc = feed(r, README, err);
	while (!rc && r->next < image->about.count) {
		char *name = image_piece_name(&image->about.pieces[r->next]);
		rc = feed(r, name, err);
		free(name);
	}
	static const char *const manifests[] = {"manifest.json", "manifest.sig"};
	for (size_t i = 0; !rc && image->about.last && i < ARRAY_LEN(manifests); i++) {
		char *name = generation_path(image->about.generation, manifests[i]);
		rc = feed(r, name, err);
		free(name);
	}
	return rc || feed(r, MEDIUM_SUMS, err) || feed(r, MEDIUM_SUMS ".sig", err) ? -1 : 0;
}

int image_read(struct image_source *source, bool head, image_take *take, void *user, const struct medium_watch *watch, struct image *image,
               struct error *err) {
	struct reading r = {.source = source, .image = image, .head = head, .take = take, .user = user, .watch = watch, .text = -1};
	const struct package_sink sink = {begin, data, end, &r};
	off_t size = S_ISCHR(source->st.st_mode) || source->folder ? 0 : lseek(source->fd, 0, SEEK_END);
	*image = (struct image){0};
	int rc = size < 0          ? error_errno(err, "%s", source->path)
		 : source->folder  ? read_folder(&r, err)
		 : rewind_source(source, err) ? -1
					      : package_read(source->fd, source->path, size ? (uint64_t)size : LIMIT_IMAGE_BYTES, &sink, err);
	if (!rc && !head_is_there(image)) rc = error_set(err, ERROR_DAMAGED, "%s: has no " IMAGE_LABEL " or no label", source->path);
	if (!rc && !head && r.next < image->about.count) {
		char *name = image_piece_name(&image->about.pieces[r.next]);
		rc = error_set(err, ERROR_DAMAGED, "%s/%s: missing", source->path, name);
		free(name);
	}
	digest_free(r.ctx);
	free(r.name);
	return rc;
}

/* ---- what of it is true ---- */

static int check_signature(const struct image_source *source, const struct image *image, int what, struct app *app, struct error *err) {
	const struct buf *text = &image->texts[what], *signature = &image->texts[what + 1], *pem = &image->texts[IMAGE_TEXT_KEY];
	int made = app ? archive_key_made(app, text->data, text->len, signature->data, signature->len, err)
		       : archive_key_verify(buf_text(pem), pem->len, text->data, text->len, signature->data, signature->len);
	if (made == 1 || err->code) return err->code ? -1 : 0;
	return error_set(err, app ? ERROR_INPUT : ERROR_DAMAGED, "%s/%s: %s", source->path, texts[what].name,
	                 app ? "not signed by this archive, or changed" : "its signature does not hold");
}

static int check_listed(const struct image_source *source, const struct image *image, struct error *err) {
	struct medium_sums there = {0};
	for (size_t i = 0; i < image->there.count; i++) medium_sums_add(&there, image->there.items[i].name, image->there.items[i].hex);
	medium_sums_sort(&there);
	for (size_t i = 0; i < image->listed.count && !err->code; i++) {
		const struct medium_sum *sum = &image->listed.items[i];
		const char *hex = medium_sums_get(&there, sum->name);
		if (!hex) error_set(err, ERROR_DAMAGED, "%s/%s: missing", source->path, sum->name);
		else if (strcmp(hex, sum->hex))
			error_set(err, ERROR_DAMAGED, "%s/%s: read as sha256 %s, but " MEDIUM_SUMS " says %s", source->path, sum->name, hex, sum->hex);
	}
	/* The list and its signature are the only ones that are not in it. */
	if (!err->code && there.count != image->listed.count + 2) error_set(err, ERROR_DAMAGED, "%s: has files that " MEDIUM_SUMS " does not name", source->path);
	medium_sums_dispose(&there);
	return err->code ? -1 : 0;
}

int image_check(const struct image_source *source, struct image *image, struct app *app, char key[static SHA256_HEX], struct error *err) {
	const struct buf *sums = &image->texts[IMAGE_TEXT_SUMS], *pem = &image->texts[IMAGE_TEXT_KEY];
	unsigned char sum[SHA256_SIZE];
	sha256_bytes(pem->data, pem->len, sum);
	hex_encode(sum, sizeof sum, key);
	if (check_signature(source, image, IMAGE_TEXT_LABEL, app, err)) return -1;
	if (!sums->len) return error_set(err, ERROR_DAMAGED, "%s: has no " MEDIUM_SUMS, source->path);
	medium_sums_dispose(&image->listed);
	if (medium_sums_parse(&image->listed, buf_text(sums), sums->len, MEDIUM_SUMS, err)) return error_prefix(err, "%s", source->path);
	if (check_signature(source, image, IMAGE_TEXT_SUMS, app, err) || check_listed(source, image, err)) return -1;
	if (memcmp(image->about.medium_id, image->label.medium_id, 16) || memcmp(image->about.archive_id, image->label.archive_id, 16))
		return error_set(err, ERROR_DAMAGED, "%s: label and " IMAGE_LABEL " belong to different media", source->path);
	return 0;
}

void image_dispose(struct image *image) {
	image_label_dispose(&image->about);
	medium_label_dispose(&image->label);
	medium_sums_dispose(&image->listed);
	medium_sums_dispose(&image->there);
	for (int i = 0; i < IMAGE_TEXTS; i++) buf_dispose(&image->texts[i]);
	*image = (struct image){0};
}
