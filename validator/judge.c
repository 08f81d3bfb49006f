#include "validator/judge.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

void judged_add(struct judged *j, struct signature *s) {
	ARRAY_GROW(j->signatures, j->count, j->cap);
	j->signatures[j->count++] = s;
}

static bool has_limit(struct judged *j, size_t count) {
	if (count <= LIMIT_SIGNATURES) return false;
	finding_add(&j->findings, FINDING_LIMIT_REACHED, "%d signatures", LIMIT_SIGNATURES);
	return true;
}

bool judged_has_room(struct judged *j) {
	return !has_limit(j, j->count + 1);
}

/* Countersignatures follow what they countersign; nested ones are reached because the list grows while it is walked. */
static void open_counters(struct context *c, struct judged *j) {
	struct cms_attribute a;
	struct der element;
	for (size_t i = 0; i < j->count; i++) {
		const struct signature *parent = j->signatures[i];
		unsigned number = 0;
		if (!parent->signer || parent->kind != KIND_SIGNATURE || !parent->signer->unsigned_attrs.start)
			continue;
		struct der_walk w = der_walk_in(&parent->signer->unsigned_attrs);
		while (cms_attribute_next(&w, &a)) {
			struct der_walk values = der_walk_in(&a.values);
			while (der_is_oid(&a.oid, OID_COUNTERSIGNATURE) && der_next_ber(&values, &element)) {
				if (has_limit(j, j->count + 1)) return;
				char *id = xasprintf("%s/countersignature%u", parent->id, ++number);
				struct signature *s = signature_new(id, KIND_SIGNATURE);
				process_open_counter(c, s, parent, &element);
				judged_add(j, s);
				free(id);
			}
		}
	}
}

static void open_store(struct context *c, struct judged *j) {
	const struct pdf_document *pdf = &j->pdf;
	const struct pdf_blob *const lists[] = {pdf->certs, pdf->crls, pdf->ocsps};
	const size_t counts[] = {pdf->cert_count, pdf->crl_count, pdf->ocsp_count};
	j->store = xcalloc(counts[0] + counts[1] + counts[2] + 1, sizeof *j->store);
	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		for (size_t i = 0; i < counts[l]; i++) {
			sha256_bytes(lists[l][i].data, lists[l][i].len, j->store[j->store_count++]);
			pool_add(c->pool, lists[l][i].data, lists[l][i].len);
		}
}

static void open_pdf(struct context *c, struct judged *j) {
	const struct pdf_document *pdf = &j->pdf;
	size_t count = has_limit(j, pdf->signature_count) ? LIMIT_SIGNATURES : pdf->signature_count;
	j->file = content_file_new(c->request->document.data);
	for (size_t i = 0; i < count; i++) {
		const struct pdf_signature *from = &pdf->signatures[i];
		struct signature *s = signature_new(from->name, from->kind == PDF_SIGNATURE ? KIND_SIGNATURE
											    : KIND_DOCUMENT_TIMESTAMP);
		s->pdf = from;
		s->sub_filter = from->sub_filter;
		s->bytes = from->contents, s->len = from->cms_len;
		if (from->ranges_usable)
			s->ranges = s->content =
				content_of_ranges(j->file, from->ranges, from->range_count);
		process_open(c, s);
		judged_add(j, s);
	}
	content_file_sha256(j->file, c->request->document.len, c->document_sha256);
	open_counters(c, j);
	open_store(c, j);
}

/* The bags of a CMS file are to it what the security store is to a PDF. */
static void open_bags(struct judged *j, const struct signature *first) {
	j->store = xcalloc(first->object_count + 1, sizeof *j->store);
	for (size_t i = 0; i < first->object_count; i++)
		if (first->objects[i].place == OBJECT_IN_BAG)
			memcpy(j->store[j->store_count++], first->objects[i].sha256, SHA256_SIZE);
}

