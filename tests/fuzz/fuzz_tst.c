/* Any bytes as a time-stamp token or response, or as the TSTInfo of one that the target signs: alone, in a response, or
 * on a signature, whose value they may speak about. The first octet chooses. */
#include "base/digest.h"
#include "tests/validator/cms_builder.h"
#include "validator/cms.h"
#include "validator/tst.h"
#include "validator/validator.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AS_THEY_ARE, INFO, IN_RESPONSE, ON_SIGNATURE, MODES };
static const char text[] = "text";

static struct buf token_of(const struct cms_world *w, const uint8_t *data, size_t size) {
	const struct cms_plan plan = {.content = data,
				      .content_len = size,
				      .flags = BUILD_ENVELOPING | BUILD_TSA,
				      .content_type = OID_TST_INFO};
	return cms_build(w, &plan);
}

static struct buf stamped(const struct cms_world *w, const struct buf *token) {
	struct buf attribute = cms_build_attribute("1.2.840.113549.1.9.16.2.14", token);
	const struct cms_plan plan = {.content = text, .content_len = sizeof text - 1, .unsigned_extra = &attribute};
	struct buf out = cms_build(w, &plan);
	buf_dispose(&attribute);
	return out;
}

/* TimeStampResp whose PKIStatusInfo is the bytes, with a good token. */
static struct buf response_with(const struct cms_world *w, const uint8_t *data, size_t size) {
	struct buf token = cms_build_token(w, "20250101000000Z", text, sizeof text - 1, 0), in = {0}, out = {0};
	buf_add(&in, data, size);
	buf_add(&in, token.data, token.len);
	der_put(&out, DER_SEQUENCE, in.data, in.len);
	buf_dispose(&in);
	buf_dispose(&token);
	return out;
}

static struct buf document(const struct cms_world *w, unsigned mode, const uint8_t *data, size_t size) {
	struct buf bytes = {0}, out;
	if (mode == IN_RESPONSE) return response_with(w, data, size);
	if (mode == AS_THEY_ARE) {
		buf_add(&bytes, data, size);
		return bytes;
	}
	bytes = token_of(w, data, size);
	if (mode == INFO) return bytes;
	out = stamped(w, &bytes);
	buf_dispose(&bytes);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct cms_world world;
	static struct validator *v;
	if (!v) {
		digest_init();
		cms_world_open(&world);
		v = validator_new(NULL, 0, NULL);
		validator_add_trust(v, world.ca.data, world.ca.len);
	}
	if (!size) return 0;
	struct tst_info info, other;
	struct der token;
	if (tst_read_info(data + 1, size - 1, &info) && tst_read_info(data + 1, size - 1, &other))
		tst_before(&info, &other);
	tst_token_of_response(data + 1, size - 1, &token);
	struct buf bytes = document(&world, data[0] % MODES, data + 1, size - 1);
	const struct val_blob offered = {(const unsigned char *)text, sizeof text - 1};
	struct val_request request = {
		.document = {bytes.data, bytes.len}, .data = &offered, .data_count = 1, .revocation = REVOCATION_SOFT};
	utime_parse(data[0] & 0x80 ? "2029-06-01T00:00:00Z" : "2025-06-01T00:00:00Z", &request.at);
	json_decref(validator_judge(v, &request));
	buf_dispose(&bytes);
	return 0;
}
