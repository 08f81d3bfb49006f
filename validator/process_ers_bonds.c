/* What binds an evidence record together (RFC 4998 4.3 and 5.3): every tree to its time-stamp, every ArchiveTimeStamp
 * to the one before it, the first of every chain to the data and to all chains before. Each is checked; that the last
 * chain holds says nothing about the first. Where the RFC has two readings both are tried, the usual one first. */
#include "validator/process.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

char *process_stamp_name(const struct ers *ers, size_t index) {
	size_t chain = ers->stamps[index].chain;
	return xasprintf("chain %zu, time-stamp %zu", chain + 1, index - ers->chains[chain].first + 1);
}

static void tell(struct signature *s, enum finding_code code, size_t index, const char *more) {
	char *name = process_stamp_name(s->ers, index);
	finding_add(&s->findings, code, "%s%s%s", name, more ? ": " : "", more ? more : "");
	free(name);
}

static void format_failure(struct signature *s) {
	process_block(&s->format, INDICATION_FAILED, SUB_FORMAT_FAILURE);
}

static void hash_failure(struct signature *s) {
	process_block(&s->crypto, INDICATION_FAILED, SUB_HASH_FAILURE);
}

static const struct tst_info *stamp_tst(const struct signature *s, size_t index) {
	const struct signature *token = s->tokens[index].signature;
	return token->tst_read ? &token->tst : NULL;
}

/* The algorithm of a stamp, one for the whole chain; false when its tree cannot be computed. */
static bool find_digest(struct signature *s, size_t index) {
	struct ers_stamp *stamp = &s->ers->stamps[index];
	const struct ers_stamp *first = &s->ers->stamps[s->ers->chains[stamp->chain].first];
	const struct tst_info *tst = stamp_tst(s, index);
	if (!tst) return false;
	enum digest_alg imprint = digest_of_algorithm(&tst->imprint_alg);
	stamp->digest = imprint;
	if (stamp->digest_alg.start) stamp->digest = digest_of_algorithm(&stamp->digest_alg);
	if (!digest_size(stamp->digest)) {
		tell(s, FINDING_DIGEST_ALGORITHM_UNKNOWN, index, NULL);
		process_block(&s->acceptance, INDICATION_INDETERMINATE, SUB_CRYPTO_CONSTRAINTS_FAILURE);
		return false;
	}
	if (stamp->digest == imprint && (stamp == first || stamp->digest == first->digest)) return true;
	tell(s, FINDING_ERS_ALGORITHMS_DIFFER, index, digest_name(stamp->digest));
	format_failure(s);
	return stamp->digest == imprint;
}

static bool lengths_right(struct signature *s, size_t index) {
	const struct ers *ers = s->ers;
	const struct ers_stamp *stamp = &ers->stamps[index];
	size_t size = digest_size(stamp->digest);
	bool right = stamp_tst(s, index)->imprint_len == size;
	for (size_t l = 0; l < stamp->list_count; l++) {
		const struct ers_list *list = &ers->lists[stamp->first_list + l];
		for (size_t i = 0; i < list->count; i++) right &= ers->hashes[list->first + i].len == size;
	}
	if (right) return true;
	tell(s, FINDING_ERS_HASH_LENGTH, index, NULL);
	format_failure(s);
	return false;
}

static void find_root(struct signature *s, size_t index) {
	struct ers_stamp *stamp = &s->ers->stamps[index];
	const struct tst_info *tst = stamp_tst(s, index);
	unsigned char root[DIGEST_MAX];
	stamp->root_right = !stamp->has_tree;
	for (unsigned reading = 0; reading < ERS_READINGS && !stamp->root_right; reading++) {
		ers_root(s->ers, stamp, reading, root);
		stamp->root_right = !memcmp(root, tst->imprint, tst->imprint_len);
		stamp->reading = reading;
	}
	if (!stamp->root_right) {
		tell(s, FINDING_ERS_ROOT_WRONG, index, NULL);
		hash_failure(s);
		return;
	}
	if (stamp->reading & ERS_AS_SET) tell(s, FINDING_ERS_AS_SET, index, NULL);
	if (stamp->reading & ERS_HASHED_TWICE) tell(s, FINDING_ERS_HASHED_TWICE, index, NULL);
}

