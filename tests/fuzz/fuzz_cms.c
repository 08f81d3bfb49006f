/* Any bytes judged as a document that is not a PDF: CMS, time-stamps, PEM and base64 around them. The first octet
 * chooses whether the rest is also offered as data and evidence, so that paths, CRLs and OCSP answers are reached, too.
 */
#include "base/digest.h"
#include "validator/validator.h"

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
	json_decref(validator_judge(v, &request));
	return 0;
}
