/* Any bytes as the signed part of an OCSP answer: the target signs them, so that what they say about certificates is
 * read, too. The first octet chooses the certificate asked about, the signer, the wrapping, and bytes left unsigned. */
#include "base/digest.h"
#include "tests/fuzz/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OF_RESPONDER = 0x08, WRAPPED = 0x10, LATER = 0x20, UNSIGNED = 0x80 };

/* OCSPResponse around a BasicOCSPResponse. */
static void wrap_response(struct buf *basic) {
	struct buf out = {0}, type = {0};
	sealed_wrap(basic, DER_OCTET_STRING);
	der_put_oid(&type, "1.3.6.1.5.5.7.48.1.1");
	buf_add(&type, basic->data, basic->len);
	sealed_wrap(&type, DER_SEQUENCE);
	sealed_wrap(&type, 0xa0);
	der_put(&out, DER_ENUMERATED, "", 1);
	buf_add(&out, type.data, type.len);
	sealed_wrap(&out, DER_SEQUENCE);
	buf_dispose(&type);
	buf_dispose(basic);
	*basic = out;
}

static struct buf answer(const struct sealed_world *w, unsigned flags, const uint8_t *data, size_t size) {
	struct buf certs = {0}, bytes = {0};
	if (flags & UNSIGNED) {
		buf_add(&bytes, data, size);
		return bytes;
	}
	buf_add(&certs, w->responder.der.data, w->responder.der.len);
	sealed_wrap(&certs, DER_SEQUENCE);
	sealed_wrap(&certs, 0xa0);
	bytes = flags & OF_RESPONDER ? sealed_make(data, size, &w->responder, &certs)
				     : sealed_make(data, size, &w->root, NULL);
	if (flags & WRAPPED) wrap_response(&bytes);
	buf_dispose(&certs);
	return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct sealed_world world;
	static struct validator *v;
	if (!v) {
		digest_init();
		sealed_world_open(&world);
		v = validator_new(NULL, 0, NULL);
		validator_add_trust(v, world.root.der.data, world.root.der.len);
	}
	if (!size) return 0;
	const struct made *target = &world.targets[(data[0] & 7) % SEALED_TARGETS];
	struct buf bytes = answer(&world, data[0], data + 1, size - 1);
	const struct val_blob evidence = {bytes.data, bytes.len};
	struct val_request request = {
		.document = {target->der.data, target->der.len}, .evidence = &evidence, .evidence_count = 1};
	utime_parse(data[0] & LATER ? "2026-12-31T00:00:00Z" : "2026-06-01T00:00:00Z", &request.at);
	json_decref(validator_judge_path(v, &request));
	buf_dispose(&bytes);
	return 0;
}
