/* Time-stamps of RFC 3161: asked of the configured authorities in order of preference, stored by the caller only when checked.
 *
 * A token that is handed out has been checked in a worker: imprint, nonce, policy and signature, that it is for this request and
 * of a sane time, and the path and status of the authority's certificate. Its SignedData carries the authority's chain and the
 * status data that this verdict rests on (certificates, crls; OCSP answers as RFC 5940 has them), so that it can be judged when
 * no responder answers any more; they are unsigned and were put in at once, because what renews a token hashes all its bytes.
 * An authority that did not answer, or wrongly, is a line in the log with its finding, is asked less often from then on, and the
 * next one is asked. Times are bounded: [network] timeout for one authority, all of them once for one token. The judge is run: what
 * it gave out before (judge_item.used) is no longer there afterwards. */
#ifndef LTVAULT_ARCHIVER_TSA_H
#define LTVAULT_ARCHIVER_TSA_H

#include "archiver/app.h"
#include "archiver/judge.h"
#include "base/digest.h"

struct tsa;
struct tsa_token {
	unsigned char *der; /* the TimeStampToken (ContentInfo); the caller's */
	size_t len;
	utime gen_time;
	const char *url; /* of the authority; lives as long as the struct tsa */
};

/* Both are borrowed and outlive it; the configuration must be loaded. NULL with err when the settings cannot be used; with none
 * configured, or offline, it opens all the same and every tsa_stamp gives 1. */
struct tsa *tsa_open(struct app *app, struct judge *judge, struct error *err);
void tsa_close(struct tsa *tsa);
/* A token over `digest`, which has the size of `alg`. 0; 1 when no authority gave a usable token now (it is in the log; no error
 * of the run; *token is empty); -1 with err when the run failed. The token is not stored. */
int tsa_stamp(struct tsa *tsa, enum digest_alg alg, const unsigned char *digest, struct tsa_token *token, struct error *err);
/* The same for an archive time-stamp: with the trust anchor's certificate inside as well (BSI TR-ESOR-ERS 3.4), and never from the
 * authority at `other_than` (NULL: from any), because parallel ones shall not depend on one. */
int tsa_stamp_archive(struct tsa *tsa, const char *other_than, enum digest_alg alg, const unsigned char *digest,
                      struct tsa_token *token, struct error *err);

#endif
