#include "tests/fuzz/sealed.h"

#include <stdlib.h>

void sealed_wrap(struct buf *b, unsigned char tag) {
	struct buf outer = {0};
	der_put(&outer, tag, b->data, b->len);
	buf_dispose(b);
	*b = outer;
}

struct buf sealed_make(const void *bytes, size_t len, const struct made *signer, const struct buf *behind) {
	struct buf out = {0}, part = {0};
	unsigned char value[64];
	size_t size = sizeof value;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (EVP_DigestSignInit(ctx, NULL, NULL, NULL, signer->key) <= 0 ||
	    EVP_DigestSign(ctx, value, &size, bytes, len) <= 0)
		abort();
	EVP_MD_CTX_free(ctx);
	buf_add(&out, bytes, len);
	der_put_oid(&part, "1.3.101.112");
	sealed_wrap(&part, DER_SEQUENCE);
	buf_add(&out, part.data, part.len);
	buf_dispose(&part);
	buf_add_byte(&part, 0);
	buf_add(&part, value, size);
	sealed_wrap(&part, DER_BIT_STRING);
	buf_add(&out, part.data, part.len);
	buf_dispose(&part);
	if (behind) buf_add(&out, behind->data, behind->len);
	sealed_wrap(&out, DER_SEQUENCE);
	return out;
}

struct buf sealed_content(const struct buf *bytes) {
	struct der_walk w = der_walk_bytes(bytes->data, bytes->len);
	struct der outer, first;
	struct buf out = {0};
	if (!der_next(&w, &outer)) abort();
	w = der_walk_in(&outer);
	if (!der_next(&w, &first)) abort();
	buf_add(&out, first.start, first.full);
	return out;
}

void sealed_world_open(struct sealed_world *w) {
	static const char *const authority[] = {"basicConstraints",
						"critical,CA:TRUE",
						"keyUsage",
						"critical,keyCertSign,cRLSign",
						"subjectKeyIdentifier",
						"hash",
						NULL};
	static const char *const lists[] = {"keyUsage", "critical,cRLSign", "subjectKeyIdentifier", "hash", NULL};
	static const char *const responder[] = {
		"keyUsage", "critical,digitalSignature", "extendedKeyUsage", "OCSPSigning", "noCheck", "ignored", NULL};
	static const char *const plain[] = {"keyUsage", "critical,digitalSignature,nonRepudiation", NULL};
	static const char *const scope[] = {"keyUsage", "critical,digitalSignature", "crlDistributionPoints", "point",
					    NULL};
	static const char *const indirect[] = {"keyUsage", "critical,digitalSignature", "crlDistributionPoints",
					       "indirect", NULL};
	static const char *const delta[] = {"keyUsage", "critical,digitalSignature", "freshestCRL", "point", NULL};
	static const char points[] = "[point]\nfullname=URI:http://crl.test/1.crl\nreasons=keyCompromise,CACompromise\n"
				     "[indirect]\nfullname=URI:http://crl.test/2.crl\nCRLissuer=dirName:lists\n"
				     "[lists]\nCN=Lists\n";
	static const char *const *const extensions[SEALED_TARGETS] = {plain, scope, indirect, delta, authority};
	w->root = cert_make(&(struct cert_plan){.subject = "CN=Root", .key = "1", .extensions = authority});
	w->lists = cert_make(&(struct cert_plan){
		.subject = "CN=Lists", .key = "2", .issuer = &w->root, .serial = 2, .extensions = lists});
	w->responder = cert_make(&(struct cert_plan){
		.subject = "CN=Responder", .key = "3", .issuer = &w->root, .serial = 3, .extensions = responder});
	for (int i = 0; i < SEALED_TARGETS; i++)
		w->targets[i] = cert_make(&(struct cert_plan){.subject = "CN=Target",
							      .key = "4",
							      .issuer = &w->root,
							      .serial = 10 + i,
							      .extensions = extensions[i],
							      .config = points});
}

void sealed_world_close(struct sealed_world *w) {
	made_free(&w->root), made_free(&w->lists), made_free(&w->responder);
	for (int i = 0; i < SEALED_TARGETS; i++) made_free(&w->targets[i]);
}
