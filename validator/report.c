#include "validator/report.h"

#include "validator/provable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text from documents is UTF-8 by contract of its readers; should one err, the report says so instead of missing a key.
 */
static json_t *text(const char *s) {
	json_t *value = s ? json_string(s) : json_null();
	return value ? value : json_string("(not UTF-8)");
}

static json_t *text_or_null(const char *s) {
	return s && *s ? text(s) : json_null();
}

static json_t *hex(const unsigned char *data, size_t len) {
	char *digits = hex_dup(data, len);
	json_t *value = json_string(digits);
	free(digits);
	return value;
}

static void set_outcome(json_t *to, struct outcome o) {
	json_object_set_new(to, "indication", json_string(indication_total_name(o.indication)));
	json_object_set_new(to, "sub_indication", text(sub_indication_name(o.sub)));
}

static json_t *block(struct outcome o) {
	json_t *value = json_object();
	json_object_set_new(value, "indication", json_string(indication_name(o.indication)));
	json_object_set_new(value, "sub_indication", text(sub_indication_name(o.sub)));
	return value;
}

const char *report_kind_name(const struct signature *s) {
	static const char *const names[] = {"signature", "document-timestamp", "timestamp", "evidence-record"};
	return names[s->kind];
}

const char *report_integrity_name(bool intact) {
	return intact ? "intact" : "broken";
}

const char *report_coverage_name(const struct signature *s) {
	static const char *const names[] = {"whole-file", "whole-revision", "partial"};
	if (s->pdf) return names[s->pdf->coverage];
	return s->asic && s->asic->partial ? "partial" : "whole-file";
}

const char *report_modification_name(const struct signature *s) {
	static const char *const names[] = {"none", "permitted", "forbidden", "unknown"};
	return s->pdf ? names[s->pdf->modification] : "none";
}

static json_t *signer(const struct signature *s) {
	const struct cert *cert = s->cert ? s->cert : s->verifier;
	if (!cert) return json_null();
	json_t *value = json_object();
	json_object_set_new(value, "subject", text(cert->subject_text));
	json_object_set_new(value, "common_name", text(cert->common_name));
	json_object_set_new(value, "issuer", text(cert->issuer_text));
	json_object_set_new(value, "serial", text(cert->serial_text));
	json_object_set_new(value, "sha256", hex(cert->sha256, SHA256_SIZE));
	json_object_set_new(value, "not_before", report_time(cert->not_before));
	json_object_set_new(value, "not_after", report_time(cert->not_after));
	json_object_set_new(value, "role", json_string(cert_role_name(cert_role(cert))));
	return value;
}

static int number(const char *p, int digits) {
	int n = 0;
	for (int i = 0; i < digits; i++) {
		if (p[i] < '0' || p[i] > '9') return -1;
		n = n * 10 + p[i] - '0';
	}
	return n;
}

/* ISO 32000-2 7.9.4, D:YYYYMMDDHHmmSSOHH'mm': the full form only; anything else is shown as written. */
static bool pdf_date(const char *s, utime *out) {
	if (!strncmp(s, "D:", 2)) s += 2;
	if (strlen(s) < 14) return false;
	int year = number(s, 4), month = number(s + 4, 2), day = number(s + 6, 2);
	int hour = number(s + 8, 2), minute = number(s + 10, 2), second = number(s + 12, 2);
	if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) return false;
	if (!utime_from_civil(year, month, day, hour, minute, second, 0, out)) return false;
	s += 14;
	if (*s != '+' && *s != '-') return !*s || *s == 'Z';
	if (strlen(s) < 3 || number(s + 1, 2) < 0) return false;
	int offset = number(s + 1, 2) * 60, more = s[3] == '\'' && strlen(s) >= 6 ? number(s + 4, 2) : 0;
	offset += more > 0 ? more : 0;
	*out -= (*s == '+' ? 1 : -1) * offset * 60 * UTIME_SECOND;
	return true;
}

static json_t *signing_time(const struct signature *s) {
	bool proven = strcmp(s->best.basis, "none") != 0;
	utime claimed = s->claimed;
	json_t *value = json_object();
	if (claimed == UTIME_NONE && s->pdf && !pdf_date(s->pdf->claimed_time, &claimed)) claimed = UTIME_NONE;
	json_object_set_new(value, "claimed",
			    claimed == UTIME_NONE && s->pdf ? text_or_null(s->pdf->claimed_time)
							    : report_time(claimed));
	json_object_set_new(value, "proven", report_time(proven ? s->best.when : UTIME_NONE));
	json_object_set_new(value, "basis", json_string(s->best.basis));
	return value;
}

