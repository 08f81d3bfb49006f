#include "tests/validator/cms_builder.h"

#include "base/digest.h"
#include "validator/cms.h"

#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Appends an element; the contents' ownership stays with the caller. */
static void put(struct buf *out, unsigned char tag, const void *data, size_t len) {
	buf_add_byte(out, tag);
	if (len > 0xffff)
		buf_add_byte(out, 0x83), buf_add_byte(out, (unsigned char)(len >> 16)),
			buf_add_byte(out, (unsigned char)(len >> 8));
	else if (len > 0xff)
		buf_add_byte(out, 0x82), buf_add_byte(out, (unsigned char)(len >> 8));
	else if (len > 0x7f)
		buf_add_byte(out, 0x81);
	buf_add_byte(out, (unsigned char)len);
	buf_add(out, data, len);
}

/* Wraps what is in b. */
static void wrap(struct buf *b, unsigned char tag) {
	struct buf outer = {0};
	put(&outer, tag, b->data, b->len);
	buf_dispose(b);
	*b = outer;
}

/* Appends and disposes of. */
static void move(struct buf *out, struct buf *b) {
	buf_add(out, b->data, b->len);
	buf_dispose(b);
}

static void put_oid(struct buf *out, const char *dotted) {
	ASN1_OBJECT *o = OBJ_txt2obj(dotted, 1);
	unsigned char *der = NULL;
	int len = i2d_ASN1_OBJECT(o, &der);
	buf_add(out, der, (size_t)len);
	OPENSSL_free(der);
	ASN1_OBJECT_free(o);
}

static void put_algorithm(struct buf *out, const char *dotted) {
	struct buf b = {0};
	put_oid(&b, dotted);
	put(&b, 0x05, "", 0);
	wrap(&b, 0x30);
	move(out, &b);
}

struct buf cms_build_attribute(const char *oid, const struct buf *value) {
	struct buf b = {0};
	put_oid(&b, oid);
	put(&b, 0x31, value->data, value->len);
	wrap(&b, 0x30);
	return b;
}

static void put_attribute(struct buf *out, const char *oid, struct buf *value) {
	struct buf b = cms_build_attribute(oid, value);
	buf_dispose(value);
	move(out, &b);
}

static EVP_PKEY *read_key(const char *name) {
	char path[4096];
	snprintf(path, sizeof path, "%s/tests/pki/keys/%s.pem", TEST_SOURCE_DIR, name);
	FILE *f = fopen(path, "r");
	if (!f) abort();
	EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	return key;
}

static void extend(X509 *cert, int nid, const char *value) {
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!e || !X509_add_ext(cert, e, -1)) abort();
	X509_EXTENSION_free(e);
}

static struct buf make_cert(const char *name, long serial, EVP_PKEY *key, EVP_PKEY *ca_key, bool tsa) {
	X509 *cert = X509_new();
	struct buf out = {0};
	unsigned char *der = NULL;
	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), serial);
	ASN1_TIME_set_string_X509(X509_getm_notBefore(cert), "20200101000000Z");
	ASN1_TIME_set_string_X509(X509_getm_notAfter(cert),
				  key == ca_key || tsa ? "20300101000000Z" : "20260101000000Z");
	X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
				   -1, 0);
	X509_NAME_add_entry_by_txt(X509_get_issuer_name(cert), "CN", MBSTRING_UTF8, (const unsigned char *)"Test Root",
				   -1, -1, 0);
	X509_set_pubkey(cert, key);
	extend(cert, NID_basic_constraints, key == ca_key ? "critical,CA:TRUE" : "CA:FALSE");
	extend(cert, NID_key_usage,
	       key == ca_key ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature,nonRepudiation");
	extend(cert, NID_subject_key_identifier, "hash");
	if (tsa) extend(cert, NID_ext_key_usage, "critical,timeStamping");
	X509_sign(cert, ca_key, EVP_sha256());
	int len = i2d_X509(cert, &der);
	buf_add(&out, der, (size_t)len);
	OPENSSL_free(der);
	X509_free(cert);
	return out;
}

