#include "validator/cms.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXT0 (DER_CONTEXT | DER_CONSTRUCTED)
#define CONTEXT1 (DER_CONTEXT | DER_CONSTRUCTED | 1)
#define OCTETS_IN_PIECES (DER_OCTET_STRING | DER_CONSTRUCTED)

/* Next element when it has this tag, BER accepted; otherwise nothing moves. */
static bool take(struct der_walk *w, unsigned char tag, struct der *out) {
	unsigned char next;
	return der_peek(w, &next) && next == tag && der_next_ber(w, out);
}

static bool need(struct der_walk *w, unsigned char tag, struct der *out) {
	if (take(w, tag, out)) return true;
	w->bad = true;
	return false;
}

/* The octets of a string that may come in pieces; borrowed when it does not. */
static bool octets(const struct der *e, struct buf *joined, const unsigned char **data, size_t *len) {
	if (e->tag == DER_OCTET_STRING) {
		*data = e->data, *len = e->len;
		return true;
	}
	if (!der_octets_ber(e, joined)) return false;
	*data = joined->data ? joined->data : (const unsigned char *)"";
	*len = joined->len;
	return true;
}

static bool read_content(struct der_walk *w, struct cms *cms) {
	struct der explicit, string;
	if (!need(w, DER_SEQUENCE, &cms->encapsulated)) return false;
	struct der_walk in = der_walk_in(&cms->encapsulated);
	if (!need(&in, DER_OID, &cms->content_type)) return false;
	if (take(&in, CONTEXT0, &explicit)) {
		struct der_walk value = der_walk_in(&explicit);
		if (!der_next_ber(&value, &string) || !der_done(&value)) return false;
		cms->has_content = true;
		if (string.tag == DER_OCTET_STRING || string.tag == OCTETS_IN_PIECES) {
			if (!octets(&string, &cms->joined, &cms->content, &cms->content_len)) return false;
		} else { /* PKCS #7 1.5 allows any type there and signs its contents octets */
			cms->content = string.data, cms->content_len = string.len;
		}
	}
	return der_done(&in);
}

static bool read_bag(const struct der *bag, struct cms_bytes **items, size_t *count) {
	size_t cap = 0;
	struct der e;
	struct der_walk w = der_walk_in(bag);
	while (der_next_ber(&w, &e)) {
		if (*count == LIMIT_CERTS_PER_DOCUMENT) return false;
		ARRAY_GROW(*items, *count, cap);
		(*items)[(*count)++] = (struct cms_bytes){e.start, e.full};
	}
	return der_done(&w);
}

static bool attributes_wellformed(const struct der *set) {
	struct cms_attribute a;
	struct der value;
	if (!set->start) return true;
	struct der_walk w = der_walk_in(set);
	while (cms_attribute_next(&w, &a)) {
		struct der_walk values = der_walk_in(&a.values);
		if (!der_next_ber(&values, &value)) return false;
	}
	return der_done(&w);
}

bool cms_read_signer(const struct der *element, struct cms_signer *s) {
	const unsigned char *data;
	size_t len;
	*s = (struct cms_signer){0};
	struct der_walk w = der_walk_in(element);
	if (element->tag != DER_SEQUENCE || !need(&w, DER_INTEGER, &s->version)) return false;
	if (take(&w, DER_SEQUENCE, &s->sid)) {
		struct der_walk in = der_walk_in(&s->sid);
		if (!need(&in, DER_SEQUENCE, &s->issuer) || !need(&in, DER_INTEGER, &s->serial) || !der_done(&in))
			return false;
	} else {
		if (!need(&w, DER_CONTEXT, &s->sid)) return false;
		s->key_id = s->sid;
	}
	if (!need(&w, DER_SEQUENCE, &s->digest_alg)) return false;
	take(&w, CONTEXT0, &s->signed_attrs);
	if (!need(&w, DER_SEQUENCE, &s->signature_alg)) return false;
	if (!take(&w, DER_OCTET_STRING, &s->value) && !need(&w, OCTETS_IN_PIECES, &s->value)) return false;
	if (!octets(&s->value, &s->signature, &data, &len)) return false;
	if (s->value.tag == DER_OCTET_STRING) buf_add(&s->signature, data, len);
	take(&w, CONTEXT1, &s->unsigned_attrs);
	s->attrs_wellformed = attributes_wellformed(&s->signed_attrs);
	return der_done(&w);
}

