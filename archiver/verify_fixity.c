#include "archiver/verify_fixity.h"

#include "archiver/log.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/records.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CURSOR "cursor/fixity"
#define COMMIT_OBJECTS 4096 /* objects between two commits of the cursor: what a crash makes the next pass read again  \
			     */

int fixity_begin(struct fixity *fixity, struct store *store, struct error *err) {
	*fixity = (struct fixity){0};
	return store_damages(store, &fixity->known, &fixity->known_count, err);
}

void fixity_end(struct fixity *fixity) {
	for (size_t i = 0; i < fixity->known_count; i++) damage_row_dispose(&fixity->known[i]);
	free(fixity->known);
	*fixity = (struct fixity){0};
}

static enum object_state known_state(const struct fixity *fixity, const struct object_id *id) {
	for (size_t i = 0; i < fixity->known_count; i++)
		if (object_id_equal(&fixity->known[i].id, id)) return fixity->known[i].state;
	return OBJECT_PRESENT;
}

/* Within one run an object is told and noted once. */
static void remember(struct fixity *fixity, const struct object_id *id, enum object_state state) {
	for (size_t i = 0; i < fixity->known_count; i++) {
		if (!object_id_equal(&fixity->known[i].id, id)) continue;
		fixity->known[i].state = state;
		return;
	}
	fixity->known = xreallocarray(fixity->known, fixity->known_count + 1, sizeof *fixity->known);
	fixity->known[fixity->known_count++] = (struct damage_row){.id = *id, .state = state, .detail = xstrdup("")};
}

static int hash_sink(void *user, const unsigned char *data, size_t len, struct error *err) {
	(void)err;
	digest_update(user, data, len);
	return 0;
}

/* The digest of what is there in the object's place; "" when it cannot be read. Only after damage was found. */
static void actual_digest(struct store *store, const struct object_id *id, char text[static OBJECT_ID_TEXT_MAX]) {
	unsigned char sum[DIGEST_MAX];
	struct object_id found;
	struct error err = {0};
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	*text = 0;
	store_stream(store, id, true, hash_sink, ctx, &err);
	digest_final(ctx, sum);
	memcpy(found.sha256, sum, sizeof found.sha256);
	if (!err.code && !object_id_equal(&found, id)) object_id_text(&found, text);
	digest_free(ctx);
}

static char *damage_detail(struct store *store, const struct object_id *id, enum object_state state,
			   const char *whose) {
	char actual[OBJECT_ID_TEXT_MAX] = "";
	if (state == OBJECT_DAMAGED) actual_digest(store, id, actual);
	if (state == OBJECT_MISSING) return xasprintf("%s: missing", whose);
	return *actual ? xasprintf("%s: the stored bytes have the digest %s", whose, actual)
		       : xasprintf("%s: the stored bytes could not be read", whose);
}

static void tell_bad(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *id,
		     enum object_state state, const char *whose, bool known) {
	char text[OBJECT_ID_TEXT_MAX], *detail = damage_detail(app->store, id, state, whose);
	if (state == OBJECT_DAMAGED)
		fixity->damaged++;
	else
		fixity->missing++;
	log_event(LOG_ERROR_LEVEL, "damage", "object", object_id_text(id, text), "state", object_state_name(state),
		  "detail", detail, "known", known ? "yes" : "no", NULL);
	if (!known) batch_set_object_state(batch, id, state, detail);
	remember(fixity, id, state);
	app_worsen(app, EXIT_DAMAGE);
	free(detail);
}

int fixity_tell(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *id, uint64_t size,
		enum object_state state, const char *whose, struct error *err) {
	enum object_state before = known_state(fixity, id);
	char text[OBJECT_ID_TEXT_MAX];
	if (state == OBJECT_UNREADABLE) {
		error_prefix(err, "%s", whose);
		return error_set(err, ERROR_IO, "%s: %s could not be read", whose, object_id_text(id, text));
	}
	if (state != OBJECT_PRESENT) {
		tell_bad(fixity, app, batch, id, state, whose, before == state);
		return 0;
	}
	fixity->objects++;
	fixity->bytes += size;
	if (before == OBJECT_PRESENT) return 0;
	fixity->healed++;
	log_event(LOG_WARN_LEVEL, "healed", "object", object_id_text(id, text), "whose", whose, NULL);
	batch_set_object_state(batch, id, OBJECT_PRESENT, whose);
	remember(fixity, id, OBJECT_PRESENT);
	return 0;
}

