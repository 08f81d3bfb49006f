/* Status data that a later answer would improve: a statement made before a signature, or too soon after it for a
 * revocation to have been entered (EN 319 102-1 5.2.5, the grace period of RFC 5126 5.4), says nothing about it. The
 * verdict does not depend on this; it is wanted again, once the grace period is over, so that the archive has a
 * statement that does. */
#include "validator/process.h"

#include "validator/path_internal.h"

static bool improvable(const struct context *c, const struct path_link *link, utime moment) {
	if (link->anchor || link->exempt || link->status != REVOCATION_GOOD || link->produced == UTIME_NONE) return false;
	/* Of a certificate that has expired nobody speaks any more. */
	return link->produced < moment + c->request->grace && c->request->at <= link->cert->not_after;
}

void process_later(struct context *c, struct signature *s, utime moment) {
	utime after = moment + c->request->grace;
	if (!c->request->grace || !s->path_judged || moment == UTIME_NONE) return;
	for (size_t i = 0; i + 1 < s->path.link_count; i++) {
		if (!improvable(c, &s->path.links[i], moment)) continue;
		if (c->later == UTIME_NONE || after < c->later) c->later = after;
		if (c->request->at >= after)
			path_wants_status(&s->path, s->path.links[i].cert, s->path.links[i + 1].cert);
	}
}
