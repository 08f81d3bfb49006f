#include "archiver/content.h"

#include "archiver/metadata.h"
#include "base/io.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define CANDIDATES 64 /* records of one name that are looked at: a name like "scan.pdf" may be that of thousands */

/* ---- names ---- */

char *content_name(const char *name) {
	static const char *const ends[] = {".p7s", ".p7m", ".sig", ".tst", ".tsr"};
	size_t len = strlen(name);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (len > 4 && !strcasecmp(name + len - 4, ends[i]) && name[len - 5] != '/')
			return xstrndup(name, len - 4);
	return NULL;
}

static bool is_file(const char *path) {
	struct stat st;
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

char *content_beside(const char *path) {
	static const char *const ends[] = {".pdf",  ".PDF",  ".xml", ".doc", ".docx", ".xls",
					   ".xlsx", ".pptx", ".odt", ".txt", ".zip",  ".tif"};
	char *stem = content_name(path), *found = NULL;
	if (!stem || is_file(stem)) return stem;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		char *other = xasprintf("%s%s", stem, ends[i]);
		if (!is_file(other)) {
			free(other);
		} else if (found) { /* which of the two is not known */
			free(other);
			free(found);
			found = NULL;
			break;
		} else {
			found = other;
		}
	}
	free(stem);
	return found;
}

bool content_file_digest(const char *path, struct object_id *id) {
	unsigned char *data = xmalloc(64 << 10), sum[DIGEST_MAX];
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : 1;
	while (n > 0 && (n = io_read(fd, data, 64 << 10)) > 0) digest_update(ctx, data, (size_t)n);
	digest_final(ctx, sum);
	memcpy(id->sha256, sum, SHA256_SIZE);
	if (fd >= 0) close(fd);
	digest_free(ctx);
	free(data);
	return n == 0;
}

/* ---- digests ---- */

bool content_of_metadata(const json_t *metadata, struct object_id *id) {
	return object_id_parse(metadata_text(metadata, CONTENT_KEY), id);
}

bool content_is_apart(const json_t *report, bool *is_signature) {
	const char *format = metadata_text(report, "format");
	const json_t *signature;
	size_t i;
	bool apart = !strcmp(format, "cms") || !strcmp(format, "timestamp");
	*is_signature = !strcmp(format, "cms");
	json_array_foreach(json_object_get(report, "signatures"), i, signature) {
		apart = apart && json_is_true(json_object_get(signature, "detached"));
		*is_signature = *is_signature && !strcmp(metadata_text(signature, "kind"), "signature");
	}
	return apart && i;
}

bool content_wanted(const json_t *report, enum digest_alg *alg, unsigned char digest[static DIGEST_MAX], size_t *len) {
	const json_t *signature, *finding;
	size_t i, k;
	json_array_foreach(json_object_get(report, "signatures"), i, signature) {
		json_array_foreach(json_object_get(signature, "findings"), k, finding) {
			if (strcmp(metadata_text(finding, "code"), "SIGNED_DATA_MISSING") != 0) continue;
			const char *detail = metadata_text(finding, "detail"), *colon = strrchr(detail, ':');
			char name[32];
			*len = 0;
			if (!colon) return true;
			snprintf(name, sizeof name, "%.*s", (int)(colon - detail), detail);
			*alg = digest_from_name(name);
			size_t size = digest_size(*alg);
			if (size && strlen(colon + 1) == 2 * size && hex_decode(colon + 1, digest, size)) *len = size;
			return true;
		}
	}
	return false;
}

int content_by_digest(struct store *store, const char *name, enum digest_alg alg, const unsigned char *digest,
		      struct object_id *id, struct error *err) {
	uint64_t numbers[CANDIDATES], number;
	int found = 0, count = 0;
	if (alg == DIGEST_SHA256) {
		memcpy(id->sha256, digest, SHA256_SIZE);
		return records_by_object(store, id, &number, err);
	}
	if (alg == DIGEST_SHA512 && name) count = records_by_name(store, name, 0, numbers, CANDIDATES, err);
	for (int i = 0; i < count && !found; i++) {
		struct record_row row = {0};
		found = records_get(store, numbers[i], &row, err);
		if (found > 0 && memcmp(row.sha512, digest, sizeof row.sha512) != 0) found = 0;
		if (found > 0) *id = row.original;
		record_row_dispose(&row);
	}
	return count < 0 ? -1 : found;
}
