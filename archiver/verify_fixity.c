#include "archiver/verify_fixity.h"

#include "archiver/log.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/records.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* By digest, which comes first. */
struct known {
	struct object_id id;
	enum object_state state;
	bool accepted; /* somebody decided that its loss is final */
};

static int compare(const void *a, const void *b) {
	return memcmp(a, b, SHA256_SIZE);
}

static struct known *find(const struct fixity *fixity, const struct object_id *id) {
	void *node = tfind(id, &fixity->known, compare);
	return node ? *(struct known **)node : NULL;
}

/* Within one run an object is told and noted once. */
static struct known *remember(struct fixity *fixity, const struct object_id *id, enum object_state state) {
	struct known *known = find(fixity, id);
	if (!known) {
		known = xcalloc(1, sizeof *known);
		known->id = *id;
		if (!tsearch(known, &fixity->known, compare)) abort();
	}
	known->state = state;
	return known;
}

static int accepted(void *user, const char *name, const char *value) {
	struct object_id id;
	(void)value;
	if (object_id_parse(name + strlen(LOSS_PREFIX), &id)) {
		struct known *known = find(user, &id);
		if (known) known->accepted = true;
	}
	return 0;
}

int fixity_begin(struct fixity *fixity, struct store *store, struct error *err) {
	struct damage_row *rows = NULL;
	size_t count = 0;
	*fixity = (struct fixity){0};
	if (store_damages(store, &rows, &count, err)) return -1;
	for (size_t i = 0; i < count; i++) {
		remember(fixity, &rows[i].id, rows[i].state);
		damage_row_dispose(&rows[i]);
	}
	free(rows);
	return count ? store_each_value(store, LOSS_PREFIX, accepted, fixity, err) : 0;
}

void fixity_end(struct fixity *fixity) {
	tdestroy(fixity->known, free);
	*fixity = (struct fixity){0};
}

enum object_state fixity_known(const struct fixity *fixity, const struct object_id *id) {
	const struct known *known = find(fixity, id);
	return known ? known->state : OBJECT_PRESENT;
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

void fixity_tell_bad(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *id,
		     enum object_state state, const char *detail) {
	char text[OBJECT_ID_TEXT_MAX];
	bool known = fixity_known(fixity, id) == state;
	const struct known *row = remember(fixity, id, state);
	if (state == OBJECT_DAMAGED)
		fixity->damaged++;
	else
		fixity->missing++;
	log_event(row->accepted ? LOG_INFO_LEVEL : LOG_ERROR_LEVEL, "damage", "object", object_id_text(id, text), "state",
		  object_state_name(state), "detail", detail, "known", row->accepted ? "accepted" : known ? "yes" : "no", NULL);
	if (!known) batch_set_object_state(batch, id, state, detail);
	if (!row->accepted) app_worsen(app, EXIT_DAMAGE);
}

void fixity_forget_loss(struct app *app, struct batch *batch, const struct object_id *id) {
	static const char *const prefixes[] = {LOSS_PREFIX, LOST_PREFIX};
	char hex[SHA256_HEX], *value = NULL;
	hex_encode(id->sha256, SHA256_SIZE, hex);
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		char *name = xasprintf("%s%s", prefixes[i], hex);
		if (store_value(app->store, name, &value, NULL) == 1) batch_set_value(batch, name, "");
		free(value), free(name);
		value = NULL;
	}
}

int fixity_tell(struct fixity *fixity, struct app *app, struct batch *batch, const struct object_id *id, uint64_t size,
		enum object_state state, const char *whose, struct error *err) {
	const struct known *before = find(fixity, id);
	char text[OBJECT_ID_TEXT_MAX];
	if (state == OBJECT_UNREADABLE) {
		error_prefix(err, "%s", whose);
		return error_set(err, ERROR_IO, "%s: %s could not be read", whose, object_id_text(id, text));
	}
	if (state != OBJECT_PRESENT) {
		char *detail = damage_detail(app->store, id, state, whose);
		fixity_tell_bad(fixity, app, batch, id, state, detail);
		free(detail);
		return 0;
	}
	fixity->objects++;
	fixity->bytes += size;
	if (!before || before->state == OBJECT_PRESENT) return 0;
	fixity->healed++;
	log_event(LOG_WARN_LEVEL, "healed", "object", object_id_text(id, text), "whose", whose, NULL);
	batch_set_object_state(batch, id, OBJECT_PRESENT, whose);
	fixity_forget_loss(app, batch, id);
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
