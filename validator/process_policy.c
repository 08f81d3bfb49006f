/* EN 319 102-1 5.2.4: the signature policy that a signature declares. Its rules are for people; what is held against it
 * is the document that it names by hash. The rules of this validator's own policy apply in any case. */
#include "validator/process.h"

#include <string.h>

enum declared { DECLARED_NONE, DECLARED_MALFORMED, DECLARED_EXPLICIT };

struct declaration {
	enum digest_alg digest;
	const unsigned char *hash; /* NULL: the signer did not know it */
	size_t hash_len;
};

static bool all_zero(const struct der *e) {
	for (size_t i = 0; i < e->len; i++)
		if (e->data[i]) return false;
	return true;
}

/* EN 319 122-1 5.2.9.1: SignaturePolicyId, or NULL for an implied one, which declares nothing. */
static enum declared read_declaration(const struct signature *s, struct declaration *out) {
	struct cms_attribute a;
	struct der value, part, algorithm, hash;
	*out = (struct declaration){0};
	if (!s->signer || !cms_attribute_find(&s->signer->signed_attrs, OID_SIGNATURE_POLICY, &a)) return DECLARED_NONE;
	if (!cms_attribute_single(&s->signer->signed_attrs, OID_SIGNATURE_POLICY, &value)) return DECLARED_MALFORMED;
	if (value.tag == DER_NULL) return DECLARED_NONE;
	struct der_walk w = der_walk_in(&value);
	if (value.tag != DER_SEQUENCE || !der_next_ber(&w, &part) || part.tag != DER_OID) return DECLARED_MALFORMED;
	if (!der_next_ber(&w, &part)) return w.bad ? DECLARED_MALFORMED : DECLARED_EXPLICIT;
	w = der_walk_in(&part);
	if (part.tag != DER_SEQUENCE || !der_next_ber(&w, &algorithm)) return DECLARED_MALFORMED;
	if (algorithm.tag != DER_SEQUENCE) return DECLARED_EXPLICIT; /* qualifiers alone */
	if (!der_next_ber(&w, &hash) || hash.tag != DER_OCTET_STRING || !der_done(&w)) return DECLARED_MALFORMED;
	out->digest = digest_of_algorithm(&algorithm);
	if (!all_zero(&hash)) out->hash = hash.data, out->hash_len = hash.len;
	return DECLARED_EXPLICIT;
}

static bool digest_is(const struct declaration *d, const void *data, size_t len) {
	unsigned char digest[DIGEST_MAX];
	size_t size = digest_bytes(d->digest, data, len, digest);
	return size && size == d->hash_len && !memcmp(digest, d->hash, size);
}

/* The document as it is, or, for a policy in ASN.1, what is in its outermost element (EN 319 122-1 5.2.9.1). */
static bool is_document(const struct declaration *d, const unsigned char *data, size_t len) {
	struct der_walk w = der_walk_bytes(data, len);
	struct der outer;
	if (digest_is(d, data, len)) return true;
	return der_next(&w, &outer) && outer.tag == DER_SEQUENCE && der_done(&w) && digest_is(d, outer.data, outer.len);
}

/* SignaturePolicyStore (EN 319 122-1 5.2.10): which specification, then the document or where it lies. */
static bool stored_document(const struct signature *s, struct der *document) {
	struct der value, part;
	if (!cms_attribute_single(&s->signer->unsigned_attrs, OID_SIGNATURE_POLICY_STORE, &value)) return false;
	struct der_walk w = der_walk_in(&value);
	return value.tag == DER_SEQUENCE && der_next_ber(&w, &part) && der_next_ber(&w, document) &&
	       document->tag == DER_OCTET_STRING;
}

static bool offered(const struct declaration *d, const struct val_blob *blobs, size_t count) {
	for (size_t i = 0; i < count; i++)
		if (is_document(d, blobs[i].data, blobs[i].len)) return true;
	return false;
}

static void missing(struct context *c, struct signature *s, enum finding_code code, enum sub_indication sub,
		    const char *why) {
	enum policy_level level = policy_level(c->v->policy, POLICY_SIGNATURE_POLICY);
	if (level == POLICY_WARN) finding_add(&s->findings, code, "%s", why);
	if (level != POLICY_FAIL) return;
	finding_add(&s->findings, FINDING_SIGNATURE_POLICY_REQUIRED, "%s", why);
	process_block(&s->context, INDICATION_INDETERMINATE, sub);
}

static void unusable(struct context *c, struct signature *s, const char *why) {
	missing(c, s, FINDING_SIGNATURE_POLICY_UNUSABLE, SUB_POLICY_PROCESSING_ERROR, why);
}

void process_policy(struct context *c, struct signature *s) {
	const struct val_request *request = c->request;
	struct declaration d;
	struct der stored;
	enum declared declared = s->kind == KIND_SIGNATURE ? read_declaration(s, &d) : DECLARED_NONE;
	if (declared == DECLARED_NONE) return;
	finding_add(&s->findings, FINDING_SIGNATURE_POLICY_NOT_PROCESSED, "%s", "");
	if (declared == DECLARED_MALFORMED) {
		unusable(c, s, "the attribute is malformed");
		return;
	}
	bool is_stored = stored_document(s, &stored);
	if (!d.hash) { /* nothing says which document it is */
		if (!is_stored)
			missing(c, s, FINDING_SIGNATURE_POLICY_MISSING, SUB_SIGNATURE_POLICY_NOT_AVAILABLE, "no hash");
		return;
	}
	if (!digest_size(d.digest)) {
		unusable(c, s, "the digest algorithm is not known");
		return;
	}
	if ((is_stored && is_document(&d, stored.data, stored.len)) ||
	    offered(&d, request->evidence, request->evidence_count) || offered(&d, request->data, request->data_count))
		return;
	if (is_stored)
		unusable(c, s, "the document in the signature is another");
	else
		missing(c, s, FINDING_SIGNATURE_POLICY_MISSING, SUB_SIGNATURE_POLICY_NOT_AVAILABLE,
			digest_name(d.digest));
}