int fixity_check(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *id,
		 const char *whose, struct error *err) {
	struct object_info info = {0};
	store_object_info(app->store, id, &info, NULL);
	enum object_state state = store_stream(app->store, id, true, NULL, NULL, err);
	return fixity_tell(fixity, app, batch, id, info.size, state, whose, err);
}

int fixity_check_many(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *ids,
		      const char *const *whose, size_t count, bool cached, enum object_state *states,
		      struct error *err) {
	struct object_info *infos = xcalloc(count, sizeof *infos);
	enum object_state *found = xcalloc(count, sizeof *found);
	size_t *places = xcalloc(count, sizeof *places), there = 0;
	struct error own = {0};
	for (size_t i = 0; i < count && !own.code; i++) {
		states[i] = OBJECT_MISSING;
		if (store_object_info(app->store, &ids[i], &infos[there], &own)) places[there++] = i;
	}
	int rc = own.code ? error_set(err, own.code, "%s", own.text)
			  : store_read_many(app->store, infos, there, !cached, found, err);
	for (size_t k = 0; k < there && !rc; k++) states[places[k]] = found[k];
	for (size_t i = 0, k = 0; i < count && !rc; i++) {
		uint64_t size = k < there && places[k] == i ? infos[k++].size : 0;
		rc = fixity_tell(fixity, app, batch, &ids[i], size, states[i], whose[i], err);
	}
	free(infos);
	free(found);
	free(places);
	return rc;
}

/* ---- the pass over everything that is no document ---- */

struct pass {
	struct fixity *fixity;
	struct app *app;
	struct batch *batch;
	uint64_t budget, seen_bytes;
	unsigned uncommitted;
	uint32_t pack;
	uint64_t offset;
	bool enough;
};

static int commit(struct pass *p, struct error *err) {
	char cursor[64];
	snprintf(cursor, sizeof cursor, "%" PRIu32 " %" PRIu64, p->pack, p->offset);
	batch_set_value(p->batch, CURSOR, p->enough || p->uncommitted >= COMMIT_OBJECTS ? cursor : "");
	p->uncommitted = 0;
	struct batch *batch = p->batch;
	p->batch = NULL;
	return batch_commit(batch, err);
}

static int visit(void *user, const struct object_info *info, struct error *err) {
	struct pass *p = user;
	p->pack = info->pack;
	p->offset = info->offset;
	if (info->kind == OBJECT_DOCUMENT) return 0;
	if (!p->batch) p->batch = store_begin(p->app->store, p->app->now);
	if (fixity_check(p->fixity, p->app, p->batch, &info->id, object_kind_name(info->kind), err)) return -1;
	p->seen_bytes += info->size;
	p->enough = p->budget && p->seen_bytes >= p->budget;
	if (++p->uncommitted >= COMMIT_OBJECTS && !p->enough && commit(p, err)) return -1;
	return p->enough;
}

int fixity_pass(struct fixity *fixity, struct app *app, uint64_t budget, struct error *err) {
	struct pass p = {.fixity = fixity, .app = app, .budget = budget};
	uint32_t pack = 0;
	uint64_t offset = 0;
	char *cursor = NULL;
	struct error own = {0};
	if (store_value(app->store, CURSOR, &cursor, err) < 0) return -1;
	if (cursor && budget && sscanf(cursor, "%" SCNu32 " %" SCNu64, &pack, &offset) != 2) pack = 0, offset = 0;
	free(cursor);
	int rc = store_each_object(app->store, pack, offset, visit, &p, &own);
	if (p.enough) rc = 0; /* stopped by ourselves */
	if (rc) {
		batch_abort(p.batch);
		return error_set(err, own.code ? own.code : ERROR_INTERNAL, "%s", own.text);
	}
	if (!p.batch && !pack) return 0; /* nothing there, and no cursor to take away */
	if (!p.batch) p.batch = store_begin(app->store, app->now);
	return commit(&p, err);
}
