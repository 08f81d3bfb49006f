/* Any bytes judged as a document: zip directory, members, manifests, signatures and time-stamps in a container. The
 * seeds are containers of stored members, so that one changed byte reaches each of these readers; a checksum that is
 * wrong then does not keep the member from being judged. */
#include "base/digest.h"
#include "validator/validator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct validator *v;
	struct error err = {0};
	struct val_request request = {.document = {data, size}, .revocation = REVOCATION_SOFT};
	if (!v) {
		digest_init();
		v = validator_new(NULL, 0, &err);
	}
	utime_parse("2025-06-01T00:00:00Z", &request.at);
	json_decref(validator_judge(v, &request));
	return 0;
}
