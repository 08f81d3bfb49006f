/* Read here and not by libarchive because it turns names into the locale's encoding, which loses or changes some, and
 * because it does not hold the directory against the local headers: readers that trust the one or the other would see
 * different containers. */
#include "validator/zip_directory.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define END_BYTES 22     /* end of central directory record, without its comment */
#define LOCATOR_BYTES 20 /* zip64 end of central directory locator */
#define END64_BYTES 56
#define CENTRAL_BYTES 46
#define LOCAL_BYTES 30
#define DESCRIPTOR_BYTES 24 /* data descriptor of zip64 with its signature */
#define FLAG_ENCRYPTED 1
#define FLAG_DESCRIPTOR 8
#define FLAG_STRONG 0x2040 /* strong encryption, masked headers */

struct file {
	const unsigned char *data;
	size_t len;
};

static uint64_t little(const unsigned char *p, unsigned size) {
	uint64_t n = 0;
	while (size--) n = n << 8 | p[size];
	return n;
}

static bool is_at(const struct file *f, uint64_t at, size_t size, const char *signature) {
	return at <= f->len && f->len - at >= size && !memcmp(f->data + at, signature, 4);
}

/* The record that ends with the file; a comment may hold something that looks like one. */
static bool find_end(const struct file *f, uint64_t *at) {
	uint64_t least = f->len > END_BYTES + 0xffff ? f->len - END_BYTES - 0xffff : 0;
	for (uint64_t i = f->len < END_BYTES ? 0 : f->len - END_BYTES + 1; i-- > least;)
		if (is_at(f, i, END_BYTES, "PK\005\006") && i + END_BYTES + little(f->data + i + 20, 2) == f->len) {
			*at = i;
			return true;
		}
	return false;
}

struct extent {
	uint64_t count, size, offset;
};

static bool find_directory(const struct file *f, struct extent *out, size_t *after) {
	uint64_t end;
	if (!find_end(f, &end)) return false;
	*after = end + END_BYTES;
	const unsigned char *p = f->data + end;
	if (little(p + 4, 2) || little(p + 6, 2)) return false; /* spread over several disks */
	*out = (struct extent){little(p + 10, 2), little(p + 12, 4), little(p + 16, 4)};
	if (end >= LOCATOR_BYTES && is_at(f, end - LOCATOR_BYTES, LOCATOR_BYTES, "PK\006\007")) {
		uint64_t at = little(p - LOCATOR_BYTES + 8, 8);
		if (!is_at(f, at, END64_BYTES, "PK\006\006")) return false;
		p = f->data + at;
		*out = (struct extent){little(p + 32, 8), little(p + 40, 8), little(p + 48, 8)};
	}
	return out->offset <= f->len && out->size <= f->len - out->offset;
}

/* Sizes and offset that do not fit stand in the extra field of id 1, in this order, only those that are needed. */
static bool read_zip64(const unsigned char *extra, size_t len, struct zip_entry *e) {
	uint64_t *const fields[] = {&e->size, &e->packed, &e->offset};
	while (len >= 4) {
		size_t size = little(extra + 2, 2), used = 4;
		if (size > len - 4) return false;
		for (size_t i = 0; little(extra, 2) == 1 && i < ARRAY_LEN(fields); i++) {
			if (*fields[i] != UINT32_MAX) continue;
			if (used + 8 > size + 4) return false;
			*fields[i] = little(extra + used, 8);
			used += 8;
		}
		extra += size + 4, len -= size + 4;
	}
	return true;
}

/* The header in front of the data must tell the same name, and the data must be inside the file. */
static const char *check_local(const struct file *f, const struct zip_entry *e, uint64_t *end) {
	if (!is_at(f, e->offset, LOCAL_BYTES, "PK\003\004")) return "a member is not where the directory says";
	const unsigned char *p = f->data + e->offset;
	uint64_t name = little(p + 26, 2), extra = little(p + 28, 2), start = e->offset + LOCAL_BYTES + name + extra;
	if (start > f->len || e->packed > f->len - start) return "a member goes beyond the end of the file";
	if (name != e->name_len || memcmp(p + LOCAL_BYTES, e->name, name)) return "a member has two different names";
	if (little(p + 8, 2) != e->method) return "a member is described in two different ways";
	*end = start + e->packed;
	return NULL;
}