/* A stamp is about this hash: it is in the first list, or is the imprint where there is no tree. */
static bool is_about(const struct signature *s, size_t index, const struct ers_index *list, const unsigned char *hash) {
	const struct ers_stamp *stamp = &s->ers->stamps[index];
	const struct tst_info *tst = stamp_tst(s, index);
	return stamp->has_tree ? ers_index_has(list, hash) : !memcmp(tst->imprint, hash, tst->imprint_len);
}

/* Time-stamp renewal (5.2): about the complete encoded token before, as it is stored; else about its DER encoding. */
static void bind_to_token(struct signature *s, size_t index, const struct ers_index *list) {
	struct ers_stamp *stamp = &s->ers->stamps[index];
	const struct der *token = &stamp[-1].token;
	unsigned char hash[DIGEST_MAX];
	struct buf der = {0};
	digest_bytes(stamp->digest, token->start, token->full, hash);
	bool holds = is_about(s, index, list, hash);
	if (!holds && token->full <= LIMIT_ERS_DER_BYTES && cms_put_der(token, &der)) {
		digest_bytes(stamp->digest, der.data, der.len, hash);
		stamp->reencoded = holds = is_about(s, index, list, hash);
	}
	buf_dispose(&der);
	stamp->bond = holds ? ERS_HOLDS : ERS_BROKEN;
	stamp->others = list->count - (holds && list->count);
	if (holds && !stamp->reencoded) return;
	tell(s, holds ? FINDING_ERS_REENCODED : FINDING_ERS_RENEWAL_BROKEN, index, NULL);
	if (!holds) hash_failure(s);
}

/* Hash of the ArchiveTimeStampSequence with the chains before this one, header and all. */
static void hash_history(const struct ers *ers, const struct ers_stamp *stamp, bool reencode,
			 unsigned char out[static DIGEST_MAX]) {
	struct buf chains = {0}, sequence = {0};
	for (size_t i = 0; i < stamp->chain; i++) {
		const struct der *chain = &ers->chains[i].whole;
		if (!reencode || !cms_put_der(chain, &chains)) buf_add(&chains, chain->start, chain->full);
	}
	der_put(&sequence, DER_SEQUENCE, chains.data, chains.len);
	digest_bytes(stamp->digest, sequence.data, sequence.len, out);
	buf_dispose(&chains);
	buf_dispose(&sequence);
}

/* How the first stamp of a chain may be about a data object. */
struct leaf_form {
	bool renewal, sorted;
	unsigned char history[DIGEST_MAX];
};

static void leaf(const struct leaf_form *form, enum digest_alg alg, const unsigned char *data,
		 unsigned char out[static DIGEST_MAX]) {
	size_t size = digest_size(alg);
	if (!form->renewal) {
		memcpy(out, data, size);
		return;
	}
	unsigned char joined[2 * DIGEST_MAX];
	bool swap = form->sorted && memcmp(data, form->history, size) > 0;
	memcpy(joined + (swap ? size : 0), data, size);
	memcpy(joined + (swap ? 0 : size), form->history, size);
	digest_bytes(alg, joined, 2 * size, out);
}

/* What there is to hold against a chain: data objects, and of the bare digests those of its algorithm. */
struct offered {
	size_t usable, matched;
	size_t first_unmatched; /* counted from 1 */
};

static struct offered match_offers(struct signature *s, size_t index, const struct ers_index *list,
				   const struct leaf_form *form) {
	enum digest_alg alg = s->ers->stamps[index].digest;
	struct offered o = {0};
	unsigned char hash[DIGEST_MAX];
	size_t len;
	const unsigned char *data;
	for (size_t i = 0; (data = content_digest(s->content, alg, i, &len)); i++) {
		if (len != digest_size(alg)) continue;
		leaf(form, alg, data, hash);
		o.usable++;
		if (is_about(s, index, list, hash))
			o.matched++;
		else if (!o.first_unmatched)
			o.first_unmatched = i + 1;
	}
	return o;
}

/* 5.3: the two orders of the two hashes, over the chains as stored and in DER. What covers the most of the data holds.
 */
static struct offered match_renewal(struct signature *s, size_t index, const struct ers_index *list) {
	struct ers_stamp *stamp = &s->ers->stamps[index];
	struct offered best = {0};
	struct leaf_form form = {.renewal = true};
	for (int try = 0; try < 4; try++) {
		bool reencode = try >= 2;
		if (reencode && s->len > LIMIT_ERS_DER_BYTES) break;
		if (try % 2 == 0) hash_history(s->ers, stamp, reencode, form.history);
		form.sorted = try % 2;
		struct offered o = match_offers(s, index, list, &form);
		if (try && o.matched <= best.matched) continue;
		best = o;
		stamp->bond_sorted = o.matched && form.sorted, stamp->reencoded = o.matched && reencode;
		if (o.matched == o.usable) break;
	}
	return best;
}

