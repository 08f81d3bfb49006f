#include "archiver/rules.h"

#include "archiver/fold.h"
#include "archiver/metadata.h"
#include "archiver/rules_parts.h"
#include "base/mem.h"
#include "base/utime.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void rules_tell(struct rules *r, enum archive_finding code, const char *detail, ...) {
	va_list arguments;
	char *text = NULL;
	va_start(arguments, detail);
	int rc = vasprintf(&text, detail, arguments);
	va_end(arguments);
	if (rc < 0) abort(); /* no memory */
	json_array_append_new(r->findings, archive_finding_json(code, text));
	free(text);
}

const char *rules_signer(const json_t *signature) {
	return metadata_inner_text(signature, "signer", "common_name");
}

/* ---- what is there ---- */

static void sort_signatures(struct rules *r) {
	const json_t *signatures = json_object_get(r->report, "signatures"), *s;
	size_t count = json_array_size(signatures), i;
	r->persons = xcalloc(count + 1, sizeof(const json_t *));
	r->organisations = xcalloc(count + 1, sizeof(const json_t *));
	r->unknown = xcalloc(count + 1, sizeof(const json_t *));
	json_array_foreach(signatures, i, s) {
		const char *role = metadata_inner_text(s, "signer", "role");
		if (strcmp(metadata_text(s, "kind"), "signature") != 0) continue;
		if (!strcmp(role, "person"))
			r->persons[r->person_count++] = s;
		else if (!strcmp(role, "organisation"))
			r->organisations[r->organisation_count++] = s;
		else if (strcmp(role, "device") != 0)
			r->unknown[r->unknown_count++] = s;
	}
}

static enum rules_document document_kind(const json_t *metadata) {
	const char *role = metadata_text(metadata, "role"), *form;
	if (!strcmp(role, "attachment") || !strcmp(role, "appendix")) return RULES_ATTACHMENT;
	return rules_declared_copy(metadata, &form) ? RULES_COPY : RULES_MAIN;
}

/* ---- completeness and order ---- */

static void check_complete(struct rules *r) {
	bool person_missing = !r->person_count && r->document == RULES_MAIN,
	     organisation_missing = !r->organisation_count;
	if (r->unknown_count && (person_missing || organisation_missing)) {
		for (size_t i = 0; i < r->unknown_count; i++)
			rules_tell(r, ARCHIVE_FINDING_SIGNER_KIND_UNKNOWN, "%s", rules_signer(r->unknown[i]));
		return;
	}
	if (person_missing) rules_tell(r, ARCHIVE_FINDING_PERSON_SIGNATURE_MISSING, "%s", "");
	if (organisation_missing) rules_tell(r, ARCHIVE_FINDING_ORGANISATION_SIGNATURE_MISSING, "%s", "");
}

/* The end of the revision that it covers; 0 where that is not known, or the format has no revisions. */
static json_int_t revision(const json_t *signature) {
	return json_integer_value(json_object_get(signature, "covered_until"));
}

static json_int_t first_revision(const json_t *const *list, size_t count) {
	json_int_t first = 0;
	for (size_t i = 0; i < count; i++) {
		json_int_t at = revision(list[i]);
		if (at && (!first || at < first)) first = at;
	}
	return first;
}

static void check_order(struct rules *r) {
	json_int_t person = first_revision(r->persons, r->person_count);
	for (size_t i = 0; person && i < r->organisation_count; i++) {
		if (!revision(r->organisations[i]) || revision(r->organisations[i]) > person) continue;
		rules_tell(r, ARCHIVE_FINDING_ORGANISATION_SIGNED_FIRST, "%s, %s", rules_signer(r->organisations[i]),
			   rules_signer(r->persons[0]));
		return;
	}
}

/* ---- time ---- */

static bool within(const json_t *signer, utime when) {
	utime from, until;
	return utime_parse(metadata_text(signer, "not_before"), &from) &&
	       utime_parse(metadata_text(signer, "not_after"), &until) && when >= from && when <= until;
}

static void check_time(struct rules *r, const json_t *signature) {
	const json_t *signer = json_object_get(signature, "signer"), *time = json_object_get(signature, "signing_time");
	const char *proven = metadata_text(time, "proven"), *claimed = metadata_text(time, "claimed");
	utime when;
	bool by_proof = utime_parse(proven, &when);
	if (!json_is_object(signer)) return;
	if (!by_proof && !utime_parse(claimed, &when)) {
		rules_tell(r, ARCHIVE_FINDING_SIGNING_TIME_MISSING, "%s", rules_signer(signature));
		return;
	}
	if (within(signer, when)) return;
	rules_tell(r, ARCHIVE_FINDING_SIGNED_OUTSIDE_VALIDITY, "%s: %s %s; %s - %s", rules_signer(signature),
		   by_proof ? metadata_text(time, "basis") : "claimed", by_proof ? proven : claimed,
		   metadata_text(signer, "not_before"), metadata_text(signer, "not_after"));
}

static void check_times(struct rules *r) {
	const json_t *const *lists[] = {r->persons, r->organisations, r->unknown};
	const size_t counts[] = {r->person_count, r->organisation_count, r->unknown_count};
	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (size_t i = 0; i < counts[k]; i++) check_time(r, lists[k][i]);
}

/* ---- the file ---- */

static void check_version(struct rules *r) {
	const char *version = metadata_text(r->report, "version");
	int major, minor;
	if (sscanf(version, "%1d.%1d", &major, &minor) == 2 && (major < 1 || (major == 1 && minor < 4)))
		rules_tell(r, ARCHIVE_FINDING_PDF_VERSION_OLD, "%s", version);
}

static bool carries_signatures(const json_t *report) {
	static const char *const formats[] = {"pdf", "cms", "asic"};
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (!strncmp(metadata_text(report, "format"), formats[i], strlen(formats[i]))) return true;
	return false;
}

/* Signatures may be there that nobody has looked at: who is missing cannot be told. */
static bool unseen(const json_t *report) {
	const json_t *finding;
	size_t i;
	json_array_foreach(json_object_get(report, "findings"), i, finding) {
		const char *code = metadata_text(finding, "code");
		if (!strcmp(code, "ASIC_XADES_NOT_SUPPORTED") || !strcmp(code, "ASIC_UNREADABLE")) return true;
	}
	return false;
}

/* *copy: what of it is a copy's; a new reference. */
static json_t *apply(const json_t *report, const json_t *metadata, json_t **copy) {
	struct rules r = {.report = report, .metadata = metadata, .findings = json_array()};
	*copy = json_null();
	if (!carries_signatures(report)) return r.findings;
	r.document = document_kind(metadata);
	sort_signatures(&r);
	rules_find_block(&r);
	rules_copy(&r);
	if (!unseen(report)) check_complete(&r);
	check_order(&r);
	check_times(&r);
	rules_names(&r);
	check_version(&r);
	rules_placement(&r);
	*copy = rules_copy_json(&r);
	free(r.persons);
	free(r.organisations);
	free(r.unknown);
	return r.findings;
}

json_t *rules_apply(const json_t *report, const json_t *metadata) {
	json_t *copy, *findings = apply(report, metadata, &copy);
	json_decref(copy);
	return findings;
}

void rules_add(json_t *report, const json_t *metadata) {
	json_t *copy, *findings = apply(report, metadata, &copy);
	json_object_set_new(report, "rules", findings);
	json_object_set_new(report, "copy", copy);
}
