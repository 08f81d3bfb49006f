/* The validation process of EN 319 102-1 as named steps over one document.
 *
 * A document is judged in this order: each signature and each time-stamp is read (process_open), then every one runs
 * through the building blocks at the validation time (process_basic), then proofs of existence are collected and the
 * signatures are judged with them (process_time). docs/verdicts.md says how the steps add up. */
#ifndef LTVAULT_VALIDATOR_PROCESS_H
#define LTVAULT_VALIDATOR_PROCESS_H

#include "validator/attributes.h"
#include "validator/content.h"
#include "validator/path.h"
#include "validator/pdf.h"
#include "validator/poe.h"
#include "validator/tst.h"
#include "validator/validator_internal.h"

enum signature_kind { KIND_SIGNATURE, KIND_DOCUMENT_TIMESTAMP, KIND_TIMESTAMP };
enum token_kind { TOKEN_SIGNATURE, TOKEN_CONTENT, TOKEN_ARCHIVE };

/* What every step of one document needs. */
struct context {
	struct validator *v;
	const struct val_request *request;
	struct pool *pool;
	struct poe_set poes;
	unsigned char document_sha256[SHA256_SIZE];
	size_t tokens; /* judged so far, against LIMIT_TOKENS */
};

/* Something a signature carries: what a proof about the signature proves as well, depending on where it is. */
enum object_place { OBJECT_IN_BAG, OBJECT_SIGNED, OBJECT_UNSIGNED };
struct object {
	unsigned char sha256[SHA256_SIZE];
	enum object_place place;
};

struct token {
	enum token_kind kind;
	const char *form;     /* "ATSv2", "ATSv3" for archive time-stamps; NULL otherwise */
	struct signature *signature;
	bool imprint_checked; /* false: recognised, its imprint is not computed */
	bool imprint_right;
	bool proves;          /* it is valid: what it covers existed at its time */
};

/* One proof that the signature value existed. */
struct proof {
	utime when;
	const char *basis; /* "signature-timestamp", "archive-timestamp", "document-timestamp", "evidence-record",
			    * "archive", "none" */
};

struct signature {
	char *id; /* owned; "" for tokens inside a signature */
	enum signature_kind kind;
	const struct pdf_signature *pdf; /* NULL for CMS files and tokens */
	const char *sub_filter;          /* NULL outside PDF */
	const unsigned char *bytes;      /* the CMS as received */
	size_t len;
	bool bare;              /* adbe.x509.rsa_sha1: no CMS, a PKCS #1 signature alone */
	struct der bare_value;
	struct cms cms;
	bool cms_shared;        /* cms belongs to the first signature of the same file */
	const struct cms_signer *signer; /* NULL when there is none */
	struct cms_signer counter;       /* a countersignature's own */
	bool is_counter;
	struct content *content;         /* what messageDigest speaks about; one of the two below */
	struct content *covered;         /* tokens: what the imprint speaks about; NULL when not known */
	struct content *ranges;          /* of the PDF's ranges or the caller's offers; owned */
	struct content *own_content;     /* of the encapsulated content; owned */

	/* The building blocks, EN 319 102-1 5.2; INDICATION_PASSED until something was found. */
	struct outcome format, identification, crypto, x509, acceptance;
	struct outcome basic, in_time; /* of 5.3; of 5.5 and 5.6, before changes after signing are looked at */
	struct outcome outcome;

	bool intact;            /* digest and signature value verified, whatever else was wrong */
	bool ess_present;
	struct cert *cert;      /* the signing certificate; borrowed from the pool */
	struct cert *verifier;  /* the certificate whose key verified: differs from cert only when that is NULL */
	struct path_result path;
	bool path_judged;
	enum digest_alg digest; /* of the content */
	struct algorithm_use use;
	utime algorithms_end;   /* until when signature value and content digest are reliable, exclusive */
	char *algorithms_what;  /* which of them ends first; NULL when not known */
	struct tst_info tst;    /* tokens and document time-stamps */
	bool tst_read;

	utime claimed;
	struct proof best;      /* best-signature-time; basis "none" and the validation time without any proof */
	struct token *tokens;
	size_t token_count, token_cap;
	struct object *objects;
	size_t object_count, object_cap;
	const char *level;
	struct finding_list findings;
};

struct signature *signature_new(const char *id, enum signature_kind kind);
void signature_free(struct signature *s);

/* Reads the CMS bytes and puts what they carry (certificates, CRLs, OCSP responses, time-stamps) into the pool. */
void process_open(struct context *c, struct signature *s);
/* The same for a further SignerInfo of the file that `first` was opened from; shares its CMS and content. */
void process_open_next(struct context *c, struct signature *s, const struct signature *first, size_t index);
/* A countersignature on `parent` (RFC 5652 11.4): `element` is its SignerInfo, its content is the parent's value. */
void process_open_counter(struct context *c, struct signature *s, const struct signature *parent, const struct der *element);
/* 5.2.2 format checking. */
void process_format(struct context *c, struct signature *s);
/* 5.2.3 identification of the signing certificate. */
void process_identify(struct context *c, struct signature *s);
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
/* 5.6.2.4 for the tokens that 5.4 could not accept: `when` proves the signature that carries them. Then the findings
 * about all tokens of the signature. */
void process_tokens_past(struct context *c, struct signature *s, utime when);
/* 5.5 signatures with time; proofs come from the signature's own tokens and from the caller. */
void process_time(struct context *c, struct signature *s, const struct proof *proofs, size_t proof_count);

/* 5.6.2.4 past signature validation of a signature or token whose result so far is `current` and that is proven to have
 * existed at bst: `current` unchanged, PASSED, or what replaces it. */
struct outcome process_past(struct context *c, const struct signature *s, struct outcome current, utime bst);
/* 5.6.2.3 for a proof that covers everything the signature carries, or only what is under its signature value. */
void process_extract(struct context *c, const struct signature *s, utime when, bool everything);
/* Findings about the algorithms, once the time in question is known. */
void process_explain(struct context *c, struct signature *s);

/* 5.2.8 for the algorithms of signature value and content digest alone, at t: PASSED, CRYPTO_CONSTRAINTS_FAILURE for
 * what never was reliable, CRYPTO_CONSTRAINTS_FAILURE_NO_POE for what has ended. */
struct outcome process_algorithms(const struct context *c, const struct signature *s, utime t);
/* Runs 5.2.6 for the signing certificate at another time; the caller disposes of the result. */
void process_path_at(struct context *c, const struct signature *s, utime t, enum revocation_mode mode,
		     struct path_result *result);
/* Sets a block's outcome unless an earlier finding already did. */
void process_block(struct outcome *block, enum indication indication, enum sub_indication sub);

#endif
