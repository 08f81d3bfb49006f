#include "validator/cms_edit.h"

#include "validator/key.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXT0 (DER_CONTEXT | DER_CONSTRUCTED)
#define CONTEXT1 (DER_CONTEXT | DER_CONSTRUCTED | 1)
#define OID_RI_OCSP "1.3.6.1.5.5.7.16.2"

/* ---- reading ---- */

static size_t add_box(struct cms_edit *x, const struct der *e, size_t parent) {
	ARRAY_GROW(x->boxes, x->count, x->cap);
	x->boxes[x->count] = (struct cms_edit_box){.e = *e, .parent = parent};
	return x->count++;
}

static size_t find_attributes(struct cms_edit *x, size_t signer) {
	struct der e = {0}, part;
	struct der_walk w = der_walk_in(&x->boxes[signer].e);
	while (der_next_ber(&w, &part)) e = part; /* they come last */
	return e.tag == CONTEXT1 ? add_box(x, &e, signer) : 0;
}

static void open_signers(struct cms_edit *x, const struct der *set) {
	struct der e;
	size_t cap = 0, cap_attributes = 0, box = add_box(x, set, x->signed_data);
	struct der_walk w = der_walk_in(set);
	while (der_next_ber(&w, &e)) {
		size_t count = x->signer_count;
		ARRAY_GROW(x->signers, count, cap);
		ARRAY_GROW(x->attributes, count, cap_attributes);
		x->signers[count] = add_box(x, &e, box);
		x->attributes[count] = find_attributes(x, x->signers[count]);
		x->signer_count++;
	}
}

bool cms_edit_open(struct cms_edit *x, const unsigned char *data, size_t len, const struct cms *cms) {
	struct der info, type, explicit, signed_data, part;
	*x = (struct cms_edit){.data = data, .len = len};
	struct der_walk w = der_walk_bytes(data, len);
	if (!der_next_ber(&w, &info)) return false;
	w = der_walk_in(&info);
	if (!der_next_ber(&w, &type) || !der_next_ber(&w, &explicit)) return false;
	struct der_walk in = der_walk_in(&explicit);
	if (!der_next_ber(&in, &signed_data)) return false;
	size_t outer = add_box(x, &info, 0);
	x->signed_data = add_box(x, &signed_data, add_box(x, &explicit, outer));
	in = der_walk_in(&signed_data);
	if (!der_next_ber(&in, &x->version) || !der_next_ber(&in, &x->algorithms) || !der_next_ber(&in, &x->content)) return false;
	x->algorithm_box = add_box(x, &x->algorithms, x->signed_data);
	while (der_next_ber(&in, &part)) {
		if (part.tag == CONTEXT0) x->certs = add_box(x, &part, x->signed_data);
		if (part.tag == CONTEXT1) x->crls = add_box(x, &part, x->signed_data);
		if (part.tag == DER_SET) open_signers(x, &part);
	}
	return der_done(&in) && x->signer_count && x->signer_count == cms->signer_count;
}

void cms_edit_close(struct cms_edit *x) {
	free(x->boxes);
	free(x->signers);
	free(x->attributes);
	free(x->changes);
	buf_dispose(&x->literal);
	*x = (struct cms_edit){0};
}

/* ---- changes ---- */

static const unsigned char *end_of(const struct cms_edit *x, size_t box) {
	return x->boxes[box].e.data + x->boxes[box].e.len;
}

static void change(struct cms_edit *x, size_t box, const unsigned char *at, size_t removed, struct extend_piece piece) {
	ARRAY_GROW(x->changes, x->change_count, x->change_cap);
	x->changes[x->change_count++] = (struct cms_edit_change){box, at, removed, piece};
}

static struct extend_piece literal_of(struct cms_edit *x, const struct buf *bytes) {
	struct extend_piece piece = {EXTEND_LITERAL, x->literal.len, bytes->len};
	buf_add(&x->literal, bytes->data, bytes->len);
	return piece;
}

static void put(struct cms_edit *x, size_t box, const unsigned char *at, struct buf *bytes) {
	change(x, box, at, 0, literal_of(x, bytes));
	buf_dispose(bytes);
}

