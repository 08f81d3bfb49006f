/* The signatures and time-stamps of an ASiC container. */
#include "validator/judge.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* Ties it to what it was made over: by the message digest of a signature, the imprint of a time-stamp. */
static void bind(struct judged *j, struct asic_cover *cover, struct signature *s) {
	struct der value = {0};
	enum digest_alg alg = DIGEST_UNKNOWN;
	if (s->tst_read) {
		alg = digest_of_algorithm(&s->tst.imprint_alg);
		value.data = s->tst.imprint, value.len = s->tst.imprint_len;
	} else if (s->kind == KIND_SIGNATURE && s->signer) {
		alg = digest_of_algorithm(&s->signer->digest_alg);
		cms_attribute_single(&s->signer->signed_attrs, OID_MESSAGE_DIGEST, &value);
	}
	/* Content of its own stays what the signature is about; the container's must then be the same. */
	struct content *content = asic_cover_bind(&j->asic, cover, alg, value.data, value.len);
	*(s->own_content ? &s->covered : &s->content) = content;
	s->asic = cover;
	if (cover->candidate_count && !cover->conforming)
		process_block(&s->format, INDICATION_FAILED, SUB_FORMAT_FAILURE);
}

static struct signature *open_member(struct context *c, struct judged *j, size_t member, enum signature_kind kind) {
	struct signature *s = signature_new(j->asic.zip.members[member].shown, kind);
	struct asic_cover *cover = asic_cover_new(&j->asic, member);
	s->bytes = cover->recognised.data, s->len = cover->recognised.len;
	process_open(c, s);
	bind(j, cover, s);
	return s;
}

static void open_further(struct context *c, struct judged *j, const struct signature *first, size_t index) {
	char *id = xasprintf("%s#%zu", first->id, index + 1);
	struct signature *s = signature_new(id, KIND_SIGNATURE);
	struct asic_cover *cover = asic_cover_new(&j->asic, first->asic->member);
	process_open_next(c, s, first, index);
	bind(j, cover, s);
	judged_add(j, s);
	free(id);
}

static void open_signatures(struct context *c, struct judged *j) {
	for (size_t i = 0; i < j->asic.zip.count; i++) {
		if (j->asic.roles[i] != ASIC_CADES) continue;
		if (!judged_has_room(j)) return;
		struct signature *first = open_member(c, j, i, KIND_SIGNATURE);
		judged_add(j, first);
		for (size_t k = 1; k < first->cms.signer_count && judged_has_room(j); k++) open_further(c, j, first, k);
	}
}

/* One that covers none of the others that are left; some one when they cover each other, which no honest ones do. */
static size_t oldest(struct signature *const *stamps, size_t count) {
	for (size_t i = 0; i < count; i++) {
		bool first = true;
		for (size_t k = 0; k < count && first; k++) first = !judged_covers(stamps[i], stamps[k]);
		if (first) return i;
	}
	return 0;
}

/* An evidence record speaks about the objects themselves; its manifest only says which. */
static struct signature *open_record(struct context *c, struct judged *j, size_t member) {
	struct signature *s = signature_new(j->asic.zip.members[member].shown, KIND_EVIDENCE_RECORD);
	struct asic_cover *cover = asic_cover_new(&j->asic, member);
	s->asic = cover;
	s->bytes = cover->recognised.data, s->len = cover->recognised.len;
	s->content = s->ranges = asic_cover_objects(&j->asic, cover);
	process_open_record(c, s);
	finding_append(&s->findings, &cover->findings);
	if (cover->candidate_count && !cover->conforming)
		process_block(&s->format, INDICATION_FAILED, SUB_FORMAT_FAILURE);
	if (cover->state == ASIC_CHANGED) process_block(&s->crypto, INDICATION_FAILED, SUB_HASH_FAILURE);
	if (cover->state == ASIC_MISSING)
		process_block(&s->crypto, INDICATION_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND);
	return s;
}

static void open_timestamps(struct context *c, struct judged *j) {
	const size_t *roles = j->asic.role_count;
	struct signature **stamps = xcalloc(roles[ASIC_TIMESTAMP] + roles[ASIC_EVIDENCE_RECORD] + 1, sizeof *stamps);
	size_t count = 0, records = 0;
	for (size_t i = 0; i < j->asic.zip.count; i++) {
		bool record = j->asic.roles[i] == ASIC_EVIDENCE_RECORD;
		if (!record && j->asic.roles[i] != ASIC_TIMESTAMP) continue;
		if (c->tokens >= LIMIT_TOKENS || j->count + count == LIMIT_SIGNATURES ||
		    (record && records == LIMIT_ASIC_RECORDS)) {
			finding_add(&j->findings, FINDING_LIMIT_REACHED, record ? "evidence records" : "time-stamps");
			continue;
		}
		records += record;
		c->tokens += !record; /* a record counts its own */
		stamps[count++] = record ? open_record(c, j, i) : open_member(c, j, i, KIND_TIMESTAMP);
	}
	while (count) {
		size_t next = oldest(stamps, count);
		judged_add(j, stamps[next]);
		memmove(stamps + next, stamps + next + 1, (--count - next) * sizeof *stamps);
	}
	free(stamps);
}

static void tell_members(struct judged *j, enum asic_role role, enum finding_code code) {
	size_t told = 0;
	for (size_t i = 0; i < j->asic.zip.count; i++)
		if (j->asic.roles[i] == role && told++ < LIMIT_ASIC_NAMED)
			finding_add(&j->findings, code, "%s", j->asic.zip.members[i].shown);
}

void judge_open_asic(struct context *c, struct judged *j) {
	if (!asic_read(j->recognised.data, j->recognised.len, &j->asic, &j->findings)) return;
	if (!asic_is_container(&j->asic)) {
		j->recognised.format = FORMAT_UNKNOWN;
		finding_add(&j->findings, FINDING_NOT_RECOGNISED, "%s", "");
		return;
	}
	tell_members(j, ASIC_XADES, FINDING_ASIC_XADES_NOT_SUPPORTED);
	open_signatures(c, j);
	open_timestamps(c, j);
	tell_members(j, ASIC_XML_EVIDENCE_RECORD, FINDING_ASIC_EVIDENCE_RECORD_NOT_USED);
}
