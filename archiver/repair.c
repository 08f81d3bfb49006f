#include "archiver/repair.h"

#include "archiver/guard.h"
#include "archiver/log.h"
#include "archiver/salvage.h"
#include "archiver/scrub.h"
#include "archiver/verify_fixity.h"
#include "base/mem.h"
#include "store/salvage.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

json_t *repair_counts_json(const struct repair_counts *counts) {
	json_t *json = json_object();
#define REPAIR_COUNT(name, text) json_object_set_new(json, #name, json_integer((json_int_t)counts->name));
#include "archiver/repair_count.def"
#undef REPAIR_COUNT
	return json;
}

/* ---- journal and catalogue ---- */

static void tell_journal(const struct repair_journal *r, struct repair_counts *counts) {
	char events[24], files[24];
	counts->mended += r->repaired;
	if (r->repaired)
		log_event(LOG_WARN_LEVEL, "journal-repaired", "events", log_number(r->repaired, events), "files", log_number(r->files, files),
			  "aside", "damaged/", NULL);
}

int repair_catalogue(struct app *app, struct store_totals *known, struct error *damage, struct error *err) {
	*known = (struct store_totals){0};
	int guarded = guard_catalogue(app, damage);
	if (guarded && damage->code != ERROR_DAMAGED) return error_set(err, damage->code, "%s", damage->text);
	struct store *store = guarded ? NULL : store_open(app->archive, STORE_READ, app->command, app->now, NULL);
	if (store) store_totals(store, known, NULL);
	store_close(store);
	return 0;
}

int repair_open(struct app *app, const struct repair_media *media, bool fork, struct repair_counts *counts, struct error *err) {
	struct error damage = {0}, why = {0};
	struct repair_journal mended;
	struct store_totals known;
	if (repair_catalogue(app, &known, &damage, err)) return -1;
	bool begun = store_salvage_is_open(app->archive);
	if (begun || store_repair_journal(app->archive, false, known.events, media->from, media->count, app->now, &mended, &why)) {
		if (!begun && why.code != ERROR_DAMAGED && why.code != ERROR_NOT_FOUND) return error_set(err, why.code, "%s", why.text);
		if (salvage_archive(app, media, &known, fork, err)) return -1;
		counts->journal++;
		return 0;
	}
	tell_journal(&mended, counts);
	if (!damage.code && known.events) return 0;
	log_event(LOG_WARN_LEVEL, "catalogue-remade", "reason", damage.code ? damage.text : "it cannot be opened", NULL);
	counts->catalogue++;
	return store_rebuild(app->archive, app->command, app->now, err);
}

static int mend_journal(struct app *app, const struct repair_media *media, struct repair_counts *counts, struct error *err) {
	struct error damage = {0};
	struct repair_journal mended;
	struct store_totals totals;
	uint64_t events;
	if (store_check_journal(app->store, &events, &damage) == 0) return 0;
	if (damage.code != ERROR_DAMAGED || store_totals(app->store, &totals, err)) return error_set(err, damage.code, "%s", damage.text);
	if (store_repair_journal(app->archive, true, totals.events, media->from, media->count, app->now, &mended, err)) return -1;
	tell_journal(&mended, counts);
	return 0;
}

/* ---- packs ---- */

struct told {
	struct object_info info;
	const char *from; /* NULL: nobody has it */
};
struct mending {
	struct app *app;
	const struct repair_media *media;
	struct repair_counts *counts;
	struct fixity fixity;
	struct told *told;
	size_t count, cap;
};

static void tell(void *user, const struct object_info *info, const char *from) {
	struct mending *m = user;
	ARRAY_GROW(m->told, m->count, m->cap);
	m->told[m->count++] = (struct told){*info, from};
}

static char *lost_name(const struct object_id *id) {
	char hex[SHA256_HEX];
	return xasprintf(LOST_PREFIX "%s", hex_encode(id->sha256, SHA256_SIZE, hex));
}