void cms_world_open(struct cms_world *w) {
	w->ca_key = read_key("sub-g1");
	w->signer_key = read_key("person");
	w->other_key = read_key("other");
	w->tsa_key = read_key("tsa");
	w->ca = make_cert("Test Root", 1, w->ca_key, w->ca_key, false);
	w->signer = make_cert("Signer", 2, w->signer_key, w->ca_key, false);
	w->twin = make_cert("Signer", 3, w->signer_key, w->ca_key, false);
	w->other = make_cert("Other", 4, w->other_key, w->ca_key, false);
	w->tsa = make_cert("TSA", 5, w->tsa_key, w->ca_key, true);
}

void cms_world_close(struct cms_world *w) {
	EVP_PKEY_free(w->ca_key), EVP_PKEY_free(w->signer_key), EVP_PKEY_free(w->other_key), EVP_PKEY_free(w->tsa_key);
	buf_dispose(&w->ca), buf_dispose(&w->signer), buf_dispose(&w->twin), buf_dispose(&w->other),
		buf_dispose(&w->tsa);
}

/* Issuer and serial number of one of the world's certificates. */
static void put_issuer_serial(struct buf *out, const struct buf *cert, bool general_names, int serial_shift) {
	const unsigned char *p = cert->data;
	X509 *x = d2i_X509(NULL, &p, (long)cert->len);
	unsigned char *der = NULL;
	int len = i2d_X509_NAME(X509_get_issuer_name(x), &der);
	struct buf b = {0};
	buf_add(&b, der, (size_t)len);
	if (general_names) wrap(&b, 0xa4), wrap(&b, 0x30);
	unsigned char serial = (unsigned char)(ASN1_INTEGER_get(X509_get0_serialNumber(x)) + serial_shift);
	put(&b, 0x02, &serial, 1);
	wrap(&b, 0x30);
	move(out, &b);
	OPENSSL_free(der);
	X509_free(x);
}

static void put_ess_id(struct buf *out, const struct buf *cert, bool v1, unsigned flags) {
	unsigned char hash[DIGEST_MAX];
	struct buf b = {0};
	size_t len = digest_bytes(v1 ? DIGEST_SHA1 : DIGEST_SHA256, cert->data, cert->len, hash);
	put(&b, 0x04, hash, len);
	put_issuer_serial(&b, cert, true, flags & BUILD_ESS_ISSUER_WRONG ? 1 : 0);
	wrap(&b, 0x30);
	move(out, &b);
}

static void put_ess(struct buf *out, const struct buf *cert, bool v1, unsigned flags) {
	static const struct buf nowhere = {(unsigned char *)"0", 1, 2};
	struct buf ids = {0};
	if (flags & BUILD_ESS_SECOND) {
		struct buf id = {0};
		unsigned char hash[DIGEST_MAX];
		put(&id, 0x04, hash, digest_bytes(DIGEST_SHA256, nowhere.data, 1, hash));
		wrap(&id, 0x30);
		move(&ids, &id);
	}
	if ((flags & BUILD_ESS_WRONG) && !(flags & BUILD_ESS_BOTH)) {
		unsigned char hash[DIGEST_MAX];
		struct buf id = {0};
		put(&id, 0x04, hash, digest_bytes(v1 ? DIGEST_SHA1 : DIGEST_SHA256, nowhere.data, 1, hash));
		wrap(&id, 0x30);
		move(&ids, &id);
	} else {
		put_ess_id(&ids, cert, v1, flags);
	}
	wrap(&ids, flags & BUILD_ESS_MALFORMED ? 0x31 : 0x30);
	wrap(&ids, 0x30);
	put_attribute(out, v1 ? "1.2.840.113549.1.9.16.2.12" : "1.2.840.113549.1.9.16.2.47", &ids);
}

