/* The validation process of EN 319 102-1 as named steps over one document.
 *
 * A document is judged in this order: each signature and each time-stamp is read (process_open), then every one runs
 * through the building blocks at the validation time (process_basic), then proofs of existence are collected and the
 * signatures are judged with them (process_time). docs/verdicts.md says how the steps add up. */
#ifndef LTVAULT_VALIDATOR_PROCESS_H
#define LTVAULT_VALIDATOR_PROCESS_H

#include "validator/process_types.h"

struct signature *signature_new(const char *id, enum signature_kind kind);
void signature_free(struct signature *s);

/* Reads the CMS bytes and puts what they carry (certificates, CRLs, OCSP responses, time-stamps) into the pool. */
void process_open(struct context *c, struct signature *s);
/* The same for a further SignerInfo of the file that `first` was opened from; shares its CMS and content. */
void process_open_next(struct context *c, struct signature *s, const struct signature *first, size_t index);
/* A countersignature on `parent` (RFC 5652 11.4): `element` is its SignerInfo, its content is the parent's value. */
void process_open_counter(struct context *c, struct signature *s, const struct signature *parent,
			  const struct der *element);
/* 5.2.2 format checking. */
void process_format(struct context *c, struct signature *s);
/* 5.2.3 identification of the signing certificate. */
void process_identify(struct context *c, struct signature *s);
/* 5.2.4 for the signature policy that the signature declares. */
void process_policy(struct context *c, struct signature *s);
/* 5.2.7 cryptographic verification. */
void process_crypto(struct context *c, struct signature *s);
/* 5.2.6 X.509 certificate validation at the request's time. */
void process_x509(struct context *c, struct signature *s);
/* 5.2.8 signature acceptance validation. */
void process_accept(struct context *c, struct signature *s);
/* 5.3 validation for basic signatures: the blocks in order; the result is in s->basic and s->outcome. */
void process_basic(struct context *c, struct signature *s);
/* 5.4 for the tokens inside a signature: each judged, its imprint compared. */
void process_tokens(struct context *c, struct signature *s);
/* The imprint of an archive time-stamp: false when its kind is not computed, else *right says whether it matches. */
bool process_archive_imprint(struct signature *s, const struct token *t, bool *right);
/* Version 3 (EN 319 122-1 5.5.2, 5.5.3). What the imprint of such a time-stamp on s is, with this index (its value) and for
 * the thing number `offer` that the signature may be about: the length; 0 where that cannot be computed. */
size_t process_archive_hash(const struct signature *s, enum digest_alg alg, size_t offer, const struct der *index,
			    unsigned char hash[static DIGEST_MAX]);
/* Appends the index over what is in these bags and among the signer's unsigned attributes now. */
void process_archive_index(const struct cms *cms, const struct cms_signer *signer, enum digest_alg alg, struct buf *out);
/* What the index of such a time-stamp lists, in the order of their places; nothing for other tokens. The imprint has to be
 * right for it to mean something. */
struct archive_cover {
	struct cms_bytes *spans;
	size_t count, cap;
};
void process_archive_cover(const struct signature *s, const struct token *t, struct archive_cover *out);
bool archive_covers(const struct archive_cover *cover, const unsigned char *at);
void archive_cover_dispose(struct archive_cover *cover);
/* 5.6.2.4 for the tokens that 5.4 could not accept: `when` proves the signature that carries them. Then the findings
 * about all tokens of the signature. */
void process_tokens_past(struct context *c, struct signature *s, utime when);
/* 5.5 signatures with time; proofs come from the signature's own tokens and from the caller. */
void process_time(struct context *c, struct signature *s, const struct proof *proofs, size_t proof_count);

/* What this becomes of a signature that passes now, were c->request->at later: the evidence at hand, and a proof that it
 * existed at bst. Nothing of `s` is changed. */
struct outcome process_then(struct context *c, const struct signature *s, utime bst);

/* 5.6.2.4 past signature validation of a signature or token whose result so far is `current` and that is proven to have
 * existed at bst: `current` unchanged, PASSED, or what replaces it. */
struct outcome process_past(struct context *c, struct signature *s, struct outcome current, utime bst);
/* 5.6.2.3 for a proof that covers everything the signature carries, or only what is under its signature value. */
void process_extract(struct context *c, const struct signature *s, utime when, bool everything);
/* The same for an archive time-stamp: the bags and what stands before it in the signature for version 2, what is in `cover` for
 * version 3. */
void process_extract_archived(struct context *c, const struct signature *s, const struct token *stamp,
			      const struct archive_cover *cover);
/* An evidence record (RFC 4998): reads it and its tokens, which are then in s->tokens. */
void process_open_record(struct context *c, struct signature *s);
/* Its trees, bonds and tokens, all but the times. */
void process_record(struct context *c, struct signature *s);
/* The arithmetic of process_record: what each tree leads to, and what each ArchiveTimeStamp is about. */
void process_record_bonds(struct signature *s);
/* "chain 1, time-stamp 2", for details; owned by the caller. */
char *process_stamp_name(const struct ers *ers, size_t index);
/* 5.6.3.4 for a token of it that the next one proves, as of the time of that one. */
struct outcome process_record_token_at(struct context *c, const struct signature *token, utime when);
/* Its tokens from the newest to the oldest, each at the time of the next; then the record's own result. */
void process_record_time(struct context *c, struct signature *s, const struct proof *proofs, size_t proof_count);

/* Wants newer status data where what there is was made before `moment`, at which the signature is known to have existed,
 * and the request's grace period after it; c->later is the earliest time at which that helps. */
void process_later(struct context *c, struct signature *s, utime moment);

/* Findings about the algorithms, once the time in question is known. */
void process_explain(struct context *c, struct signature *s);

/* 5.2.8 for the algorithms of signature value and content digest alone, at t: PASSED, CRYPTO_CONSTRAINTS_FAILURE for
 * what never was reliable, CRYPTO_CONSTRAINTS_FAILURE_NO_POE for what has ended. */
struct outcome process_algorithms(const struct context *c, const struct signature *s, utime t);
/* Runs 5.2.6 for the signing certificate at another time; the caller disposes of the result. */
void process_path_at(struct context *c, const struct signature *s, utime t, enum revocation_mode mode,
		     struct path_result *result);
/* The same for the signer of status data, at the time of the validation. */
void process_status_path(struct context *c, const struct path_evidence *evidence, struct path_result *result);
/* Sets a block's outcome unless an earlier finding already did. */
void process_block(struct outcome *block, enum indication indication, enum sub_indication sub);

#endif
