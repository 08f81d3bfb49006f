#include "validator/der.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define MAX_OID_ARCS 64
#define MAX_OID_BYTES 256

struct der_walk der_walk_bytes(const unsigned char *data, size_t len) {
	return (struct der_walk){.p = data, .end = data ? data + len : NULL};
}

struct der_walk der_walk_in(const struct der *element) {
	return der_walk_bytes(element->data, element->len);
}

/* Identifier and length octets at p; false when they are malformed or run past end. `minimal`: as DER demands. */
static bool read_header(const unsigned char *p, const unsigned char *end, bool minimal, struct der *out) {
	if (end - p < 2 || (p[0] & 0x1f) == 0x1f) return false;
	*out = (struct der){.start = p, .tag = p[0]};
	unsigned char first = p[1];
	p += 2;
	if (first < 0x80) {
		out->len = first;
	} else if (first == 0x80) {
		if (minimal || !(out->tag & DER_CONSTRUCTED)) return false;
		out->indefinite = true;
	} else {
		size_t octets = first & 0x7f, len = 0;
		if (octets > (size_t)(end - p)) return false;
		if (minimal && (octets > sizeof len || p[0] == 0 || (octets == 1 && p[0] < 0x80))) return false;
		for (; octets > 0; octets--, p++) {
			if (len > SIZE_MAX >> 8) return false;
			len = len << 8 | *p;
		}
		out->len = len;
	}
	out->data = p;
	if (!out->indefinite && out->len > (size_t)(end - p)) return false;
	out->full = (size_t)(p - out->start) + out->len;
	return true;
}

bool der_next(struct der_walk *w, struct der *out) {
	*out = (struct der){0};
	if (w->bad || w->p == w->end) return false;
	if (!read_header(w->p, w->end, true, out)) {
		w->bad = true;
		*out = (struct der){0};
		return false;
	}
	w->p += out->full;
	return true;
}

bool der_peek(const struct der_walk *w, unsigned char *tag) {
	if (w->bad || w->p == w->end) return false;
	*tag = *w->p;
	return true;
}

bool der_optional(struct der_walk *w, unsigned char tag, struct der *out) {
	unsigned char next;
	*out = (struct der){0};
	return der_peek(w, &next) && next == tag && der_next(w, out);
}

bool der_expect(struct der_walk *w, unsigned char tag, struct der *out) {
	if (der_optional(w, tag, out)) return true;
	w->bad = true;
	return false;
}

bool der_done(const struct der_walk *w) {
	return !w->bad && w->p == w->end;
}

/* Where the contents of an indefinite-length element end (its two zero octets), found without recursion: definite
 * elements are skipped whole, only indefinite ones are entered. NULL when there is no end. */
static const unsigned char *indefinite_end(const unsigned char *p, const unsigned char *end) {
	unsigned depth = 1;
	while (end - p >= 2) {
		if (p[0] == 0 && p[1] == 0) {
			if (--depth == 0) return p;
			p += 2;
			continue;
		}
		struct der inner;
		if (!read_header(p, end, false, &inner)) return NULL;
		if (inner.indefinite && ++depth > LIMIT_DER_DEPTH) return NULL;
		p = inner.indefinite ? inner.data : inner.start + inner.full;
	}
	return NULL;
}

bool der_next_ber(struct der_walk *w, struct der *out) {
	*out = (struct der){0};
	if (w->bad || w->p == w->end) return false;
	if (!read_header(w->p, w->end, false, out)) goto bad;
	if (out->indefinite) {
		const unsigned char *end = indefinite_end(out->data, w->end);
		if (!end) goto bad;
		out->len = (size_t)(end - out->data);
		out->full = (size_t)(end - out->start) + 2;
	}
	w->p += out->full;
	return true;
bad:
	w->bad = true;
	*out = (struct der){0};
	return false;
}

bool der_octets_ber(const struct der *element, struct buf *out) {
	if (!(element->tag & DER_CONSTRUCTED)) {
		buf_add(out, element->data, element->len);
		return true;
	}
	/* The enclosing walks, innermost last. */
	struct der_walk stack[LIMIT_DER_DEPTH];
	unsigned depth = 0;
	stack[depth++] = der_walk_in(element);
	while (depth > 0) {
		struct der part;
		if (!der_next_ber(&stack[depth - 1], &part)) {
			if (stack[depth - 1].bad) return false;
			depth--;
			continue;
		}
		if (part.tag == DER_OCTET_STRING) {
			buf_add(out, part.data, part.len);
		} else if (part.tag == (DER_OCTET_STRING | DER_CONSTRUCTED) && depth < LIMIT_DER_DEPTH) {
			stack[depth++] = der_walk_in(&part);
		} else {
			return false;
		}
	}
	return true;
}

