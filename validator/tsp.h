/* The client's side of RFC 3161: the request, and whether an answer is one to it. Signature, path and status of the
 * authority are judged like those of any other time-stamp (validator/tsp_judge.c). */
#ifndef LTVAULT_VALIDATOR_TSP_H
#define LTVAULT_VALIDATOR_TSP_H

#include "validator/cms.h"
#include "validator/tst.h"
#include "validator/validator.h"

enum tsp_fault {
	TSP_NONE,
#define TSP_FAULT(name, text) name,
#include "validator/tsp_fault.def"
#undef TSP_FAULT
	TSP_FAULTS
};
const char *tsp_fault_name(enum tsp_fault fault); /* "TSP_WRONG_NONCE"; NULL for TSP_NONE */
const char *tsp_fault_text(enum tsp_fault fault);

struct tsp_query {
	enum digest_alg alg;
	const unsigned char *digest; /* of the size that alg has */
	const char *policy;          /* dotted; NULL or "" for whatever the authority prefers */
	const unsigned char *nonce;  /* taken as a positive number */
	size_t nonce_len;
};
/* TimeStampReq (2.4.1) with certReq. False when the policy is no object identifier or the digest not available. */
bool tsp_request(const struct tsp_query *query, struct buf *out);

/* What an answer is to a request that tsp_request made. Points into the response; the caller disposes of it. */
struct tsp_answer {
	enum tsp_fault fault;
	char *detail; /* owned; NULL or what makes the fault plain */
	struct der token; /* the ContentInfo */
	struct cms cms;
	struct tst_info info;
};
/* Everything of 2.4.2 but signature and certificate. `at` is the time here; the token's may be `tolerance` away from
 * it: clocks differ, and a busy authority takes its time. True when there is no fault. */
bool tsp_check(const struct val_blob *request, const struct val_blob *response, utime at, utime tolerance,
	       struct tsp_answer *out);
void tsp_answer_dispose(struct tsp_answer *answer);

/* The token with further certificates and status data in its SignedData, outside of what is signed (RFC 5652 5.1, RFC
 * 5940); what is there already is not repeated. `ocsps` are OCSPResponses or BasicOCSPResponses. */
struct tsp_material {
	const struct val_blob *certs, *crls, *ocsps;
	size_t cert_count, crl_count, ocsp_count;
};
/* False when the token is no SignedData that can be added to. */
bool tsp_complete(const struct der *token, const struct tsp_material *material, struct buf *out);

#endif
