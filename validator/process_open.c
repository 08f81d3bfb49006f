/* Reading a signature: its CMS, what it speaks about, the evidence and the time-stamps it carries; then 5.2.2. */
#include "validator/process.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

struct signature *signature_new(const char *id, enum signature_kind kind) {
	struct signature *s = xcalloc(1, sizeof *s);
	s->id = xstrdup(id);
	s->kind = kind;
	s->format.indication = s->identification.indication = s->crypto.indication = INDICATION_PASSED;
	s->x509.indication = s->acceptance.indication = s->context.indication = INDICATION_PASSED;
	s->claimed = s->best.when = s->provable.until = UTIME_NONE;
	s->best.basis = "none";
	s->algorithms_end = POLICY_NO_END;
	s->use.curve = "";
	s->level = "other";
	return s;
}

void signature_free(struct signature *s) {
	if (!s) return;
	for (size_t i = 0; i < s->token_count; i++) signature_free(s->tokens[i].signature);
	free(s->tokens);
	free(s->objects);
	if (s->path_judged) path_result_dispose(&s->path);
	if (!s->cms_shared) cms_dispose(&s->cms);
	cms_signer_dispose(&s->counter);
	if (s->ers) ers_dispose(s->ers);
	free(s->ers);
	content_free(s->own_content);
	content_free(s->ranges);
	finding_list_dispose(&s->findings);
	free(s->algorithms_what);
	free(s->provable.detail);
	free(s->id);
	free(s);
}

void process_block(struct outcome *block, enum indication indication, enum sub_indication sub) {
	if (block->indication != INDICATION_PASSED) return;
	*block = (struct outcome){indication, sub};
}

static void format_failure(struct signature *s) {
	process_block(&s->format, INDICATION_FAILED, SUB_FORMAT_FAILURE);
}

/* Offers something the signature carries as evidence, and remembers that it carries it. */
static void add_object(struct context *c, struct signature *s, enum object_place place, const unsigned char *data,
		       size_t len) {
	pool_add(c->pool, data, len);
	if (s->object_count == LIMIT_EVIDENCE_COUNT) return; /* no proof for it */
	ARRAY_GROW(s->objects, s->object_count, s->object_cap);
	struct object *o = &s->objects[s->object_count++];
	o->place = place;
	o->at = data;
	sha256_bytes(data, len, o->sha256);
}

/* Every element of a SEQUENCE OF. */
static void add_each(struct context *c, struct signature *s, enum object_place place, const struct der *list) {
	struct der e;
	struct der_walk w = der_walk_in(list);
	while (der_next_ber(&w, &e)) add_object(c, s, place, e.start, e.full);
}

/* Adobe's RevocationInfoArchival: [0] CRLs, [1] OCSPResponses, [2] other. CAdES revocation-values: [0] CRLs,
 * [1] BasicOCSPResponses, [2] other. Both tags are EXPLICIT around a SEQUENCE OF. */
static void add_revocation(struct context *c, struct signature *s, enum object_place place, const char *oid) {
	const struct der *attrs = place == OBJECT_SIGNED ? &s->signer->signed_attrs : &s->signer->unsigned_attrs;
	struct der value, part, list;
	if (!cms_attribute_single(attrs, oid, &value) || value.tag != DER_SEQUENCE) return;
	struct der_walk w = der_walk_in(&value);
	while (der_next_ber(&w, &part)) {
		struct der_walk in = der_walk_in(&part);
		if ((part.tag & ~1) == (DER_CONTEXT | DER_CONSTRUCTED) && der_next_ber(&in, &list))
			add_each(c, s, place, &list);
	}
}

static void add_signer_material(struct context *c, struct signature *s) {
	struct der value;
	add_revocation(c, s, OBJECT_SIGNED, OID_ADOBE_REVOCATION);
	add_revocation(c, s, OBJECT_UNSIGNED, OID_ADOBE_REVOCATION);
	add_revocation(c, s, OBJECT_UNSIGNED, OID_REVOCATION_VALUES);
	if (cms_attribute_single(&s->signer->unsigned_attrs, OID_CERTIFICATE_VALUES, &value))
		add_each(c, s, OBJECT_UNSIGNED, &value);
}

