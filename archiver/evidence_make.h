/* Making and renewing evidence records (archiver/evidence.h); the store must be open for writing. Each is finished by the
 * next run where one dies. Counts are added to. 0, or -1 when the run failed. */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_MAKE_H
#define LTVAULT_ARCHIVER_EVIDENCE_MAKE_H

#include "archiver/evidence.h"

#include <jansson.h>

#define EVIDENCE_COUNT(name, text) uint64_t name;
struct evidence_counts {
#include "archiver/evidence_count.def"
};
#undef EVIDENCE_COUNT
json_t *evidence_counts_json(const struct evidence_counts *counts);

/* A round in each series over everything stored since the last, and what waited for an authority. */
int evidence_round(struct evidence *evidence, struct evidence_counts *counts, struct error *err);
/* Judges the newest token of each authority; renews the chains whose time-stamp ends within evidence.margin, or all. */
int evidence_renew(struct evidence *evidence, bool all, struct evidence_counts *counts, struct error *err);
/* What a hash-tree renewal to `alg` has before it. */
struct evidence_budget {
	uint64_t chains, objects, bytes;
};
int evidence_rehash_budget(struct evidence *evidence, unsigned series, enum digest_alg alg,
			   struct evidence_budget *budget, struct error *err);
/* Does it, at most about max_bytes of objects (0: all); goes on where it stopped, also after a kill. *done tells whether
 * nothing is left. */
int evidence_rehash(struct evidence *evidence, unsigned series, enum digest_alg alg, uint64_t max_bytes,
		    struct evidence_counts *counts, bool *done, struct error *err);
/* The night: all of it as the settings say. */
int evidence_night(struct evidence *evidence, struct evidence_counts *counts, struct error *err);

#endif
