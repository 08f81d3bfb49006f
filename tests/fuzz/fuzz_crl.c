/* Any bytes as the signed part of a CRL: the target signs them, so that what they say about certificates is read, too.
 * The first octet chooses the certificate asked about, the signer, a complete CRL beside it, and bytes left unsigned.
 */
#include "base/digest.h"
#include "tests/fuzz/sealed.h"
#include "validator/crl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OF_LISTS = 0x08, WITH_BASE = 0x10, LATER = 0x20, UNSIGNED = 0x80 };

static void look_up(const struct buf *bytes, const struct sealed_world *w) {
	struct crl *crl = crl_parse(bytes->data, bytes->len);
	if (!crl) return;
	for (int i = 0; i < SEALED_TARGETS; i++) {
		struct cert *cert = cert_parse(w->targets[i].der.data, w->targets[i].der.len);
		struct crl_status status;
		crl_find(crl, &cert->serial, &cert->issuer_name, &status);
		cert_unref(cert);
	}
	crl_unref(crl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct sealed_world world;
	static struct validator *v;
	static struct buf base;
	if (!v) {
		static const char *const number[] = {"2.5.29.20", "DER:020101", NULL};
		digest_init();
		sealed_world_open(&world);
		v = validator_new(NULL, 0, NULL);
		validator_add_trust(v, world.root.der.data, world.root.der.len);
		base = crl_make(&(struct crl_plan){.issuer = &world.root, .extensions = number});
	}
	if (!size) return 0;
	const struct made *signer = data[0] & OF_LISTS ? &world.lists : &world.root;
	const struct made *target = &world.targets[(data[0] & 7) % SEALED_TARGETS];
	struct buf bytes = {0};
	if (data[0] & UNSIGNED)
		buf_add(&bytes, data + 1, size - 1);
	else
		bytes = sealed_make(data + 1, size - 1, signer, NULL);
	look_up(&bytes, &world);
	const struct val_blob evidence[] = {
		{bytes.data, bytes.len}, {world.lists.der.data, world.lists.der.len}, {base.data, base.len}};
	struct val_request request = {.document = {target->der.data, target->der.len},
				      .evidence = evidence,
				      .evidence_count = data[0] & WITH_BASE ? 3 : 2};
	utime_parse(data[0] & LATER ? "2026-12-31T00:00:00Z" : "2026-06-01T00:00:00Z", &request.at);
	json_decref(validator_judge_path(v, &request));
	buf_dispose(&bytes);
	return 0;
}