static void add_material(struct context *c, struct signature *s) {
	struct der value, e;
	for (size_t i = 0; i < s->cms.cert_count; i++)
		add_object(c, s, OBJECT_IN_BAG, s->cms.certs[i].data, s->cms.certs[i].len);
	for (size_t i = 0; i < s->cms.crl_count; i++) {
		const struct cms_bytes *crl = &s->cms.crls[i];
		struct der_walk w = der_walk_bytes(crl->data, crl->len);
		if (!der_next_ber(&w, &e)) continue;
		if (e.tag == DER_SEQUENCE) {
			add_object(c, s, OBJECT_IN_BAG, e.start, e.full);
			continue;
		}
		struct der_walk in = der_walk_in(&e); /* OtherRevocationInfoFormat: type, then the OCSP response */
		if (der_next_ber(&in, &value) && der_next_ber(&in, &value))
			add_object(c, s, OBJECT_IN_BAG, value.start, value.full);
	}
	if (s->signer) add_signer_material(c, s);
}

static void open_token(struct context *c, struct signature *s, enum token_kind kind, const char *form,
		       const struct der *value) {
	if (c->tokens == LIMIT_TOKENS) {
		finding_add(&s->findings, FINDING_LIMIT_REACHED, "%d time-stamps", LIMIT_TOKENS);
		process_block(&s->acceptance, INDICATION_INDETERMINATE, SUB_CUSTOM);
		return;
	}
	c->tokens++;
	struct signature *t = signature_new("", KIND_TIMESTAMP);
	t->bytes = value->start, t->len = value->full;
	process_open(c, t);
	ARRAY_GROW(s->tokens, s->token_count, s->token_cap);
	s->tokens[s->token_count++] = (struct token){.kind = kind, .form = form, .signature = t};
}

static void open_tokens(struct context *c, struct signature *s) {
	static const struct {
		const char *oid, *form;
		enum token_kind kind;
		bool is_signed;
	} kinds[] = {
		{OID_CONTENT_TIMESTAMP, NULL, TOKEN_CONTENT, true},
		{OID_SIGNATURE_TIMESTAMP, NULL, TOKEN_SIGNATURE, false},
		{OID_ARCHIVE_TIMESTAMP_V2, "ATSv2", TOKEN_ARCHIVE, false},
		{OID_ARCHIVE_TIMESTAMP_V3, "ATSv3", TOKEN_ARCHIVE, false},
	};
	struct cms_attribute a;
	struct der value;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct der *set = kinds[i].is_signed ? &s->signer->signed_attrs : &s->signer->unsigned_attrs;
		if (!set->start) continue;
		struct der_walk w = der_walk_in(set);
		while (cms_attribute_next(&w, &a)) {
			if (!der_is_oid(&a.oid, kinds[i].oid)) continue;
			struct der_walk values = der_walk_in(&a.values);
			while (der_next_ber(&values, &value)) open_token(c, s, kinds[i].kind, kinds[i].form, &value);
		}
	}
}

/* adbe.x509.rsa_sha1: Contents is an OCTET STRING with a PKCS #1 signature over the ranges, the certificate is apart.
 */
static void open_bare(struct context *c, struct signature *s) {
	struct der_walk w = der_walk_bytes(s->bytes, s->len);
	s->bare = true;
	if (!der_next_ber(&w, &s->bare_value) || s->bare_value.tag != DER_OCTET_STRING) {
		finding_add(&s->findings, FINDING_CMS_MALFORMED, "not an OCTET STRING with a signature");
		format_failure(s);
	}
	if (s->pdf->cert) s->cert = pool_add_cert(c->pool, s->pdf->cert, s->pdf->cert_len);
}

static bool is_filter(const struct signature *s, const char *name) {
	return s->sub_filter && !strcmp(s->sub_filter, name);
}