static void open_cms(struct context *c, struct judged *j) {
	bool token = j->recognised.format == FORMAT_TIMESTAMP;
	struct signature *first =
		signature_new(token ? "Timestamp1" : "Signature1", token ? KIND_TIMESTAMP : KIND_SIGNATURE);
	first->bytes = j->recognised.data, first->len = j->recognised.len;
	first->content = first->ranges = content_of_offers(c->request);
	process_open(c, first);
	judged_add(j, first);
	open_bags(j, first);
	for (size_t i = 1; !token && i < first->cms.signer_count; i++) {
		char id[32];
		snprintf(id, sizeof id, "Signature%zu", i + 1);
		struct signature *next = signature_new(id, KIND_SIGNATURE);
		process_open_next(c, next, first, i);
		judged_add(j, next);
	}
	open_counters(c, j);
}

static void open_record(struct context *c, struct judged *j) {
	struct signature *s = signature_new("EvidenceRecord1", KIND_EVIDENCE_RECORD);
	s->bytes = j->recognised.data, s->len = j->recognised.len;
	s->content = s->ranges = content_of_offers(c->request);
	process_open_record(c, s);
	judged_add(j, s);
}

static void add_evidence(struct context *c) {
	for (size_t i = 0; i < c->request->evidence_count; i++) {
		const struct val_blob *e = &c->request->evidence[i];
		if (pool_add(c->pool, e->data, e->len)) continue;
		if (!c->unreadable) c->unreadable = json_array();
		json_array_append_new(c->unreadable, json_integer((json_int_t)i));
	}
}

/* The caller's proofs about this document, better basis first. */
static size_t callers_proofs(const struct context *c, struct proof *out, size_t room) {
	static const char *const ranked[] = {"evidence-record", "archive"};
	size_t count = 0;
	for (size_t b = 0; b < ARRAY_LEN(ranked); b++)
		for (size_t i = 0; i < c->request->proof_count && count < room; i++) {
			const struct val_proof *p = &c->request->proofs[i];
			if (!memcmp(p->sha256, c->document_sha256, SHA256_SIZE) && !strcmp(p->basis, ranked[b]))
				out[count++] = (struct proof){p->when, ranked[b]};
		}
	return count;
}

bool judged_is_stamp(const struct signature *s) {
	return s->kind == KIND_DOCUMENT_TIMESTAMP || (s->kind != KIND_SIGNATURE && s->asic);
}

/* When what it covers existed; for one that is valid. */
utime judged_stamp_time(const struct signature *stamp) {
	return stamp->kind == KIND_EVIDENCE_RECORD ? stamp->best.when : stamp->tst.gen_time;
}

const char *judged_stamp_basis(const struct signature *stamp) {
	if (stamp->kind == KIND_EVIDENCE_RECORD) return "evidence-record";
	return stamp->asic ? "archive-timestamp" : "document-timestamp";
}

bool judged_covers(const struct signature *stamp, const struct signature *s) {
	if (!judged_is_stamp(stamp) || stamp == s) return false;
	if (stamp->asic) return s->asic && stamp->asic->covers[s->asic->member];
	return s->pdf && stamp->pdf->end > s->pdf->end;
}

/* A document time-stamp proves what lies before its own revision's end, when it covers that without a hole; one of a
 * container what its manifest has the digest of. */
bool judged_proves(const struct signature *t, const struct signature *s) {
	if (!judged_covers(t, s) || !t->intact || t->outcome.indication != INDICATION_PASSED) return false;
	return t->asic || (t->pdf->coverage != PDF_PARTIAL && s->pdf->ranges_usable);
}

/* What a document time-stamp covers besides the signatures: the security store as it was in its revision. */
static void extract_store(struct context *c, const struct judged *j, const struct signature *t) {
	const struct pdf_document *pdf = &j->pdf;
	const struct pdf_blob *const lists[] = {pdf->certs, pdf->crls, pdf->ocsps};
	const size_t counts[] = {pdf->cert_count, pdf->crl_count, pdf->ocsp_count};
	size_t number = 0;
	for (size_t l = 0; l < ARRAY_LEN(lists); l++)
		for (size_t i = 0; i < counts[l]; i++, number++)
			if (lists[l][i].revision_end <= t->pdf->end)
				poe_add(&c->poes, j->store[number], t->tst.gen_time);
}