static void put_protection(struct buf *out, const char *digest, const char *algorithm) {
	struct buf b = {0}, sig = {0};
	put_algorithm(&b, digest);
	put_oid(&sig, algorithm);
	put(&sig, 0x05, "", 0);
	wrap(&sig, 0xa1);
	move(&b, &sig);
	wrap(&b, 0x30);
	put_attribute(out, "1.2.840.113549.1.9.52", &b);
}

#define SHA256_OID "2.16.840.1.101.3.4.2.1"
#define SHA512_OID "2.16.840.1.101.3.4.2.3"
#define RSA_SHA256_OID "1.2.840.113549.1.1.11"
#define RSA_SHA1_OID "1.2.840.113549.1.1.5"

static struct buf all_attributes(const struct cms_world *w, const struct cms_plan *p) {
	struct buf out = {0}, v = {0};
	const struct buf *cert = p->flags & BUILD_TSA ? &w->tsa : p->flags & BUILD_ESS_TWIN ? &w->twin : &w->signer;
	unsigned char hash[DIGEST_MAX];
	if (!(p->flags & BUILD_NO_TYPE)) {
		put_oid(&v, p->flags & BUILD_WRONG_TYPE ? "1.2.840.113549.1.9.16.1.9"
			    : p->content_type           ? p->content_type
							: OID_DATA);
		put_attribute(&out, "1.2.840.113549.1.9.3", &v);
	}
	for (int i = 0; i < (p->flags & BUILD_TWO_DIGESTS ? 2 : 1); i++) {
		size_t len = digest_bytes(p->flags & BUILD_DIGESTS_DIFFER ? DIGEST_SHA512 : DIGEST_SHA256, p->content,
					  p->content_len, hash);
		if (p->flags & BUILD_WRONG_DIGEST) hash[0] ^= 1;
		put(&v, 0x04, hash, len);
		put_attribute(&out, "1.2.840.113549.1.9.4", &v);
	}
	if (p->signing_time) {
		put(&v, 0x17, p->signing_time, strlen(p->signing_time));
		put_attribute(&out, "1.2.840.113549.1.9.5", &v);
	}
	if (!(p->flags & (BUILD_NO_ESS | BUILD_ESS_UNSIGNED))) put_ess(&out, cert, p->flags & BUILD_ESS_V1, p->flags);
	if (p->flags & BUILD_ESS_BOTH) put_ess(&out, p->flags & BUILD_ESS_WRONG ? &w->other : cert, true, p->flags);
	if (p->flags & (BUILD_PROTECTION | BUILD_PROTECTION_WRONG))
		put_protection(&out, SHA256_OID, p->flags & BUILD_PROTECTION_WRONG ? RSA_SHA1_OID : RSA_SHA256_OID);
	if (p->signed_extra) buf_add(&out, p->signed_extra->data, p->signed_extra->len);
	return out;
}

static int by_bytes(const void *a, const void *b) {
	const struct der *x = a, *y = b;
	int order = memcmp(x->start, y->start, x->full < y->full ? x->full : y->full);
	return order ? order : (x->full > y->full) - (x->full < y->full);
}

static struct buf in_order(const struct buf *attributes, bool reverse) {
	struct der items[32];
	size_t count = 0;
	struct buf out = {0};
	struct der_walk w = der_walk_bytes(attributes->data, attributes->len);
	while (count < ARRAY_LEN(items) && der_next_ber(&w, &items[count])) count++;
	qsort(items, count, sizeof *items, by_bytes);
	for (size_t i = 0; i < count; i++) {
		const struct der *e = &items[reverse ? count - 1 - i : i];
		buf_add(&out, e->start, e->full);
	}
	return out;
}

static struct buf sign(EVP_PKEY *key, const void *data, size_t len) {
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char value[1024];
	size_t size = sizeof value;
	struct buf out = {0};
	if (!EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) || !EVP_DigestSign(ctx, value, &size, data, len))
		abort();
	EVP_MD_CTX_free(ctx);
	buf_add(&out, value, size);
	return out;
}

