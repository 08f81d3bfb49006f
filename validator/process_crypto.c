/* EN 319 102-1 5.2.7: digest and signature value. The hash named by signatureAlgorithm makes the signature value, the
 * one named by digestAlgorithm only the message digest; that the two agree is a constraint, not arithmetic. */
#include "validator/process.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

/* With signed attributes: the signature is over them, in one of their forms. */
static enum signature_status verify_attributes(struct signature *s, const struct key *key) {
	struct cms_attrs_form forms[CMS_ATTRS_FORMS];
	size_t count = cms_attrs_forms(s->signer, forms), used = 0;
	enum signature_status status = SIGNATURE_INVALID;
	for (size_t i = 0; i < count && status == SIGNATURE_INVALID; i++) {
		struct signed_bytes bytes = {.data = forms[i].bytes.data, .len = forms[i].bytes.len};
		status = signature_verify(key, &s->signer->signature_alg, s->digest, &bytes, s->signer->signature.data,
					  s->signer->signature.len, &s->use);
		used = i;
	}
	if (status == SIGNATURE_VALID && !forms[used].conforming)
		finding_add(&s->findings, FINDING_SIGNED_ATTRIBUTES_NOT_DER, "%s", "");
	for (size_t i = 0; i < count; i++) buf_dispose(&forms[i].bytes);
	return status;
}

/* rsaEncryption without parameters, for signatures that are not CMS. */
static struct der bare_algorithm(void) {
	static const unsigned char rsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
					    0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
	return (struct der){
		.start = rsa, .data = rsa + 2, .len = sizeof rsa - 2, .full = sizeof rsa, .tag = DER_SEQUENCE};
}

/* Without: over the content itself. */
static enum signature_status verify_content(struct signature *s, const struct key *key) {
	struct der algorithm = s->bare ? bare_algorithm() : s->signer->signature_alg;
	const unsigned char *value = s->bare ? s->bare_value.data : s->signer->signature.data;
	size_t value_len = s->bare ? s->bare_value.len : s->signer->signature.len;
	enum signature_status status = SIGNATURE_INVALID;
	if (!signature_algorithm(&algorithm, s->digest, &s->use)) return SIGNATURE_UNSUPPORTED;
	for (size_t i = 0; status == SIGNATURE_INVALID; i++) {
		struct signed_bytes bytes = {0};
		if (s->use.scheme == SCHEME_EDDSA)
			bytes.data = content_bytes(s->content, i, &bytes.len);
		else
			bytes.digest = content_digest(s->content, s->use.digest, i, &bytes.digest_len);
		if (!bytes.data && !bytes.digest) break;
		if (bytes.data || bytes.digest_len)
			status = signature_verify(key, &algorithm, s->digest, &bytes, value, value_len, &s->use);
	}
	return status;
}

static enum signature_status verify_with(struct signature *s, const struct cert *cert) {
	if (!s->bare && s->signer->signed_attrs.start) return verify_attributes(s, cert->key);
	return verify_content(s, cert->key);
}

/* The identified certificate; where none was, or where only the unsigned identifier chose it, every certificate that
 * the identifier names is tried: two may share issuer and serial number. */
static enum signature_status verify(struct context *c, struct signature *s) {
	enum signature_status status = SIGNATURE_INVALID;
	if (s->cert) {
		status = verify_with(s, s->cert);
		if (status == SIGNATURE_VALID) s->verifier = s->cert;
		if (status != SIGNATURE_INVALID || s->ess_present || s->bare) return status;
	}
	for (size_t i = 0; s->signer && i < pool_cert_count(c->pool) && status == SIGNATURE_INVALID; i++) {
		struct cert *cert = pool_cert(c->pool, i);
		if (cert == s->cert || !signer_names(s->signer, cert)) continue;
		if (++c->attempts > LIMIT_SIGNER_ATTEMPTS) {
			finding_add(&s->findings, FINDING_LIMIT_REACHED, "certificates of one issuer and number");
			process_block(&s->crypto, INDICATION_INDETERMINATE, SUB_CUSTOM);
			break;
		}
		status = verify_with(s, cert);
		if (status == SIGNATURE_VALID) {
			s->verifier = cert;
			if (s->cert) s->cert = cert;
		}
	}
	return status;
}

/* What is missing is named by its digest: by that it can be found. */
static void missing(struct signature *s, enum digest_alg alg, const unsigned char *digest, size_t len) {
	char *hex = len && len <= DIGEST_MAX ? hex_dup(digest, len) : NULL;
	finding_add(&s->findings, FINDING_SIGNED_DATA_MISSING, "%s%s%s", hex ? digest_name(alg) : "", hex ? ":" : "",
		    hex ? hex : "");
	free(hex);
	process_block(&s->crypto, INDICATION_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND);
}

static bool changed(struct signature *s, const char *what) {
	finding_add(&s->findings, FINDING_SIGNED_DATA_CHANGED, "%s", what);
	process_block(&s->crypto, INDICATION_FAILED, SUB_HASH_FAILURE);
	return false;
}

