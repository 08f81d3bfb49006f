/* Judging: validate, fetch what is wanted, validate again; at most LIMIT_JUDGE_ROUNDS rounds.
 *
 * One struct judge serves a run: workers, and a cache of what was fetched, keyed by what was asked, so that one CRL is
 * fetched once for everyone. It knows the store only through the caller's callbacks. */
#ifndef LTVAULT_ARCHIVER_JUDGE_H
#define LTVAULT_ARCHIVER_JUDGE_H

#include "archiver/app.h"
#include "archiver/worker.h"

struct judge_piece { /* something fetched, or offered again */
	unsigned char *data;
	size_t len;
	enum object_kind kind; /* OBJECT_CRL, OBJECT_OCSP, OBJECT_CERTIFICATE */
	char *url;
	bool unreadable;       /* not what it should be */
	char *question;        /* what was asked for, as one word of text that stays the same; NULL: not to be remembered */
	char *etag, *modified; /* as the host named what came; NULL when it did not */
};

/* What an earlier run was given for a question. */
struct judge_known {
	struct object_id id;
	char *etag, *modified; /* owned; NULL: none */
};

struct judge_item {
	/* in: either the bytes ... */
	const unsigned char *data;
	size_t len;
	/* ... or, when data is NULL, a loader that is called when a worker is free; it sets data and len and the caller's
	 * `unload` frees them. load returns 0; -1 (err set) when the run failed; 1 when there is nothing to judge. */
	int (*load)(struct judge_item *item, struct error *err);
	void (*unload)(struct judge_item *item);
	void *user;
	const struct val_blob *evidence; /* stored earlier for this document */
	size_t evidence_count;
	const struct val_blob *companions; /* --data: e.g. the content of a detached signature */
	size_t companion_count;
	const struct val_proof *proofs;
	size_t proof_count;
	const struct val_request *more; /* digests, path options, query and tolerance are taken from here; NULL: none */
	utime at;                       /* instead of app->now when not 0 */
	bool alone;                     /* ask nobody for it, whatever it wants */
	bool path;                      /* judge as a certificate: report of schema ltvault.path/1 */
	/* out */
	json_t *report; /* ltvault.validation/1 without "file" and "wants"; owned by the caller; NULL when load gave 1 */
	const struct judge_piece **used; /* fetched for this item; the array is the caller's, the pieces are the judge's until
	                                  * the next judge_run */
	size_t used_count;
};

struct judge;
struct judge_options {
	bool offline;                /* beside network.offline */
	const char *const *trust;    /* instead of the configured folder when trust_count is not 0 */
	size_t trust_count;
	size_t workers;              /* instead of validation.workers when not 0 */
	/* Called for each piece when it has come and before it is looked at; 0, or -1 with err. May be NULL. */
	int (*keep)(void *user, const struct judge_piece *piece, struct error *err);
	/* What `keep` was given for this question in an earlier run: 1, 0 nothing, -1 with err. The host is then asked only
	 * whether it is still the same (RFC 9110 13). May be NULL. */
	int (*recall)(void *user, const char *question, struct judge_known *known, struct error *err);
	/* The bytes of something kept; owned by the caller. 1, 0 not there any more, -1 with err. NULL where recall is. */
	int (*reload)(void *user, const struct object_id *id, unsigned char **data, size_t *len, struct error *err);
	void *keep_user;
};
/* Uses the app's configuration (which must be loaded): trust, policy, workers, network. */
struct judge *judge_start(struct app *app, const struct judge_options *options, struct error *err);
void judge_stop(struct judge *judge);
/* Judges all items with the configured revocation mode; 0, or -1 when the run failed. What was fetched and is not even of its
 * kind is told in the log and is in no item's `used`. */
int judge_run(struct judge *judge, struct judge_item *items, size_t count, struct error *err);

/* {"id", "sha256"} of the policy in use; borrowed. */
json_t *judge_policy_id(const struct judge *judge);

/* The parts of a report that callers ask for; borrowed text, never NULL. */
const char *report_indication(const json_t *report);     /* "TOTAL-PASSED" ... */
const char *report_sub_indication(const json_t *report); /* "" none */

#endif
