/* Adding to a token what it will be judged with. Certificates and status data in a SignedData are not signed, so the
 * signature holds; but an archive time-stamp over the token hashes them, so this happens once, before anything else
 * sees the token. */
#include "validator/tsp.h"

#include <stdlib.h>
#include <string.h>

#define CERTIFICATES (DER_CONTEXT | DER_CONSTRUCTED)
#define CRLS (DER_CONTEXT | DER_CONSTRUCTED | 1)
#define OTHER (DER_CONTEXT | DER_CONSTRUCTED | 1) /* RevocationInfoChoice: OtherRevocationInfoFormat */
#define OID_RI_OCSP "1.3.6.1.5.5.7.16.2"          /* RFC 5940 2.1: an OCSPResponse */
#define OID_OCSP_BASIC "1.3.6.1.5.5.7.48.1.1"

/* Elements of a SET OF: borrowed ones and made ones in one list. */
struct bag {
	struct buf *items;
	size_t count, cap;
};

static int by_bytes(const void *a, const void *b) {
	const struct buf *x = a, *y = b;
	int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void bag_add(struct bag *bag, const unsigned char *data, size_t len) {
	struct buf item = {0};
	for (size_t i = 0; i < bag->count; i++)
		if (bag->items[i].len == len && !memcmp(bag->items[i].data, data, len)) return;
	buf_add(&item, data, len);
	ARRAY_GROW(bag->items, bag->count, bag->cap);
	bag->items[bag->count++] = item;
}

/* Sorted as DER asks (X.690 11.6); nothing when there is nothing. */
static void bag_put(struct bag *bag, unsigned char tag, struct buf *out) {
	struct buf all = {0};
	if (!bag->count) return;
	qsort(bag->items, bag->count, sizeof *bag->items, by_bytes);
	for (size_t i = 0; i < bag->count; i++) buf_add(&all, bag->items[i].data, bag->items[i].len);
	der_put(out, tag, all.data, all.len);
	buf_dispose(&all);
}

static void bag_dispose(struct bag *bag) {
	for (size_t i = 0; i < bag->count; i++) buf_dispose(&bag->items[i]);
	free(bag->items);
}

/* A BasicOCSPResponse in the envelope of a successful answer (RFC 6960 4.2.1). */
static void put_envelope(const struct val_blob *basic, struct buf *out) {
	struct buf bytes = {0}, sequence = {0}, response = {0};
	der_put_oid(&bytes, OID_OCSP_BASIC);
	der_put(&bytes, DER_OCTET_STRING, basic->data, basic->len);
	der_put(&sequence, DER_SEQUENCE, bytes.data, bytes.len);
	der_put(&response, DER_ENUMERATED, "", 1);
	der_put(&response, DER_CONTEXT | DER_CONSTRUCTED, sequence.data, sequence.len);
	der_put(out, DER_SEQUENCE, response.data, response.len);
	buf_dispose(&bytes);
	buf_dispose(&sequence);
	buf_dispose(&response);
}

static void bag_add_ocsp(struct bag *bag, const struct val_blob *ocsp) {
	struct buf info = {0}, whole = {0};
	struct der e, inner;
	struct der_walk w = der_walk_bytes(ocsp->data, ocsp->len);
	der_put_oid(&info, OID_RI_OCSP);
	if (der_next_ber(&w, &e)) {
		struct der_walk in = der_walk_in(&e);
		if (der_next_ber(&in, &inner) && inner.tag == DER_ENUMERATED)
			buf_add(&info, ocsp->data, ocsp->len);
		else
			put_envelope(ocsp, &info);
		der_put(&whole, OTHER, info.data, info.len);
		bag_add(bag, whole.data, whole.len);
	}
	buf_dispose(&info);
	buf_dispose(&whole);
}

/* RFC 5652 5.1: 5 as soon as there is status data that is no CRL; else what it was, 3 for everything that is no data. */
static void put_version(const struct der *version, const struct bag *crls, struct buf *out) {
	for (size_t i = 0; i < crls->count; i++)
		if (crls->items[i].data[0] == OTHER) {
			der_put(out, DER_INTEGER, "\5", 1);
			return;
		}
	buf_add(out, version->start, version->full);
}

static bool open_signed_data(const struct der *token, struct der *signed_data) {
	struct der type, explicit;
	struct der_walk w = der_walk_in(token);
	if (!der_next_ber(&w, &type) || !der_is_oid(&type, OID_SIGNED_DATA)) return false;
	if (!der_next_ber(&w, &explicit) || explicit.tag != CERTIFICATES) return false;
	struct der_walk in = der_walk_in(&explicit);
	return der_next_ber(&in, signed_data) && signed_data->tag == DER_SEQUENCE;
}

static void gather(const struct tsp_material *material, const struct cms *cms, struct bag *certs, struct bag *crls) {
	for (size_t i = 0; i < cms->cert_count; i++) bag_add(certs, cms->certs[i].data, cms->certs[i].len);
	for (size_t i = 0; i < material->cert_count; i++)
		bag_add(certs, material->certs[i].data, material->certs[i].len);
	for (size_t i = 0; i < cms->crl_count; i++) bag_add(crls, cms->crls[i].data, cms->crls[i].len);
	for (size_t i = 0; i < material->crl_count; i++) bag_add(crls, material->crls[i].data, material->crls[i].len);
	for (size_t i = 0; i < material->ocsp_count; i++) bag_add_ocsp(crls, &material->ocsps[i]);
}

/* A ContentInfo around a SignedData's parts. */
static void wrap(const struct buf *parts, struct buf *out) {
	struct buf data = {0}, info = {0};
	der_put(&data, DER_SEQUENCE, parts->data, parts->len);
	der_put_oid(&info, OID_SIGNED_DATA);
	der_put(&info, DER_CONTEXT | DER_CONSTRUCTED, data.data, data.len);
	der_put(out, DER_SEQUENCE, info.data, info.len);
	buf_dispose(&data);
	buf_dispose(&info);
}

bool tsp_complete(const struct der *token, const struct tsp_material *material, struct buf *out) {
	struct der signed_data, version, algorithms, content, signers = {0}, part;
	struct cms cms;
	struct bag certs = {0}, crls = {0};
	struct buf parts = {0};
	const char *why;
	bool good = false;
	if (!cms_read(token->start, token->full, &cms, &why)) return false;
	if (!open_signed_data(token, &signed_data)) goto out;
	struct der_walk w = der_walk_in(&signed_data);
	if (!der_next_ber(&w, &version) || !der_next_ber(&w, &algorithms) || !der_next_ber(&w, &content)) goto out;
	while (der_next_ber(&w, &part))
		if (part.tag == DER_SET) signers = part;
	if (!der_done(&w) || !signers.start) goto out;
	gather(material, &cms, &certs, &crls);
	put_version(&version, &crls, &parts);
	buf_add(&parts, algorithms.start, algorithms.full);
	buf_add(&parts, content.start, content.full);
	bag_put(&certs, CERTIFICATES, &parts);
	bag_put(&crls, CRLS, &parts);
	buf_add(&parts, signers.start, signers.full);
	wrap(&parts, out);
	good = true;
out:
	bag_dispose(&certs);
	bag_dispose(&crls);
	buf_dispose(&parts);
	cms_dispose(&cms);
	return good;
}
