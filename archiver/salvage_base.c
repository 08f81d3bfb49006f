#include "archiver/salvage_base.h"

#include "archiver/log.h"
#include "archiver/medium_file.h"
#include "archiver/medium_label.h"
#include "archiver/restore.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The journal is the truth that everything else follows from: a medium's is taken only as it was signed. */
static int check_signed(const char *path, struct error *err) {
	struct medium_place place = {0};
	struct medium_sums sums = {0};
	char key[SHA256_HEX], hex[SHA256_HEX];
	uint64_t size;
	if (place_open(&place, path, false, err) || restore_check_medium(&place, &sums, key, err)) goto out;
	for (size_t i = 0; i < sums.count && !err->code; i++) {
		const struct medium_sum *sum = &sums.items[i];
		if (strncmp(sum->name, "journal/", 8) || medium_digest(&place, sum->name, NULL, hex, &size, err)) continue;
		if (strcmp(hex, sum->hex)) error_set(err, ERROR_DAMAGED, "%s/%s: is not what was signed", path, sum->name);
	}
out:
	medium_sums_dispose(&sums);
	place_close(&place);
	return err->code ? -1 : 0;
}

/* Which archive it is: by the catalogue, its own journal, or the first medium that is signed. */
static bool is_ours(unsigned char id[static 16], bool *known, const struct head *head, bool is_signed) {
	if (!*known && !is_signed) return false;
	if (!*known) memcpy(id, head->archive_id, 16);
	*known = true;
	return !memcmp(id, head->archive_id, 16);
}

static void add_known(struct salvage_left *left, const char *archive, const struct store_totals *known) {
	struct head head = {.where = xasprintf("%s/catalogue", archive), .events = known->events, .same_archive = true};
	memcpy(head.chain, known->journal_head, sizeof head.chain);
	memcpy(head.archive_id, known->archive_id, sizeof head.archive_id);
	heads_add(&left->heads, &head);
}

int salvage_left_find(const struct app *app, const struct repair_media *media, const struct store_totals *known, struct salvage_left *left,
		      struct error *err) {
	struct error none = {0};
	struct head head;
	unsigned char id[16];
	bool have_id = known->events > 0;
	size_t best = SIZE_MAX;
	*left = (struct salvage_left){.dir = -1};
	if (have_id) memcpy(id, known->archive_id, sizeof id);
	left->own = head_read(app->archive, &head, &none) == 0;
	if (left->own && is_ours(id, &have_id, &head, true)) {
		best = left->heads.count;
		heads_add(&left->heads, &head);
	}
	for (size_t i = 0; i < media->count; i++) {
		const char *path = media->from[i].name;
		struct error why = {0};
		if (head_read(path, &head, &why)) continue;
		bool labelled = check_signed(path, &why) == 0;
		if ((!labelled && why.code != ERROR_NOT_FOUND) || !is_ours(id, &have_id, &head, labelled)) {
			log_event(LOG_WARN_LEVEL, "journal-not-taken", "path", path, "reason", why.code ? why.text : "it is another archive's, or may be", NULL);
			head.same_archive = have_id && !memcmp(id, head.archive_id, sizeof id);
		} else if (best == SIZE_MAX || head.events > left->heads.items[best].events) {
			best = left->heads.count;
			left->dir = media->from[i].dir;
		}
		heads_add(&left->heads, &head);
	}
	if (known->events) add_known(left, app->archive, known);
	if (best != SIZE_MAX) {
		left->head = &left->heads.items[best];
		left->beyond = head_beyond(left->head->where, left->head->events, &left->heads, err);
	} else if (left->heads.count) {
		left->beyond = &left->heads.items[left->heads.count - 1];
	}
	return err->code ? -1 : 0;
}

char *salvage_left_note(const struct salvage_left *left) {
	char hex[SHA256_HEX];
	if (!left->beyond || !left->head) return NULL;
	json_t *json = json_pack("{s:s, s:I, s:s, s:I, s:s}", "journal_from", left->head->where, "events", (json_int_t)left->head->events,
				 "known_from", left->beyond->where, "known_events", (json_int_t)left->beyond->events, "known_head", hex_encode(left->beyond->chain, SHA256_SIZE, hex));
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : xstrdup("{}");
	json_decref(json);
	return text;
}

void salvage_left_dispose(struct salvage_left *left) {
	heads_dispose(&left->heads);
	*left = (struct salvage_left){0};
}
