/* Reduced hash trees (RFC 4998 4.2 and 4.3). Lists are sorted here: one in seven of those in the field is not. */
#include "validator/ers.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Hashes of one tree have one length, which is what makes a comparator without a context possible. */
static int by_bytes(const void *a, const void *b) {
	const struct ers_hash *x = *(const struct ers_hash *const *)a, *y = *(const struct ers_hash *const *)b;
	return memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
}

/* The list's hashes and, when there is one, `also`, in binary ascending order. */
static const struct ers_hash **sorted(const struct ers *ers, const struct ers_list *list, const struct ers_hash *also,
				      size_t *count) {
	const struct ers_hash **out = xcalloc(list->count + 1, sizeof *out);
	for (*count = 0; *count < list->count; ++*count) out[*count] = &ers->hashes[list->first + *count];
	if (also) out[(*count)++] = also;
	qsort(out, *count, sizeof *out, by_bytes);
	return out;
}

static size_t without_repeats(const struct ers_hash **hashes, size_t count) {
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (!kept || by_bytes(&hashes[kept - 1], &hashes[i])) hashes[kept++] = hashes[i];
	return kept;
}

void ers_root(const struct ers *ers, const struct ers_stamp *stamp, unsigned reading,
	      unsigned char out[static DIGEST_MAX]) {
	struct ers_hash above = {0};
	struct digest_ctx *ctx = digest_new(stamp->digest);
	for (size_t l = 0; l < stamp->list_count; l++) {
		size_t count;
		const struct ers_list *list = &ers->lists[stamp->first_list + l];
		const struct ers_hash **hashes = sorted(ers, list, l ? &above : NULL, &count);
		if (reading & ERS_AS_SET) count = without_repeats(hashes, count);
		if (count == 1 && !(reading & ERS_HASHED_TWICE)) {
			memmove(out, hashes[0]->data, hashes[0]->len);
			above = (struct ers_hash){out, hashes[0]->len};
		} else {
			for (size_t i = 0; i < count; i++) digest_update(ctx, hashes[i]->data, hashes[i]->len);
			above = (struct ers_hash){out, digest_final(ctx, out)};
			digest_reset(ctx);
		}
		free(hashes);
	}
	digest_free(ctx);
}

void ers_index_open(struct ers_index *index, const struct ers *ers, const struct ers_stamp *stamp) {
	*index = (struct ers_index){.size = digest_size(stamp->digest)};
	if (stamp->list_count) index->sorted = sorted(ers, &ers->lists[stamp->first_list], NULL, &index->count);
}

void ers_index_close(struct ers_index *index) {
	free(index->sorted);
	*index = (struct ers_index){0};
}

bool ers_index_has(const struct ers_index *index, const unsigned char *hash) {
	size_t low = 0, high = index->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(index->sorted[middle]->data, hash, index->size);
		if (!order) return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