static void note_lost(struct mending *m, struct batch *batch, const struct object_id *id) {
	char when[UTIME_TEXT_MAX], text[OBJECT_ID_TEXT_MAX], *name = lost_name(id), *before = NULL;
	struct app *app = m->app;
	object_id_text(id, text);
	if (store_loss_is_accepted(app->store, id)) goto out;
	m->counts->lost++;
	app_worsen(app, EXIT_DAMAGE);
	log_event(LOG_ERROR_LEVEL, "no-good-copy", "object", text, NULL);
	if (fixity_known(&m->fixity, id) == OBJECT_PRESENT) batch_set_object_state(batch, id, OBJECT_DAMAGED, "no copy is right");
	if (store_value(app->store, name, &before, NULL) == 1) goto out;
	json_t *json = json_pack("{s:s, s:I}", "when", utime_text(app->now, when), "media", (json_int_t)m->media->count);
	char *value = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	batch_set_value(batch, name, value);
	free(value);
	json_decref(json);
out:
	free(before), free(name);
}

static void note_repaired(struct mending *m, struct batch *batch, const struct object_info *info, const char *from, json_t *rows) {
	char text[OBJECT_ID_TEXT_MAX], *detail = xasprintf("repaired from %s", from);
	object_id_text(&info->id, text);
	m->counts->repaired++;
	if (fixity_known(&m->fixity, &info->id) != OBJECT_PRESENT) batch_set_object_state(batch, &info->id, OBJECT_PRESENT, detail);
	fixity_forget_loss(m->app, batch, &info->id);
	log_event(LOG_WARN_LEVEL, "repaired", "object", text, "from", from, NULL);
	json_array_append_new(rows, json_pack("{s:s, s:s}", "object", text, "from", from));
	free(detail);
}

static bool is_told(const struct mending *m, const struct object_id *id) {
	for (size_t i = 0; i < m->count; i++)
		if (object_id_equal(&m->told[i].info.id, id)) return true;
	return false;
}

/* Noted as damaged once, and right when the pack was read now. */
static int note_healed(struct mending *m, struct batch *batch, uint32_t pack, struct error *err) {
	struct damage_row *rows = NULL;
	struct object_info info;
	size_t count = 0;
	if (store_damages(m->app->store, &rows, &count, err)) return -1;
	for (size_t i = 0; i < count; i++) {
		bool here = store_object_info(m->app->store, &rows[i].id, &info, NULL) && info.pack == pack;
		if (here && !is_told(m, &rows[i].id)) {
			batch_set_object_state(batch, &rows[i].id, OBJECT_PRESENT, "read right again");
			fixity_forget_loss(m->app, batch, &rows[i].id);
		}
		damage_row_dispose(&rows[i]);
	}
	free(rows);
	return 0;
}

static void note_pack(struct mending *m, struct batch *batch, uint32_t pack, const struct repair_pack *result, uint64_t lost, json_t *rows) {
	char *name = xasprintf(SCRUB_BAD_PACK "%06" PRIu32, pack), *before = NULL;
	bool right = !lost && (result->replaced || !result->taken);
	if (right && store_value(m->app->store, name, &before, NULL) == 1) batch_set_value(batch, name, "");
	if (result->replaced) {
		json_t *json = json_pack("{s:I, s:s, s:I, s:I, s:O}", "pack", (json_int_t)pack, "aside", result->aside, "members",
					 (json_int_t)result->members, "lost", (json_int_t)result->lost, "objects", rows);
		char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
		batch_note(batch, "repaired", text);
		free(text);
		json_decref(json);
		m->counts->replaced++;
	} else if (!right) {
		app_worsen(m->app, EXIT_DAMAGE);
	}
	free(before), free(name);
}

static int mend_pack(struct mending *m, uint32_t pack, bool accept, struct error *err) {
	struct repair_pack result;
	uint64_t before = m->counts->lost;
	m->count = 0;
	m->counts->packs++;
	if (store_repair_pack(m->app->store, pack, m->media->from, m->media->count, m->app->now, accept, tell, m, &result, err)) return -1;
	struct batch *batch = store_begin(m->app->store, m->app->now);
	json_t *rows = json_array();
	for (size_t i = 0; i < m->count; i++) {
		if (!m->told[i].from) note_lost(m, batch, &m->told[i].info.id);
		else if (result.replaced) note_repaired(m, batch, &m->told[i].info, m->told[i].from, rows);
	}
	int rc = note_healed(m, batch, pack, err);
	note_pack(m, batch, pack, &result, m->counts->lost - before, rows); /* what was accepted as lost is settled */
	if (accept) batch_seal_again(batch, pack);
	json_decref(rows);
	if (rc) batch_abort(batch);
	else rc = batch_commit(batch, err);
	return rc;
}

struct pack_list {
	uint32_t *packs;
	size_t count, cap;
};