static void put_sid(struct buf *out, const struct cms_world *w, unsigned flags) {
	const struct buf *cert = flags & BUILD_TSA ? &w->tsa : &w->signer;
	if (!(flags & BUILD_KEY_ID)) {
		put_issuer_serial(out, cert, false, 0);
		return;
	}
	const unsigned char *p = cert->data;
	X509 *x = d2i_X509(NULL, &p, (long)cert->len);
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x);
	put(out, 0x80, ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
	X509_free(x);
}

static void put_signer(struct buf *out, const struct cms_world *w, const struct cms_plan *p) {
	struct buf b = {0}, attributes = {0}, sorted, to_sign = {0}, value, unsigned_attrs = {0};
	put(&b, 0x02, p->flags & BUILD_KEY_ID ? "\003" : "\001", 1);
	put_sid(&b, w, p->flags);
	put_algorithm(&b, p->flags & BUILD_BAD_DIGEST_OID   ? RSA_SHA256_OID
			  : p->flags & BUILD_DIGESTS_DIFFER ? SHA512_OID
							    : SHA256_OID);
	if (p->flags & BUILD_NO_ATTRIBUTES) {
		buf_add(&to_sign, p->content, p->content_len);
	} else {
		struct buf all = all_attributes(w, p);
		sorted = in_order(&all, false);
		attributes = in_order(&all, p->flags & (BUILD_UNSORTED | BUILD_AS_STORED));
		put(&b, 0xa0, attributes.data, attributes.len);
		const struct buf *chosen = p->flags & BUILD_AS_STORED ? &attributes : &sorted;
		put(&to_sign, 0x31, chosen->data, chosen->len);
		buf_dispose(&all), buf_dispose(&sorted);
	}
	put_algorithm(&b, RSA_SHA256_OID);
	value = sign(p->flags & BUILD_TSA ? w->tsa_key : w->signer_key, to_sign.data, to_sign.len);
	if (p->flags & BUILD_FLIP_VALUE) value.data[9] ^= 1;
	put(&b, 0x04, value.data, value.len);
	if (p->flags & BUILD_ESS_UNSIGNED) put_ess(&unsigned_attrs, &w->signer, false, 0);
	if (p->unsigned_extra) buf_add(&unsigned_attrs, p->unsigned_extra->data, p->unsigned_extra->len);
	if (unsigned_attrs.len) put(&b, 0xa1, unsigned_attrs.data, unsigned_attrs.len);
	wrap(&b, 0x30);
	move(out, &b);
	buf_dispose(&attributes), buf_dispose(&to_sign), buf_dispose(&value), buf_dispose(&unsigned_attrs);
}

static void put_content(struct buf *out, const struct cms_plan *p) {
	struct buf b = {0}, string = {0};
	size_t half = p->content_len / 2;
	put_oid(&b, p->content_type ? p->content_type : OID_DATA);
	if (p->flags & BUILD_INDEFINITE) {
		buf_add(&string, "\xa0\x80\x24\x80", 4);
		put(&string, 0x04, p->content, half);
		put(&string, 0x04, (const char *)p->content + half, p->content_len - half);
		buf_add(&string, "\0\0\0\0", 4);
	} else {
		put(&string, 0x04, p->content, p->content_len);
		wrap(&string, 0xa0);
	}
	if (p->flags & BUILD_ENVELOPING) buf_add(&b, string.data, string.len);
	buf_dispose(&string);
	wrap(&b, 0x30);
	move(out, &b);
}

