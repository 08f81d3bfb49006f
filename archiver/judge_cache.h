/* What was asked for in this run and what came: each question goes out once. */
#ifndef LTVAULT_ARCHIVER_JUDGE_CACHE_H
#define LTVAULT_ARCHIVER_JUDGE_CACHE_H

#include "archiver/judge.h"

struct judge_want { /* one question and its answer */
	char *url;
	unsigned char *request; /* NULL: GET */
	size_t request_len;
	bool asked;
	struct judge_piece piece; /* data NULL: nothing came */
};

struct judge_cache;
struct judge_cache *judge_cache_new(void);
void judge_cache_free(struct judge_cache *cache);
/* The entry for one element of a report's "wants"; made when it is new. NULL when it cannot be asked. */
struct judge_want *judge_cache_of(struct judge_cache *cache, const json_t *want);
/* Every entry that was not asked yet; the array is the caller's. */
struct judge_want **judge_cache_open(const struct judge_cache *cache, size_t *count);
/* Forgets everything when more than LIMIT_FETCHED_BYTES are held. */
void judge_cache_trim(struct judge_cache *cache);

#endif
