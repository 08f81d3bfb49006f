#include "archiver/bag.h"

#include "base/digest.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHA256, SHA512, ALGORITHMS };
static const struct {
	enum digest_alg alg;
	const char *manifest, *tag_manifest;
} algorithms[ALGORITHMS] = {
	{DIGEST_SHA256, "manifest-sha256.txt", "tagmanifest-sha256.txt"},
	{DIGEST_SHA512, "manifest-sha512.txt", "tagmanifest-sha512.txt"},
};

struct bag {
	struct package *package;
	utime when;
	FILE *lines[ALGORITHMS];     /* of the payload manifests */
	struct buf tags[ALGORITHMS]; /* of the tag manifests: a handful of lines */
	struct buf info;
	struct digest_ctx *ctx[ALGORITHMS];
	char *path; /* of the file that is open */
	uint64_t files, bytes;
};

/* "copies/15.tar" has "15" inside: the name a bag is unpacked to. */
static char *top_of(const char *out, enum package_format format) {
	const char *slash = strrchr(out, '/'), *name = slash ? slash + 1 : out, *dot = strrchr(name, '.');
	return format != PACKAGE_FOLDER && dot && dot != name ? xstrndup(name, (size_t)(dot - name)) : xstrdup(name);
}

struct bag *bag_open(const char *out, enum package_format format, utime when, struct error *err) {
	char *name = top_of(out, format), *top = bag_safe_name(name);
	struct package *package = package_open(out, format, top, when, err);
	struct bag *bag = NULL;
	free(name);
	free(top);
	if (!package) return NULL;
	bag = xcalloc(1, sizeof *bag);
	bag->package = package;
	bag->when = when;
	for (int i = 0; i < ALGORITHMS; i++) {
		bag->ctx[i] = digest_new(algorithms[i].alg);
		bag->lines[i] = tmpfile();
		if (bag->lines[i]) continue;
		error_errno(err, "temporary file");
		bag_abort(bag);
		return NULL;
	}
	return bag;
}

static void bag_free(struct bag *bag) {
	for (int i = 0; i < ALGORITHMS; i++) {
		if (bag->lines[i]) fclose(bag->lines[i]);
		buf_dispose(&bag->tags[i]);
		digest_free(bag->ctx[i]);
	}
	buf_dispose(&bag->info);
	free(bag->path);
	free(bag);
}

void bag_abort(struct bag *bag) {
	if (!bag) return;
	package_abort(bag->package);
	bag_free(bag);
}

static int begin(struct bag *bag, char *path, uint64_t size, struct error *err) {
	free(bag->path);
	bag->path = path;
	for (int i = 0; i < ALGORITHMS; i++) digest_reset(bag->ctx[i]);
	return package_begin(bag->package, path, size, err);
}

int bag_begin(struct bag *bag, const char *path, uint64_t size, struct error *err) {
	bag->files++;
	bag->bytes += size;
	return begin(bag, xasprintf("data/%s", path), size, err);
}

int bag_data(struct bag *bag, const void *data, size_t len, struct error *err) {
	for (int i = 0; i < ALGORITHMS; i++) digest_update(bag->ctx[i], data, len);
	return package_data(bag->package, data, len, err);
}

static void take_digest(struct bag *bag, int i, char hex[static 2 * DIGEST_MAX + 1]) {
	unsigned char digest[DIGEST_MAX];
	hex_encode(digest, digest_final(bag->ctx[i], digest), hex);
}

int bag_end(struct bag *bag, struct error *err) {
	char hex[2 * DIGEST_MAX + 1];
	for (int i = 0; i < ALGORITHMS; i++) {
		take_digest(bag, i, hex);
		if (fprintf(bag->lines[i], "%s  %s\n", hex, bag->path) < 0) return error_errno(err, "temporary file");
	}
	return package_end(bag->package, err);
}

int bag_add(struct bag *bag, const char *path, const void *data, size_t len, struct error *err) {
	return bag_begin(bag, path, len, err) || bag_data(bag, data, len, err) ? -1 : bag_end(bag, err);
}

/* A file beside data/ ends: its lines go to the tag manifests. */
static int end_tag(struct bag *bag, struct error *err) {
	char hex[2 * DIGEST_MAX + 1];
	for (int i = 0; i < ALGORITHMS; i++) {
		take_digest(bag, i, hex);
		buf_printf(&bag->tags[i], "%s  %s\n", hex, bag->path);
	}
	return package_end(bag->package, err);
}

int bag_add_tag(struct bag *bag, const char *path, const char *text, struct error *err) {
	size_t len = strlen(text);
	if (begin(bag, xstrdup(path), len, err) || bag_data(bag, text, len, err)) return -1;
	return end_tag(bag, err);
}

void bag_info(struct bag *bag, const char *label, const char *value) {
	if (!*value) return;
	buf_printf(&bag->info, "%s: ", label);
	for (; *value; value++) buf_add_byte(&bag->info, (unsigned char)*value < ' ' ? ' ' : (unsigned char)*value);
	buf_add_byte(&bag->info, '\n');
}

uint64_t bag_files(const struct bag *bag) {
	return bag->files;
}

uint64_t bag_bytes(const struct bag *bag) {
	return bag->bytes;
}

static int add_manifest(struct bag *bag, int i, struct error *err) {
	char part[16384];
	off_t size = ftello(bag->lines[i]);
	if (size < 0 || fflush(bag->lines[i]) || fseeko(bag->lines[i], 0, SEEK_SET))
		return error_errno(err, "temporary file");
	if (begin(bag, xstrdup(algorithms[i].manifest), (uint64_t)size, err)) return -1;
	for (size_t n; (n = fread(part, 1, sizeof part, bag->lines[i]));)
		if (bag_data(bag, part, n, err)) return -1;
	if (ferror(bag->lines[i])) return error_errno(err, "temporary file");
	return end_tag(bag, err);
}

/* Not through end_tag: a tag manifest names neither itself nor its like (RFC 8493 2.2.1). */
static int add_tag_manifest(struct bag *bag, int i, struct error *err) {
	if (package_begin(bag->package, algorithms[i].tag_manifest, bag->tags[i].len, err)) return -1;
	if (package_data(bag->package, bag->tags[i].data, bag->tags[i].len, err)) return -1;
	return package_end(bag->package, err);
}

static int add_all(struct bag *bag, struct error *err) {
	char date[UTIME_TEXT_MAX],
		*oxum = xasprintf("%llu.%llu", (unsigned long long)bag->bytes, (unsigned long long)bag->files);
	bag_info(bag, "Bagging-Date", utime_date_text(bag->when, date));
	bag_info(bag, "Payload-Oxum", oxum);
	free(oxum);
	if (bag_add_tag(bag, "bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", err)) return -1;
	if (bag_add_tag(bag, "bag-info.txt", buf_text(&bag->info), err)) return -1;
	for (int i = 0; i < ALGORITHMS; i++)
		if (add_manifest(bag, i, err)) return -1;
	for (int i = 0; i < ALGORITHMS; i++)
		if (add_tag_manifest(bag, i, err)) return -1;
	return 0;
}

int bag_commit(struct bag *bag, unsigned char seal[static SHA256_SIZE], struct error *err) {
	int rc = add_all(bag, err);
	if (!rc) {
		sha256_bytes(bag->tags[SHA256].data, bag->tags[SHA256].len, seal);
		rc = package_commit(bag->package, err);
	} else {
		package_abort(bag->package);
	}
	bag_free(bag);
	return rc;
}