static bool message_digest_right(struct signature *s) {
	struct der value;
	if (s->bare || !s->signer->signed_attrs.start) {
		size_t len;
		if (content_digest(s->content, s->digest, 0, &len)) return true;
		missing(s, s->digest, NULL, 0);
		return false;
	}
	if (!cms_attribute_single(&s->signer->signed_attrs, OID_MESSAGE_DIGEST, &value))
		return changed(s, "no message digest");
	switch (content_check(s->content, s->digest, value.data, value.len)) {
	case CONTENT_MATCHES:
		return true;
	case CONTENT_DIFFERS:
		return changed(s, digest_name(s->digest));
	default:
		missing(s, s->digest, value.data, value.len);
		return false;
	}
}

/* What the inner content says about the bytes outside: a time-stamp's imprint, or the SHA-1 of adbe.pkcs7.sha1. */
static bool inner_digest_right(struct signature *s) {
	if (s->tst_read && s->covered) {
		enum digest_alg alg = digest_of_algorithm(&s->tst.imprint_alg);
		enum content_match match = content_check(s->covered, alg, s->tst.imprint, s->tst.imprint_len);
		if (match == CONTENT_DIFFERS) return changed(s, "imprint");
		if (match == CONTENT_MISSING) missing(s, alg, s->tst.imprint, s->tst.imprint_len);
		return match == CONTENT_MATCHES ||
		       !s->pdf; /* a token alone is intact without the data it speaks about */
	}
	if (s->kind == KIND_SIGNATURE && s->covered && s->pdf &&
	    content_check(s->covered, DIGEST_SHA1, s->cms.content, s->cms.content_len) != CONTENT_MATCHES)
		return changed(s, "SHA-1 of the byte range");
	return true;
}

/* In a container a signature speaks about its objects through a manifest. */
static bool container_right(struct signature *s) {
	const struct asic_cover *cover = s->is_counter ? NULL : s->asic;
	if (!cover) return true;
	finding_append(&s->findings, &cover->findings);
	if (!cover->bound && s->kind == KIND_SIGNATURE && s->own_content)
		return changed(s, "the signature has content of its own, which is not that of the container");
	if (cover->state == ASIC_CHANGED) process_block(&s->crypto, INDICATION_FAILED, SUB_HASH_FAILURE);
	if (cover->state == ASIC_MISSING)
		process_block(&s->crypto, INDICATION_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND);
	return cover->state == ASIC_WHOLE;
}

/* A CMS file with content of its own speaks about that, whatever it was given with. */
static void compare_offers(struct signature *s) {
	size_t len;
	const unsigned char *own = s->own_content ? content_digest(s->own_content, s->digest, 0, &len) : NULL;
	if (s->pdf || s->kind != KIND_SIGNATURE || s->asic || s->is_counter || !s->covered || !own) return;
	if (content_check(s->covered, s->digest, own, len) == CONTENT_DIFFERS)
		finding_add(&s->findings, FINDING_DATA_NOT_SIGNED, "%s", "");
}

static void digests_agree(struct signature *s) {
	if (s->bare || s->use.scheme == SCHEME_EDDSA || s->use.scheme == SCHEME_UNKNOWN || s->use.digest == s->digest)
		return;
	finding_add(&s->findings, FINDING_DIGEST_ALGORITHMS_DIFFER, "%s, %s", digest_name(s->digest),
		    digest_name(s->use.digest));
	process_block(&s->acceptance, INDICATION_INDETERMINATE, SUB_SIG_CONSTRAINTS_FAILURE);
}

void process_crypto(struct context *c, struct signature *s) {
	if (!s->bare && !s->signer) return;
	s->digest = s->bare ? DIGEST_SHA1 : digest_of_algorithm(&s->signer->digest_alg);
	if (!digest_size(s->digest)) {
		finding_add(&s->findings, FINDING_DIGEST_ALGORITHM_UNKNOWN, "%s", "");
		process_block(&s->crypto, INDICATION_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE);
		return;
	}
	bool ranges = !s->pdf || s->pdf->ranges_usable;
	bool digest_right = message_digest_right(s);
	bool container = container_right(s); /* asked in any case: each tells its own finding */
	bool inner_right = inner_digest_right(s) && container;
	compare_offers(s);
	enum signature_status status = verify(c, s);
	bool attributes = s->signer && s->signer->signed_attrs.start;
	bool tried = s->crypto.sub != SUB_CUSTOM;
	if (s->cert && tried && status == SIGNATURE_INVALID && (digest_right || attributes)) {
		finding_add(&s->findings, FINDING_SIGNATURE_VALUE_WRONG, "%s", s->cert->subject_text);
		process_block(&s->crypto, INDICATION_FAILED, SUB_SIG_CRYPTO_FAILURE);
	} else if (status == SIGNATURE_UNSUPPORTED) {
		finding_add(&s->findings, FINDING_SIGNATURE_ALGORITHM_UNKNOWN, "%s",
			    signature_scheme_name(s->use.scheme));
		process_block(&s->crypto, INDICATION_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE);
	}
	digests_agree(s);
	if (s->signer && !algorithm_protection_holds(s->signer)) {
		finding_add(&s->findings, FINDING_ALGORITHM_PROTECTION_WRONG, "%s", "");
		process_block(&s->crypto, INDICATION_FAILED, SUB_SIG_CRYPTO_FAILURE);
	}
	s->intact = ranges && digest_right && inner_right && status == SIGNATURE_VALID;
}