static json_t *algorithms(const struct signature *s) {
	json_t *value = json_object();
	bool known = s->use.scheme != SCHEME_UNKNOWN;
	bool dated = known && s->algorithms_end != POLICY_NO_END && s->algorithms_end != POLICY_NEVER;
	json_object_set_new(value, "digest", s->digest ? text(digest_name(s->digest)) : json_null());
	json_object_set_new(value, "signature", known ? text(signature_scheme_name(s->use.scheme)) : json_null());
	json_object_set_new(value, "signature_digest",
			    known && s->use.digest ? text(digest_name(s->use.digest)) : json_null());
	json_object_set_new(value, "key_bits", known ? json_integer(s->use.key_bits) : json_null());
	json_object_set_new(value, "curve", text_or_null(s->use.curve));
	json_object_set_new(value, "reliable_until", dated ? report_time(s->algorithms_end) : json_null());
	if (dated) json_object_set_new(value, "reliable_what", text(s->algorithms_what));
	return value;
}

/* What a time-stamp is over: its hash ends apart from what signed it, and another remedy is due then. */
static json_t *imprint(const struct signature *s) {
	enum digest_alg alg = digest_of_algorithm(&s->tst.imprint_alg);
	bool dated = alg && s->imprint_end != POLICY_NO_END && s->imprint_end != POLICY_NEVER;
	return json_pack("{s:o, s:o}", "digest", alg ? text(digest_name(alg)) : json_null(), "reliable_until",
			 dated ? report_time(s->imprint_end) : json_null());
}

/* What the path judgement found today. Where a proof of existence saved the signature, today's failures are no failures
 * of it: they stay visible as the basic result and in the chain. */
static void add_path_findings(struct finding_list *to, const struct signature *s) {
	bool saved = s->x509.indication != INDICATION_PASSED && s->in_time.indication == INDICATION_PASSED;
	for (size_t i = 0; s->path_judged && i < s->path.findings.count; i++) {
		const struct finding *f = &s->path.findings.items[i];
		if (!saved || finding_severity_of(f->code) != FINDING_SEVERITY_ERROR)
			finding_add(to, f->code, "%s", f->detail);
	}
}

/* Of the token's bytes without what pads them in a PDF. */
static json_t *token_sha256(const struct signature *s) {
	unsigned char digest[SHA256_SIZE];
	if (!s->bytes) return json_null();
	sha256_bytes(s->bytes, s->cms.used ? s->cms.used : s->len, digest);
	return hex(digest, sizeof digest);
}

static json_t *signature_value(const struct signature *s) {
	return s->signer ? report_base64(s->signer->signature.data, s->signer->signature.len) : json_null();
}

static json_t *token(const struct token *t, json_t *wants) {
	static const char *const names[] = {"signature", "content", "archive"};
	const struct signature *s = t->signature;
	json_t *value = json_object();
	json_object_set_new(value, "kind", json_string(names[t->kind]));
	if (t->form) json_object_set_new(value, "form", json_string(t->form));
	json_object_set_new(value, "token_sha256", token_sha256(s));
	json_object_set_new(value, "gen_time", report_time(s->tst_read ? s->tst.gen_time : UTIME_NONE));
	json_object_set_new(value, "tsa", s->cert ? text(s->cert->subject_text) : json_null());
	set_outcome(value, s->outcome);
	json_object_set_new(value, "integrity",
			    json_string(report_integrity_name(s->intact && (!t->imprint_checked || t->imprint_right))));
	json_object_set_new(value, "used", json_boolean(t->proves));
	json_object_set_new(value, "algorithms", algorithms(s));
	json_object_set_new(value, "chain", s->path_judged ? report_chain(&s->path) : json_array());
	struct finding_list findings = {0};
	finding_append(&findings, &s->findings);
	add_path_findings(&findings, s);
	if (s->path_judged) report_wants(wants, &s->path);
	json_object_set_new(value, "findings", report_findings(&findings));
	finding_list_dispose(&findings);
	return value;
}

/* Time-stamps of the document or the container over this signature are listed with it, by the id of their own entry. */
static void add_document_timestamps(json_t *list, const struct judged *j, const struct signature *s) {
	for (size_t i = 0; i < j->count; i++) {
		const struct signature *t = j->signatures[i];
		if (!t->tst_read || !judged_covers(t, s)) continue;
		json_t *value = json_object();
		json_object_set_new(value, "kind", json_string(t->asic ? "archive" : "document"));
		json_object_set_new(value, "id", text(t->id));
		json_object_set_new(value, "token_sha256", token_sha256(t));
		json_object_set_new(value, "gen_time", report_time(t->tst.gen_time));
		json_object_set_new(value, "tsa", t->cert ? text(t->cert->subject_text) : json_null());
		set_outcome(value, t->outcome);
		json_array_append_new(list, value);
	}
}