/* Contents octets of a dotted OID; 0 when it does not fit. Only for constants of this program. */
/* A number of an identifier. What is not just digits is strtoull's to make something of. */
static uint64_t read_arc(const char *text, const char **end) {
	uint64_t arc = 0;
	const char *p = text;
	while (*p >= '0' && *p <= '9' && p - text < 18) arc = arc * 10 + (uint64_t)(*p++ - '0');
	*end = p;
	if (p > text && (*p == '.' || *p == 0)) return arc;
	char *after;
	arc = strtoull(text, &after, 10);
	*end = after;
	return arc;
}

static size_t encode_oid(const char *dotted, unsigned char out[static MAX_OID_BYTES]) {
	size_t len = 0;
	const char *end;
	uint64_t first = read_arc(dotted, &end), second = *end == '.' ? read_arc(end + 1, &end) : 0;
	uint64_t arc = first * 40 + second;
	for (;;) {
		unsigned char digits[10];
		size_t n = 0;
		do {
			digits[n++] = arc & 0x7f;
			arc >>= 7;
		} while (arc);
		if (len + n > MAX_OID_BYTES) return 0;
		while (n > 0) {
			n--;
			out[len++] = (unsigned char)(digits[n] | (n ? 0x80 : 0));
		}
		if (*end != '.') return *end ? 0 : len;
		arc = read_arc(end + 1, &end);
	}
}

bool der_is_oid(const struct der *element, const char *dotted) {
	unsigned char bytes[MAX_OID_BYTES];
	size_t len = encode_oid(dotted, bytes);
	return element->tag == DER_OID && len == element->len && !memcmp(bytes, element->data, len);
}

char *der_oid_text(const struct der *element) {
	struct buf text = {0};
	uint64_t arc = 0;
	unsigned arcs = 0;
	if (element->tag != DER_OID || element->len == 0 || element->len > MAX_OID_BYTES) return xstrdup("");
	for (size_t i = 0; i < element->len; i++) {
		unsigned char byte = element->data[i];
		if (arc > UINT64_MAX >> 7 || (arc == 0 && byte == 0x80)) goto bad;
		arc = arc << 7 | (byte & 0x7f);
		if (byte & 0x80) {
			if (i + 1 == element->len) goto bad;
			continue;
		}
		if (++arcs > MAX_OID_ARCS) goto bad;
		if (arcs == 1) {
			unsigned first = arc < 40 ? 0 : arc < 80 ? 1 : 2;
			buf_printf(&text, "%u.%llu", first, (unsigned long long)(arc - first * 40));
		} else {
			buf_printf(&text, ".%llu", (unsigned long long)arc);
		}
		arc = 0;
	}
	return buf_take_text(&text);
bad:
	buf_dispose(&text);
	return xstrdup("");
}

bool der_uint(const struct der *element, uint64_t *out) {
	if ((element->tag != DER_INTEGER && element->tag != DER_ENUMERATED) || element->len == 0) return false;
	if (element->data[0] & 0x80) return false;
	if (element->len > 1 && element->data[0] == 0 && !(element->data[1] & 0x80)) return false;
	if (element->len - (element->data[0] == 0) > sizeof *out) return false;
	uint64_t value = 0;
	for (size_t i = 0; i < element->len; i++) value = value << 8 | element->data[i];
	*out = value;
	return true;
}

bool der_bool(const struct der *element, bool *out) {
	if (element->tag != DER_BOOLEAN || element->len != 1) return false;
	if (element->data[0] != 0 && element->data[0] != 0xff) return false;
	*out = element->data[0] != 0;
	return true;
}

static bool digits(const unsigned char *p, size_t count, int *out) {
	int value = 0;
	for (size_t i = 0; i < count; i++) {
		if (p[i] < '0' || p[i] > '9') return false;
		value = value * 10 + (p[i] - '0');
	}
	*out = value;
	return true;
}

/* ".ddd" before the Z; X.690 11.7 forbids trailing zeros, which some timestamp services send all the same. */
static bool fraction(const unsigned char *p, size_t len, int *microseconds) {
	if (len < 2 || len > 20 || p[0] != '.') return false;
	int value = 0, scale = 100000;
	for (size_t i = 1; i < len; i++, scale /= 10) {
		if (p[i] < '0' || p[i] > '9') return false;
		value += (p[i] - '0') * scale;
	}
	*microseconds = value;
	return true;
}

