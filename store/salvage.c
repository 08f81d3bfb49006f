#include "store/salvage_place.h"

#include "base/limits.h"
#include "store/file.h"

#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1U << 20)

struct known { /* how far the kept events describe a pack */
	uint64_t end;
	bool closed;
};

struct run {
	int dir, base, stage; /* the archive, the folder with the journal to go on from, and where the new one is made */
	const char *note;
	utime now;
	salvage_sniff *sniff;
	void *user;
	struct salvage *result;
	struct error *err;
	struct journal_head head; /* of the new journal */
	struct known *known;
	size_t packs;
	unsigned char *chunk, *first;
	void *seen;      /* tree of the objects that have an event */
	struct buf objects, damages; /* rows of the event under way; identifiers of damaged ones */
	uint32_t count;
};

/* ---- what is left of the journal ---- */

struct seen {
	struct object_id id;
	bool right;
};

static int compare(const void *a, const void *b) {
	return memcmp(a, b, SHA256_SIZE);
}

/* The row of an object; *fresh when it had none. */
static struct seen *see(struct run *r, const struct object_id *id, bool *fresh) {
	struct seen *seen = xcalloc(1, sizeof *seen);
	seen->id = *id;
	struct seen **node = tsearch(seen, &r->seen, compare);
	if (!node) abort();
	*fresh = *node == seen;
	if (!*fresh) free(seen);
	return *node;
}

static void learn(struct run *r, const struct event *event) {
	struct record_reader in = record_reader_of(event->payload.data, event->payload.len);
	uint32_t pack = record_get_u32(&in);
	uint64_t end = record_get_u64(&in);
	if ((event->type != EVENT_OBJECTS && event->type != EVENT_PACK_CLOSED) || in.bad || pack >= r->packs) return;
	r->known[pack].end = end;
	r->known[pack].closed |= event->type == EVENT_PACK_CLOSED;
}

static void learn_objects(struct run *r, const struct event *event) {
	struct record_reader in = record_reader_of(event->payload.data, event->payload.len);
	record_get_u32(&in);
	record_get_u64(&in);
	uint32_t count = record_get_u32(&in);
	for (uint32_t i = 0; i < count && !in.bad; i++) {
		struct event_object object;
		bool fresh;
		event_object_get(&in, &object);
		if (!in.bad) see(r, &object.id, &fresh)->right = true;
	}
}

/* Up to the last whole batch before the first damage: where that is, then what it says. */
static void read_old(struct run *r) {
	struct journal_reader reader;
	struct journal_head start = {0};
	struct event event;
	journal_reader_begin(&reader, r->base, &start);
	while (journal_reader_next(&reader, &event, NULL) == JOURNAL_EVENT)
		if (event.last) r->head = reader.at;
	journal_reader_end(&reader);
	journal_reader_begin(&reader, r->base, &start);
	while (reader.at.sequence < r->head.sequence && journal_reader_next(&reader, &event, NULL) == JOURNAL_EVENT) {
		learn(r, &event);
		if (event.type == EVENT_OBJECTS) learn_objects(r, &event);
	}
	journal_reader_end(&reader);
	r->result->events = r->head.sequence;
}

static int copy_old(struct run *r, uint32_t file) {
	char path[FILE_PATH_MAX];
	int in = file_open(r->base, journal_path(file, path), O_RDONLY, r->err), out = -1, rc = -1;
	if (in >= 0) out = file_open(r->stage, path, O_WRONLY | O_CREAT | O_EXCL, r->err);
	for (uint64_t at = 0; out >= 0; at += CHUNK) {
		uint64_t left = file < r->head.file ? UINT64_MAX : r->head.offset - at;
		ssize_t n = file_read_at(in, path, r->chunk, left < CHUNK ? (size_t)left : CHUNK, at, r->err);
		if (n < 0 || file_write_at(out, path, r->chunk, (size_t)n, at, r->err) < 0) break;
		if (n == CHUNK && left > CHUNK) continue;
		rc = file_sync(out, path, r->err);
		break;
	}
	if (in >= 0) close(in);
	if (out >= 0) close(out);
	return rc;
}

/* ---- new events ---- */

static int write_events(struct run *r, struct event *events, size_t count) {
	struct journal_head start, head;
	struct buf entries = {0};
	journal_next(&r->head, LIMIT_JOURNAL_BYTES, &start);
	head = start;
	for (size_t i = 0; i < count; i++) {
		events[i].when = r->now;
		events[i].last = i + 1 == count;
		journal_put(&entries, &head, &events[i]);
	}
	int rc = journal_write(r->stage, &start, &entries, r->err);
	if (!rc) r->head = head;
	buf_dispose(&entries);
	return rc;
}

