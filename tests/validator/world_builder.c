#include "tests/validator/world_builder.h"

#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define OID_STAMP "1.2.840.113549.1.9.16.2.14" /* id-aa-timeStampToken */

struct cms_world world;
struct validator *validator;

int open_world(void **state) {
	(void)state;
	struct error err = {0};
	digest_init();
	cms_world_open(&world);
	validator = validator_new(NULL, 0, &err);
	return validator && validator_add_trust(validator, world.ca.data, world.ca.len) == 1 ? 0 : -1;
}

int close_world(void **state) {
	(void)state;
	validator_free(validator);
	cms_world_close(&world);
	return 0;
}

const char *text(const json_t *object, const char *key) {
	const char *value = json_string_value(json_object_get(object, key));
	return value ? value : "";
}

json_t *entry(const json_t *report, size_t index) {
	return json_array_get(json_object_get(report, "signatures"), index);
}

bool has_finding(const json_t *of, const char *code) {
	size_t i;
	json_t *finding;
	bool found = false;
	json_array_foreach(json_object_get(of, "findings"), i, finding) {
		found |= !strcmp(text(finding, "code"), code);
		if (!strcmp(text(finding, "severity"), "error") && !strcmp(text(of, "indication"), "TOTAL-PASSED"))
			fail_msg("%s passes with the error %s", code, text(finding, "code"));
	}
	return found;
}

json_t *judge_at(const struct val_request *base, const struct buf *document, const char *at) {
	struct val_request request = *base;
	request.document = (struct val_blob){document->data, document->len};
	request.revocation = REVOCATION_SOFT;
	assert_true(utime_parse(at, &request.at));
	return validator_judge(validator, &request);
}

void expect_verdict(const json_t *of, const char *name, const char *indication, const char *sub, const char *integrity) {
	if (strcmp(text(of, "indication"), indication) || strcmp(text(of, "sub_indication"), sub) ||
	    strcmp(text(of, "integrity"), integrity)) {
		char *all = json_dumps(of, JSON_INDENT(1));
		print_error("%s\n", all);
		free(all);
		fail_msg("%s: %s/%s %s", name, text(of, "indication"), text(of, "sub_indication"),
			 text(of, "integrity"));
	}
}

struct buf stamped_document(const char *content, const char *gen_time, bool right, unsigned token_flags) {
	struct cms_plan plan = {.content = content, .content_len = strlen(content), .flags = BUILD_ENVELOPING};
	struct buf bare = cms_build(&world, &plan), value = cms_build_value(&bare);
	if (!right) value.data[0] ^= 1;
	struct buf token = cms_build_token(&world, gen_time, value.data, value.len, token_flags);
	struct buf attribute = cms_build_attribute(OID_STAMP, &token);
	plan.unsigned_extra = &attribute;
	struct buf document = cms_build(&world, &plan);
	buf_dispose(&bare), buf_dispose(&value), buf_dispose(&token), buf_dispose(&attribute);
	return document;
}
