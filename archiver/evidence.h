/* Evidence records (RFC 4998) that the archive makes over everything it keeps, and renews.
 *
 * A *series* is a line of time-stamps of its own: one is usual, two parallel ones with different authorities and hash
 * families when evidence.second is set. In each series every stored object becomes a leaf of one *round*; a round is a
 * hash tree (archiver/evidence_tree.h) and a token over its root. Before a token loses its worth a *renewal* puts the
 * tokens of all chains that need it into one new tree (RFC 4998 5.2, time-stamp renewal); before a hash algorithm does,
 * a *rehash* reads every object again (hash-tree renewal). Each of the three is a *stamp*: a numbered value
 * "evidence/stamp/N" in the journal, which leads to the tree and the token. Records are put together from them when they
 * are asked for; nothing is kept for one object alone.
 *
 * A tree is stored, and the value "evidence/pending/..." with it, before an authority is asked about it: what is cut
 * off goes on with the same tree, and an authority that does not answer delays and loses nothing. */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_H
#define LTVAULT_ARCHIVER_EVIDENCE_H

#include "archiver/app.h"
#include "archiver/evidence_tree.h"
#include "archiver/tsa.h"

#include <jansson.h>

#define EVIDENCE_SERIES 2

enum evidence_kind { EVIDENCE_ROUND, EVIDENCE_RENEWAL, EVIDENCE_REHASH };
const char *evidence_kind_name(enum evidence_kind kind);

struct evidence_stamp {
	uint32_t number; /* 1, 2, 3 ... of all series together */
	enum evidence_kind kind;
	unsigned series; /* from 1 */
	enum digest_alg alg;
	struct object_id tree, token;
	utime gen_time;
	utime until;        /* as last judged: the token proves by itself until then */
	utime digest_until; /* as last judged: until then its hash algorithm is reliable; UTIME_NONE: no end is known */
	unsigned char authority[SHA256_SIZE]; /* certificate that signed the token */
	char *url, *name;     /* where it came from; who signed it, "" not known */
	char *limit, *detail; /* what ends at `until`: a word of validator/provable_limit.def and its name; "" not known */
	uint64_t leaves;
	uint32_t to_pack; /* rounds: the last object in them */
	uint64_t to_offset;
	uint32_t *covers; /* renewals and rehashes: numbers of the stamps that begin the chains in them, ascending */
	size_t cover_count;
};

/* What an authority's token is worth, judged in a worker. */
struct evidence_worth {
	bool passed;
	char *why; /* when it has not: its sub-indication */
	char *name, *limit, *detail; /* as in a stamp; NULL not known */
	utime until, digest_until;
	unsigned char authority[SHA256_SIZE];
};

void evidence_worth_dispose(struct evidence_worth *worth);

/* Who stamps and who judges; archiver/evidence_authority.h has the real one. */
struct evidence_authority {
	void *user;
	/* As tsa_stamp; `other_than`: an address that must not be the one asked, NULL any. */
	int (*stamp)(void *user, const char *other_than, enum digest_alg alg, const unsigned char *digest,
		     struct tsa_token *token, struct error *err);
	/* 0, or -1 when the run failed. */
	int (*examine)(void *user, const unsigned char *token, size_t len, enum digest_alg alg,
		       const unsigned char *digest, struct evidence_worth *out, struct error *err);
};

struct evidence;
/* Reads every stamp; app->store must be open, for writing where something is made. `authority` is borrowed, NULL where
 * nothing is. */
struct evidence *evidence_open(struct app *app, const struct evidence_authority *authority, struct error *err);
void evidence_close(struct evidence *evidence);
struct store *evidence_store(const struct evidence *evidence); /* borrowed */
size_t evidence_stamps(const struct evidence *evidence, const struct evidence_stamp **stamps); /* borrowed */

/* ---- using ---- */

struct evidence_proof {
	const struct evidence_stamp *first, *last; /* time-stamps of the record; borrowed */
	size_t chains, stamps;
};

/* What ends the proof of a chain first, and when it has to be renewed: evidence.margin before that, or in the middle where
 * there was less than twice that time. */
struct evidence_next {
	utime until, due; /* UTIME_NONE: no end is known */
	enum evidence_kind kind; /* RENEWAL of the time-stamp, or REHASH */
	const char *limit, *detail; /* as in a stamp; borrowed */
};
struct evidence_next evidence_next(const struct evidence *evidence, const struct evidence_stamp *begin);
/* The evidence record of an object in one series: *der is the caller's. 1; 0 when it is in no round yet; -1 with err,
 * ERROR_DAMAGED when a tree or a token is not there. */
int evidence_of(struct evidence *evidence, const struct object_id *id, unsigned series, struct buf *der,
		struct evidence_proof *proof, struct error *err);
/* A record that someone holds against the journal: is the newest time-stamp in it the newest that was made for this
 * object? 1 yes; 0 no, *lacks is how many of the archive's it has not; -1. Nothing in the record is parsed: tokens are
 * looked for as they are. */
int evidence_compare(struct evidence *evidence, const struct object_id *id, const unsigned char *record, size_t len,
		     unsigned *series, size_t *lacks, struct error *err);

#endif
