/* A signature with all it needs to be judged: authorities, status lists, time-stamps, policy; each part as the test
 * wants it. Status is asked for (REVOCATION_HARD). */
#ifndef LTVAULT_TESTS_EXAMPLE_BUILDER_H
#define LTVAULT_TESTS_EXAMPLE_BUILDER_H

#include "tests/validator/cert_builder.h"
#include "tests/validator/cms_builder.h"
#include "validator/validator.h"

#define NOW "2025-06-01T00:00:00Z"
#define CONTENT "hello world"
#define OID_SMIME "1.2.840.113549.1.9.16.2."
#define CA_EXTENSIONS "basicConstraints", "critical,CA:TRUE", "keyUsage", "critical,keyCertSign,cRLSign"
#define SIGNER_USAGE "keyUsage", "critical,digitalSignature"

/* Root (anchor), an authority below it, a signer (serial 3) and a time-stamping authority; status by lists of the
 * issuers. All are valid from 2010, the signer from 2020, to 2030. */
struct example {
	struct made root, ca, signer, tsa, responder;
	struct cms_world cms;
	struct buf document, evidence[8];
	size_t evidence_count;
	const char *at, *proof; /* proof: the document existed then */
	const char *newest;     /* the evidence given last existed then; NULL: nothing says so */
	char *policy;           /* NULL: the built-in one */
	bool untrusted;         /* the root is no anchor */
};

void example_open(struct example *e);
void example_close(struct example *e);
/* What the plan leaves open is as it was. */
void example_set_signer(struct example *e, const struct cert_plan *plan);
/* Offered as evidence; frees them. */
void example_give(struct example *e, struct buf bytes);
void example_give_cert(struct example *e, const struct made *made);
/* A list of an issuer from one time to another; `serial` NULL: nobody is on it. */
void example_give_list(struct example *e, const struct made *issuer, const char *from, const char *to,
		       const char *serial, const char *when, const char *reason);
/* Fresh lists of both authorities, without anybody. */
void example_give_status(struct example *e);

/* Makes the document, with flags of cms_builder.h. */
void example_sign_with(struct example *e, unsigned flags, const struct buf *signed_extra,
		       const struct buf *unsigned_extra);
void example_sign(struct example *e, unsigned flags);
/* With time-stamps: on the content, on the signature value, or both; "20250101000000Z" or NULL. */
void example_sign_stamped(struct example *e, const char *content, const char *value);
/* The built-in policy with one member, or one rule, replaced; takes the value. */
void example_set_policy(struct example *e, const char *member, const char *rule, json_t *value);
json_t *example_judge(const struct example *e); /* the report */

#endif