void judged_extract(struct context *c, const struct judged *j, const struct signature *t) {
	extract_store(c, j, t);
	for (size_t i = 0; i < j->count; i++)
		if (judged_proves(t, j->signatures[i])) process_extract(c, j->signatures[i], judged_stamp_time(t), true);
}

/* What an archive time-stamp of the signature around it covers: version 2 what stands before it, version 3 what its index lists. */
static bool stamp_covers(const struct signature *parent, const struct token *t, const struct signature *counter) {
	struct archive_cover cover;
	if (t->form && !strcmp(t->form, "ATSv2")) return counter->bytes < t->signature->bytes;
	process_archive_cover(parent, t, &cover);
	bool covers = archive_covers(&cover, counter->bytes);
	archive_cover_dispose(&cover);
	return covers;
}

/* A countersignature is a value of an unsigned attribute: proven by the earliest archive time-stamp over that. */
static utime counter_proven(const struct judged *j, const struct signature *s) {
	utime first = UTIME_NONE;
	for (size_t i = 0; s->is_counter && i < j->count; i++) {
		const struct signature *parent = j->signatures[i];
		const struct der *set = parent->signer ? &parent->signer->unsigned_attrs : NULL;
		if (parent == s || !set || !set->start || s->bytes < set->start || s->bytes >= set->start + set->full) continue;
		for (size_t k = 0; k < parent->token_count; k++) {
			const struct token *t = &parent->tokens[k];
			if (!t->proves || t->kind != TOKEN_ARCHIVE || (first != UTIME_NONE && t->signature->tst.gen_time >= first))
				continue;
			if (stamp_covers(parent, t, s)) first = t->signature->tst.gen_time;
		}
	}
	return first;
}

static void judge_one_in_time(struct context *c, struct judged *j, struct signature *s, struct proof *proofs) {
	size_t count = 0;
	utime earliest = c->request->at;
	for (size_t k = 0; k < j->count; k++)
		if (judged_proves(j->signatures[k], s))
			proofs[count++] = (struct proof){judged_stamp_time(j->signatures[k]), judged_stamp_basis(j->signatures[k])};
	utime archived_at = counter_proven(j, s);
	if (archived_at != UTIME_NONE) {
		proofs[count++] = (struct proof){archived_at, "archive-timestamp"};
		process_extract(c, s, archived_at, true);
	}
	count += judge_record_proofs(c, j, s, proofs + count);
	count += callers_proofs(c, proofs + count, c->request->proof_count);
	for (size_t i = 0; i < count; i++)
		if (proofs[i].when < earliest) earliest = proofs[i].when;
	if (s->kind == KIND_EVIDENCE_RECORD) {
		process_record_time(c, s, proofs, count);
	} else {
		process_tokens_past(c, s, earliest);
		process_time(c, s, proofs, count);
		process_explain(c, s);
	}
	if (judged_is_stamp(s)) judged_extract(c, j, s);
}

/* The caller's proofs: about any object by its bytes, and about the document with all it carries. */
static void extract_from_caller(struct context *c, struct judged *j) {
	for (size_t i = 0; i < c->request->proof_count; i++) {
		const struct val_proof *p = &c->request->proofs[i];
		poe_add(&c->poes, p->sha256, p->when);
		if (memcmp(p->sha256, c->document_sha256, SHA256_SIZE)) continue;
		for (size_t k = 0; k < j->store_count; k++) poe_add(&c->poes, j->store[k], p->when);
		for (size_t k = 0; k < j->count; k++) process_extract(c, j->signatures[k], p->when, true);
	}
}

/* EN 319 102-1 5.6.3.4 step 5: document time-stamps from the newest revision to the oldest, each with what the newer
 * ones prove; then the signatures with what is left of them. PDF signatures come in the order of their ends. */