static const char *check_entry(const struct zip_entry *e) {
	if (e->flags & (FLAG_ENCRYPTED | FLAG_STRONG)) return "a member is encrypted";
	if (e->method != 0 && e->method != 8) return "a member is compressed in an unusual way";
	if (!e->name_len || e->name_len > LIMIT_ZIP_NAME_BYTES) return "the name of a member is empty or too long";
	if (e->size > LIMIT_ZIP_MEMBER_BYTES) return "a member is too large";
	if (e->size > LIMIT_ZIP_RATIO_FROM && e->size / LIMIT_ZIP_RATIO > e->packed)
		return "a member is packed too well";
	if (e->method == 0 && e->size != e->packed) return "a member is described in two different ways";
	return NULL;
}

static int by_offset(const void *a, const void *b) {
	const struct zip_entry *x = a, *y = b;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Members follow each other without overlap, from the start of the file to the directory. */
static const char *check_layout(const struct file *f, struct zip_directory *d, uint64_t directory) {
	uint64_t free_from = 0, total = 0, descriptor = 0, end; /* descriptor: what may follow the member before */
	for (size_t i = 0; i < d->count; i++) {
		const struct zip_entry *e = &d->entries[i];
		const char *why = check_entry(e);
		if (!why) why = check_local(f, e, &end);
		if (why) return why;
		if (e->offset < free_from || end > directory) return "members overlap";
		if (e->offset - free_from > descriptor) d->unlisted = true;
		free_from = end;
		descriptor = e->flags & FLAG_DESCRIPTOR ? DESCRIPTOR_BYTES : 0;
		total += e->size;
		if (total > LIMIT_ZIP_BYTES) return "the members are too large together";
	}
	if (d->count && directory - free_from > descriptor) d->unlisted = true;
	return NULL;
}

static const char *read_entries(const struct file *f, const struct extent *where, struct zip_directory *d) {
	uint64_t at = where->offset, stop = where->offset + where->size;
	if (where->count > LIMIT_ZIP_MEMBERS) return "there are too many members";
	d->entries = xcalloc(where->count + 1, sizeof *d->entries);
	while (d->count < where->count) {
		if (!is_at(f, at, CENTRAL_BYTES, "PK\001\002")) return "the directory is damaged";
		const unsigned char *p = f->data + at;
		uint64_t name = little(p + 28, 2), extra = little(p + 30, 2), comment = little(p + 32, 2);
		at += CENTRAL_BYTES + name + extra + comment;
		if (at > stop) return "the directory is damaged";
		struct zip_entry *e = &d->entries[d->count++];
		*e = (struct zip_entry){.name = p + CENTRAL_BYTES,
					.name_len = name,
					.flags = (unsigned)little(p + 8, 2),
					.method = (unsigned)little(p + 10, 2),
					.packed = little(p + 20, 4),
					.size = little(p + 24, 4),
					.offset = little(p + 42, 4)};
		if (!read_zip64(e->name + name, extra, e)) return "the directory is damaged";
	}
	return at == stop ? NULL : "the directory is damaged";
}

bool zip_directory_read(const unsigned char *data, size_t len, struct zip_directory *out, const char **why) {
	struct file f = {data, len};
	struct extent where;
	*out = (struct zip_directory){0};
	*why = "there is no directory";
	if (!find_directory(&f, &where, &out->end)) return false;
	*why = read_entries(&f, &where, out);
	if (*why) return false;
	qsort(out->entries, out->count, sizeof *out->entries, by_offset);
	*why = check_layout(&f, out, where.offset);
	return !*why;
}

void zip_directory_dispose(struct zip_directory *directory) {
	free(directory->entries);
	*directory = (struct zip_directory){0};
}
