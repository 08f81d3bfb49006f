/* What the steps of the validation process work on: a document's context, its signatures, their time-stamps. */
#ifndef LTVAULT_VALIDATOR_PROCESS_TYPES_H
#define LTVAULT_VALIDATOR_PROCESS_TYPES_H

#include "validator/asic.h"
#include "validator/attributes.h"
#include "validator/content.h"
#include "validator/ers.h"
#include "validator/path.h"
#include "validator/pdf.h"
#include "validator/poe.h"
#include "validator/tst.h"
#include "validator/validator_internal.h"

enum signature_kind { KIND_SIGNATURE, KIND_DOCUMENT_TIMESTAMP, KIND_TIMESTAMP, KIND_EVIDENCE_RECORD };
enum token_kind { TOKEN_SIGNATURE, TOKEN_CONTENT, TOKEN_ARCHIVE };

/* What every step of one document needs. */
struct context {
	struct validator *v;
	const struct val_request *request;
	struct pool *pool;
	struct poe_set poes;
	unsigned char document_sha256[SHA256_SIZE];
	size_t tokens;            /* judged so far, against LIMIT_TOKENS */
	uint64_t candidates;      /* looked at for all paths, against LIMIT_PATH_CANDIDATES */
	struct poe_set accepted;  /* the CRLs, OCSP responses and certificates that speak with authority about some certificate */
	bool obtainable;          /* of what is valid then, newer status is taken to be at hand: `at` lies ahead */
	utime later;              /* from when on newer status data would prove more; UTIME_NONE: none would */
	json_t *unreadable;       /* places in the evidence where nothing of use was found; NULL for none; the report's */
	size_t attempts, digests; /* so far, against LIMIT_SIGNER_ATTEMPTS and LIMIT_SIGNER_DIGESTS */
};

/* Something a signature carries: what a proof about the signature proves as well, depending on where it is. */
enum object_place { OBJECT_IN_BAG, OBJECT_SIGNED, OBJECT_UNSIGNED };
struct object {
	unsigned char sha256[SHA256_SIZE];
	enum object_place place;
	const unsigned char *at; /* its bytes, in the signature's */
};

struct token {
	enum token_kind kind;
	const char *form; /* "ATSv2", "ATSv3", "ERS" for archive time-stamps; NULL otherwise */
	struct signature *signature;
	bool imprint_checked; /* false: recognised, its imprint is not computed */
	bool imprint_right;
	bool proves; /* it is valid: what it covers existed at its time */
};

/* One proof that the signature value existed. */
struct proof {
	utime when;
	const char *basis; /* "signature-timestamp", "archive-timestamp", "document-timestamp", "evidence-record",
			    * "archive", "none" */
};

/* Until when a signature, time-stamp or evidence record can be proven, and by what (docs/forecast.md). */
enum provable_limit {
#define PROVABLE_LIMIT(name, word) PROVABLE_##name,
#include "validator/provable_limit.def"
#undef PROVABLE_LIMIT
	PROVABLE_LIMITS
};
#define PROVABLE_KEYS 32
#define PROVABLE_ROOTS 32
struct provable {
	utime until; /* UTIME_NONE: it is not valid, or not known */
	enum provable_limit limit;
	const char *basis; /* what carries it until then beyond its own end, a word as in struct proof; NULL: it needs nothing */
	char *detail;     /* owned; NULL none */
	unsigned digests; /* bits 1 << enum digest_alg: what the outermost proof rests on */
	struct {
		enum key_type type;
		unsigned bits;
	} keys[PROVABLE_KEYS];
	size_t key_count;
	const struct cert *roots[PROVABLE_ROOTS]; /* that it rests on as on the algorithms; borrowed from the pool */
	size_t root_count;
};

struct signature {
	char *id; /* owned; "" for tokens inside a signature */
	enum signature_kind kind;
	const struct pdf_signature *pdf; /* NULL for CMS files and tokens */
	const struct asic_cover *asic;   /* NULL outside containers */
	const char *sub_filter;          /* NULL outside PDF */
	const unsigned char *bytes;      /* the CMS as received */
	size_t len;
	bool bare; /* adbe.x509.rsa_sha1: no CMS, a PKCS #1 signature alone */
	struct der bare_value;
	struct cms cms;
	bool cms_shared;                 /* cms belongs to the first signature of the same file */
	const struct cms_signer *signer; /* NULL when there is none */
	struct cms_signer counter;       /* a countersignature's own */
	bool is_counter;
	struct content *content;     /* what messageDigest speaks about; one of the two below */
	struct content *covered;     /* tokens: what the imprint speaks about; NULL when not known */
	struct content *ranges;      /* of the PDF's ranges or the caller's offers; owned */
	struct content *own_content; /* of the encapsulated content; owned */

	/* The building blocks, EN 319 102-1 5.2; INDICATION_PASSED until something was found. */
	struct outcome format, identification, context, crypto, x509, acceptance;
	struct outcome past;           /* of 5.6.2.1, NO_SIGNATURE when it was not asked */
	struct outcome basic, in_time; /* of 5.3; of 5.5 and 5.6, before changes after signing are looked at */
	struct outcome outcome;

	bool intact; /* digest and signature value verified, whatever else was wrong */
	bool ess_present;
	enum digest_alg reference_digest; /* of the reference that found the certificate; DIGEST_UNKNOWN without one */
	struct cert *cert;     /* the signing certificate; borrowed from the pool */
	struct cert *verifier; /* the certificate whose key verified: differs from cert only when that is NULL */
	struct path_result path;
	bool path_judged;
	enum digest_alg digest; /* of the content */
	struct algorithm_use use;
	utime algorithms_end;  /* until when signature value and content digest are reliable, exclusive */
	utime imprint_end;     /* the same of the digest in a time-stamp's imprint alone */
	char *algorithms_what; /* which of them ends first; NULL when not known */
	struct tst_info tst;   /* tokens and document time-stamps */
	bool tst_read;
	struct ers *ers; /* evidence records: owned; its stamps go with the tokens below */

	utime claimed;
	struct proof best; /* best-signature-time; basis "none" and the validation time without any proof */
	struct token *tokens;
	size_t token_count, token_cap;
	struct object *objects;
	size_t object_count, object_cap;
	const char *level;
	struct provable provable;
	struct finding_list findings;
};

#endif
