#include "tests/validator/ers_builder.h"

#include "validator/cms.h"
#include "validator/der.h"

#include <stdlib.h>
#include <string.h>

struct hash {
	unsigned char data[DIGEST_MAX];
	size_t len;
};

struct list {
	struct hash items[8];
	size_t count;
};

static void move(struct buf *to, struct buf *from) {
	buf_add(to, from->data, from->len);
	buf_dispose(from);
}

static void wrap(struct buf *b, unsigned char tag) {
	struct buf out = {0};
	der_put(&out, tag, b->data, b->len);
	buf_dispose(b);
	*b = out;
}

static const char *oid_of(enum digest_alg alg) {
	switch (alg) {
	case DIGEST_SHA1:
		return "1.3.14.3.2.26";
	case DIGEST_SHA256:
		return "2.16.840.1.101.3.4.2.1";
	case DIGEST_SHA512:
		return "2.16.840.1.101.3.4.2.3";
	default:
		return "1.2.3.4.5";
	}
}

static void put_algorithm(struct buf *b, unsigned char tag, enum digest_alg alg) {
	struct buf id = {0};
	der_put_oid(&id, oid_of(alg));
	if (tag == DER_SEQUENCE) der_put(&id, DER_NULL, "", 0); /* elsewhere absent: both forms mean the same */
	wrap(&id, tag);
	move(b, &id);
}

static struct hash hash_of(enum digest_alg alg, const void *data, size_t len) {
	struct hash h;
	h.len = digest_bytes(alg, data, len, h.data);
	return h;
}

static struct hash other(enum digest_alg alg, int octet) {
	struct hash h = {.len = digest_size(alg)};
	memset(h.data, octet, h.len);
	return h;
}

static int ascending(const void *a, const void *b) {
	const struct hash *x = a, *y = b;
	return memcmp(x->data, y->data, x->len);
}

static struct hash join(enum digest_alg alg, struct list list, bool twice) {
	struct buf all = {0};
	if (list.count == 1 && !twice) return list.items[0];
	qsort(list.items, list.count, sizeof list.items[0], ascending);
	for (size_t i = 0; i < list.count; i++) buf_add(&all, list.items[i].data, list.items[i].len);
	struct hash h = hash_of(alg, all.data, all.len);
	buf_dispose(&all);
	return h;
}

static void put_list(struct buf *tree, struct list list, unsigned flags) {
	struct buf b = {0};
	qsort(list.items, list.count, sizeof list.items[0], ascending);
	for (size_t i = 0; i < list.count; i++) {
		const struct hash *h = &list.items[flags & ERS_UNSORTED ? list.count - 1 - i : i];
		der_put(&b, DER_OCTET_STRING, h->data, h->len - (flags & ERS_SHORT_HASH ? 1 : 0));
	}
	wrap(&b, DER_SEQUENCE);
	move(tree, &b);
}

/* The tree as it is stored; its root. */
static struct hash put_tree(struct buf *out, enum digest_alg alg, struct list leaves, unsigned flags) {
	struct buf tree = {0};
	struct list above = {{other(alg, 0x77)}, 1};
	if (flags & ERS_NEIGHBOUR) leaves.items[leaves.count++] = other(alg, 0x11);
	struct hash root = join(alg, leaves, flags & ERS_TWICE);
	if (!(flags & ERS_EMPTY_TREE)) put_list(&tree, leaves, flags);
	if (!(flags & ERS_ALONE)) {
		above.items[above.count++] = root;
		struct hash father = root;
		root = join(alg, above, false);
		if (flags & ERS_FATHER)
			above.items[1] = father;
		else
			above.count = 1;
		if (flags & ERS_EMPTY_LIST) above.count = 0;
		if (!(flags & ERS_EMPTY_TREE)) put_list(&tree, above, flags);
	}
	wrap(&tree, DER_CONTEXT | DER_CONSTRUCTED | 2);
	move(out, &tree);
	return root;
}

static struct buf make_token(const struct cms_world *w, enum digest_alg alg, const struct hash *imprint,
			     const char *gen_time, unsigned flags) {
	struct buf b = {0}, part = {0};
	der_put(&b, DER_INTEGER, "\001", 1);
	der_put_oid(&b, "1.2.3.4");
	put_algorithm(&part, DER_SEQUENCE, alg);
	der_put(&part, DER_OCTET_STRING, imprint->data, imprint->len);
	wrap(&part, DER_SEQUENCE);
	move(&b, &part);
	der_put(&b, DER_INTEGER, "\007", 1);
	der_put(&b, DER_GENERALIZEDTIME, gen_time, strlen(gen_time));
	wrap(&b, DER_SEQUENCE);
	unsigned how = BUILD_ENVELOPING | BUILD_TSA | (flags & ERS_BER_TOKEN ? BUILD_INDEFINITE : 0) |
		       (flags & ERS_BAD_TOKEN ? BUILD_FLIP_VALUE : 0);
	struct cms_plan plan = {.content = b.data, .content_len = b.len, .flags = how, .content_type = OID_TST_INFO};
	struct buf token = cms_build(w, &plan);
	buf_dispose(&b);
	if (!(flags & ERS_OLD_CMS)) { /* the version follows ContentInfo's type and two headers; nothing signs it */
		unsigned char *at = memmem(token.data, 64, "\x02\x01\x01", 3);
		if (!at) abort();
		at[2] = 3;
	}
	return token;
}