static void judge_in_time(struct context *c, struct judged *j) {
	size_t room = j->count + 1 + j->record_count + c->request->proof_count;
	struct proof *proofs = xcalloc(room ? room : 1, sizeof *proofs);
	extract_from_caller(c, j);
	judge_records(c, j);
	for (size_t i = j->count; i-- > 0;)
		if (judged_is_stamp(j->signatures[i])) judge_one_in_time(c, j, j->signatures[i], proofs);
	for (size_t i = 0; i < j->count; i++)
		if (!judged_is_stamp(j->signatures[i])) judge_one_in_time(c, j, j->signatures[i], proofs);
	free(proofs);
}

/* What came after a signature is judged apart from it and never lets it pass when it is not permitted. */
static void apply_modification(struct signature *s) {
	if (!s->pdf || (s->pdf->modification != PDF_FORBIDDEN && s->pdf->modification != PDF_UNKNOWN)) return;
	if (s->outcome.indication == INDICATION_PASSED)
		s->outcome = (struct outcome){INDICATION_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE};
}

static void judge_signatures(struct context *c, struct judged *j) {
	for (size_t i = 0; i < j->count; i++)
		if (j->signatures[i]->kind == KIND_EVIDENCE_RECORD)
			process_record(c, j->signatures[i]);
		else
			process_basic(c, j->signatures[i]);
	judge_in_time(c, j);
	for (size_t i = 0; i < j->count; i++) {
		apply_modification(j->signatures[i]);
		j->signatures[i]->level = judged_level(j, j->signatures[i]);
	}
	if (c->request->revocation != REVOCATION_HARD)
		finding_add(&j->findings, FINDING_REVOCATION_CHECK_LIMITED, "%s",
			    c->request->revocation == REVOCATION_SOFT ? "soft" : "off");
}

/* A time-stamp is its own proof of when it existed; a signature needs one. */
static void want_later(struct context *c, struct judged *j) {
	for (size_t i = 0; i < j->count; i++) {
		struct signature *s = j->signatures[i];
		bool proven = strcmp(s->best.basis, "none") != 0;
		process_later(c, s, s->tst_read ? s->tst.gen_time : proven ? s->best.when : UTIME_NONE);
		for (size_t k = 0; k < s->token_count; k++) {
			struct signature *t = s->tokens[k].signature;
			process_later(c, t, t->tst_read ? t->tst.gen_time : UTIME_NONE);
		}
	}
}

void judge_document(struct context *c, struct judged *j) {
	const struct val_blob *document = &c->request->document;
	*j = (struct judged){0};
	add_evidence(c), judge_open_records(c, j); /* before the document's own: what it brings may not push out what speaks against it */
	format_recognise(document->data, document->len, &j->recognised);
	if (j->recognised.format != FORMAT_PDF) sha256_bytes(document->data, document->len, c->document_sha256);
	switch (j->recognised.format) {
	case FORMAT_PDF:
		pdf_read_locked(document->data, document->len, c->request->password, &j->pdf);
		open_pdf(c, j);
		break;
	case FORMAT_CMS:
	case FORMAT_TIMESTAMP:
		open_cms(c, j);
		break;
	case FORMAT_ASIC:
		judge_open_asic(c, j);
		open_counters(c, j);
		break;
	case FORMAT_EVIDENCE_RECORD:
		open_record(c, j);
		break;
	case FORMAT_XML_EVIDENCE_RECORD:
		finding_add(&j->findings, FINDING_XML_EVIDENCE_RECORD, "%s", "");
		return;
	case FORMAT_UNKNOWN:
		finding_add(&j->findings, document->len ? FINDING_NOT_RECOGNISED : FINDING_EMPTY_FILE, "%s", "");
		return;
	default:
		finding_add(&j->findings, FINDING_FORMAT_NOT_SUPPORTED, "%s", format_name(j->recognised.format));
		return;
	}
	if (j->recognised.format == FORMAT_UNKNOWN) return;
	judge_signatures(c, j);
	if (!c->request->brief) judge_provable(c, j);
	if (!c->request->brief) want_later(c, j); /* by the proofs that are named then */
	if (pool_is_full(c->pool)) finding_add(&j->findings, FINDING_LIMIT_REACHED, "evidence");
	finding_append(&j->findings, &j->pdf.findings);
	bool unseen = finding_has(&j->findings, FINDING_ASIC_UNREADABLE) ||
		      finding_has(&j->findings, FINDING_ASIC_XADES_NOT_SUPPORTED);
	if (!j->count && !unseen) finding_add(&j->findings, FINDING_NO_SIGNATURE, "%s", "");
}

