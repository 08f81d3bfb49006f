/* Any bytes judged as a document that is not a PDF: CMS, time-stamps, PEM and base64 around them. The first octet
 * chooses whether the rest is also offered as data and evidence, so that paths, CRLs and OCSP answers are reached, too, and
 * whether a long-term form is asked for. What reads as a CMS is added to and read again.
 */
#include "base/digest.h"
#include "validator/cms_edit.h"
#include "validator/validator.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char root[] = "-----BEGIN CERTIFICATE-----\n"
			   "MIIBjjCCATOgAwIBAgIUXtl19dqtr3u7rYy+QVxsG81+G3gwCgYIKoZIzj0EAwIw\n"
			   "FDESMBAGA1UEAwwJRnV6eiBSb290MB4XDTI2MTEyMjEzNTIxMloXDTQ2MTExNzEz\n"
			   "NTIxMlowFDESMBAGA1UEAwwJRnV6eiBSb290MFkwEwYHKoZIzj0CAQYIKoZIzj0D\n"
			   "AQcDQgAE5JwCz4r+Jvv/3m1alfRvYJrAPVXySBZOHoJbfX2Gm5Jw0UK95ZOBsYJ+\n"
			   "x+6vA07/Vpn8BHp5a7JRHbjtDwFGoKNjMGEwHQYDVR0OBBYEFKoaL65M5LjbOQUG\n"
			   "0OprMuNZigo6MB8GA1UdIwQYMBaAFKoaL65M5LjbOQUG0OprMuNZigo6MA8GA1Ud\n"
			   "EwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgKEMAoGCCqGSM49BAMCA0kAMEYCIQCH\n"
			   "dA/AkvRw0V+yyFsoOMDgl33Flm1ssp34oPIrzjhimAIhAMvhqiF/nePwzQCIJGKD\n"
			   "lCPp/PoM7S5N7UxmwwP0AlB8\n"
			   "-----END CERTIFICATE-----\n";

static struct validator *open_validator(void) {
	struct error err = {0};
	digest_init();
	struct validator *v = validator_new(NULL, 0, &err);
	if (v) validator_add_trust(v, (const unsigned char *)root, sizeof root - 1);
	return v;
}

static bool same(const struct cms_signer *a, const struct cms_signer *b) {
	return a->signature.len == b->signature.len && a->signed_attrs.full == b->signed_attrs.full &&
	       (!a->signature.len || !memcmp(a->signature.data, b->signature.data, a->signature.len)) &&
	       (!a->signed_attrs.full || !memcmp(a->signed_attrs.start, b->signed_attrs.start, a->signed_attrs.full));
}

/* What reads as a CMS can be added to, and what comes of it reads as the same with what was added. */
static void extend(const uint8_t *data, size_t size) {
	static const unsigned char element[300] = {0x30, 0x82, 0x01, 0x28};
	static const struct extend_item items[] = {{EXTEND_CERTIFICATE, element, sizeof element},
						   {EXTEND_CRL, element, sizeof element},
						   {EXTEND_OCSP, element, sizeof element}};
	struct cms cms, after;
	struct cms_edit edit;
	struct extension x = {0};
	struct buf out = {0};
	const char *why;
	if (!cms_read(data, size, &cms, &why)) return;
	if (cms_edit_open(&edit, data, size, &cms) && cms.cert_count < 9999 && cms.crl_count < 9998) {
		cms_edit_add_items(&edit, items, 3);
		cms_edit_add_digest(&edit, DIGEST_SHA512);
		for (size_t i = 0; i < cms.signer_count; i++)
			cms_edit_add_attribute(&edit, i, "1.2.3", (struct extend_piece){EXTEND_ITEM, 0, sizeof element});
		cms_edit_write(&edit, &x);
		cms_edit_join(&edit, &x, items, &out);
		if (!cms_read(out.data, out.len, &after, &why) || out.len != x.size) abort();
		if (after.cert_count != cms.cert_count + 1 || after.crl_count != cms.crl_count + 2) abort();
		if (after.signer_count != cms.signer_count || after.content_len != cms.content_len) abort();
		for (size_t i = 0; i < cms.signer_count; i++)
			if (!same(&cms.signers[i], &after.signers[i])) abort();
		cms_dispose(&after);
	}
	cms_edit_close(&edit);
	extension_dispose(&x);
	buf_dispose(&out);
	cms_dispose(&cms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct validator *v;
	if (!v) v = open_validator();
	if (!size) return 0;
	const struct val_blob rest = {data + 1, size - 1};
	struct val_request request = {.document = rest, .revocation = data[0] & 3 ? REVOCATION_SOFT : REVOCATION_HARD};
	utime_parse("2030-01-01T00:00:00Z", &request.at);
	struct val_proof proof = {.when = request.at - 365 * UTIME_DAY, .basis = "archive"};
	if (data[0] & 4) request.evidence = request.data = &rest, request.evidence_count = request.data_count = 1;
	if (data[0] & 8) {
		sha256_bytes(rest.data, rest.len, proof.sha256);
		request.proofs = &proof, request.proof_count = 1;
	}
	const struct val_extend order = {.stamp = true, .renew_until = request.at};
	if (data[0] & 16) request.extend = &order;
	json_decref(validator_judge(v, &request));
	extend(rest.data, rest.len);
	return 0;
}