static int write_created(struct run *r) {
	struct buf payload = {0};
	unsigned char id[16];
	if (r->head.sequence) return 0;
	if (getrandom(id, sizeof id, 0) != sizeof id) return error_errno(r->err, "archive id");
	record_put_raw(&payload, id, sizeof id);
	record_put_u32(&payload, STORE_FORMAT_VERSION);
	r->result->new_id = true;
	int rc = write_events(r, &(struct event){.type = EVENT_CREATED, .payload = span_of(&payload)}, 1);
	buf_dispose(&payload);
	return rc;
}

static int write_note(struct run *r) {
	struct buf payload = {0};
	if (!r->note) return 0;
	record_put_text(&payload, "forked");
	record_put_text(&payload, r->note);
	int rc = write_events(r, &(struct event){.type = EVENT_NOTE, .payload = span_of(&payload)}, 1);
	buf_dispose(&payload);
	return rc;
}

/* The members gathered so far, and of each damaged one that it is. */
static int flush(struct run *r, uint32_t pack, uint64_t end) {
	struct buf payload = {0}, *states = NULL;
	size_t damaged = r->damages.len / SHA256_SIZE;
	int rc = 0;
	if (!r->count) return 0;
	record_put_u32(&payload, pack);
	record_put_u64(&payload, end);
	record_put_u32(&payload, r->count);
	record_put_raw(&payload, r->objects.data, r->objects.len);
	struct event *events = xcalloc(damaged + 1, sizeof *events);
	states = xcalloc(damaged + 1, sizeof *states);
	events[0] = (struct event){.type = EVENT_OBJECTS, .payload = span_of(&payload)};
	for (size_t i = 0; i < damaged; i++) {
		record_put_raw(&states[i], r->damages.data + i * SHA256_SIZE, SHA256_SIZE);
		record_put_u8(&states[i], OBJECT_DAMAGED);
		record_put_text(&states[i], "found so while the journal was made from packs");
		events[i + 1] = (struct event){.type = EVENT_OBJECT_STATE, .payload = span_of(&states[i])};
	}
	rc = write_events(r, events, damaged + 1);
	for (size_t i = 0; i < damaged; i++) buf_dispose(&states[i]);
	free(states);
	free(events);
	buf_dispose(&payload);
	r->objects.len = r->damages.len = r->count = 0;
	return rc;
}

/* ---- packs ---- */

/* Hashes a member; its first bytes are kept for the sniffing. 1 right, 0 not, -1 the run failed. */
static int hash(struct run *r, int fd, const char *path, const struct object_id *id, uint64_t offset, uint64_t size) {
	unsigned char digest[DIGEST_MAX];
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	uint64_t at = 0;
	while (at < size) {
		size_t want = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
		if (file_read_at(fd, path, r->chunk, want, offset + at, NULL) != (ssize_t)want) break;
		if (!at) memcpy(r->first, r->chunk, want < SALVAGE_SNIFF ? want : SALVAGE_SNIFF);
		digest_update(ctx, r->chunk, want);
		at += want;
	}
	digest_final(ctx, digest);
	digest_free(ctx);
	return at == size && !memcmp(digest, id->sha256, SHA256_SIZE);
}

static int add_member(struct run *r, int fd, const char *path, uint32_t pack, const struct object_id *id, uint64_t offset, uint64_t size) {
	bool right = hash(r, fd, path, id, offset, size), fresh;
	struct seen *seen = see(r, id, &fresh);
	/* One object has one place: a second copy counts only where the first is told to be damaged, which must come before. */
	if (!fresh && (seen->right || !right)) return 0;
	seen->right = right;
	if (!fresh && flush(r, pack, offset - tar_header_size(size)) < 0) return -1;
	enum object_kind kind = OBJECT_OTHER;
	if (right && r->sniff) kind = r->sniff(r->user, r->first, size < SALVAGE_SNIFF ? (size_t)size : SALVAGE_SNIFF, size);
	event_object_put(&r->objects, &(struct event_object){*id, kind, offset, size});
	if (!right) buf_add(&r->damages, id->sha256, SHA256_SIZE);
	r->result->objects++;
	r->result->damaged += !right;
	return ++r->count < LIMIT_EVENT_ITEMS ? 0 : flush(r, pack, offset + tar_padded(size));
}

