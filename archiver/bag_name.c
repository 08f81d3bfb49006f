#include "archiver/bag.h"

#include "archiver/fold.h"
#include "base/letter.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_BYTES 150 /* leaves room below the 255 of most file systems, and for the path on those that count it */
#define SUFFIX_BYTES 20

/* Invalid UTF-8 is kept apart from what composing would make of it: each such byte as =XX. */
static void put_escaped(struct buf *out, const char *bytes, size_t len) {
	for (size_t i = 0; i < len; i++) buf_printf(out, "=%02X", (unsigned)(unsigned char)bytes[i]);
}

static bool harmless(uint32_t code, bool first) {
	if (code < ' ' || code == 0x7f || (code >= 0x80 && code < 0xa0) || letter_is_invisible(code)) return false;
	if (code == 0x2028 || code == 0x2029) return false;
	if (code < 0x80 && strchr("/\\:*?\"<>|%=`$&;'!", (int)code)) return false;
	return !first || !strchr(".-~ ", (int)(code < 0x80 ? code : 'a'));
}

static char *escaped(const char *name) {
	struct buf out = {0};
	for (const char *p = name, *start; *(start = p);) {
		uint32_t code = letter_decode(&p);
		bool valid = code != 0xfffd || !strncmp(start, "\xef\xbf\xbd", 3);
		if (valid && harmless(code, start == name))
			buf_add(&out, start, (size_t)(p - start));
		else
			put_escaped(&out, start, (size_t)(p - start));
	}
	return buf_take_text(&out);
}

/* Names that Windows takes for devices whatever their suffix; a document must be unpackable there. */
static bool is_device(const char *name) {
	static const char *const devices[] = {"con", "prn", "aux", "nul", "com", "lpt"};
	size_t len = strcspn(name, ".");
	for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
		if (strncasecmp(name, devices[i], 3) != 0) continue;
		if (i < 4 ? len == 3 : len == 4 && name[3] >= '0' && name[3] <= '9') return true;
	}
	return false;
}

/* Cuts before a byte that begins a character, and not inside an escape. */
static size_t cut_at(const char *text, size_t at) {
	while (at && ((unsigned char)text[at] & 0xc0) == 0x80) at--;
	for (size_t back = 1; back <= 2 && back <= at; back++)
		if (text[at - back] == '=') return at - back;
	return at;
}

static char *shortened(char *name) {
	size_t len = strlen(name);
	const char *dot = strrchr(name, '.');
	size_t suffix = dot && strlen(dot) <= SUFFIX_BYTES ? strlen(dot) : 0;
	if (len <= NAME_BYTES) return name;
	char *cut = xasprintf("%.*s%s", (int)cut_at(name, NAME_BYTES - suffix), name, suffix ? dot : "");
	free(name);
	return cut;
}

/* A space or dot at the end is dropped by some systems. */
static void close_end(char *name) {
	size_t len = strlen(name);
	while (len && (name[len - 1] == ' ' || name[len - 1] == '.')) name[--len] = '_';
}

char *bag_safe_name(const char *name) {
	char *safe = shortened(escaped(name)), *composed = fold_nfc(safe);
	free(safe);
	close_end(composed);
	char *result = !*composed            ? xstrdup("document")
		       : is_device(composed) ? xasprintf("_%s", composed)
					     : xstrdup(composed);
	free(composed);
	return result;
}