static void open_content(struct signature *s) {
	const struct cms *cms = &s->cms;
	bool inner = s->kind != KIND_SIGNATURE || is_filter(s, "adbe.pkcs7.sha1") || (!s->pdf && cms->has_content);
	if (!inner) return;
	s->covered = s->content; /* the inner content speaks about what a detached signature would cover */
	s->content = s->own_content =
		content_of_bytes(cms->content ? cms->content : (const unsigned char *)"", cms->content_len);
	if (s->kind == KIND_SIGNATURE) return;
	s->tst_read = cms->has_content && der_is_oid(&cms->content_type, OID_TST_INFO) &&
		      tst_read_info(cms->content, cms->content_len, &s->tst);
	if (!s->tst_read) {
		finding_add(&s->findings, FINDING_TIMESTAMP_MALFORMED, "no TSTInfo of version 1");
		format_failure(s);
	}
}

static void open_signer(struct context *c, struct signature *s) {
	struct cms_attribute a;
	s->claimed = signing_time_claimed(&s->signer->signed_attrs);
	if (s->kind != KIND_SIGNATURE) return;
	open_tokens(c, s);
	if (cms_attribute_find(&s->signer->unsigned_attrs, OID_ERS_INTERNAL, &a))
		finding_add(&s->findings, FINDING_EVIDENCE_RECORD_EMBEDDED, "%s", "id-aa-er-internal");
	if (cms_attribute_find(&s->signer->unsigned_attrs, OID_ERS_EXTERNAL, &a))
		finding_add(&s->findings, FINDING_EVIDENCE_RECORD_EMBEDDED, "%s", "id-aa-er-external");
}

void process_open(struct context *c, struct signature *s) {
	const char *why = "";
	if (s->pdf && is_filter(s, "adbe.x509.rsa_sha1")) {
		open_bare(c, s);
		return;
	}
	if (!s->len || !cms_read(s->bytes, s->len, &s->cms, &why)) {
		finding_add(&s->findings, FINDING_CMS_MALFORMED, "%s", s->len ? why : "there is no CMS structure");
		format_failure(s);
		return;
	}
	if (!s->signer && s->cms.signer_count) s->signer = &s->cms.signers[0];
	open_content(s);
	add_material(c, s);
	if (!s->signer) {
		finding_add(&s->findings, FINDING_CMS_WITHOUT_SIGNER, "%s", "");
		format_failure(s);
		return;
	}
	open_signer(c, s);
}

void process_open_next(struct context *c, struct signature *s, const struct signature *first, size_t index) {
	s->bytes = first->bytes, s->len = first->len;
	s->cms = first->cms, s->cms_shared = true;
	s->content = first->content;
	s->signer = &s->cms.signers[index];
	add_signer_material(c, s);
	open_signer(c, s);
}

void process_open_counter(struct context *c, struct signature *s, const struct signature *parent,
			  const struct der *element) {
	s->cms = parent->cms, s->cms_shared = true;
	s->is_counter = true;
	s->pdf = parent->pdf;
	s->asic = parent->asic;
	s->bytes = element->start, s->len = element->full;
	s->content = s->own_content = content_of_bytes(parent->signer->signature.data, parent->signer->signature.len);
	if (!cms_read_signer(element, &s->counter)) {
		finding_add(&s->findings, FINDING_CMS_MALFORMED, "countersignature");
		format_failure(s);
		return;
	}
	s->signer = &s->counter;
	add_signer_material(c, s);
	open_signer(c, s);
}

/* RFC 5652 11.4: no content-type, the message digest is of the countersigned value. */
static void check_counter(struct signature *s) {
	struct cms_attribute a;
	struct der digest;
	const struct der *set = &s->signer->signed_attrs;
	if (!set->start) return;
	bool right = s->signer->attrs_wellformed && cms_attribute_single(set, OID_MESSAGE_DIGEST, &digest);
	if (right && !cms_attribute_find(set, OID_CONTENT_TYPE, &a)) return;
	finding_add(&s->findings, FINDING_ATTRIBUTE_NOT_SINGLE, "%s",
		    right ? "content-type in a countersignature" : "message-digest");
	format_failure(s);
}