struct buf cms_build(const struct cms_world *w, const struct cms_plan *p) {
	struct buf b = {0}, part = {0}, info = {0};
	put(&b, 0x02, "\001", 1);
	put_algorithm(&part, SHA256_OID);
	wrap(&part, 0x31);
	move(&b, &part);
	put_content(&b, p);
	if (!(p->flags & BUILD_NO_CERTIFICATE)) {
		const struct buf *cert = p->flags & BUILD_TSA ? &w->tsa : &w->signer;
		buf_add(&part, cert->data, cert->len);
		if (p->flags & BUILD_ESS_TWIN) buf_add(&part, w->twin.data, w->twin.len);
		if (p->flags & BUILD_ESS_BOTH) buf_add(&part, w->other.data, w->other.len);
		wrap(&part, 0xa0);
		move(&b, &part);
	}
	if (!(p->flags & BUILD_NO_SIGNER)) put_signer(&part, w, p);
	if (p->flags & BUILD_TWO_SIGNERS) {
		struct cms_plan second = *p;
		second.flags |= BUILD_FLIP_VALUE;
		put_signer(&part, w, &second);
	}
	wrap(&part, 0x31);
	move(&b, &part);
	put_oid(&info, OID_SIGNED_DATA);
	if (p->flags & BUILD_INDEFINITE) {
		struct buf outer = {0};
		buf_add(&outer, "\x30\x80", 2);
		move(&outer, &info);
		buf_add(&outer, "\xa0\x80\x30\x80", 4);
		move(&outer, &b);
		buf_add(&outer, "\0\0\0\0\0\0", 6);
		info = outer;
	} else {
		wrap(&b, 0x30), wrap(&b, 0xa0);
		move(&info, &b);
		wrap(&info, 0x30);
	}
	if (p->flags & BUILD_TRAILING) buf_add(&info, "x", 1);
	if (p->flags & BUILD_ZEROS) buf_add(&info, "\0\0\0", 3);
	return info;
}

struct buf cms_build_value(const struct buf *bytes) {
	struct cms cms;
	const char *why;
	struct buf out = {0};
	if (!cms_read(bytes->data, bytes->len, &cms, &why)) abort();
	buf_add(&out, cms.signers[0].signature.data, cms.signers[0].signature.len);
	cms_dispose(&cms);
	return out;
}

struct buf cms_build_token_of(const struct cms_world *w, const char *gen_time, const unsigned char imprint[static 32],
			      const struct buf *unsigned_extra, unsigned flags) {
	struct buf b = {0}, part = {0};
	put(&b, 0x02, "\001", 1);
	put_oid(&b, "1.2.3.4");
	put_algorithm(&part, SHA256_OID);
	put(&part, 0x04, imprint, 32);
	wrap(&part, 0x30);
	move(&b, &part);
	put(&b, 0x02, "\007", 1);
	put(&b, 0x18, gen_time, strlen(gen_time));
	wrap(&b, 0x30);
	struct cms_plan plan = {b.data, b.len,         flags | BUILD_ENVELOPING | BUILD_TSA, OID_TST_INFO, NULL,
				NULL,   unsigned_extra};
	struct buf token = cms_build(w, &plan);
	buf_dispose(&b);
	return token;
}

struct buf cms_build_token(const struct cms_world *w, const char *gen_time, const void *data, size_t len,
			   unsigned flags) {
	unsigned char hash[SHA256_SIZE];
	sha256_bytes(data, len, hash);
	return cms_build_token_of(w, gen_time, hash, NULL, flags);
}

/* ATSHashIndexV3 over the certificates of the bag; no CRLs, no unsigned attributes. */
static struct buf hash_index(const struct cms *cms, bool dangling) {
	struct buf index = {0}, list = {0};
	unsigned char hash[SHA256_SIZE];
	put_algorithm(&index, SHA256_OID);
	for (size_t i = 0; i < cms->cert_count; i++) {
		sha256_bytes(cms->certs[i].data, cms->certs[i].len, hash);
		put(&list, 0x04, hash, sizeof hash);
	}
	hash[0] ^= 1;
	if (dangling) put(&list, 0x04, hash, sizeof hash);
	wrap(&list, 0x30);
	move(&index, &list);
	put(&index, 0x30, "", 0);
	put(&index, 0x30, "", 0);
	wrap(&index, 0x30);
	return index;
}