static bool is_end(const unsigned char *data, ssize_t n, bool last) {
	for (ssize_t i = 0; i < n && i < TAR_END; i++)
		if (data[i]) return false;
	return last && n >= TAR_END;
}

static int salvage_pack(struct run *r, uint32_t pack) {
	char path[FILE_PATH_MAX];
	struct known *known = &r->known[pack];
	int64_t length = file_size(r->dir, pack_path(pack, path), true, r->err);
	if (length < 0 || known->closed) return length == -1 ? -1 : 0;
	int fd = file_open(r->dir, path, O_RDONLY, r->err), rc = fd < 0 ? -1 : 0;
	uint64_t at = known->end, end = known->end;
	bool ended = false;
	while (!rc && !ended && at < (uint64_t)length) {
		unsigned char data[TAR_HEADER_MAX];
		struct object_id id;
		uint64_t size;
		size_t len;
		ssize_t n = file_read_at(fd, path, data, sizeof data, at, NULL);
		if (n > 0 && tar_parse(data, (size_t)n, &id, &size, &len) == TAR_MEMBER && size <= (uint64_t)length - at - len) {
			rc = add_member(r, fd, path, pack, &id, at + len, size);
			end = at += len + tar_padded(size);
		} else if (n > 0 && is_end(data, n, at + TAR_END == (uint64_t)length)) {
			ended = true;
		} else { /* the next header is on a block's boundary */
			r->result->lost_bytes += TAR_BLOCK;
			at += TAR_BLOCK;
		}
	}
	if (!rc) rc = flush(r, pack, end);
	if (!rc && ended && end) {
		struct buf payload = {0};
		record_put_u32(&payload, pack);
		record_put_u64(&payload, (uint64_t)length);
		rc = write_events(r, &(struct event){.type = EVENT_PACK_CLOSED, .payload = span_of(&payload)}, 1);
		buf_dispose(&payload);
	}
	if (fd >= 0) close(fd);
	return rc;
}

static int salvage(struct run *r) {
	int64_t highest = file_highest(r->dir, "packs", ".tar", r->err);
	if (highest < 0) return -1;
	r->packs = (size_t)highest + 1;
	r->known = xcalloc(r->packs, sizeof *r->known);
	read_old(r);
	if (store_check_clock(r->now, r->head.when, r->err) < 0) return -1;
	for (uint32_t file = 1; file <= r->head.file; file++)
		if (copy_old(r, file) < 0) return -1;
	if (file_sync_folder(r->stage, "journal", r->err) < 0 || write_created(r) < 0 || write_note(r) < 0) return -1;
	for (size_t pack = 1; pack < r->packs; pack++)
		if (salvage_pack(r, (uint32_t)pack) < 0) return -1;
	return salvage_staged(r->dir, &r->head, r->now, r->result, r->err);
}

/* From the beginning, unless a dead run had come to the end. */
static int make_journal(struct run *r) {
	int rc = salvage_is_staged(r->dir, r->result, r->err);
	if (rc < 0) return -1;
	if (!rc) {
		*r->result = (struct salvage){0};
		r->stage = salvage_stage(r->dir, r->now, r->err);
		if (r->stage < 0) return -1;
		rc = salvage(r);
		close(r->stage);
		if (rc < 0) return -1;
	}
	return salvage_put_in_place(r->dir, r->result, r->err);
}

int store_salvage(const char *directory, const struct salvage_base *base, const char *who, utime now, salvage_sniff *sniff, void *user,
		  struct salvage *result, struct error *err) {
	struct error own = {0};
	struct run r = {.note = base->note, .now = now, .sniff = sniff, .user = user, .result = result, .err = &own};
	*result = (struct salvage){0};
	digest_init();
	r.dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.dir < 0) return error_errno(err, "%s", directory);
	r.base = base->dir < 0 ? r.dir : base->dir;
	r.chunk = xmalloc(CHUNK);
	r.first = xmalloc(SALVAGE_SNIFF);
	int lock = lock_take(r.dir, who, now, &own), rc = lock < 0 ? -1 : make_journal(&r);
	if (lock >= 0) close(lock);
	close(r.dir);
	free(r.known);
	tdestroy(r.seen, free);
	free(r.chunk);
	free(r.first);
	buf_dispose(&r.objects);
	buf_dispose(&r.damages);
	if (rc < 0) return error_set(err, own.code ? own.code : ERROR_INTERNAL, "%s", own.text);
	return store_rebuild(directory, who, now, err);
}