/* Identifier and length octets; at least `least` of the latter, so that what has room stays as it is. */
static void put_header(struct buf *out, unsigned char tag, size_t len, size_t least) {
	unsigned char octets[sizeof len];
	size_t n = 0;
	buf_add_byte(out, tag);
	if (len < 128 && least <= 1) {
		buf_add_byte(out, (unsigned char)len);
		return;
	}
	for (size_t rest = len; rest || !n; rest >>= 8) octets[n++] = (unsigned char)rest;
	while (n + 1 < least && n < sizeof octets) octets[n++] = 0;
	buf_add_byte(out, (unsigned char)(0x80 | n));
	while (n) buf_add_byte(out, octets[--n]);
}

void cms_edit_ocsp_header(size_t len, struct buf *out) {
	struct buf oid = {0};
	der_put_oid(&oid, OID_RI_OCSP);
	put_header(out, CONTEXT1, oid.len + len, 0);
	buf_add(out, oid.data, oid.len);
	buf_dispose(&oid);
}

static bool goes_into(const struct extend_item *item, bool certs) {
	return (item->kind == EXTEND_CERTIFICATE) == certs;
}

static size_t size_in_bag(const struct extend_item *item) {
	struct buf header = {0};
	if (item->kind == EXTEND_OCSP) cms_edit_ocsp_header(item->len, &header);
	size_t size = header.len + item->len;
	buf_dispose(&header);
	return size;
}

static void put_items(struct cms_edit *x, const struct extend_item *items, size_t count, bool certs, size_t box,
		      const unsigned char *at) {
	for (size_t i = 0; i < count; i++) {
		struct buf header = {0};
		if (!goes_into(&items[i], certs)) continue;
		if (items[i].kind == EXTEND_OCSP) {
			cms_edit_ocsp_header(items[i].len, &header);
			put(x, box, at, &header);
		}
		change(x, box, at, 0, (struct extend_piece){EXTEND_ITEM, i, items[i].len});
	}
}

/* Behind what the bag holds, or as a new bag that stands at `at`. */
static void fill_bag(struct cms_edit *x, const struct extend_item *items, size_t count, bool certs, const unsigned char *at) {
	size_t bag = certs ? x->certs : x->crls, size = 0;
	struct buf header = {0};
	for (size_t i = 0; i < count; i++)
		if (goes_into(&items[i], certs)) size += size_in_bag(&items[i]);
	if (!size) return;
	if (bag) {
		put_items(x, items, count, certs, bag, end_of(x, bag));
		return;
	}
	put_header(&header, certs ? CONTEXT0 : CONTEXT1, size, 0);
	put(x, x->signed_data, at, &header);
	put_items(x, items, count, certs, x->signed_data, at);
}

/* RFC 5652 5.1: 5 as soon as there is status data that is no CRL. No signature covers it. */
static void raise_version(struct cms_edit *x) {
	uint64_t version;
	struct buf five = {0};
	if (der_uint(&x->version, &version) && version >= 5) return;
	der_put(&five, DER_INTEGER, "\5", 1);
	change(x, x->signed_data, x->version.start, x->version.full, literal_of(x, &five));
	buf_dispose(&five);
}

void cms_edit_add_items(struct cms_edit *x, const struct extend_item *items, size_t count) {
	const unsigned char *behind = x->content.start + x->content.full;
	for (size_t i = 0, done = 0; i < count && !done; i++)
		if (items[i].kind == EXTEND_OCSP) raise_version(x), done = 1;
	fill_bag(x, items, count, true, behind);
	if (x->certs) behind = x->boxes[x->certs].e.start + x->boxes[x->certs].e.full;
	fill_bag(x, items, count, false, behind);
}

void cms_edit_add_attribute(struct cms_edit *x, size_t signer, const char *oid, struct extend_piece piece) {
	struct buf type = {0}, set = {0}, attribute = {0}, all = {0};
	size_t box = x->attributes[signer];
	der_put_oid(&type, oid);
	put_header(&set, DER_SET, piece.len, 0);
	put_header(&attribute, DER_SEQUENCE, type.len + set.len + piece.len, 0);
	if (!box) put_header(&all, CONTEXT1, attribute.len + type.len + set.len + piece.len, 0);
	if (!box) box = x->signers[signer];
	buf_add(&all, attribute.data, attribute.len);
	buf_add(&all, type.data, type.len);
	buf_add(&all, set.data, set.len);
	put(x, box, end_of(x, box), &all);
	change(x, box, end_of(x, box), 0, piece);
	buf_dispose(&type), buf_dispose(&set), buf_dispose(&attribute);
}