bool der_time(const struct der *element, bool fractions, utime *out) {
	const unsigned char *p = element->data;
	size_t len = element->len, year_digits = element->tag == DER_UTCTIME ? 2 : 4;
	int year, month, day, hour, minute, second, micro = 0;
	if (element->tag != DER_UTCTIME && element->tag != DER_GENERALIZEDTIME) return false;
	if (len < year_digits + 11 || p[len - 1] != 'Z') return false;
	if (!digits(p, year_digits, &year)) return false;
	p += year_digits;
	if (!digits(p, 2, &month) || !digits(p + 2, 2, &day) || !digits(p + 4, 2, &hour) ||
	    !digits(p + 6, 2, &minute) || !digits(p + 8, 2, &second))
		return false;
	size_t rest = len - year_digits - 11;
	if (rest && (!fractions || element->tag == DER_UTCTIME || !fraction(p + 10, rest, &micro))) return false;
	if (element->tag == DER_UTCTIME) year += year >= 50 ? 1900 : 2000;
	return year > 0 && utime_from_civil(year, month, day, hour, minute, second, micro, out);
}

static void add_utf8(struct buf *b, uint32_t c, bool escape) {
	bool shown =
		!(c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069));
	if (escape && !shown) {
		buf_printf(b, "\\u%04x",
			   (unsigned)c); /* control and direction characters would falsify what is shown */
	} else if (c < 0x80) {
		buf_add_byte(b, (unsigned char)c);
	} else if (c < 0x800) {
		buf_add_byte(b, (unsigned char)(0xc0 | c >> 6));
		buf_add_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_add_byte(b, (unsigned char)(0xe0 | c >> 12));
		buf_add_byte(b, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
	} else {
		buf_add_byte(b, (unsigned char)(0xf0 | c >> 18));
		buf_add_byte(b, (unsigned char)(0x80 | (c >> 12 & 0x3f)));
		buf_add_byte(b, (unsigned char)(0x80 | (c >> 6 & 0x3f)));
		buf_add_byte(b, (unsigned char)(0x80 | (c & 0x3f)));
	}
}

/* One character of well-formed UTF-8 at p; 0 bytes when it is not. */
static size_t utf8_char(const unsigned char *p, size_t len, uint32_t *out) {
	size_t n = p[0] < 0x80             ? 1
		   : (p[0] & 0xe0) == 0xc0 ? 2
		   : (p[0] & 0xf0) == 0xe0 ? 3
		   : (p[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	if (n == 0 || n > len) return 0;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80) return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return 0;
	*out = c;
	return n;
}

static void add_utf8_text(struct buf *b, const unsigned char *p, size_t len, bool escape) {
	while (len > 0) {
		uint32_t c;
		size_t n = utf8_char(p, len, &c);
		if (n == 0) { /* not UTF-8: shown as what older programs meant, Latin-1 */
			c = p[0];
			n = 1;
		}
		add_utf8(b, c, escape);
		p += n;
		len -= n;
	}
}

static void add_string(const struct der *element, bool escape, struct buf *out) {
	const unsigned char *p = element->data;
	size_t len = element->len;
	switch (element->tag) {
	case DER_BMP:
		for (; len >= 2; p += 2, len -= 2) {
			uint32_t c = (uint32_t)p[0] << 8 | p[1];
			if (c >= 0xd800 && c < 0xdc00 && len >= 4 && (p[2] & 0xfc) == 0xdc) {
				c = 0x10000 + ((c & 0x3ff) << 10 | ((uint32_t)(p[2] & 3) << 8 | p[3]));
				p += 2;
				len -= 2;
			}
			add_utf8(out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c, escape);
		}
		break;
	case DER_UNIVERSAL:
		for (; len >= 4; p += 4, len -= 4) {
			uint32_t c = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
			add_utf8(out, c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c, escape);
		}
		break;
	case DER_T61:
		for (; len > 0; p++, len--) add_utf8(out, *p, escape);
		break;
	default:
		add_utf8_text(out, p, len, escape);
		break;
	}
}

char *der_string_utf8(const struct der *element) {
	struct buf text = {0};
	add_string(element, true, &text);
	return buf_take_text(&text);
}

void der_string_plain(const struct der *element, struct buf *out) {
	add_string(element, false, out);
}

void der_put(struct buf *out, unsigned char tag, const void *data, size_t len) {
	buf_add_byte(out, tag);
	if (len < 0x80) {
		buf_add_byte(out, (unsigned char)len);
	} else {
		unsigned octets = 0;
		for (size_t rest = len; rest; rest >>= 8) octets++;
		buf_add_byte(out, (unsigned char)(0x80 | octets));
		while (octets-- > 0) buf_add_byte(out, (unsigned char)(len >> 8 * octets));
	}
	buf_add(out, data, len);
}

void der_put_oid(struct buf *out, const char *dotted) {
	unsigned char bytes[MAX_OID_BYTES];
	der_put(out, DER_OID, bytes, encode_oid(dotted, bytes));
}
