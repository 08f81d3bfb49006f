#include "store/object.h"

#include <string.h>

char *object_id_text(const struct object_id *id, char text[static OBJECT_ID_TEXT_MAX]) {
	memcpy(text, "sha256:", 7);
	hex_encode(id->sha256, SHA256_SIZE, text + 7);
	return text;
}

bool object_id_parse(const char *text, struct object_id *id) {
	if (!strncmp(text, "sha256:", 7)) text += 7;
	return hex_decode(text, id->sha256, SHA256_SIZE);
}

bool object_id_equal(const struct object_id *a, const struct object_id *b) {
	return !memcmp(a->sha256, b->sha256, SHA256_SIZE);
}

bool object_id_is_zero(const struct object_id *id) {
	static const struct object_id zero;
	return object_id_equal(id, &zero);
}

const char *object_kind_name(enum object_kind kind) {
	static const char *const names[OBJECT_KINDS] = {
#define OBJECT_KIND(name, text) [OBJECT_##name] = text,
#include "store/object_kind.def"
#undef OBJECT_KIND
	};
	return (unsigned)kind < OBJECT_KINDS ? names[kind] : "unknown";
}

const char *object_state_name(enum object_state state) {
	static const char *const names[] = {"present", "missing", "damaged", "unreadable"};
	return (unsigned)state <= OBJECT_UNREADABLE ? names[state] : "unknown";
}
