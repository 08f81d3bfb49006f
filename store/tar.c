#include "store/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USTAR_SIZE_MAX ((UINT64_C(1) << 33) - 1) /* eleven octal digits */

size_t tar_header_size(uint64_t size) {
	return size > USTAR_SIZE_MAX ? TAR_HEADER_MAX : TAR_BLOCK;
}

uint64_t tar_padded(uint64_t size) {
	return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

struct sink {
	unsigned char *data;
	size_t len;
};

static la_ssize_t take(struct archive *a, void *user, const void *data, size_t len) {
	struct sink *sink = user;
	size_t room = TAR_HEADER_MAX - sink->len;
	(void)a;
	if (room) memcpy(sink->data + sink->len, data, len < room ? len : room);
	sink->len += len < room ? len : room;
	return (la_ssize_t)len;
}

int tar_header(const struct object_id *id, uint64_t size, unsigned char header[static TAR_HEADER_MAX], size_t *len,
	       struct error *err) {
	struct sink sink = {header, 0};
	char name[7 + SHA256_HEX] = "sha256/";
	int rc = -1;
	struct archive *a = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	if (!a || !entry) abort();
	hex_encode(id->sha256, SHA256_SIZE, name + 7);
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0444);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_mtime(entry, 0, 0);
	archive_write_set_bytes_per_block(a, 0);
	if (archive_write_set_format_pax_restricted(a) != ARCHIVE_OK ||
	    archive_write_open(a, &sink, NULL, take, NULL) != ARCHIVE_OK ||
	    archive_write_header(a, entry) != ARCHIVE_OK) {
		error_set(err, ERROR_INTERNAL, "tar header: %s", archive_error_string(a));
		goto out;
	}
	*len = sink.len;
	if (sink.len != tar_header_size(size)) {
		error_set(err, ERROR_INTERNAL, "tar header: %zu bytes instead of %zu", sink.len, tar_header_size(size));
		goto out;
	}
	rc = 0;
out:
	archive_entry_free(entry);
	archive_write_fail(a); /* otherwise closing would pad the member with its missing content */
	archive_write_close(a); /* and without closing its buffers would not be freed */
	archive_write_free(a);
	return rc;
}

/* All headers differ in name, size and sum alone: libarchive writes one, the others are held against it. */
static unsigned char pattern[TAR_HEADER_MAX];
static pthread_once_t pattern_once = PTHREAD_ONCE_INIT;

static void make_pattern(void) {
	size_t len;
	if (tar_header(&(struct object_id){{0}}, 0, pattern, &len, NULL) < 0) abort();
}

bool tar_header_is(const unsigned char *header, const struct object_id *id, uint64_t size) {
	unsigned char own[TAR_HEADER_MAX];
	char number[16], hex[SHA256_HEX];
	unsigned sum = 0;
	size_t len;
	if (size > USTAR_SIZE_MAX) return tar_header(id, size, own, &len, NULL) == 0 && !memcmp(header, own, len);
	pthread_once(&pattern_once, make_pattern);
	memcpy(own, pattern, TAR_BLOCK);
	memcpy(own + 7, hex_encode(id->sha256, SHA256_SIZE, hex), SHA256_HEX - 1);
	snprintf(number, sizeof number, "%011llo", (unsigned long long)size);
	memcpy(own + 124, number, 11);
	memset(own + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++) sum += own[i];
	snprintf(number, sizeof number, "%06o", sum & 0777777);
	memcpy(own + 148, number, 7);
	return !memcmp(header, own, TAR_BLOCK);
}

static bool octal(const unsigned char *field, size_t len, uint64_t *out) {
	uint64_t v = 0;
	size_t i = 0;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++) v = v << 3 | (uint64_t)(field[i] - '0');
	*out = v;
	for (size_t k = i; k < len; k++)
		if (field[k] != ' ' && field[k] != 0) return false;
	return i > 0;
}

static bool header_sum_right(const unsigned char *block) {
	uint64_t told, sum = 0;
	for (size_t i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? ' ' : block[i];
	return octal(block + 148, 8, &told) && told == sum;
}

bool tar_zeros(const unsigned char *data, size_t len) {
	for (size_t i = 0; i < len; i++)
		if (data[i]) return false;
	return true;
}

/* The only record a pax header of ours holds besides others is " size=N\n". */
static bool pax_size(const unsigned char *record, size_t len, uint64_t *size) {
	const unsigned char *p = memmem(record, len, " size=", 6);
	uint64_t v = 0;
	if (!p) return false;
	for (p += 6; p < record + len && *p >= '0' && *p <= '9'; p++) v = v * 10 + (uint64_t)(*p - '0');
	*size = v;
	return p < record + len && *p == '\n';
}

enum tar_member tar_parse(const unsigned char *data, size_t len, struct object_id *id, uint64_t *size,
			  size_t *header_len) {
	uint64_t big = 0;
	*header_len = TAR_BLOCK;
	if (len >= TAR_BLOCK && tar_zeros(data, TAR_BLOCK)) return TAR_ZEROS;
	if (len >= TAR_HEADER_MAX && data[156] == 'x') {
		if (!header_sum_right(data) || !pax_size(data + TAR_BLOCK, TAR_BLOCK, &big)) return TAR_BAD;
		data += 2 * TAR_BLOCK;
		*header_len = TAR_HEADER_MAX;
	} else if (len < TAR_BLOCK) {
		return TAR_BAD;
	}
	char name[100];
	if (!header_sum_right(data) || memcmp(data + 257, "ustar", 6) || data[156] != '0') return TAR_BAD;
	memcpy(name, data, sizeof name);
	name[sizeof name - 1] = 0;
	if (memcmp(name, "sha256/", 7) || !hex_decode(name + 7, id->sha256, SHA256_SIZE)) return TAR_BAD;
	if (!octal(data + 124, 12, size)) return TAR_BAD;
	if (big) *size = big;
	return TAR_MEMBER;
}
