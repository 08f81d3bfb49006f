/* Long-term evidence in a CMS signature (ETSI EN 319 122-1): certificates and status data in the bags of the SignedData,
 * signature time-stamps, archive time-stamps of version 3 with their index.
 *
 * What a time-stamp is about depends on the evidence, and the lengths of the result on the time-stamp: so first it is told what
 * has to be stamped, and with the tokens the pieces are made. */
#ifndef LTVAULT_VALIDATOR_EXTEND_CMS_H
#define LTVAULT_VALIDATOR_EXTEND_CMS_H

#include "validator/extend.h"
#include "validator/judge.h"

enum extend_cms_stamp { EXTEND_NO_STAMP, EXTEND_SIGNATURE_STAMP, EXTEND_ARCHIVE_STAMP };

struct extend_imprint { /* what a token has to be about */
	enum digest_alg alg;
	unsigned char digest[DIGEST_MAX];
};

struct extend_cms_order {
	const struct extend_item *items; /* what the bags do not hold yet */
	size_t count;
	const enum extend_cms_stamp *stamps; /* for each SignerInfo; NULL: see tokens */
	enum digest_alg alg;                 /* of what is to be stamped */
	const struct val_blob *tokens;       /* for what was told to be stamped, in any order; each goes to where it belongs */
	size_t token_count;
};

/* Refused for what the signatures carry or how they are encoded; NONE: it can be extended. */
enum extend_refusal extend_cms_refuse(const struct context *c, const struct judged *j, char **detail);
/* With `stamps`: fills `imprints` (one for each that is asked for, in the order of the SignerInfos) when there are any, and
 * makes the pieces when there is none. With tokens: makes the pieces; STAMP_WRONG when one of them belongs nowhere. */
void extend_cms_write(const struct judged *j, const struct extend_cms_order *order, struct extension *out,
		      struct extend_imprint *imprints, size_t *imprint_count);

#endif