/* How many objects there are: digests of one object in several algorithms count once. */
static size_t count_objects(struct signature *s) {
	size_t most = 0, len;
	for (int alg = 1; alg < DIGEST_ALGS; alg++) {
		size_t count = 0, size = digest_size(alg);
		for (size_t i = 0; size && content_digest(s->content, alg, i, &len); i++) count += len == size;
		if (count > most) most = count;
	}
	return most;
}

static void tell_bond(struct signature *s, size_t index, const struct offered *o) {
	const struct ers_stamp *stamp = &s->ers->stamps[index];
	if (stamp->bond == ERS_BROKEN) {
		char *which = xasprintf("object %zu", o->first_unmatched);
		tell(s, stamp->chain ? FINDING_ERS_HISTORY_NOT_COVERED : FINDING_ERS_DATA_NOT_COVERED, index, which);
		free(which);
		hash_failure(s);
		return;
	}
	if (stamp->bond == ERS_UNKNOWN) tell(s, FINDING_ERS_DATA_MISSING, index, digest_name(stamp->digest));
	if (stamp->bond_sorted) tell(s, FINDING_ERS_SORTED_RENEWAL, index, NULL);
	if (stamp->reencoded) tell(s, FINDING_ERS_REENCODED, index, NULL);
	if (!stamp->chain && stamp->bond == ERS_HOLDS && stamp->others)
		finding_add(&s->findings, FINDING_ERS_OTHER_HASHES, "%zu hashes", stamp->others);
}

static void bind_to_data(struct signature *s, size_t index, const struct ers_index *list) {
	struct ers_stamp *stamp = &s->ers->stamps[index];
	struct leaf_form plain = {0};
	struct offered o = stamp->chain ? match_renewal(s, index, list) : match_offers(s, index, list, &plain);
	stamp->bond = o.matched < o.usable                      ? ERS_BROKEN
		      : o.usable < s->ers->objects || !o.usable ? ERS_UNKNOWN
								: ERS_HOLDS;
	stamp->others = o.matched < list->count ? list->count - o.matched : 0;
	tell_bond(s, index, &o);
}

static void check_stamp(struct signature *s, size_t index) {
	const struct ers *ers = s->ers;
	struct ers_index list;
	if (!find_digest(s, index) || !lengths_right(s, index)) return;
	find_root(s, index);
	ers_index_open(&list, ers, &ers->stamps[index]);
	if (index == ers->chains[ers->stamps[index].chain].first)
		bind_to_data(s, index, &list);
	else
		bind_to_token(s, index, &list);
	ers_index_close(&list);
}

/* 3.1: digestAlgorithms lists all that are used. Nothing protects that list, so it decides nothing. */
static void compare_listed(struct signature *s) {
	bool used[DIGEST_ALGS] = {0}, listed[DIGEST_ALGS] = {0};
	struct der alg;
	struct der_walk w = der_walk_in(&s->ers->digest_algs);
	while (der_next_ber(&w, &alg)) listed[digest_of_algorithm(&alg)] = true;
	for (size_t i = 0; i < s->ers->stamp_count; i++) used[s->ers->stamps[i].digest] = true;
	for (int i = 1; i < DIGEST_ALGS; i++) {
		if (used[i] && !listed[i])
			finding_add(&s->findings, FINDING_ERS_ALGORITHM_NOT_LISTED, "%s", digest_name(i));
		if (listed[i] && !used[i])
			finding_add(&s->findings, FINDING_ERS_ALGORITHM_NOT_USED, "%s", digest_name(i));
	}
}

void process_record_bonds(struct signature *s) {
	bool missing = false;
	s->ers->objects = count_objects(s);
	for (size_t i = 0; i < s->ers->stamp_count; i++) {
		check_stamp(s, i);
		missing |= s->ers->stamps[i].bond == ERS_UNKNOWN;
	}
	compare_listed(s);
	if (missing) process_block(&s->crypto, INDICATION_INDETERMINATE, SUB_SIGNED_DATA_NOT_FOUND);
}