void cms_edit_add_digest(struct cms_edit *x, enum digest_alg alg) {
	struct der e;
	struct buf id = {0};
	struct der_walk w = der_walk_in(&x->algorithms);
	while (der_next_ber(&w, &e))
		if (digest_of_algorithm(&e) == alg) return;
	digest_put_algorithm(&id, DER_SEQUENCE, alg);
	put(x, x->algorithm_box, end_of(x, x->algorithm_box), &id);
}

/* ---- writing ---- */

static size_t header_len(const struct der *e) {
	return (size_t)(e->data - e->start);
}

static void new_header(const struct cms_edit_box *box, struct buf *out) {
	put_header(out, box->e.tag, box->e.len + box->grown, header_len(&box->e) - 1);
}

/* Boxes come behind what they are in: from the innermost, each makes its own grow. */
static void grow(struct cms_edit *x) {
	for (size_t i = 0; i < x->change_count; i++)
		x->boxes[x->changes[i].box].grown += x->changes[i].piece.len - x->changes[i].removed;
	for (size_t i = x->count; i-- > 1;) {
		struct cms_edit_box *box = &x->boxes[i];
		struct buf header = {0};
		if (!box->grown) continue;
		if (!box->e.indefinite) new_header(box, &header);
		x->boxes[box->parent].grown += box->grown + (header.len ? header.len - header_len(&box->e) : 0);
		buf_dispose(&header);
	}
}

struct event {
	struct cms_edit_change change;
	size_t number; /* headers come behind what is put in before them */
};

static int by_place(const void *a, const void *b) {
	const struct event *x = a, *y = b;
	if (x->change.at != y->change.at) return x->change.at < y->change.at ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

static void add_piece(struct extension *out, struct extend_piece piece) {
	if (!piece.len) return;
	struct extend_piece *last = out->count ? &out->pieces[out->count - 1] : NULL;
	bool joins = last && last->kind == piece.kind && (piece.kind == EXTEND_LITERAL || piece.kind == EXTEND_COPY) &&
		     last->at + last->len == piece.at;
	out->size += piece.len;
	if (joins) {
		last->len += piece.len;
		return;
	}
	ARRAY_GROW(out->pieces, out->count, out->cap);
	out->pieces[out->count++] = piece;
}

static void add_made(struct extension *out, const struct cms_edit *x, struct extend_piece piece) {
	if (piece.kind == EXTEND_LITERAL) {
		size_t at = out->literal.len;
		buf_add(&out->literal, x->literal.data + piece.at, piece.len);
		piece.at = at;
	}
	add_piece(out, piece);
}

void cms_edit_write(struct cms_edit *x, struct extension *out) {
	struct event *events = xcalloc(x->change_count + x->count + 1, sizeof *events);
	size_t count = 0, at = 0;
	grow(x);
	for (size_t i = 0; i < x->change_count; i++, count++) events[count] = (struct event){x->changes[i], count};
	for (size_t i = 0; i < x->count; i++) {
		struct buf header = {0};
		if (!x->boxes[i].grown || x->boxes[i].e.indefinite) continue;
		new_header(&x->boxes[i], &header);
		const struct cms_edit_change made = {i, x->boxes[i].e.start, header_len(&x->boxes[i].e), literal_of(x, &header)};
		events[count] = (struct event){made, count};
		count++;
		buf_dispose(&header);
	}
	qsort(events, count, sizeof *events, by_place);
	out->whole = true;
	for (size_t i = 0; i < count; i++) {
		size_t place = (size_t)(events[i].change.at - x->data);
		add_piece(out, (struct extend_piece){EXTEND_COPY, at, place - at});
		add_made(out, x, events[i].change.piece);
		at = place + events[i].change.removed;
	}
	add_piece(out, (struct extend_piece){EXTEND_COPY, at, x->len - at});
	free(events);
}

void cms_edit_join(const struct cms_edit *x, const struct extension *pieces, const struct extend_item *items, struct buf *out) {
	for (size_t i = 0; i < pieces->count; i++) {
		const struct extend_piece *p = &pieces->pieces[i];
		const unsigned char *from = p->kind == EXTEND_ITEM      ? items[p->at].data
					    : p->kind == EXTEND_LITERAL ? pieces->literal.data + p->at
									: x->data + p->at;
		buf_add(out, from, p->len);
	}
}