void cms_signer_dispose(struct cms_signer *signer) {
	buf_dispose(&signer->signature);
}

static bool read_signers(const struct der *set, struct cms *cms) {
	size_t cap = 0;
	struct der e;
	struct der_walk w = der_walk_in(set);
	while (der_next_ber(&w, &e)) {
		if (cms->signer_count == LIMIT_SIGNATURES) return false;
		ARRAY_GROW(cms->signers, cms->signer_count, cap);
		if (!cms_read_signer(&e, &cms->signers[cms->signer_count++])) return false;
	}
	return der_done(&w);
}

static bool open_content_info(const unsigned char *data, size_t len, struct der *signed_data, size_t *used) {
	struct der info, type, explicit;
	struct der_walk w = der_walk_bytes(data, len);
	if (!need(&w, DER_SEQUENCE, &info)) return false;
	*used = info.full;
	struct der_walk in = der_walk_in(&info);
	if (!need(&in, DER_OID, &type) || !der_is_oid(&type, OID_SIGNED_DATA)) return false;
	if (!need(&in, CONTEXT0, &explicit) || !der_done(&in)) return false;
	struct der_walk value = der_walk_in(&explicit);
	return need(&value, DER_SEQUENCE, signed_data) && der_done(&value);
}

bool cms_read(const unsigned char *data, size_t len, struct cms *cms, const char **why) {
	struct der signed_data, version, algorithms, signers;
	*cms = (struct cms){0};
	*why = "not a ContentInfo with SignedData";
	if (!open_content_info(data, len, &signed_data, &cms->used)) return false;
	struct der_walk w = der_walk_in(&signed_data);
	*why = "SignedData was malformed";
	if (!need(&w, DER_INTEGER, &version) || !need(&w, DER_SET, &algorithms)) goto bad;
	*why = "the encapsulated content was malformed";
	if (!read_content(&w, cms)) goto bad;
	*why = "the certificates were malformed";
	if (take(&w, CONTEXT0, &cms->cert_bag) && !read_bag(&cms->cert_bag, &cms->certs, &cms->cert_count)) goto bad;
	*why = "the CRLs were malformed";
	if (take(&w, CONTEXT1, &cms->crl_bag) && !read_bag(&cms->crl_bag, &cms->crls, &cms->crl_count)) goto bad;
	*why = "the SignerInfos were malformed";
	if (!need(&w, DER_SET, &signers) || !der_done(&w) || !read_signers(&signers, cms)) goto bad;
	*why = NULL;
	return true;
bad:
	cms_dispose(cms);
	return false;
}

void cms_dispose(struct cms *cms) {
	for (size_t i = 0; i < cms->signer_count; i++) cms_signer_dispose(&cms->signers[i]);
	free(cms->signers);
	free(cms->certs);
	free(cms->crls);
	buf_dispose(&cms->joined);
	*cms = (struct cms){0};
}

bool cms_recognise(const unsigned char *data, size_t len, bool *tst) {
	struct der signed_data, version, algorithms, encap, type;
	size_t used;
	*tst = false;
	if (!open_content_info(data, len, &signed_data, &used)) return false;
	struct der_walk w = der_walk_in(&signed_data);
	if (need(&w, DER_INTEGER, &version) && need(&w, DER_SET, &algorithms) && need(&w, DER_SEQUENCE, &encap)) {
		struct der_walk in = der_walk_in(&encap);
		*tst = need(&in, DER_OID, &type) && der_is_oid(&type, OID_TST_INFO);
	}
	return true;
}
