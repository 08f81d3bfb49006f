#include "tests/validator/world_builder.h"

#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

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
