/* The night's part: a round, then what is due. */
#include "archiver/evidence_progress.h"

#include "archiver/conf.h"
#include "archiver/log.h"

#include <stdlib.h>

/* True when an open chain of the series has an algorithm that is about to end; *same: the configured one. */
static bool digest_ends(const struct evidence *e, unsigned series, enum digest_alg alg, bool *same) {
	bool other = false;
	*same = false;
	for (size_t i = 0; i < e->count; i++) {
		const struct evidence_stamp *s = &e->stamps[i];
		if (s->series != series || s->kind == EVIDENCE_RENEWAL || evidence_closed_by(e, s)) continue;
		const struct evidence_stamp *newest = evidence_newest(e, s);
		if (!evidence_is_due(e, s->gen_time, newest->digest_until)) continue;
		*same |= s->alg == alg;
		other |= s->alg != alg;
	}
	return other;
}

static int under_way(struct evidence *e, unsigned series, enum digest_alg alg, bool *is, struct error *err) {
	struct evidence_progress p;
	struct evidence_stamp waiting;
	int rc = evidence_progress_load(e, series, &p, err);
	*is = rc > 0 && p.alg == alg;
	evidence_progress_dispose(&p);
	if (rc < 0 || *is) return rc < 0 ? -1 : 0;
	rc = evidence_pending(e, series, EVIDENCE_REHASH, &waiting, err);
	*is = rc > 0;
	if (rc > 0) evidence_stamp_dispose(&waiting);
	return rc < 0 ? -1 : 0;
}

static int rehash_due(struct evidence *e, unsigned series, struct evidence_counts *counts, struct error *err) {
	enum digest_alg alg = evidence_alg(e, series);
	bool same, is, done;
	if (!alg) return 0;
	bool due = digest_ends(e, series, alg, &same);
	if (same) {
		log_event(LOG_WARN_LEVEL, "evidence-digest-ends", "digest", digest_name(alg), "setting",
			  series == 1 ? "evidence.digest" : "evidence.second", "advice", "set a stronger algorithm", NULL);
		app_worsen(e->app, EXIT_FINDINGS);
	}
	if (under_way(e, series, alg, &is, err)) return -1;
	if (!due && !is) return 0;
	return evidence_rehash(e, series, alg, conf_number(e->app->conf, CONF_evidence_reread), counts, &done, err);
}

int evidence_night(struct evidence *e, struct evidence_counts *counts, struct error *err) {
	if (evidence_round(e, counts, err) || evidence_renew(e, false, counts, err)) return -1;
	for (unsigned series = 1; series <= EVIDENCE_SERIES; series++)
		if (rehash_due(e, series, counts, err)) return -1;
	return 0;
}
