#include "validator/ers.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* One reading: where it is, and what was wrong. */
struct reading {
	struct ers *ers;
	const char *why; /* the first thing that was wrong; NULL while nothing was */
};

static bool wrong(struct reading *r, const char *why) {
	if (!r->why) r->why = why;
	return false;
}

/* Next element with this tag; remembers whether it is in DER. */
static bool next(struct reading *r, struct der_walk *w, unsigned char tag, struct der *out) {
	struct der_walk strict = *w;
	struct der e;
	unsigned char is;
	if (!der_peek(w, &is) || is != tag) return false;
	if (!der_next(&strict, &e)) r->ers->ber = true;
	return der_next_ber(w, out);
}

static bool read_list(struct reading *r, const struct der *partial) {
	struct ers *ers = r->ers;
	struct ers_list list = {.first = ers->hash_count};
	struct der hash;
	struct der_walk w = der_walk_in(partial);
	while (next(r, &w, DER_OCTET_STRING, &hash)) {
		if (ers->hash_count == LIMIT_ERS_HASHES) return wrong(r, "too many hashes");
		ARRAY_GROW(ers->hashes, ers->hash_count, ers->hash_cap);
		ers->hashes[ers->hash_count++] = (struct ers_hash){hash.data, hash.len};
	}
	list.count = ers->hash_count - list.first;
	if (!der_done(&w) || !list.count) return wrong(r, list.count ? "a list of hashes" : "an empty list of hashes");
	ARRAY_GROW(ers->lists, ers->list_count, ers->list_cap);
	ers->lists[ers->list_count++] = list;
	return true;
}

static bool read_tree(struct reading *r, const struct der *tree, struct ers_stamp *stamp) {
	struct der partial;
	struct der_walk w = der_walk_in(tree);
	stamp->has_tree = true;
	while (next(r, &w, DER_SEQUENCE, &partial)) {
		if (stamp->list_count == LIMIT_ERS_LISTS) return wrong(r, "too many lists in a hash tree");
		if (!read_list(r, &partial)) return false;
		stamp->list_count++;
	}
	if (!der_done(&w) || !stamp->list_count)
		return wrong(r, stamp->list_count ? "a hash tree" : "an empty hash tree");
	return true;
}

static bool read_stamp(struct reading *r, const struct der *element) {
	struct ers *ers = r->ers;
	struct ers_stamp stamp = {.chain = ers->chain_count, .first_list = ers->list_count};
	struct der attributes, tree;
	struct der_walk w = der_walk_in(element);
	if (next(r, &w, DER_CONTEXT | DER_CONSTRUCTED, &stamp.digest_alg))
		stamp.digest_alg.tag = DER_SEQUENCE; /* IMPLICIT: read as what it stands for */
	next(r, &w, DER_CONTEXT | DER_CONSTRUCTED | 1, &attributes);
	if (next(r, &w, DER_CONTEXT | DER_CONSTRUCTED | 2, &tree) && !read_tree(r, &tree, &stamp)) return false;
	/* What is inside the token may be BER as CMS permits. */
	if (!der_next_ber(&w, &stamp.token) || stamp.token.tag != DER_SEQUENCE || !der_done(&w))
		return wrong(r, "an archive time-stamp");
	if (ers->stamp_count == LIMIT_TOKENS) return wrong(r, "too many time-stamps");
	ARRAY_GROW(ers->stamps, ers->stamp_count, ers->stamp_cap);
	ers->stamps[ers->stamp_count++] = stamp;
	return true;
}

static bool read_chain(struct reading *r, const struct der *element) {
	struct ers *ers = r->ers;
	struct ers_chain chain = {.whole = *element, .first = ers->stamp_count};
	struct der stamp;
	struct der_walk w = der_walk_in(element);
	while (next(r, &w, DER_SEQUENCE, &stamp))
		if (!read_stamp(r, &stamp)) return false;
	chain.count = ers->stamp_count - chain.first;
	if (!der_done(&w) || !chain.count) return wrong(r, chain.count ? "a chain" : "an empty chain");
	if (ers->chain_count == LIMIT_ERS_CHAINS) return wrong(r, "too many chains");
	ARRAY_GROW(ers->chains, ers->chain_count, ers->chain_cap);
	ers->chains[ers->chain_count++] = chain;
	return true;
}

