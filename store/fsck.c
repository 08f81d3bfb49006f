#include "base/mem.h"
#include "store/fsck_private.h"

#include "store/file.h"
#include "store/salvage.h"
#include "store/scrub.h"

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
	fsck_answer(fsck, txn);
	txn_end(txn, &stuck);
	return rc < 0 ? -1 : fsck_settle(fsck, &stuck, err);
}

struct deep {
	struct fsck *fsck;
	char path[FILE_PATH_MAX];
};

/* A member that the catalogue lacks, or has elsewhere, was met in the walk over the pack's headers. */
static int tell_found(void *user, const struct scrub_found *found, struct error *err) {
	struct deep *d = user;
	struct fsck *fsck = d->fsck;
	char text[OBJECT_ID_TEXT_MAX];
	(void)err;
	if (found->state == SCRUB_EXTRA || found->state == SCRUB_OLDER) return 0;
	if (found->state == SCRUB_FRAME) {
		fsck_say(fsck, "%s: %llu bytes at byte %llu are not as they must be", d->path,
			 (unsigned long long)found->info.size, (unsigned long long)found->info.offset);
		return 0;
	}
	fsck->counts->objects_checked++;
	if (fsck->store->progress) fsck->store->progress(fsck->store->progress_user, fsck->counts->objects_checked);
	if (found->state == SCRUB_GOOD) return 0;
	if (store_loss_is_accepted(fsck->store, &found->info.id)) {
		fsck->counts->accepted++;
		return 0;
	}
	fsck_say(fsck, "%s: object %s at byte %llu is %s", d->path, object_id_text(&found->info.id, text),
		 (unsigned long long)found->info.offset, scrub_state_name(found->state));
	return 0;
}

static int check_all_bytes(struct fsck *fsck, struct error *err) {
	struct error found = {0};
	struct deep deep = {.fsck = fsck};
	struct store_pack *packs;
	struct scrub_stretch stretch;
	size_t count;
	if (store_packs(fsck->store, &packs, &count, &found) < 0) return fsck_settle(fsck, &found, err);
	struct scrubber *scrubber = scrubber_new(&(struct scrub_options){
		.whole = true, .threads = fsck->store->threads, .tell = tell_found, .user = &deep});
	for (size_t i = 0; i < count && !found.code; i++) {
		const struct store_pack kept = packs[i];
		packs[i].framed = false; /* here each is held against its seal as a whole, and what is kept against the pack */
		pack_path(packs[i].pack, deep.path);
		if (store_scrub_pack(fsck->store, scrubber, &packs[i], 0, &stretch, &found) < 0) break;
		if (stretch.sealed && !stretch.seal_right) fsck_say(fsck, "%s: its bytes are not those it was sealed with", deep.path);
		if (kept.framed && stretch.framed && memcmp(kept.frame, stretch.frame, SHA256_SIZE))
			fsck_say(fsck, "%s: the digest kept of its parts is another one: the next scrub takes it anew", deep.path);
	}
	scrubber_free(scrubber);
	free(packs);
	return fsck_settle(fsck, &found, err);
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
	struct fsck fsck = {store, deep, problem, user, counts ? counts : &own, NULL};
	int rc = 0;
	memset(fsck.counts, 0, sizeof *fsck.counts);
	if (!err) err = &nobody;
	for (size_t i = 0; i < ARRAY_LEN(parts) && !rc; i++) rc = run(&fsck, parts[i], err);
	fsck_later_free(fsck.later);
	if (!rc && store_salvage_is_open(store->directory))
		fsck_say(&fsck, "damaged/salvage: a salvage did not come to its end, and records are missing: ltvault rebuild --salvage");
	if (rc < 0) return -1;
	if (deep && check_all_bytes(&fsck, err) < 0) return -1;
	return fsck.counts->problems > INT32_MAX ? INT32_MAX : (int)fsck.counts->problems;
}
