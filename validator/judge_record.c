/* Evidence records that the caller offers as evidence: one that holds over the document's own bytes proves the
 * document, and what it carries, at the time of its first time-stamp. It decides nothing else, and is no entry of the
 * report. */
#include "validator/judge.h"

#include "base/limits.h"

#include <stdlib.h>

void judge_open_records(struct context *c, struct judged *j) {
	const struct val_request *request = c->request;
	for (size_t i = 0; i < request->evidence_count; i++) {
		struct recognised r;
		if (request->evidence[i].len > LIMIT_ERS_BYTES) continue;
		format_recognise(request->evidence[i].data, request->evidence[i].len, &r);
		if (r.format != FORMAT_EVIDENCE_RECORD) {
			recognised_dispose(&r);
			continue;
		}
		if (j->record_count == LIMIT_ERS_OFFERED) {
			finding_add(&j->findings, FINDING_LIMIT_REACHED, "%d evidence records", LIMIT_ERS_OFFERED);
			recognised_dispose(&r);
			return;
		}
		struct offered_record *record = &j->records[j->record_count++];
		record->recognised = r;
		record->signature = signature_new("", KIND_EVIDENCE_RECORD);
		record->signature->bytes = r.data, record->signature->len = r.len;
		size_t len = request->document.len;
		if (request->records_cover && request->records_cover < len) len = (size_t)request->records_cover;
		record->signature->content = record->signature->own_content = content_of_bytes(request->document.data, len);
		process_open_record(c, record->signature);
	}
}

bool judge_records_cover(const struct context *c, const struct signature *s) {
	uint64_t end = c->request->records_cover;
	return !end || end >= c->request->document.len || (s->pdf && s->pdf->ranges_usable && s->pdf->end <= end);
}

/* Of the security store, what was there in those bytes already. */
static void extract_store(struct context *c, const struct judged *j, utime when) {
	const struct pdf_document *pdf = &j->pdf;
	const struct pdf_blob *const lists[] = {pdf->certs, pdf->crls, pdf->ocsps};
	const size_t counts[] = {pdf->cert_count, pdf->crl_count, pdf->ocsp_count};
	uint64_t end = c->request->records_cover;
	size_t number = 0;
	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		for (size_t i = 0; i < counts[l]; i++, number++)
			if (lists[l][i].revision_end <= end) poe_add(&c->poes, j->store[number], when);
}

void judge_record_extract(struct context *c, const struct judged *j, const struct signature *record) {
	utime when = record->best.when;
	uint64_t end = c->request->records_cover;
	bool whole = !end || end >= c->request->document.len;
	if (whole) poe_add(&c->poes, c->document_sha256, when);
	for (size_t k = 0; whole && k < j->store_count; k++) poe_add(&c->poes, j->store[k], when);
	if (!whole) extract_store(c, j, when);
	for (size_t k = 0; k < j->count; k++)
		if (judge_records_cover(c, j->signatures[k])) process_extract(c, j->signatures[k], when, true);
}

void judge_records(struct context *c, struct judged *j) {
	char when[UTIME_TEXT_MAX];
	for (size_t i = 0; i < j->record_count; i++) {
		struct signature *s = j->records[i].signature;
		process_record(c, s);
		process_record_time(c, s, NULL, 0);
		if (s->outcome.indication != INDICATION_PASSED) {
			finding_add(&j->findings, FINDING_EVIDENCE_RECORD_NOT_USED, "%s",
				    sub_indication_name(s->outcome.sub));
			continue;
		}
		finding_add(&j->findings, FINDING_EVIDENCE_RECORD_USED, "%s", utime_text(s->best.when, when));
		judge_record_extract(c, j, s);
	}
}

size_t judge_record_proofs(const struct context *c, const struct judged *j, const struct signature *s, struct proof *out) {
	size_t count = 0;
	if (!judge_records_cover(c, s)) return 0;
	for (size_t i = 0; i < j->record_count; i++)
		if (j->records[i].signature->outcome.indication == INDICATION_PASSED)
			out[count++] = j->records[i].signature->best;
	return count;
}

void judge_close_records(struct judged *j) {
	for (size_t i = 0; i < j->record_count; i++) {
		signature_free(j->records[i].signature);
		recognised_dispose(&j->records[i].recognised);
	}
}