static bool read_sequence(struct reading *r, const struct der *sequence) {
	struct der chain;
	struct der_walk w = der_walk_in(sequence);
	while (next(r, &w, DER_SEQUENCE, &chain))
		if (!read_chain(r, &chain)) return false;
	if (!der_done(&w)) return wrong(r, "the sequence of chains");
	return r->ers->chain_count ? true : wrong(r, "no chains");
}

static bool read_record(struct reading *r, const struct der *record, struct finding_list *findings) {
	struct ers *ers = r->ers;
	struct der version, sequence;
	uint64_t number;
	struct der_walk w = der_walk_in(record);
	if (!next(r, &w, DER_INTEGER, &version)) return wrong(r, "no version");
	if (!der_uint(&version, &number) || number != 1) {
		finding_add(findings, FINDING_ERS_VERSION, "%s", "");
		return false;
	}
	if (!next(r, &w, DER_SEQUENCE, &ers->digest_algs)) return wrong(r, "no digest algorithms");
	next(r, &w, DER_CONTEXT | DER_CONSTRUCTED, &ers->crypto_infos);
	next(r, &w, DER_CONTEXT | DER_CONSTRUCTED | 1, &ers->encryption);
	if (!next(r, &w, DER_SEQUENCE, &sequence) || !der_done(&w)) return wrong(r, "no sequence of chains");
	return read_sequence(r, &sequence);
}

bool ers_read(const unsigned char *data, size_t len, struct ers *out, struct finding_list *findings) {
	struct reading r = {.ers = out};
	struct der record;
	struct der_walk top = der_walk_bytes(data, len);
	*out = (struct ers){0};
	if (len > LIMIT_ERS_BYTES)
		wrong(&r, "too large");
	else if (!next(&r, &top, DER_SEQUENCE, &record))
		wrong(&r, "not whole");
	else if (!der_done(&top))
		wrong(&r, "bytes behind it");
	else if (read_record(&r, &record, findings)) {
		if (out->ber) finding_add(findings, FINDING_ERS_NOT_DER, "%s", "");
		return true;
	}
	if (r.why) finding_add(findings, FINDING_ERS_MALFORMED, "%s", r.why);
	return false;
}

void ers_dispose(struct ers *ers) {
	free(ers->chains);
	free(ers->stamps);
	free(ers->lists);
	free(ers->hashes);
	*ers = (struct ers){0};
}

/* The contents of the outer element as far as they are there: a record that was cut off, or whose first octet makes it
 * a SET, is a damaged record rather than something unknown. */
static bool outer_contents(const unsigned char *data, size_t len, struct der_walk *out) {
	if (len < 2 || (data[0] & ~1) != DER_SEQUENCE) return false;
	size_t octets = data[1] & 0x80 ? data[1] & 0x7f : 0;
	if (octets > 8 || len < 2 + octets) return false;
	*out = der_walk_bytes(data + 2 + octets, len - 2 - octets);
	return true;
}

/* A TimeStampReq begins alike, but its second element ends with an OCTET STRING. */
bool ers_recognise(const unsigned char *data, size_t len) {
	struct der e, id;
	struct der_walk w;
	uint64_t version;
	unsigned char tag;
	size_t count = 0;
	if (!outer_contents(data, len, &w) || !der_next_ber(&w, &e) || e.tag != DER_INTEGER) return false;
	if (!der_uint(&e, &version) || !der_next_ber(&w, &e) || e.tag != DER_SEQUENCE) return false;
	struct der_walk algorithms = der_walk_in(&e);
	for (; der_next_ber(&algorithms, &e); count++) {
		struct der_walk in = der_walk_in(&e);
		if (e.tag != DER_SEQUENCE || !der_next_ber(&in, &id) || id.tag != DER_OID) return false;
	}
	if (!der_done(&algorithms)) return false;
	if (!der_peek(&w, &tag)) return count > 0;
	return tag == DER_SEQUENCE || (tag & ~1) == (DER_CONTEXT | DER_CONSTRUCTED);
}