static json_t *blocks(const struct signature *s) {
	json_t *value = json_object();
	json_object_set_new(value, "format", block(s->format));
	json_object_set_new(value, "identification", block(s->identification));
	json_object_set_new(value, "context", block(s->context));
	json_object_set_new(value, "cryptographic", block(s->crypto));
	json_object_set_new(value, "x509", s->path_judged ? block(s->x509) : json_null());
	json_object_set_new(value, "acceptance", block(s->acceptance));
	json_object_set_new(value, "basic", block(s->basic));
	json_object_set_new(value, "past", s->past.indication ? block(s->past) : json_null());
	json_object_set_new(value, "in_time", block(s->in_time));
	return value;
}

/* What could be read there, and the block of a copy, null where none was found. */
static void set_copy(json_t *to, const struct pdf_copy *copy) {
	json_object_set_new(to, "reading", text_or_null(pdf_reading_name(copy->reading)));
	json_object_set_new(to, "copy",
			    !copy->form ? json_null()
					: json_pack("{s:s, s:o, s:i, s:i, s:i, s:i}", "form",
						    pdf_copy_form_name(copy->form), "words", text(copy->words), "left",
						    copy->left, "top", copy->top, "width", copy->width, "height",
						    copy->height));
}

/* Where it is seen, in points from the top left of the page; null where nothing is known. */
static json_t *appearance(const struct pdf_appearance *a) {
	if (!a->known) return json_null();
	json_t *value = json_pack("{s:b, s:o, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:b}", "visible", a->visible, "page",
				  a->page ? json_integer(a->page) : json_null(), "left", a->left, "top", a->top, "width",
				  a->width, "height", a->height, "page_width", a->page_width, "page_height",
				  a->page_height, "image", a->image, "text", a->text);
	set_copy(value, &a->copy);
	return value;
}

/* The upper right of the first page; null where it was not looked at. */
static json_t *first_page(const struct pdf_copy *copy) {
	if (!copy->reading) return json_null();
	json_t *value = json_object();
	json_object_set_new(value, "image", json_boolean(copy->image));
	set_copy(value, copy);
	return value;
}

static void set_pdf(json_t *to, const struct pdf_signature *pdf) {
	json_object_set_new(to, "sub_filter", text_or_null(pdf->sub_filter));
	json_object_set_new(to, "reason", text_or_null(pdf->reason));
	json_object_set_new(to, "location", text_or_null(pdf->location));
	json_object_set_new(to, "certification", pdf->docmdp ? json_integer(pdf->docmdp) : json_null());
	json_object_set_new(to, "covered_until", pdf->ranges_usable ? json_integer((json_int_t)pdf->end) : json_null());
	json_object_set_new(to, "appearance", appearance(&pdf->appearance));
}

static json_t *signature(const struct judged *j, const struct signature *s, json_t *wants) {
	json_t *value = json_object(), *timestamps = json_array();
	json_object_set_new(value, "id", text(s->id));
	json_object_set_new(value, "kind", json_string(report_kind_name(s)));
	set_outcome(value, s->outcome);
	json_object_set_new(value, "integrity", json_string(report_integrity_name(s->intact)));
	json_object_set_new(value, "coverage", json_string(report_coverage_name(s)));
	if (!s->pdf && !s->asic && (s->kind != KIND_SIGNATURE || (s->len && !s->cms.has_content)))
		json_object_set_new(value, "detached", json_true());
	json_object_set_new(value, "modification", json_string(report_modification_name(s)));
	if (s->pdf) set_pdf(value, s->pdf);
	json_object_set_new(value, "level", json_string(s->level));
	json_object_set_new(value, "provable", provable_json(&s->provable, s->outcome));
	json_object_set_new(value, "signer", signer(s));
	json_object_set_new(value, "signing_time", signing_time(s));
	if (s->tst_read) json_object_set_new(value, "gen_time", report_time(s->tst.gen_time));
	if (s->kind != KIND_SIGNATURE) json_object_set_new(value, "token_sha256", token_sha256(s));
	if (s->tst_read) json_object_set_new(value, "imprint", imprint(s));
	json_object_set_new(value, "signature_value", signature_value(s));
	json_object_set_new(value, "algorithms", algorithms(s));
	json_object_set_new(value, "chain", s->path_judged ? report_chain(&s->path) : json_array());
	if (s->path_judged) report_wants(wants, &s->path);
	for (size_t i = 0; i < s->token_count; i++) json_array_append_new(timestamps, token(&s->tokens[i], wants));
	add_document_timestamps(timestamps, j, s);
	json_object_set_new(value, "timestamps", timestamps);
	if (s->ers) report_record(value, s);
	json_object_set_new(value, "blocks", blocks(s));
	struct finding_list findings = {0};
	if (s->pdf) finding_append(&findings, &s->pdf->findings);
	finding_append(&findings, &s->findings);
	add_path_findings(&findings, s);
	json_object_set_new(value, "findings", report_findings(&findings));
	finding_list_dispose(&findings);
	return value;
}

