#include "validator/names.h"

#include "base/record.h"

#include <stdlib.h>
#include <string.h>

/* Attributes in one RDN and RDNs in one name: real ones have one or two, and below twenty. */
#define MAX_ATTRIBUTES 64
#define MAX_RDNS 256

static bool is_string(unsigned char tag) {
	return tag == DER_UTF8 || tag == DER_PRINTABLE || tag == DER_T61 || tag == DER_IA5 || tag == DER_BMP ||
	       tag == DER_UNIVERSAL || tag == 0x1a; /* VisibleString */
}

static bool is_space(unsigned char c) {
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Folds ASCII case, drops white space at both ends, makes one space of several: what RFC 5280 7.1 asks of the
 * profile in RFC 4518 as far as names in practice differ. */
static void fold(struct buf *text) {
	size_t out = 0;
	for (size_t i = 0; i < text->len; i++) {
		unsigned char c = text->data[i];
		if (is_space(c)) {
			if (out && text->data[out - 1] != ' ') text->data[out++] = ' ';
		} else {
			text->data[out++] = c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
		}
	}
	if (out && text->data[out - 1] == ' ') out--;
	text->len = out;
}

static bool canonical_attribute(const struct der *attribute, struct buf *out) {
	struct der_walk w = der_walk_in(attribute);
	struct der type, value;
	if (attribute->tag != DER_SEQUENCE || !der_expect(&w, DER_OID, &type) || !der_next(&w, &value) || !der_done(&w))
		return false;
	record_put_bytes(out, type.data, type.len);
	if (is_string(value.tag)) {
		struct buf text = {0};
		der_string_plain(&value, &text);
		fold(&text);
		record_put_u8(out, 1);
		record_put_bytes(out, text.data, text.len);
		buf_dispose(&text);
	} else {
		record_put_u8(out, 0);
		record_put_bytes(out, value.start, value.full);
	}
	return true;
}

static int by_bytes(const void *a, const void *b) {
	const struct buf *x = a, *y = b;
	size_t common = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->data, y->data, common);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

bool name_canonical_rdn(const struct der *rdn, struct buf *out) {
	struct buf attributes[MAX_ATTRIBUTES] = {0}, joined = {0};
	size_t count = 0;
	bool ok = false;
	struct der_walk w = der_walk_in(rdn);
	struct der attribute;
	while (der_next(&w, &attribute)) {
		if (count == MAX_ATTRIBUTES) goto out;
		if (!canonical_attribute(&attribute, &attributes[count++])) goto out;
	}
	if (w.bad || count == 0) goto out;
	qsort(attributes, count, sizeof *attributes, by_bytes);
	for (size_t i = 0; i < count; i++) buf_add(&joined, attributes[i].data, attributes[i].len);
	record_put_bytes(out, joined.data, joined.len);
	ok = true;
out:
	for (size_t i = 0; i < count; i++) buf_dispose(&attributes[i]);
	buf_dispose(&joined);
	return ok;
}

bool name_canonical(const struct der *name, struct buf *out) {
	struct der_walk w = der_walk_in(name);
	struct der rdn;
	unsigned count = 0;
	while (der_next(&w, &rdn))
		if (++count > MAX_RDNS || rdn.tag != DER_SET || !name_canonical_rdn(&rdn, out)) return false;
	return !w.bad;
}

bool name_equal(const struct buf *a, const struct buf *b) {
	return a->len == b->len && (a->len == 0 || !memcmp(a->data, b->data, a->len));
}

bool name_starts_with(const struct buf *name, const struct buf *prefix) {
	return name->len >= prefix->len && (prefix->len == 0 || !memcmp(name->data, prefix->data, prefix->len));
}

static const struct {
	const char *oid, *label;
} labels[] = {
	{"2.5.4.3", "CN"},
	{"2.5.4.6", "C"},
	{"2.5.4.7", "L"},
	{"2.5.4.8", "ST"},
	{"2.5.4.9", "STREET"},
	{"2.5.4.10", "O"},
	{"2.5.4.11", "OU"},
	{"2.5.4.12", "T"},
	{"2.5.4.4", "SN"},
	{"2.5.4.42", "GN"},
	{"2.5.4.5", "serialNumber"},
	{"2.5.4.97", "organizationIdentifier"},
	{"0.9.2342.19200300.100.1.1", "UID"},
	{"0.9.2342.19200300.100.1.25", "DC"},
	{"1.2.840.113549.1.9.1", "E"},
};

static void add_escaped(struct buf *out, const char *text) {
	size_t len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool edge = (i == 0 && (c == ' ' || c == '#')) || (i + 1 == len && c == ' ');
		if (edge || strchr(",+\"\\<>;=", c)) {
			/* der_string_utf8 has escaped control characters with a backslash already */
			if (!(c == '\\' && text[i + 1] == 'u')) buf_add_byte(out, '\\');
		}
		buf_add_byte(out, (unsigned char)c);
	}
}

static void add_attribute(struct buf *out, const struct der *attribute) {
	struct der_walk w = der_walk_in(attribute);
	struct der type, value;
	if (!der_expect(&w, DER_OID, &type) || !der_next(&w, &value)) return;
	const char *label = NULL;
	for (size_t i = 0; i < ARRAY_LEN(labels) && !label; i++)
		if (der_is_oid(&type, labels[i].oid)) label = labels[i].label;
	char *oid = label ? NULL : der_oid_text(&type);
	buf_add_text(out, label ? label : oid);
	free(oid);
	buf_add_byte(out, '=');
	if (is_string(value.tag)) {
		char *text = der_string_utf8(&value);
		add_escaped(out, text);
		free(text);
	} else {
		char *hex = hex_dup(value.start, value.full);
		buf_printf(out, "#%s", hex);
		free(hex);
	}
}

char *name_text(const struct der *name) {
	struct der rdns[MAX_RDNS];
	size_t count = 0;
	struct buf text = {0};
	struct der_walk w = der_walk_in(name);
	while (count < MAX_RDNS && der_next(&w, &rdns[count])) count++;
	while (count > 0) {
		struct der_walk inner = der_walk_in(&rdns[--count]);
		struct der attribute;
		for (bool first = true; der_next(&inner, &attribute); first = false) {
			if (text.len) buf_add_byte(&text, first ? ',' : '+');
			add_attribute(&text, &attribute);
		}
	}
	return buf_take_text(&text);
}

struct name_walk name_walk_in(const struct der *name) {
	return (struct name_walk){.names = der_walk_in(name)};
}

bool name_walk_next(struct name_walk *w, const char *oid, struct der *value) {
	struct der rdn, attribute, type;
	for (;;) {
		while (der_next(&w->parts, &attribute)) {
			struct der_walk in = der_walk_in(&attribute);
			if (der_expect(&in, DER_OID, &type) && der_next(&in, value) && der_is_oid(&type, oid) &&
			    is_string(value->tag))
				return true;
		}
		if (!der_next(&w->names, &rdn)) return false;
		w->parts = der_walk_in(&rdn);
	}
}

char *name_attribute(const struct der *name, const char *oid) {
	char *found = NULL;
	struct name_walk w = name_walk_in(name);
	struct der value;
	while (name_walk_next(&w, oid, &value)) {
		free(found);
		found = der_string_utf8(&value);
	}
	return found;
}
