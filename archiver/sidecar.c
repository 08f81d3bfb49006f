#include "archiver/sidecar.h"

#include "base/io.h"
#include "archiver/i18n.h"
#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static bool ends_in(const char *text, const char *end) {
	size_t n = strlen(text), m = strlen(end);
	return n > m && !strcasecmp(text + n - m, end);
}

/* A symbolic link, a pipe or a folder counts as there: what stands in the sidecar's place must not be overlooked. */
static bool there(const char *path) {
	struct stat st;
	return lstat(path, &st) == 0;
}

char *sidecar_find(const char *document) {
	char *path = xasprintf("%s.json", document);
	if (there(path)) return path;
	free(path);
	if (!ends_in(document, ".pdf")) return NULL;
	path = xasprintf("%.*s.json", (int)(strlen(document) - 4), document);
	if (there(path)) return path;
	free(path);
	return NULL;
}

bool sidecar_name(const char *path) {
	return ends_in(path, ".json");
}

bool sidecar_has_document(const char *path) {
	static const char *const forms[] = {"", ".pdf", ".PDF"};
	bool found = false;
	for (size_t i = 0; sidecar_name(path) && !found && i < ARRAY_LEN(forms); i++) {
		char *document = xasprintf("%.*s%s", (int)(strlen(path) - 5), path, forms[i]);
		char *long_form = xasprintf("%s.json", document);
		/* a.json is not the sidecar of a.pdf when a.pdf.json is there. */
		found = there(document) && (!*forms[i] || !there(long_form));
		free(document);
		free(long_form);
	}
	return found;
}

static int read_all(int fd, const char *path, unsigned char *data, size_t size, struct error *reason) {
	ssize_t n = io_read(fd, data, size);
	if (n < 0) return error_errno(reason, "%s", path);
	return (size_t)n == size ? 0 : error_set(reason, ERROR_IO, "%s: changed while it was read", path);
}

/* The mark that some editors put before UTF-8. */
static size_t byte_order_mark(const unsigned char *data, size_t size) {
	return size >= 3 && !memcmp(data, "\xef\xbb\xbf", 3) ? 3 : 0;
}

/* A refusal is read by the sender, who does not know our folders. */
static const char *name_of(const char *path) {
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static int parse(const char *path, const unsigned char *data, size_t size, json_t **object, struct error *reason) {
	json_error_t where;
	size_t skip = byte_order_mark(data, size);
	*object = json_loadb((const char *)data + skip, size - skip, JSON_REJECT_DUPLICATES, &where);
	if (*object) return 0;
	error_set(reason, ERROR_INPUT, "%s: %s: line %d: %s", name_of(path), N_("not JSON"), where.line, where.text);
	return 1;
}

int sidecar_read(const char *path, json_t **object, struct error *reason) {
	struct stat st;
	unsigned char *data = NULL;
	int rc = -1;
	*object = NULL;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP) {
		error_set(reason, ERROR_INPUT, "%s: %s", name_of(path), N_("a symbolic link, not a file"));
		return 1;
	}
	if (fd < 0) return error_errno(reason, "%s", path);
	if (fstat(fd, &st)) {
		error_errno(reason, "%s", path);
	} else if (!S_ISREG(st.st_mode)) {
		rc = 1, error_set(reason, ERROR_INPUT, "%s: %s", name_of(path), N_("not a file"));
	} else if (!st.st_size) {
		rc = 1, error_set(reason, ERROR_INPUT, "%s: the file is empty", name_of(path));
	} else if ((uint64_t)st.st_size > LIMIT_SIDECAR_BYTES) {
		rc = 1, error_set(reason, ERROR_INPUT, "%s: %s: %lld > %lu", name_of(path), N_("larger than it may be"), (long long)st.st_size, LIMIT_SIDECAR_BYTES);
	} else {
		data = xmalloc((size_t)st.st_size);
		rc = read_all(fd, path, data, (size_t)st.st_size, reason);
		if (!rc) rc = parse(path, data, (size_t)st.st_size, object, reason);
	}
	free(data);
	close(fd);
	return rc;
}
