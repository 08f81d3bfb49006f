/* The keys of an evidence record's entry: its chains with their trees and bonds, and its renewals. */
#include "validator/report.h"

#include <stdlib.h>

static const char *bond_name(enum ers_bond bond) {
	static const char *const names[] = {"unknown", "holds", "broken"};
	return names[bond];
}

static json_t *count(size_t n) {
	return json_integer((json_int_t)n);
}

static json_t *stamp(const struct signature *s, size_t index) {
	const struct ers_stamp *stamp = &s->ers->stamps[index];
	const struct signature *token = s->tokens[index].signature;
	json_t *value = json_object(), *lists = json_array();
	for (size_t i = 0; i < stamp->list_count; i++)
		json_array_append_new(lists, count(s->ers->lists[stamp->first_list + i].count));
	json_object_set_new(value, "timestamp", count(index)); /* its place in "timestamps" */
	json_object_set_new(value, "gen_time", report_time(token->tst_read ? token->tst.gen_time : UTIME_NONE));
	json_object_set_new(value, "lists", lists);
	json_object_set_new(value, "tree",
			    json_string(!stamp->has_tree    ? "none"
					: stamp->root_right ? "right"
							    : "wrong"));
	json_object_set_new(value, "as_set", json_boolean(stamp->reading & ERS_AS_SET && stamp->root_right));
	json_object_set_new(value, "hashed_twice",
			    json_boolean(stamp->reading & ERS_HASHED_TWICE && stamp->root_right));
	json_object_set_new(value, "bond", json_string(bond_name(stamp->bond)));
	json_object_set_new(value, "other_hashes", count(stamp->others));
	return value;
}

static json_t *chain(const struct signature *s, size_t index) {
	const struct ers_chain *chain = &s->ers->chains[index];
	enum digest_alg alg = s->ers->stamps[chain->first].digest;
	json_t *value = json_object(), *stamps = json_array();
	for (size_t i = 0; i < chain->count; i++) json_array_append_new(stamps, stamp(s, chain->first + i));
	json_object_set_new(value, "digest", alg ? json_string(digest_name(alg)) : json_null());
	json_object_set_new(value, "archive_timestamps", stamps);
	return value;
}

static json_t *renewal(const struct signature *s, size_t index) {
	const struct ers_stamp *stamp = &s->ers->stamps[index];
	const struct signature *token = s->tokens[index].signature;
	bool tree = index == s->ers->chains[stamp->chain].first;
	json_t *value = json_object();
	json_object_set_new(value, "kind", json_string(tree ? "hash-tree" : "timestamp"));
	json_object_set_new(value, "chain", count(stamp->chain));
	json_object_set_new(value, "timestamp", count(index));
	json_object_set_new(value, "gen_time", report_time(token->tst_read ? token->tst.gen_time : UTIME_NONE));
	json_object_set_new(value, "bond", json_string(bond_name(stamp->bond)));
	json_object_set_new(value, "sorted", json_boolean(stamp->bond_sorted));
	json_object_set_new(value, "reencoded", json_boolean(stamp->reencoded));
	return value;
}

void report_record(json_t *entry, const struct signature *record) {
	json_t *chains = json_array(), *renewals = json_array();
	/* Without tokens the record could not be read to its end. */
	for (size_t i = 0; record->token_count && i < record->ers->chain_count; i++)
		json_array_append_new(chains, chain(record, i));
	for (size_t i = 1; i < record->token_count; i++) json_array_append_new(renewals, renewal(record, i));
	json_object_set_new(entry, "chains", chains);
	json_object_set_new(entry, "renewals", renewals);
	json_object_set_new(entry, "objects", count(record->ers->objects));
}
