/* The metadata beside a sample: the fields of docs/test-pki.md, as a document management system would hand them over.
 */
#include "tests/pki/samples.h"
#include "tests/pki/tool.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The value of KEY in a profile's subject; NULL when there is none. The caller frees. */
static char *subject_part(enum cert_id id, const char *key) {
	char *pattern = xasprintf("|%s=", key);
	const char *at = strstr(cert_profiles[id].subject, pattern);
	char *value = NULL;
	if (at) {
		at += strlen(pattern);
		value = xstrndup(at, strcspn(at, "|"));
	}
	free(pattern);
	return value;
}

static json_t *signers(const struct sample *s) {
	json_t *list = json_array();
	for (size_t i = 0; i < ARRAY_LEN(s->steps); i++) {
		if (s->steps[i].kind != STEP_SIGN) continue;
		char *name = subject_part(s->steps[i].signing.signer, "CN");
		char *position = subject_part(s->steps[i].signing.signer, "T");
		/* Only persons hold a position; the organisation's seal is no signer of the register. */
		if (position) {
			const char *authority = json_array_size(list) ? "KT" : "TM";
			json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "authority", authority, "position",
							      position, "name", name));
		}
		free(name);
		free(position);
	}
	return list;
}

static json_t *attachments(const struct sample *s) {
	json_t *list = json_array();
	char *copy = xstrdup(s->attachments), *rest = copy, *name;
	while ((name = strsep(&rest, " "))) json_array_append_new(list, json_string(name));
	free(copy);
	return list;
}

struct buf sidecar_make(const struct sample *s) {
	struct buf b = {0};
	if (s->sidecar == SIDECAR_ZERO) return b;
	if (s->sidecar == SIDECAR_NO_JSON) {
		buf_add_text(&b, "number = 83\nsymbol = QĐ-UBND\n");
		return b;
	}
	char *sent = xasprintf("%sT10:30:00+07:00", s->date), *received = xasprintf("%sT10:30:07+07:00", s->date);
	json_t *o = json_pack("{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s}", "number", s->number, "symbol", s->symbol,
			      "date", s->date, "organisation", "code", s->office->code, "name", s->office->name, "type",
			      s->type, "subject", s->subject);
	need(o != NULL, s->file);
	json_object_set_new(o, "signers", signers(s));
	json_object_set_new(o, "recipients",
			    json_pack("[{s:s, s:s}, {s:s}]", "code", "H99.05", "name",
				      "Sở Khoa học và Công nghệ tỉnh Sông Lam", "name", "Các sở, ban, ngành"));
	json_object_set_new(o, "direction", json_string("incoming"));
	json_object_set_new(o, "sent", json_string(sent));
	json_object_set_new(o, "received", json_string(received));
	json_object_set_new(o, "secrecy", json_string(s->sidecar == SIDECAR_SECRET ? "mật" : "none"));
	if (s->attachments) json_object_set_new(o, "attachments", attachments(s));
	if (s->sidecar == SIDECAR_UNKNOWN_KEY) json_object_set_new(o, "shelf", json_string("A-07"));
	char *text = json_dumps(o, JSON_INDENT(2));
	need(text != NULL, s->file);
	buf_printf(&b, "%s\n", text);
	free(text);
	free(sent);
	free(received);
	json_decref(o);
	return b;
}

char *sidecar_name(const struct sample *s) {
	return xasprintf("%s.json", s->file);
}
