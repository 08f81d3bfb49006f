#include "validator/zip.h"

#include "base/limits.h"
#include "base/mem.h"
#include "validator/zip_directory.h"

#include <archive.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of the character at the start, 0 when it is none. RFC 3629: shortest form, no surrogates, up to U+10FFFF. */
static unsigned utf8_character(const unsigned char *p, size_t len) {
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned size = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : p[0] >> 3 == 30 ? 4 : 0;
	if (!size || size > len) return 0;
	uint32_t c = size == 1 ? p[0] : p[0] & (0x7fU >> size);
	for (unsigned k = 1; k < size; k++) {
		if (p[k] >> 6 != 2) return 0;
		c = c << 6 | (p[k] & 0x3f);
	}
	return c < least[size] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0 : size;
}

static bool is_utf8(const unsigned char *p, size_t len) {
	while (len) {
		unsigned size = utf8_character(p, len);
		if (!size) return false;
		p += size, len -= size;
	}
	return true;
}

char *zip_shown_name(const char *name) {
	struct buf shown = {0};
	for (size_t len = strlen(name); len;) {
		unsigned size = utf8_character((const unsigned char *)name, len);
		if (size && (unsigned char)*name >= 0x20 && *name != 0x7f)
			buf_add(&shown, name, size);
		else
			buf_printf(&shown, "\\x%02x", (unsigned char)*name), size = 1;
		name += size, len -= size;
	}
	return shown.data ? buf_take_text(&shown) : xstrdup("");
}

/* Relative, without "." and "..", separators of the format only: the name means the same to every reader. */
static const char *check_name(const struct zip_entry *e) {
	size_t part = 0;
	for (size_t i = 0; i <= e->name_len; i++) {
		if (i < e->name_len && (e->name[i] < 0x20 || e->name[i] == 0x7f || e->name[i] == '\\'))
			return "the name of a member has characters that no name should have";
		if (i < e->name_len && e->name[i] != '/') continue;
		size_t len = i - part;
		const unsigned char *p = e->name + part;
		bool last = i == e->name_len;
		if ((!len && !last) || (len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
			return "the name of a member leads out of the container";
		part = i + 1;
	}
	return NULL;
}

static bool is_folder(const struct zip_entry *e) {
	return e->name[e->name_len - 1] == '/';
}

/* Unpacks the member that libarchive stands at. False when nothing more can be read from the file. */
static bool unpack(struct archive *a, const struct zip_entry *e, struct zip_member *m) {
	unsigned char more;
	m->data = xmalloc(e->size + 1);
	while (m->len < e->size) {
		la_ssize_t n = archive_read_data(a, m->data + m->len, e->size - m->len);
		if (n == ARCHIVE_FATAL) return false;
		m->damaged |= n < 0;
		if (n <= 0) break;
		m->len += (size_t)n;
	}
	/* The checksum is compared when the end is reached, so one more byte is asked for. */
	if (m->len < e->size || archive_read_data(a, &more, 1) != 0) m->damaged = true;
	return true;
}

static void add_member(struct zip *zip, const struct zip_entry *e, bool first, struct zip_member **out) {
	struct zip_member *m = *out = &zip->members[zip->count++];
	*m = (struct zip_member){.name = xstrndup((const char *)e->name, e->name_len),
				 .named = is_utf8(e->name, e->name_len),
				 .stored_first = first && e->method == 0};
	m->shown = zip_shown_name(m->name);
}

/* libarchive gives the members in the order of their offsets, as the directory here does. */
static const char *unpack_all(struct archive *a, const struct zip_directory *d, struct zip *zip) {
	struct archive_entry *header;
	struct zip_member *m;
	for (size_t i = 0; i < d->count; i++) {
		const struct zip_entry *e = &d->entries[i];
		const char *why = check_name(e);
		if (why) return why;
		int rc = archive_read_next_header(a, &header);
		if (rc == ARCHIVE_EOF || rc == ARCHIVE_FATAL) return "the members cannot be read";
		if (is_folder(e)) {
			if (e->size) return "a folder has content";
			continue;
		}
		add_member(zip, e, !e->offset, &m);
		if (!unpack(a, e, m)) return "the members cannot be read";
	}
	return archive_read_next_header(a, &header) == ARCHIVE_EOF ? NULL
								   : "there are more members than the directory tells";
}

static int by_name(const void *a, const void *b) {
	const struct zip_member *x = a, *y = b;
	return strcmp(x->name, y->name);
}

static const char *read_members(const unsigned char *data, const struct zip_directory *d, struct zip *zip) {
	struct archive *a = archive_read_new();
	const char *why = "the members cannot be read";
	zip->members = xcalloc(d->count + 1, sizeof *zip->members);
	/* Without the comment: libarchive would look for the directory in it, too. */
	if (a && archive_read_support_format_zip_seekable(a) == ARCHIVE_OK &&
	    archive_read_open_memory(a, data, d->end) == ARCHIVE_OK)
		why = unpack_all(a, d, zip);
	if (a) archive_read_free(a);
	if (why) return why;
	qsort(zip->members, zip->count, sizeof *zip->members, by_name);
	for (size_t i = 1; i < zip->count; i++)
		if (!strcmp(zip->members[i - 1].name, zip->members[i].name)) return "two members have the same name";
	return NULL;
}

bool zip_read(const unsigned char *data, size_t len, struct zip *zip, const char **why) {
	struct zip_directory d;
	*zip = (struct zip){0};
	bool good = zip_directory_read(data, len, &d, why);
	if (good) {
		*why = read_members(data, &d, zip);
		good = !*why;
	}
	zip->unlisted = d.unlisted;
	zip_directory_dispose(&d);
	return good;
}

void zip_dispose(struct zip *zip) {
	for (size_t i = 0; i < zip->count; i++) {
		free(zip->members[i].name);
		free(zip->members[i].shown);
		free(zip->members[i].data);
	}
	free(zip->members);
	*zip = (struct zip){0};
}

struct zip_member *zip_find(const struct zip *zip, const char *name) {
	struct zip_member key = {.name = (char *)(uintptr_t)name};
	return zip->count ? bsearch(&key, zip->members, zip->count, sizeof key, by_name) : NULL;
}