/* The earliest of its entries; it rests on what all of them rest on. */
static json_t *document_provable(const struct judged *j) {
	struct provable earliest = {.until = UTIME_NONE};
	for (size_t i = 0; i < j->count; i++) {
		const struct provable *p = &j->signatures[i]->provable;
		if (!i || p->until < earliest.until) {
			earliest.until = p->until, earliest.limit = p->limit;
			earliest.detail = p->detail;
			earliest.basis = p->basis;
		}
		provable_rest_as(&earliest, p);
	}
	return provable_json(&earliest, judged_outcome(j));
}

static const char *document_integrity(const struct judged *j) {
	if (!j->count) return "none";
	for (size_t i = 0; i < j->count; i++)
		if (!j->signatures[i]->intact) return "broken";
	return "intact";
}

/* Certificates given as evidence whose key verified nothing that led to an anchor or to status data. */
static json_t *idle_certificates(const struct context *c) {
	json_t *list = json_array();
	for (size_t i = 0; i < c->request->evidence_count; i++) {
		const struct val_blob *e = &c->request->evidence[i];
		for (size_t k = 0; k < pool_cert_count(c->pool); k++) {
			const struct cert *cert = pool_cert(c->pool, k);
			if (cert->len != e->len || memcmp(cert->der, e->data, e->len) != 0) continue;
			if (poe_find(&c->accepted, cert->sha256, INT64_MAX) == INT64_MAX)
				json_array_append_new(list, hex(cert->sha256, SHA256_SIZE));
			break;
		}
	}
	return list;
}

void report_add_material(json_t *report, struct context *c, json_t *wants) {
	json_t *accepted = json_array();
	for (size_t i = 0; i < c->accepted.count; i++)
		json_array_append_new(accepted, hex(c->accepted.items[i].sha256, SHA256_SIZE));
	json_object_set_new(report, "wants", wants);
	json_object_set_new(report, "accepted", accepted);
	json_object_set_new(report, "idle", idle_certificates(c));
	if (c->unreadable) json_object_set_new(report, "unreadable", c->unreadable);
	c->unreadable = NULL;
}

json_t *report_document(struct context *c, const struct judged *j) {
	json_t *value = json_object(), *signatures = json_array(), *wants = json_array();
	json_object_set_new(value, "schema", json_string("ltvault.validation/1"));
	json_object_set_new(value, "size", json_integer((json_int_t)c->request->document.len));
	json_object_set_new(value, "sha256", hex(c->document_sha256, SHA256_SIZE));
	json_object_set_new(value, "format", json_string(format_name(j->recognised.format)));
	if (j->pdf.version) json_object_set_new(value, "version", text(j->pdf.version));
	json_object_set_new(value, "at", report_time(c->request->at));
	json_object_set_new(value, "policy", validator_policy_id(c->v));
	set_outcome(value, judged_outcome(j));
	json_object_set_new(value, "integrity", json_string(document_integrity(j)));
	json_object_set_new(value, "provable", document_provable(j));
	for (size_t i = 0; i < j->count; i++) json_array_append_new(signatures, signature(j, j->signatures[i], wants));
	json_object_set_new(value, "signatures", signatures);
	if (j->pdf.version) json_object_set_new(value, "first_page", first_page(&j->pdf.first_page));
	json_object_set_new(value, "findings", report_findings(&j->findings));
	json_object_set_new(value, "status_wanted_after", report_time(c->later));
	report_add_material(value, c, wants);
	return value;
}

json_t *validator_judge(struct validator *v, const struct val_request *request) {
	struct context c = {.v = v, .request = request, .pool = pool_new(v->cache), .later = UTIME_NONE};
	struct judged j;
	judge_document(&c, &j);
	json_t *report = request->brief ? report_brief(&c, &j) : report_document(&c, &j);
	if (request->extend) json_object_set_new(report, "extension", report_extension(&c, &j, json_object_get(report, "wants")));
	judged_dispose(&j);
	poe_set_dispose(&c.poes);
	poe_set_dispose(&c.accepted);
	pool_free(c.pool);
	return report;
}