static void add_pack(struct pack_list *list, uint32_t pack) {
	for (size_t i = 0; i < list->count; i++)
		if (list->packs[i] == pack) return;
	ARRAY_GROW(list->packs, list->count, list->cap);
	list->packs[list->count++] = pack;
}

static int add_named(void *user, const char *name, const char *value) {
	(void)value;
	add_pack(user, (uint32_t)strtoul(name + strlen(SCRUB_BAD_PACK), NULL, 10));
	return 0;
}

static int find_packs(struct app *app, const struct object_id *ids, size_t id_count, struct pack_list *list, struct error *err) {
	struct damage_row *rows = NULL;
	struct object_info info;
	size_t count = 0;
	for (size_t i = 0; i < id_count; i++)
		if (store_object_info(app->store, &ids[i], &info, err)) add_pack(list, info.pack);
	if (id_count || err->code) return err->code ? -1 : 0;
	if (store_damages(app->store, &rows, &count, err)) return -1;
	for (size_t i = 0; i < count; i++) {
		if (!store_loss_is_accepted(app->store, &rows[i].id) && store_object_info(app->store, &rows[i].id, &info, NULL)) add_pack(list, info.pack);
		damage_row_dispose(&rows[i]);
	}
	free(rows);
	return store_each_value(app->store, SCRUB_BAD_PACK, add_named, list, err);
}

static void mending_end(struct mending *m) {
	fixity_end(&m->fixity);
	free(m->told);
}

int repair_known(struct app *app, const struct repair_media *media, const struct object_id *ids, size_t id_count,
		 struct repair_counts *counts, struct error *err) {
	struct mending m = {.app = app, .media = media, .counts = counts};
	struct pack_list list = {0};
	counts->media = media->count;
	int rc = mend_journal(app, media, counts, err) || fixity_begin(&m.fixity, app->store, err) || find_packs(app, ids, id_count, &list, err);
	for (size_t i = 0; i < list.count && !rc; i++) rc = mend_pack(&m, list.packs[i], false, err);
	mending_end(&m);
	free(list.packs);
	return rc ? -1 : 0;
}

static const char *actor(void) {
	const struct passwd *who = getpwuid(getuid());
	return who ? who->pw_name : "unknown";
}

int repair_accept_loss(struct app *app, const struct repair_media *media, const struct object_id *id, const char *reason,
		       struct repair_counts *counts, struct error *err) {
	struct mending m = {.app = app, .media = media, .counts = counts};
	struct object_info info;
	char text[OBJECT_ID_TEXT_MAX], when[UTIME_TEXT_MAX], hex[SHA256_HEX];
	int rc = -1, status = app->status;
	uint64_t others = counts->lost;
	counts->media = media->count;
	object_id_text(id, text);
	if (fixity_begin(&m.fixity, app->store, err)) goto out;
	if (!store_object_info(app->store, id, &info, err) || fixity_known(&m.fixity, id) == OBJECT_PRESENT) {
		error_set(err, ERROR_INPUT, "%s: is not known to be damaged or missing", text);
		goto out;
	}
	if (mend_pack(&m, info.pack, false, err)) goto out; /* the last try */
	bool lost = false;
	for (size_t i = 0; i < m.count; i++) lost |= object_id_equal(&m.told[i].info.id, id) && !m.told[i].from;
	if (!lost) {
		error_set(err, ERROR_INPUT, "%s: a good copy was found, it is repaired", text);
		goto out;
	}
	json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "object", text, "when", utime_text(app->now, when), "actor", actor(), "reason", reason);
	char *value = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	json_decref(json);
	if (!value) {
		error_set(err, ERROR_INPUT, "the reason is not UTF-8 text");
		goto out;
	}
	hex_encode(id->sha256, SHA256_SIZE, hex);
	char *name = xasprintf(LOSS_PREFIX "%s", hex), *open = lost_name(id);
	struct batch *batch = store_begin(app->store, app->now);
	batch_set_value(batch, name, value);
	batch_set_value(batch, open, "");
	batch_note(batch, "loss-accepted", value);
	free(name), free(open), free(value);
	rc = batch_commit(batch, err);
	/* What the last try said of this object is settled; of its neighbours it is said again. */
	app->status = status;
	counts->lost = others;
	if (!rc) rc = mend_pack(&m, info.pack, true, err);
out:
	mending_end(&m);
	return rc;
}
