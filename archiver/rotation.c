#include "archiver/rotation.h"

#include "archiver/i18n.h"
#include "archiver/image_ledger.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum protection {
#define PROTECTION(name, text) PROTECTION_##name,
#include "archiver/protection.def"
#undef PROTECTION
	PROTECTIONS
};
static const struct {
	const char *code, *text;
} shortfalls[PROTECTIONS] = {
#define PROTECTION(name, text) {#name, text},
#include "archiver/protection.def"
#undef PROTECTION
};
static const struct {
	const char *word, *text;
} actions[] = {
#define ROTATION_ACTION(name, word, text) {word, text},
#include "archiver/rotation_action.def"
#undef ROTATION_ACTION
};

const char *rotation_action_text(const char *action) {
	for (size_t i = 0; i < ARRAY_LEN(actions); i++)
		if (!strcmp(actions[i].word, action)) return actions[i].text;
	return "";
}

const char *rotation_shortfall_text(const char *code) {
	for (size_t i = 0; i < ARRAY_LEN(shortfalls); i++)
		if (!strcmp(shortfalls[i].code, code)) return shortfalls[i].text;
	return "";
}

bool rotation_full_due(const struct app *app, const struct medium *medium) {
	utime last = medium_time(medium, "full_read");
	return last == UTIME_NONE || last + conf_duration(app->conf, CONF_rotation_full) <= app->now;
}

/* ---- generations ---- */

/* The bucket of a time in each of the four rows: its day, its week (from Monday), its month, its year. */
static void buckets_of(utime when, int64_t buckets[4]) {
	int year, month, day, hour, minute, second, microsecond;
	utime_to_civil(when, &year, &month, &day, &hour, &minute, &second, &microsecond);
	buckets[0] = when / UTIME_DAY;
	buckets[1] = (when / UTIME_DAY + 3) / 7;
	buckets[2] = (int64_t)year * 12 + month;
	buckets[3] = year;
}

size_t rotation_expire(const struct app *app, struct medium *medium) {
	const uint64_t keeps[4] = {conf_number(app->conf, CONF_rotation_daily), conf_number(app->conf, CONF_rotation_weekly),
	                           conf_number(app->conf, CONF_rotation_monthly), conf_number(app->conf, CONF_rotation_yearly)};
	json_t *list = medium_generations(medium);
	uint64_t taken[4] = {0}, verified = 0;
	int64_t last[4] = {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN}, buckets[4];
	size_t expired = 0;
	for (size_t i = json_array_size(list); i--;) { /* the newest first: it is the one that its day, week, month and year keep */
		json_t *one = json_array_get(list, i);
		const char *text = json_string_value(json_object_get(one, "when"));
		utime when;
		if (json_is_true(json_object_get(one, "expired"))) continue;
		bool keep = verified++ < conf_number(app->conf, CONF_rotation_verified);
		if (!text || !utime_parse(text, &when)) continue; /* one that is not understood is not judged */
		buckets_of(when, buckets);
		for (int k = 0; k < 4; k++) {
			if (buckets[k] == last[k] || taken[k] >= keeps[k]) continue;
			last[k] = buckets[k];
			taken[k]++;
			keep = true;
		}
		if (keep) continue;
		json_object_set_new(one, "expired", json_true());
		expired++;
	}
	return expired;
}

/* ---- turns ---- */

static bool in_use(const struct medium *m) {
	return !medium_is_retired(m);
}

static utime set_written(const struct ledger *ledger, const char *set) {
	utime newest = UTIME_NONE;
	for (size_t i = 0; i < ledger->count; i++)
		if (in_use(&ledger->media[i]) && !strcmp(medium_set(&ledger->media[i]), set) && ledger->media[i].row.written > newest)
			newest = ledger->media[i].row.written;
	return newest;
}

static utime write_interval(const struct app *app, const struct medium *m) {
	return conf_duration(app->conf, medium_is_series(m) ? CONF_rotation_images : CONF_rotation_interval);
}

