/* RFC 3161 time-stamp tokens: the TSTInfo inside a SignedData, and the response around one.
 *
 * Borrowed from the bytes given; times to the microsecond. */
#ifndef LTVAULT_VALIDATOR_TST_H
#define LTVAULT_VALIDATOR_TST_H

#include "validator/der.h"

struct tst_info {
	struct der imprint_alg; /* AlgorithmIdentifier */
	const unsigned char *imprint;
	size_t imprint_len;
	utime gen_time;
	utime accuracy; /* microseconds either side; 0 when not stated */
	bool ordering;
	struct der tsa; /* the GeneralName; start is NULL when absent */
	struct der policy, serial; /* elements */
	struct der nonce;          /* the INTEGER; start is NULL when absent */
};

/* False when it is no TSTInfo of version 1 (RFC 3161 2.4.2). */
bool tst_read_info(const unsigned char *data, size_t len, struct tst_info *out);
/* The token inside a TimeStampResp, which begins with a PKIStatusInfo. False when it is none or carries no token. */
bool tst_token_of_response(const unsigned char *data, size_t len, struct der *token);
/* RFC 3161 2.4.2: a is known to be older than b. */
bool tst_before(const struct tst_info *a, const struct tst_info *b);

#endif
