/* What was asked for in this run and what came: each question goes out once. */
#ifndef LTVAULT_ARCHIVER_JUDGE_CACHE_H
#define LTVAULT_ARCHIVER_JUDGE_CACHE_H

#include "archiver/judge.h"

struct judge_want { /* one question and its answer */
	char *url;
	unsigned char *request; /* NULL: GET */
	size_t request_len;
	bool asked, posted;       /* posted: not asked with GET first (RFC 5019) */
	bool kept;                /* the caller's `keep` has it: it can be had again by its digest */
	bool dropped;             /* it came, and is not in memory any more */
	struct object_id id;      /* of what came */
	struct judge_want *again; /* the same question posted, where what GET gave did not satisfy; NULL: not asked so */
	struct judge_piece piece; /* data NULL: nothing came */
};

/* One for a run, whoever asks; see app->fetched. */
struct judge_cache;
struct judge_cache *judge_cache_new(void);
void judge_cache_free(struct judge_cache *cache);
/* The entry for one element of a report's "wants"; made when it is new. NULL when it cannot be asked. */
struct judge_want *judge_cache_of(struct judge_cache *cache, const json_t *want);
/* The same question once more, to be posted. */
struct judge_want *judge_cache_again(struct judge_cache *cache, struct judge_want *want);
/* Every entry that was not asked yet; the array is the caller's. */
struct judge_want **judge_cache_open(const struct judge_cache *cache, size_t *count);
/* When more than LIMIT_FETCHED_BYTES are held: what was kept leaves the memory, what was not is forgotten. */
void judge_cache_trim(struct judge_cache *cache);
/* Forgets everything: what was kept may have been lost with a batch. */
void judge_cache_clear(struct judge_cache *cache);

#endif
