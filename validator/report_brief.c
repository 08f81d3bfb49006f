/* The report for a program that goes on by itself. Most of what a full report costs is made, sent and read for people; a document that
 * is extended is judged twice and only the newest full verdict, made when it is verified, is kept. */
#include "validator/report.h"

#include <stdlib.h>
#include <string.h>

static json_t *codes(const struct finding_list *findings) {
	json_t *list = json_array();
	for (size_t i = 0; i < findings->count; i++)
		json_array_append_new(list, json_pack("{s:s}", "code", finding_name(findings->items[i].code)));
	return list;
}

static void set_outcome(json_t *to, struct outcome o) {
	const char *sub = sub_indication_name(o.sub);
	json_object_set_new(to, "indication", json_string(indication_total_name(o.indication)));
	json_object_set_new(to, "sub_indication", sub ? json_string(sub) : json_null());
}

static json_t *timestamps(const struct judged *j, const struct signature *s, json_t *wants) {
	static const char *const names[] = {"signature", "content", "archive"};
	json_t *list = json_array();
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		json_array_append_new(list, json_pack("{s:s}", "kind", names[t->kind]));
		if (t->signature->path_judged) report_wants(wants, &t->signature->path);
	}
	for (size_t i = 0; i < j->count; i++)
		if (j->signatures[i]->tst_read && judged_covers(j->signatures[i], s))
			json_array_append_new(list, json_pack("{s:s}", "kind", j->signatures[i]->asic ? "archive" : "document"));
	return list;
}

static json_t *signature(const struct judged *j, const struct signature *s, json_t *wants) {
	const struct cert *cert = s->cert ? s->cert : s->verifier;
	json_t *value = json_object();
	json_object_set_new(value, "id", json_string(s->id));
	json_object_set_new(value, "kind", json_string(report_kind_name(s)));
	set_outcome(value, s->outcome);
	json_object_set_new(value, "integrity", json_string(report_integrity_name(s->intact)));
	json_object_set_new(value, "coverage", json_string(report_coverage_name(s)));
	json_object_set_new(value, "modification", json_string(report_modification_name(s)));
	json_object_set_new(value, "level", json_string(s->level));
	if (cert) json_object_set_new(value, "signer", json_pack("{s:o}", "not_after", report_time(cert->not_after)));
	json_object_set_new(value, "algorithms",
			    json_pack("{s:o}", "digest", s->digest ? json_string(digest_name(s->digest)) : json_null()));
	if (s->path_judged) report_wants(wants, &s->path);
	json_object_set_new(value, "timestamps", timestamps(j, s, wants));
	json_object_set_new(value, "findings", codes(&s->findings));
	return value;
}

json_t *report_brief(struct context *c, const struct judged *j) {
	json_t *value = json_object(), *signatures = json_array(), *wants = json_array();
	char sha256[SHA256_HEX];
	json_object_set_new(value, "sha256", json_string(hex_encode(c->document_sha256, SHA256_SIZE, sha256)));
	json_object_set_new(value, "format", json_string(format_name(j->recognised.format)));
	set_outcome(value, judged_outcome(j));
	for (size_t i = 0; i < j->count; i++) json_array_append_new(signatures, signature(j, j->signatures[i], wants));
	json_object_set_new(value, "signatures", signatures);
	json_object_set_new(value, "findings", codes(&j->findings));
	report_add_material(value, c, wants);
	return value;
}