void judged_dispose(struct judged *j) {
	/* The first signature of a CMS file owns what the others share. */
	for (size_t i = j->count; i-- > 0;) signature_free(j->signatures[i]);
	content_file_free(j->file);
	judge_close_records(j);
	free(j->signatures);
	free(j->store);
	pdf_document_dispose(&j->pdf);
	asic_dispose(&j->asic);
	recognised_dispose(&j->recognised);
	finding_list_dispose(&j->findings);
}

struct outcome judged_outcome(const struct judged *j) {
	struct outcome worst = {INDICATION_NO_SIGNATURE, SUB_NONE};
	for (size_t i = 0; i < j->count; i++)
		if (j->signatures[i]->outcome.indication > worst.indication) worst = j->signatures[i]->outcome;
	/* What was not looked at may be worse. */
	bool unseen = finding_has(&j->findings, FINDING_LIMIT_REACHED) ||
		      finding_has(&j->findings, FINDING_ASIC_XADES_NOT_SUPPORTED);
	if (worst.indication == INDICATION_PASSED && unseen)
		worst = (struct outcome){INDICATION_INDETERMINATE, SUB_CUSTOM};
	return worst;
}

static bool has_token(const struct signature *s, enum token_kind kind) {
	for (size_t i = 0; i < s->token_count; i++)
		if (s->tokens[i].kind == kind && s->tokens[i].signature->tst_read &&
		    (!s->tokens[i].imprint_checked || s->tokens[i].imprint_right))
			return true;
	return false;
}

/* There is a document time-stamp after `end`. */
static bool stamped_after(const struct judged *j, uint64_t end) {
	for (size_t i = 0; i < j->count; i++) {
		const struct signature *t = j->signatures[i];
		if (t->kind == KIND_DOCUMENT_TIMESTAMP && t->intact && t->pdf->end > end) return true;
	}
	return false;
}

/* A time-stamp of the container is over the signature (EN 319 162-1 4.4.4). */
static bool archived(const struct judged *j, const struct signature *s) {
	for (size_t i = 0; i < j->count; i++)
		if (s->asic && j->signatures[i]->intact && judged_covers(j->signatures[i], s)) return true;
	return false;
}

/* Smallest revision that has revocation data in its DSS; UINT64_MAX when none has. */
static uint64_t status_since(const struct pdf_document *pdf) {
	uint64_t since = UINT64_MAX;
	for (size_t i = 0; i < pdf->crl_count; i++)
		if (pdf->crls[i].revision_end < since) since = pdf->crls[i].revision_end;
	for (size_t i = 0; i < pdf->ocsp_count; i++)
		if (pdf->ocsps[i].revision_end < since) since = pdf->ocsps[i].revision_end;
	return since;
}

const char *judged_level(const struct judged *j, const struct signature *s) {
	struct cms_attribute a;
	if (!s->ess_present || s->kind != KIND_SIGNATURE || s->is_counter) return "other";
	if (s->pdf && strcmp(s->sub_filter, "ETSI.CAdES.detached")) return "other";
	if (s->pdf) {
		uint64_t since = status_since(&j->pdf);
		bool timed = has_token(s, TOKEN_SIGNATURE) || stamped_after(j, s->pdf->end);
		if (!timed) return "B-B";
		if (since == UINT64_MAX) return "B-T";
		return stamped_after(j, since > s->pdf->end ? since - 1 : s->pdf->end) ? "B-LTA" : "B-LT";
	}
	if (!has_token(s, TOKEN_SIGNATURE)) return "B-B";
	if (has_token(s, TOKEN_ARCHIVE) || archived(j, s)) return "B-LTA";
	bool status = s->cms.crl_count || cms_attribute_find(&s->signer->unsigned_attrs, OID_REVOCATION_VALUES, &a);
	return status ? "B-LT" : "B-T";
}
