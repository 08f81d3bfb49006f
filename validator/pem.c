#include "validator/pem.h"

#include <string.h>

struct pem_reader pem_reader_of(const unsigned char *data, size_t len) {
	return (struct pem_reader){.p = (const char *)data, .end = (const char *)data + len};
}

static int value_of(char c) {
	if (c >= 'A' && c <= 'Z') return c - 'A';
	if (c >= 'a' && c <= 'z') return c - 'a' + 26;
	if (c >= '0' && c <= '9') return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool decode(const char *p, const char *end, struct buf *out) {
	unsigned bits = 0, have = 0, padding = 0;
	out->len = 0;
	for (; p < end; p++) {
		if (*p == '\n' || *p == '\r' || *p == ' ' || *p == '\t') continue;
		if (*p == '=') {
			if (++padding > 2) return false;
			continue;
		}
		int value = value_of(*p);
		if (value < 0 || padding) return false;
		bits = bits << 6 | (unsigned)value;
		have += 6;
		if (have >= 8) {
			have -= 8;
			buf_add_byte(out, (unsigned char)(bits >> have));
			bits &= (1U << have) - 1;
		}
	}
	return out->len > 0;
}

static const char *find(const char *p, const char *end, const char *text) {
	return p < end ? memmem(p, (size_t)(end - p), text, strlen(text)) : NULL;
}

bool pem_next(struct pem_reader *reader, struct buf *out) {
	for (;;) {
		const char *begin = find(reader->p, reader->end, "-----BEGIN ");
		const char *body = begin ? find(begin + 11, reader->end, "-----") : NULL;
		const char *stop = body ? find(body + 5, reader->end, "-----END ") : NULL;
		if (!stop) {
			reader->p = reader->end;
			return false;
		}
		reader->p = stop + 9;
		if (decode(body + 5, stop, out)) return true;
	}
}