static void put_stamp(struct ers_maker *m, enum digest_alg alg, const struct list *leaves, const char *gen_time,
		      unsigned flags) {
	struct buf stamp = {0};
	enum digest_alg named = flags & ERS_CONTRADICTS ? DIGEST_SHA1 : alg;
	if (!(flags & ERS_NO_ALGORITHM)) put_algorithm(&stamp, DER_CONTEXT | DER_CONSTRUCTED, named);
	struct hash root = flags & ERS_FLAT ? leaves->items[0] : put_tree(&stamp, alg, *leaves, flags);
	if (flags & ERS_BAD_ROOT) root.data[0] ^= 1;
	buf_dispose(&m->token);
	m->token = make_token(m->world, alg, &root, gen_time, flags);
	buf_add(&stamp, m->token.data, m->token.len);
	wrap(&stamp, DER_SEQUENCE);
	move(&m->chain, &stamp);
	m->alg = alg;
}

void ers_first(struct ers_maker *m, enum digest_alg alg, const char *const *data, size_t count, const char *gen_time,
	       unsigned flags) {
	struct list leaves = {.count = count};
	for (size_t i = 0; i < count; i++) leaves.items[i] = hash_of(alg, data[i], strlen(data[i]));
	put_stamp(m, alg, &leaves, gen_time, flags);
}

void ers_first_bytes(struct ers_maker *m, enum digest_alg alg, const struct buf *data, const char *gen_time,
		     unsigned flags) {
	struct list leaves = {{hash_of(alg, data->data, data->len)}, 1};
	put_stamp(m, alg, &leaves, gen_time, flags);
}

static struct buf in_der(const struct buf *bytes) {
	struct buf out = {0};
	struct der e;
	struct der_walk w = der_walk_bytes(bytes->data, bytes->len);
	if (!der_next_ber(&w, &e) || !cms_put_der(&e, &out)) abort();
	return out;
}

void ers_renew(struct ers_maker *m, const char *gen_time, unsigned flags) {
	struct buf der = in_der(&m->token), *linked = flags & ERS_DER_LINK ? &der : &m->token;
	struct list leaves = {{hash_of(m->alg, linked->data, linked->len - (flags & ERS_BAD_LINK ? 1 : 0))}, 1};
	buf_dispose(&der);
	put_stamp(m, m->alg, &leaves, gen_time, flags);
}

void ers_rehash(struct ers_maker *m, enum digest_alg alg, const char *const *data, size_t count, const char *gen_time,
		unsigned flags) {
	struct list leaves = {.count = count};
	struct buf sequence = {0};
	wrap(&m->chain, DER_SEQUENCE);
	move(&m->closed, &m->chain);
	der_put(&sequence, DER_SEQUENCE, m->closed.data, m->closed.len);
	struct buf der = in_der(&sequence), *linked = flags & ERS_DER_LINK ? &der : &sequence;
	struct hash history = hash_of(alg, linked->data, linked->len);
	buf_dispose(&sequence), buf_dispose(&der);
	for (size_t i = 0; i < count; i++) {
		struct hash pair[2] = {hash_of(alg, data[i], strlen(data[i])), history};
		unsigned char joined[2 * DIGEST_MAX];
		if (flags & ERS_SORTED) qsort(pair, 2, sizeof *pair, ascending);
		memcpy(joined, pair[0].data, pair[0].len);
		memcpy(joined + pair[0].len, pair[1].data, pair[1].len);
		leaves.items[i] = flags & ERS_BAD_HISTORY ? pair[0] : hash_of(alg, joined, 2 * pair[0].len);
	}
	put_stamp(m, alg, &leaves, gen_time, flags);
}

struct buf ers_finish(struct ers_maker *m, int version, const enum digest_alg *listed, const struct buf *extra) {
	struct buf record = {0}, algorithms = {0};
	unsigned char number = (unsigned char)version;
	der_put(&record, DER_INTEGER, &number, 1);
	for (; *listed; listed++) put_algorithm(&algorithms, DER_SEQUENCE, *listed);
	wrap(&algorithms, DER_SEQUENCE);
	move(&record, &algorithms);
	if (extra) buf_add(&record, extra->data, extra->len);
	if (m->chain.len) {
		wrap(&m->chain, DER_SEQUENCE);
		move(&m->closed, &m->chain);
	}
	wrap(&m->closed, DER_SEQUENCE);
	move(&record, &m->closed);
	wrap(&record, DER_SEQUENCE);
	buf_dispose(&m->token);
	return record;
}
