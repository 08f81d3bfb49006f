#include "archiver/backup_mend.h"

#include "archiver/log.h"
#include "archiver/medium_signed.h"
#include "base/io.h"
#include "base/mem.h"
#include "store/journal_whole.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)1 << 20)

struct tail {
	char *name;
	uint64_t to, from; /* cut to, from so many bytes */
};
struct tails {
	struct tail *items;
	size_t count, cap;
	bool other; /* the medium has another history than the archive: nothing is touched */
};

static void add_tail(struct tails *tails, const char *name, uint64_t to, uint64_t from) {
	ARRAY_GROW(tails->items, tails->count, tails->cap);
	tails->items[tails->count++] = (struct tail){xstrdup(name), to, from};
}

/* How far two files are the same from an offset on, up to `end`. */
static int same_up_to(int a, int b, uint64_t from, uint64_t end, uint64_t *same) {
	unsigned char *one = xmalloc(CHUNK), *two = xmalloc(CHUNK);
	int rc = lseek(a, (off_t)from, SEEK_SET) < 0 || lseek(b, (off_t)from, SEEK_SET) < 0 ? -1 : 0;
	*same = from;
	while (!rc && *same < end) {
		size_t wanted = end - *same < CHUNK ? (size_t)(end - *same) : CHUNK, at = 0;
		ssize_t m = io_read(a, one, wanted), n = io_read(b, two, wanted);
		if (m < 0 || n < 0) rc = -1;
		while (!rc && at < (size_t)m && at < (size_t)n && one[at] == two[at]) at++;
		*same += at;
		if (at < wanted) break;
	}
	free(one);
	free(two);
	return rc;
}

/* The archive's file, or -1 where it has none of that name. */
static int open_own(struct copy *c, const char *name) {
	struct error absent = {0};
	return place_open_file(&c->archive, name, O_RDONLY, &absent);
}

static int judge_journal(struct copy *c, struct tails *tails, const char *name, int there, uint64_t size, uint64_t verified) {
	uint64_t whole, same = 0;
	int own = open_own(c, name);
	int rc = own < 0 ? 0 : store_journal_whole(there, name, &whole, c->err);
	if (own >= 0 && !rc && same_up_to(there, own, 0, size, &same)) rc = error_errno(c->err, "%s/%s", c->place.path, name);
	if (own >= 0) close(own);
	if (rc) return -1;
	if (own >= 0 && same == size) return 0; /* what is there is right, though it may end in the middle of an event */
	if (own < 0 || same < whole || whole == size || whole < verified) tails->other = true; /* the checks before a backup say why */
	else add_tail(tails, name, whole, size);
	return 0;
}

struct objects {
	struct copy *c;
	uint32_t pack;
	uint64_t from;
	bool over;
};

static int is_whole(void *user, const struct object_info *info, struct error *err) {
	struct objects *o = user;
	if (info->pack != o->pack) return o->over = true;
	if (info->offset + info->size <= o->from) return 0;
	if (store_stream(o->c->app->store, &info->id, true, NULL, NULL, err) == OBJECT_PRESENT) return 0;
	char id[OBJECT_ID_TEXT_MAX];
	if (err->code) return -1;
	return error_set(err, ERROR_DAMAGED,
	                 "%s/packs/%06u.tar: %s is missing or damaged in the archive: ltvault repair, then the backup again; the medium was left as "
	                 "it is",
	                 o->c->archive.path, o->pack, object_id_text(&info->id, id));
}

/* The medium may have the last good copy of what the archive has lost: only what the archive has whole is cut off there. */
static int check_own_objects(struct copy *c, const char *name, uint64_t from) {
	struct objects o = {.c = c, .from = from};
	if (sscanf(name, "packs/%u.tar", &o.pack) != 1) return 0;
	int rc = store_each_object(c->app->store, o.pack, 0, is_whole, &o, c->err);
	return rc && !o.over ? -1 : 0;
}

static int judge_pack(struct copy *c, struct tails *tails, const char *name, int there, uint64_t size, uint64_t verified) {
	uint64_t same = verified;
	int own = open_own(c, name), rc = 0;
	if (own >= 0 && same_up_to(there, own, verified, size, &same)) rc = error_errno(c->err, "%s/%s", c->place.path, name);
	if (own >= 0) close(own);
	if (rc || same == size) return rc;
	if (check_own_objects(c, name, same)) return -1;
	add_tail(tails, name, same, size);
	return 0;
}

static int judge(struct copy *c, struct tails *tails, const char *tree,
                 int (*one)(struct copy *, struct tails *, const char *, int, uint64_t, uint64_t)) {
	char **names;
	size_t count;
	if (place_list(&c->place, tree, BACKUP_NAMES_MAX, &names, &count, c->err)) return -1;
	for (size_t i = 0; i < count && !c->err->code && !tails->other; i++) {
		char *name = xasprintf("%s/%s", tree, names[i]);
		const struct generation_file *old = generation_find(&c->prior, name);
		uint64_t verified = old ? old->size : 0, size;
		int fd = medium_size(&c->place, name, &size, c->err) || size <= verified ? -1 : place_open_file(&c->place, name, O_RDONLY, c->err);
		if (fd >= 0) one(c, tails, name, fd, size, verified);
		if (fd >= 0) close(fd);
		free(name);
	}
	place_names_free(names, count);
	return c->err->code ? -1 : 0;
}

/* In the journal and in the medium's errors before it is done: what is cut off is never cut off silently. */
static int tell(struct copy *c, const struct tail *tail) {
	json_t *note = json_pack("{s:s,s:s,s:I,s:I}", "medium", c->medium->row.label, "file", tail->name, "bytes_before", (json_int_t)tail->from, "bytes",
	                         (json_int_t)tail->to);
	char *text = json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS), from[24], to[24];
	char *line = xasprintf("%s: a copy that was cut off: cut back from %llu to %llu bytes", tail->name, (unsigned long long)tail->from,
	                       (unsigned long long)tail->to);
	struct batch *batch = store_begin(c->app->store, c->app->now);
	medium_add_error(c->medium, c->app->now, line);
	medium_put(batch, c->medium);
	batch_note(batch, MEDIUM_MENDED, text);
	log_event(LOG_WARN_LEVEL, "medium.mended", "medium", c->medium->row.label, "file", tail->name, "bytes_before", log_number(tail->from, from),
	          "bytes", log_number(tail->to, to), NULL);
	json_decref(note);
	free(text);
	free(line);
	return batch_commit(batch, c->err);
}

int backup_mend_tails(struct copy *c) {
	struct tails tails = {0};
	if (c->recipients) return 0; /* what no list names is written anew there */
	int known = medium_newest_manifest(c->app, &c->place, c->medium->row.id, &c->prior, c->err);
	/* Without the list of the generation that the ledger knows nothing says where what was verified ends. */
	if (known < 0 || c->prior.number < c->medium->row.generation) return known < 0 ? -1 : 0;
	int rc = judge(c, &tails, "journal", judge_journal);
	if (!rc && !tails.other) rc = judge(c, &tails, "packs", judge_pack);
	for (size_t i = 0; i < tails.count && !rc && !tails.other; i++) {
		rc = tell(c, &tails.items[i]) || place_truncate(&c->place, tails.items[i].name, tails.items[i].to, c->err) ? -1 : 0;
		c->result->mended++;
	}
	for (size_t i = 0; i < tails.count; i++) free(tails.items[i].name);
	free(tails.items);
	return rc;
}