static utime read_interval(const struct app *app, const struct medium *m) {
	return conf_duration(app->conf, medium_is_series(m) ? CONF_rotation_image_read : CONF_rotation_full);
}

/* That of the medium in it which is to be written the most often. */
static utime set_interval(const struct app *app, const struct ledger *ledger, const char *set) {
	utime least = UTIME_NONE;
	for (size_t i = 0; i < ledger->count; i++) {
		const struct medium *m = &ledger->media[i];
		if (!in_use(m) || strcmp(medium_set(m), set)) continue;
		if (least == UTIME_NONE || write_interval(app, m) < least) least = write_interval(app, m);
	}
	return least;
}

/* A night may begin a little earlier than the one before: a quarter of the interval is let pass. */
static bool set_is_current(const struct app *app, const struct ledger *ledger, const char *set) {
	utime interval = set_interval(app, ledger, set), written = set_written(ledger, set);
	return written != UTIME_NONE && written + interval + interval / 4 > app->now;
}

static bool first_of_set(const struct ledger *ledger, size_t at) {
	if (!in_use(&ledger->media[at])) return false;
	for (size_t i = 0; i < at; i++)
		if (in_use(&ledger->media[i]) && !strcmp(medium_set(&ledger->media[i]), medium_set(&ledger->media[at]))) return false;
	return true;
}

/* Of a set the medium that was written the longest ago, among those that are here or away. */
static const struct medium *oldest(const struct ledger *ledger, const char *set, bool away) {
	const struct medium *found = NULL;
	for (size_t i = 0; i < ledger->count; i++) {
		const struct medium *m = &ledger->media[i];
		if (!in_use(m) || strcmp(medium_set(m), set) || medium_is_away(m) != away) continue;
		if (!found || m->row.written < found->row.written) found = m;
	}
	return found;
}

static void add_action(json_t *list, const char *set, const struct medium *m, const char *action, utime since) {
	char text[UTIME_TEXT_MAX];
	json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s}", "set", set, "medium", m->row.label, "action", action, "since",
	                                      utime_text(since, text)));
}

/* Discs and tapes of a series: those that are to be made, and to be read again. */
static void add_images(const struct app *app, json_t *list, const struct medium *m) {
	uint64_t never;
	utime next = images_next_read(m, read_interval(app, m), app->now, &never);
	if (!in_use(m) || next == UTIME_NONE || next > app->now) return;
	add_action(list, medium_set(m), m, never ? "burn" : "read", never ? m->row.written : medium_time(m, "full_read"));
}

json_t *rotation_next(const struct app *app, const struct ledger *ledger) {
	json_t *list = json_array();
	for (size_t i = 0; i < ledger->count; i++) add_images(app, list, &ledger->media[i]);
	for (size_t i = 0; i < ledger->count; i++) {
		if (!first_of_set(ledger, i)) continue;
		const char *set = medium_set(&ledger->media[i]);
		const struct medium *here = oldest(ledger, set, false), *away = oldest(ledger, set, true);
		utime gone = away ? medium_time(away, "away_since") : UTIME_NONE;
		if (!set_is_current(app, ledger, set))
			add_action(list, set, here ? here : away, here ? "connect" : "bring-back", set_written(ledger, set));
		else if (here && gone != UTIME_NONE && gone + conf_duration(app->conf, CONF_rotation_turn) <= app->now)
			add_action(list, set, away, "swap", gone);
	}
	return list;
}

utime rotation_next_write(const struct app *app, const struct ledger *ledger, const struct medium *medium) {
	utime written = set_written(ledger, medium_set(medium)), gone = medium_time(medium, "away_since");
	if (medium_is_retired(medium)) return UTIME_NONE;
	if (medium_is_away(medium) && gone != UTIME_NONE) return gone + conf_duration(app->conf, CONF_rotation_turn);
	return written == UTIME_NONE ? app->now : written + set_interval(app, ledger, medium_set(medium));
}

