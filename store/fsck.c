#include "base/mem.h"
#include "store/fsck_private.h"

#include "store/file.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void fsck_say(struct fsck *fsck, const char *format, ...) {
	va_list args;
	va_start(args, format);
	char *text = xvasprintf(format, args);
	va_end(args);
	fsck->counts->problems++;
	if (fsck->problem) fsck->problem(fsck->user, text);
	free(text);
}

int fsck_settle(struct fsck *fsck, struct error *found, struct error *err) {
	if (found->code == ERROR_NONE) return 0;
	if (found->code != ERROR_DAMAGED && found->code != ERROR_NOT_FOUND)
		return error_set(err, found->code, "%s", found->text);
	fsck_say(fsck, "%s", found->text);
	error_clear(found);
	return 0;
}

/* A batch's row must say where its first event lies. */
static void check_batch(struct fsck *fsck, struct txn *txn, uint64_t sequence, uint32_t file, uint64_t offset) {
	struct key key = key_number(sequence);
	struct batch_row row;
	struct span value;
	if (!txn_get(txn, TABLE_BATCHES, key_span(&key), &value) || !batch_row_get(value, &row) || row.file != file ||
	    row.offset != offset)
		fsck_say(fsck, "catalogue: batches: event %llu is not where it says", (unsigned long long)sequence);
}

/* Links to evidence and media are counted nowhere else. */
static void check_event(struct fsck *fsck, struct txn *txn, const struct event *event) {
	struct span value, key = {event->payload.data, 16};
	struct object_id id;
	struct key link;
	enum table table = TABLE_MEDIA;
	if (event->type == EVENT_EVIDENCE && event->payload.len == SHA256_SIZE) {
		memcpy(id.sha256, event->payload.data, SHA256_SIZE);
		link = key_evidence(event->number, &id);
		key = key_span(&link);
		table = TABLE_EVIDENCE;
	} else if (event->type != EVENT_MEDIUM || event->payload.len < key.len) {
		return;
	}
	if (!txn_get(txn, table, key, &value))
		fsck_say(fsck, "catalogue: %s: what event %llu put is missing", table_name(table),
			 (unsigned long long)event->sequence);
}

static int check_journal(struct fsck *fsck, struct txn *txn, struct error *err) {
	struct journal_head head, nothing = {0};
	struct journal_reader reader;
	struct event event;
	struct error found = {0};
	uint64_t batches = 0;
	bool last = true;
	enum journal_step step = JOURNAL_EVENT;
	if (!store_get_head(txn, &head)) return 0;
	journal_reader_begin(&reader, fsck->store->dir, &nothing);
	while (reader.at.sequence < head.sequence &&
	       (step = journal_reader_next(&reader, &event, &found)) == JOURNAL_EVENT) {
		fsck->counts->events++;
		if (last)
			check_batch(fsck, txn, event.sequence, reader.at.file,
				    reader.at.offset - reader.entry.len - JOURNAL_ENTRY_MIN);
		check_event(fsck, txn, &event);
		batches += last;
		last = event.last;
	}
	if (step == JOURNAL_END || step == JOURNAL_TORN)
		fsck_say(fsck, "journal: it ends after event %llu, the catalogue knows %llu",
			 (unsigned long long)reader.at.sequence, (unsigned long long)head.sequence);
	else if (step == JOURNAL_EVENT &&
		 (memcmp(reader.at.chain, head.chain, SHA256_SIZE) || reader.at.offset != head.offset))
		fsck_say(fsck, "journal: its head is not the one the catalogue has");
	else if (step == JOURNAL_EVENT && batches != txn_count(txn, TABLE_BATCHES))
		fsck_say(fsck, "catalogue: batches: %llu instead of %llu",
			 (unsigned long long)txn_count(txn, TABLE_BATCHES), (unsigned long long)batches);
	journal_reader_end(&reader);
	return fsck_settle(fsck, &found, err);
}

typedef int part(struct fsck *fsck, struct txn *txn, struct error *err);

static int run(struct fsck *fsck, part *check, struct error *err) {
	struct error stuck = {0};
	struct txn *txn = txn_begin(fsck->store->catalogue, false, err);
	if (!txn) return -1;
	int rc = check(fsck, txn, err);
	txn_end(txn, &stuck);
	return rc < 0 ? -1 : fsck_settle(fsck, &stuck, err);
}

#define TOGETHER 64 /* objects read by all threads before the next ones are looked up */

struct together {
	struct fsck *fsck;
	struct object_info infos[TOGETHER];
	size_t count;
};

static int read_together(struct together *t, struct error *err) {
	enum object_state states[TOGETHER];
	char text[OBJECT_ID_TEXT_MAX], path[FILE_PATH_MAX];
	int rc = store_read_many(t->fsck->store, t->infos, t->count, true, states, err);
	for (size_t i = 0; i < t->count && !rc; i++) {
		t->fsck->counts->objects_checked++;
		if (states[i] != OBJECT_PRESENT)
			fsck_say(t->fsck, "%s: object %s at byte %llu is %s", pack_path(t->infos[i].pack, path),
				 object_id_text(&t->infos[i].id, text), (unsigned long long)t->infos[i].offset,
				 object_state_name(states[i]));
	}
	t->count = 0;
	if (t->fsck->store->progress) t->fsck->store->progress(t->fsck->store->progress_user, t->fsck->counts->objects_checked);
	return rc;
}

static int check_bytes(void *user, const struct object_info *info, struct error *err) {
	struct together *t = user;
	t->infos[t->count++] = *info;
	return t->count == TOGETHER ? read_together(t, err) : 0;
}

static int check_all_bytes(struct fsck *fsck, struct error *err) {
	struct error found = {0};
	struct together *t = xcalloc(1, sizeof *t);
	t->fsck = fsck;
	int rc = store_each_object(fsck->store, 0, 0, check_bytes, t, &found);
	if (rc == 0) rc = read_together(t, &found);
	free(t);
	return rc == 0 ? 0 : fsck_settle(fsck, &found, err);
}

void store_set_fsck_progress(struct store *store, fsck_progress *progress, void *user) {
	store->progress = progress;
	store->progress_user = user;
}

int store_fsck(struct store *store, bool deep, fsck_problem *problem, void *user, struct fsck_counts *counts,
	       struct error *err) {
	static part *const parts[] = {check_journal, fsck_packs, fsck_objects, fsck_records};
	struct fsck_counts own;
	struct error nobody = {0};
	struct fsck fsck = {store, deep, problem, user, counts ? counts : &own};
	memset(fsck.counts, 0, sizeof *fsck.counts);
	if (!err) err = &nobody;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (run(&fsck, parts[i], err) < 0) return -1;
	if (deep && check_all_bytes(&fsck, err) < 0) return -1;
	return fsck.counts->problems > INT32_MAX ? INT32_MAX : (int)fsck.counts->problems;
}
