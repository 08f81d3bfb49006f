#include "archiver/evidence_since.h"

#include "archiver/evidence_private.h"

/* One that was lost has the time of the run that saw it as its end, and the next one's time-stamp is of the same minute. */
#define SLACK UTIME_DAY

static bool lasted(utime until, utime to, utime slack) {
	return until == UTIME_NONE || until - slack >= to;
}

/* RFC 4998 5.3: nothing may have ended before what takes its place was there. */
static bool holds(const struct evidence_parts *parts, utime now) {
	for (size_t i = 1; i < parts->count; i++) {
		const struct evidence_stamp *before = parts->items[i - 1].stamp, *s = parts->items[i].stamp;
		if (!lasted(before->until, s->gen_time, SLACK)) return false;
		if (s->kind != EVIDENCE_RENEWAL && !lasted(before->digest_until, s->gen_time, SLACK)) return false;
	}
	const struct evidence_stamp *last = parts->items[parts->count - 1].stamp;
	return last->gen_time <= now && lasted(last->until, now, 0) && lasted(last->digest_until, now, 0);
}

int evidence_since(struct evidence *e, const struct object_id *id, utime *since, struct error *err) {
	*since = UTIME_NONE;
	for (unsigned series = 1; series <= EVIDENCE_SERIES; series++) {
		struct evidence_parts parts = {.stamps_only = true};
		int rc = evidence_parts_of(e, id, series, &parts, err);
		if (rc > 0 && holds(&parts, e->app->now)) {
			utime when = parts.items[0].stamp->gen_time;
			if (*since == UTIME_NONE || when < *since) *since = when;
		}
		evidence_parts_dispose(&parts);
		if (rc < 0) return -1;
	}
	return *since != UTIME_NONE;
}