utime rotation_next_full(const struct app *app, const struct ledger *ledger, const struct medium *medium) {
	utime read = medium_time(medium, "full_read"), write = rotation_next_write(app, ledger, medium);
	if (medium_is_series(medium) && !medium_is_retired(medium) && medium_newest_image(medium))
		return images_next_read(medium, read_interval(app, medium), app->now, NULL);
	if (medium_is_retired(medium) || read == UTIME_NONE) return write;
	utime next = read + conf_duration(app->conf, CONF_rotation_full);
	return medium_is_away(medium) && next < write ? write : next;
}

bool rotation_path_is_away(const struct ledger *ledger, const char *path) {
	bool away = false;
	for (size_t i = 0; i < ledger->count; i++) {
		const struct medium *m = &ledger->media[i];
		if (strcmp(m->row.path, path) || !in_use(m)) continue;
		if (!medium_is_away(m)) return false;
		away = true;
	}
	return away;
}

/* ---- enough ---- */

static void fall_short(json_t *list, enum protection what, const char *detail) {
	json_array_append_new(list, json_pack("{s:s,s:s}", "code", shortfalls[what].code, "detail", detail));
}

static void at_least(json_t *list, enum protection what, uint64_t has, uint64_t wanted) {
	char detail[64];
	if (has >= wanted) return;
	snprintf(detail, sizeof detail, "%llu / %llu", (unsigned long long)has, (unsigned long long)wanted);
	fall_short(list, what, detail);
}

/* A medium that holds a generation which was read back is a copy; the archive itself is one, on a disk. */
static void count_copies(const struct app *app, const struct ledger *ledger, json_t *list) {
	uint64_t copies = 1, offsite = 0, immutable = 0, sets = 0;
	unsigned kinds = 1u << MEDIUM_DISK;
	const char *home = conf_text(app->conf, CONF_archive_site);
	for (size_t i = 0; i < ledger->count; i++) {
		const struct medium *m = &ledger->media[i];
		const char *site = medium_site(m);
		if (first_of_set(ledger, i)) sets += set_is_current(app, ledger, medium_set(m));
		if (!in_use(m) || !medium_newest(m)) continue;
		copies++;
		kinds |= 1u << medium_kind_of(m);
		offsite += *site && strcmp(site, home) != 0;
		/* Away: nothing here can reach it. A disc that was burnt is not burnt again; of a tape the marks on its image say nothing. */
		bool kept = medium_is_series(m) ? medium_kind_of(m) == MEDIUM_OPTICAL : medium_number(m, "protected") != 0;
		immutable += kept || medium_is_away(m);
	}
	at_least(list, PROTECTION_SETS_CURRENT, sets, conf_number(app->conf, CONF_rotation_sets));
	at_least(list, PROTECTION_COPIES, copies, conf_number(app->conf, CONF_rotation_copies));
	at_least(list, PROTECTION_KINDS, (uint64_t)__builtin_popcount(kinds), conf_number(app->conf, CONF_rotation_kinds));
	at_least(list, PROTECTION_OFF_SITE, offsite, conf_number(app->conf, CONF_rotation_offsite));
	at_least(list, PROTECTION_IMMUTABLE, immutable, conf_number(app->conf, CONF_rotation_immutable));
}

json_t *rotation_shortfalls(const struct app *app, const struct ledger *ledger) {
	json_t *list = json_array();
	count_copies(app, ledger, list);
	for (size_t i = 0; i < ledger->count; i++) {
		const struct medium *m = &ledger->media[i];
		utime read = medium_time(m, "full_read"), end = medium_time(m, "end_of_life"), full = read_interval(app, m);
		if (!in_use(m)) continue;
		/* One that is away is read when it comes back. */
		if (!medium_is_away(m) && read != UTIME_NONE && read + full + full / 4 <= app->now) fall_short(list, PROTECTION_FULL_READ, m->row.label);
		if (end != UTIME_NONE && end < app->now + 365 * UTIME_DAY) fall_short(list, PROTECTION_END_OF_LIFE, m->row.label);
	}
	return list;
}