/* RFC 5652 5.3 and 11.1, 11.2: what must be there once, and content-type must be the encapsulated one. */
static void check_attributes(struct signature *s) {
	const struct der *set = &s->signer->signed_attrs;
	struct cms_attribute a;
	struct der type, digest;
	bool data = der_is_oid(&s->cms.content_type, OID_DATA);
	if (!set->start) {
		/* Without attributes the content could be the attributes of another signature, whose value this is. */
		if (data && s->kind == KIND_SIGNATURE && !is_filter(s, "ETSI.CAdES.detached") &&
		    !content_begins_as_attributes(s->content))
			return;
		finding_add(&s->findings, FINDING_SIGNED_ATTRIBUTES_MISSING, "%s", "");
		format_failure(s);
		return;
	}
	if (!s->signer->attrs_wellformed) {
		finding_add(&s->findings, FINDING_ATTRIBUTE_MALFORMED, "%s", "");
		format_failure(s);
	}
	bool has_type = cms_attribute_single(set, OID_CONTENT_TYPE, &type);
	if (!has_type || !cms_attribute_single(set, OID_MESSAGE_DIGEST, &digest)) {
		finding_add(&s->findings, FINDING_ATTRIBUTE_NOT_SINGLE, "%s",
			    has_type ? "message-digest" : "content-type");
		format_failure(s);
	}
	if (has_type &&
	    (type.len != s->cms.content_type.len || memcmp(type.data, s->cms.content_type.data, type.len))) {
		finding_add(&s->findings, FINDING_CONTENT_TYPE_WRONG, "%s", "");
		format_failure(s);
	}
	if (cms_attribute_find(&s->signer->unsigned_attrs, OID_MESSAGE_DIGEST, &a))
		finding_add(&s->findings, FINDING_ATTRIBUTE_NOT_SINGLE, "message-digest among the unsigned attributes");
}

/* ISO 32000-2 12.8.3: what each sub-filter asks of the CMS. */
static void check_sub_filter(struct signature *s) {
	static const char *const known[] = {"adbe.pkcs7.detached", "ETSI.CAdES.detached", "adbe.pkcs7.sha1",
					    "ETSI.RFC3161"};
	bool found = false;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) found |= is_filter(s, known[i]);
	if (!found) finding_add(&s->findings, FINDING_SUB_FILTER_UNKNOWN, "%s", s->sub_filter);
	if (s->kind == KIND_SIGNATURE && !is_filter(s, "adbe.pkcs7.sha1") && s->cms.has_content) {
		finding_add(&s->findings, FINDING_CONTENT_NOT_DETACHED, "%s", s->sub_filter);
		format_failure(s);
	}
}

static bool only_zeros(const unsigned char *p, size_t len) {
	for (size_t i = 0; i < len; i++)
		if (p[i]) return false;
	return true;
}

void process_format(struct context *c, struct signature *s) {
	(void)c;
	if (s->pdf && (!s->pdf->ranges_usable || finding_has(&s->pdf->findings, FINDING_DATA_AFTER_CMS)))
		format_failure(s);
	if (s->bare || !s->signer) return;
	if (s->is_counter) {
		check_counter(s);
		return;
	}
	if (s->pdf) check_sub_filter(s);
	/* EN 319 142-1 4.1, RFC 3161 2.4.2: readers would not agree which of them counts */
	if ((s->pdf || s->kind != KIND_SIGNATURE) && s->cms.signer_count != 1) {
		finding_add(&s->findings, FINDING_SEVERAL_SIGNERS, "%zu signatures", s->cms.signer_count);
		format_failure(s);
	}
	if (!only_zeros(s->bytes + s->cms.used, s->len - s->cms.used)) {
		finding_add(&s->findings, FINDING_TRAILING_DATA, "%zu bytes", s->len - s->cms.used);
		format_failure(s);
	}
	check_attributes(s);
}
