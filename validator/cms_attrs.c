/* Attributes of a SignerInfo, and the bytes a signature over them was made from.
 *
 * RFC 5652 5.4 lets the signer hash the DER encoding of the attributes even where they are transmitted otherwise. Real
 * signers also hashed what they stored. So up to three forms are tried: the DER encoding with the attributes sorted,
 * the DER encoding in the stored order, and the bytes as they came; what matched is reported. Attributes that are
 * stored in DER, as nearly all are, have one form. */
#include "validator/cms.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

bool cms_attribute_next(struct der_walk *w, struct cms_attribute *out) {
	unsigned char tag;
	*out = (struct cms_attribute){0};
	if (!der_peek(w, &tag)) return false;
	if (tag != DER_SEQUENCE || !der_next_ber(w, &out->whole)) goto bad;
	struct der_walk in = der_walk_in(&out->whole);
	if (!der_next_ber(&in, &out->oid) || out->oid.tag != DER_OID) goto bad;
	if (!der_next_ber(&in, &out->values) || out->values.tag != DER_SET || !der_done(&in)) goto bad;
	return true;
bad:
	w->bad = true;
	return false;
}

size_t cms_attribute_find(const struct der *set, const char *oid, struct cms_attribute *out) {
	size_t found = 0;
	struct cms_attribute a;
	if (!set->start) return 0;
	struct der_walk w = der_walk_in(set);
	while (cms_attribute_next(&w, &a))
		if (der_is_oid(&a.oid, oid) && !found++) *out = a;
	return found;
}

bool cms_attribute_single(const struct der *set, const char *oid, struct der *value) {
	struct cms_attribute a;
	if (cms_attribute_find(set, oid, &a) != 1) return false;
	struct der_walk w = der_walk_in(&a.values);
	return der_next_ber(&w, value) && der_done(&w);
}

static void put_header(struct buf *out, unsigned char tag, size_t len) {
	unsigned char octets[sizeof len];
	int n = 0;
	buf_add_byte(out, tag);
	if (len < 128) {
		buf_add_byte(out, (unsigned char)len);
		return;
	}
	for (size_t rest = len; rest; rest >>= 8) octets[n++] = (unsigned char)rest;
	buf_add_byte(out, (unsigned char)(0x80 | n));
	while (n) buf_add_byte(out, octets[--n]);
}

static bool put_der(const struct der *e, int depth, struct buf *out);

struct encoded {
	struct buf bytes;
};

static int by_bytes(const void *a, const void *b) {
	const struct buf *x = &((const struct encoded *)a)->bytes, *y = &((const struct encoded *)b)->bytes;
	int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* The elements of a set in DER; `sort` as X.690 11.6 asks. */
static bool put_set(const struct der *set, bool sort, int depth, struct buf *out) {
	struct encoded *items = NULL;
	size_t count = 0, cap = 0;
	struct der e;
	struct der_walk w = der_walk_in(set);
	while (der_next_ber(&w, &e)) {
		ARRAY_GROW(items, count, cap);
		items[count] = (struct encoded){0};
		if (!put_der(&e, depth + 1, &items[count++].bytes)) w.bad = true;
	}
	if (sort && count) qsort(items, count, sizeof *items, by_bytes);
	for (size_t i = 0; i < count; i++) {
		buf_add(out, items[i].bytes.data, items[i].bytes.len);
		buf_dispose(&items[i].bytes);
	}
	free(items);
	return der_done(&w);
}

static bool put_der(const struct der *e, int depth, struct buf *out) {
	struct buf inner = {0};
	bool good = depth < LIMIT_DER_DEPTH;
	unsigned char tag = e->tag;
	if (!good || !(tag & DER_CONSTRUCTED)) {
		put_header(out, tag, e->len);
		buf_add(out, e->data, e->len);
		return good;
	}
	if (tag == (DER_OCTET_STRING | DER_CONSTRUCTED)) {
		tag = DER_OCTET_STRING;
		good = der_octets_ber(e, &inner);
	} else {
		good = put_set(e, tag == DER_SET, depth, &inner);
	}
	put_header(out, tag, inner.len);
	buf_add(out, inner.data, inner.len);
	buf_dispose(&inner);
	return good;
}

bool cms_put_der(const struct der *element, struct buf *out) {
	return put_der(element, 0, out);
}

static bool same(const struct buf *a, const struct buf *b) {
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static void add_form(struct cms_attrs_form *out, size_t *count, struct buf *bytes, bool conforming) {
	for (size_t i = 0; i < *count; i++)
		if (same(&out[i].bytes, bytes)) {
			buf_dispose(bytes);
			return;
		}
	out[(*count)++] = (struct cms_attrs_form){*bytes, conforming};
	*bytes = (struct buf){0};
}

size_t cms_attrs_forms(const struct cms_signer *signer, struct cms_attrs_form out[static CMS_ATTRS_FORMS]) {
	const struct der *set = &signer->signed_attrs;
	size_t count = 0;
	if (!set->start) return 0;
	struct buf received = {0};
	buf_add_byte(&received, DER_SET); /* RFC 5652 5.4: SET OF instead of the IMPLICIT [0] */
	buf_add(&received, set->start + 1, set->full - 1);
	for (int sorted = 1; sorted >= 0 && set->full <= LIMIT_SIGNED_ATTRS_BYTES; sorted--) {
		/* What came in DER and sorted is the same in every form. */
		if (count && same(&out[0].bytes, &received)) break;
		struct buf contents = {0}, bytes = {0};
		if (put_set(set, sorted, 0, &contents)) {
			put_header(&bytes, DER_SET, contents.len);
			buf_add(&bytes, contents.data, contents.len);
			add_form(out, &count, &bytes, sorted);
		}
		buf_dispose(&contents);
	}
	add_form(out, &count, &received, false);
	return count;
}
