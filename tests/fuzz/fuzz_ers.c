/* Any bytes judged as an evidence record. The first octet chooses how much of the data it speaks about is given, and
 * whether the record offers itself as evidence; the seeds are records over this data. */
#include "base/digest.h"
#include "validator/validator.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct validator *v;
	static const char *const texts[] = {"first", "second", "third"};
	static const char *const digests[] = {
		"SHA-256:a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e"}; /* of "first" */
	struct error err = {0};
	struct val_blob offers[3];
	if (!v) digest_init();
	if (!v) v = validator_new(NULL, 0, &err);
	if (!v || !size) return 0;
	for (size_t i = 0; i < 3; i++) offers[i] = (struct val_blob){(const unsigned char *)texts[i], strlen(texts[i])};
	const struct val_blob rest = {data + 1, size - 1};
	struct val_request request = {
		.document = rest, .data = offers, .data_count = data[0] & 3, .revocation = REVOCATION_SOFT};
	utime_parse("2025-06-01T00:00:00Z", &request.at);
	if (data[0] & 4) request.digests = digests, request.digest_count = 1;
	if (data[0] & 8) request.evidence = &rest, request.evidence_count = 1;
	json_decref(validator_judge(v, &request));
	return 0;
}
