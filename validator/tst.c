#include "validator/tst.h"

static bool read_accuracy(const struct der *e, utime *out) {
	/* seconds INTEGER OPTIONAL, millis [0] 1..999, micros [1] 1..999 */
	static const struct {
		unsigned char tag;
		utime unit;
	} parts[] = {{DER_INTEGER, UTIME_SECOND}, {DER_CONTEXT, 1000}, {DER_CONTEXT | 1, 1}};
	struct der_walk w = der_walk_in(e);
	struct der part;
	uint64_t n;
	*out = 0;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (!der_optional(&w, parts[i].tag, &part)) continue;
		part.tag = DER_INTEGER; /* implicit tags: read as what they stand for */
		if (!der_uint(&part, &n) || n > 1000000000) return false;
		*out += (utime)n * parts[i].unit;
	}
	return der_done(&w);
}

bool tst_read_info(const unsigned char *data, size_t len, struct tst_info *out) {
	struct der info, e, imprint, hash;
	uint64_t version;
	*out = (struct tst_info){0};
	struct der_walk top = der_walk_bytes(data, len);
	if (!der_expect(&top, DER_SEQUENCE, &info) || !der_done(&top)) return false;
	struct der_walk w = der_walk_in(&info);
	if (!der_expect(&w, DER_INTEGER, &e) || !der_uint(&e, &version) || version != 1) return false;
	if (!der_expect(&w, DER_OID, &out->policy)) return false;
	if (!der_expect(&w, DER_SEQUENCE, &imprint)) return false;
	struct der_walk in = der_walk_in(&imprint);
	if (!der_expect(&in, DER_SEQUENCE, &out->imprint_alg) || !der_expect(&in, DER_OCTET_STRING, &hash))
		return false;
	out->imprint = hash.data, out->imprint_len = hash.len;
	if (!der_done(&in) || !der_expect(&w, DER_INTEGER, &out->serial)) return false;
	if (!der_expect(&w, DER_GENERALIZEDTIME, &e) || !der_time(&e, true, &out->gen_time)) return false;
	if (der_optional(&w, DER_SEQUENCE, &e) && !read_accuracy(&e, &out->accuracy)) return false;
	if (der_optional(&w, DER_BOOLEAN, &e)) out->ordering = e.len == 1 && e.data[0]; /* FALSE is often written out */
	der_optional(&w, DER_INTEGER, &out->nonce);
	if (der_optional(&w, DER_CONTEXT | DER_CONSTRUCTED, &e)) {
		struct der_walk name = der_walk_in(&e);
		if (!der_next(&name, &out->tsa)) return false;
	}
	der_optional(&w, DER_CONTEXT | DER_CONSTRUCTED | 1, &e);
	return der_done(&w);
}

bool tst_token_of_response(const unsigned char *data, size_t len, struct der *token) {
	struct der response, status, number;
	struct der_walk top = der_walk_bytes(data, len);
	if (!der_next_ber(&top, &response) || response.tag != DER_SEQUENCE) return false;
	struct der_walk w = der_walk_in(&response);
	if (!der_next_ber(&w, &status) || status.tag != DER_SEQUENCE) return false;
	struct der_walk in = der_walk_in(&status);
	if (!der_next_ber(&in, &number) || number.tag != DER_INTEGER) return false;
	return der_next_ber(&w, token) && token->tag == DER_SEQUENCE;
}

bool tst_before(const struct tst_info *a, const struct tst_info *b) {
	return a->gen_time + a->accuracy < b->gen_time - b->accuracy;
}