struct buf cms_build_archived(const struct cms_world *w, const struct cms_plan *plan, const char *gen_time,
			      bool dangling) {
	struct buf bytes = cms_build(w, plan), input = {0};
	struct cms cms;
	const char *why;
	unsigned char hash[SHA256_SIZE];
	if (!cms_read(bytes.data, bytes.len, &cms, &why)) abort();
	const struct cms_signer *s = &cms.signers[0];
	const struct der *const fields[] = {&s->version,      &s->sid,           &s->digest_alg,
					    &s->signed_attrs, &s->signature_alg, &s->value};
	struct buf index = hash_index(&cms, dangling);
	buf_add(&input, cms.content_type.start, cms.content_type.full);
	sha256_bytes(plan->content, plan->content_len, hash);
	buf_add(&input, hash, sizeof hash);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) buf_add(&input, fields[i]->start, fields[i]->full);
	buf_add(&input, index.data, index.len);
	sha256_bytes(input.data, input.len, hash);
	struct buf attribute = cms_build_attribute("0.4.0.19122.1.5", &index);
	struct buf token = cms_build_token_of(w, gen_time, hash, &attribute, 0);
	struct buf archive = cms_build_attribute("0.4.0.1733.2.4", &token);
	struct cms_plan with = *plan;
	with.unsigned_extra = &archive;
	struct buf result = cms_build(w, &with);
	cms_dispose(&cms);
	buf_dispose(&bytes), buf_dispose(&input), buf_dispose(&index), buf_dispose(&attribute), buf_dispose(&token),
		buf_dispose(&archive);
	return result;
}

struct buf cms_build_archived_2(const struct cms_world *w, const struct cms_plan *plan, const char *gen_time,
				bool header) {
	struct cms_plan definite = *plan;
	definite.flags &= ~(unsigned)BUILD_INDEFINITE;
	struct buf bytes = cms_build(w, &definite), input = {0}, extra = {0};
	struct cms cms;
	const char *why;
	unsigned char hash[SHA256_SIZE];
	if (!cms_read(bytes.data, bytes.len, &cms, &why)) abort();
	const struct cms_signer *s = &cms.signers[0];
	const struct der *const fields[] = {&cms.cert_bag, &s->version,      &s->sid,           &s->digest_alg,
					    &s->signed_attrs, &s->signature_alg, &s->value};
	buf_add(&input, cms.encapsulated.start, cms.encapsulated.full);
	if (!cms.has_content) buf_add(&input, plan->content, plan->content_len);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (fields[i]->start) buf_add(&input, fields[i]->start, fields[i]->full);
	if (plan->unsigned_extra) buf_add(&extra, plan->unsigned_extra->data, plan->unsigned_extra->len);
	if (header)
		put(&input, 0xa1, extra.data, extra.len);
	else
		buf_add(&input, extra.data, extra.len);
	sha256_bytes(input.data, input.len, hash);
	struct buf token = cms_build_token_of(w, gen_time, hash, NULL, 0);
	struct buf archive = cms_build_attribute("1.2.840.113549.1.9.16.2.48", &token);
	buf_add(&extra, archive.data, archive.len);
	struct cms_plan with = *plan;
	with.unsigned_extra = &extra;
	struct buf result = cms_build(w, &with);
	cms_dispose(&cms);
	buf_dispose(&bytes), buf_dispose(&input), buf_dispose(&extra), buf_dispose(&token), buf_dispose(&archive);
	return result;
}

struct buf cms_build_counter(const struct cms_world *w, const struct buf *value, unsigned flags) {
	struct cms_plan plan = {.content = value->data, .content_len = value->len, .flags = flags | BUILD_TSA};
	struct buf signer = {0};
	put_signer(&signer, w, &plan);
	struct buf attribute = cms_build_attribute("1.2.840.113549.1.9.6", &signer);
	buf_dispose(&signer);
	return attribute;
}

struct buf cms_build_response(const struct buf *token) {
	struct buf b = {0};
	put(&b, 0x02, "", 1);
	wrap(&b, 0x30);
	buf_add(&b, token->data, token->len);
	wrap(&b, 0x30);
	return b;
}
