#include "archiver/restore_head.h"

#include "base/mem.h"
#include "store/journal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every event of a journal; `visit` returns nonzero to stop. */
typedef int step(void *user, const struct event *event, const struct journal_head *after);

static int scan(const char *directory, step *visit, void *user, struct error *err) {
	struct journal_reader reader;
	struct journal_head beginning = {0};
	struct event event;
	struct error own = {0};
	enum journal_step got;
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) return error_errno(err, "%s", directory);
	journal_reader_begin(&reader, dir, &beginning);
	while ((got = journal_reader_next(&reader, &event, &own)) == JOURNAL_EVENT)
		if (visit(user, &event, &reader.at)) break;
	if (got == JOURNAL_BAD || got == JOURNAL_FAILED) error_set(err, own.code, "%s: %s", directory, own.text);
	journal_reader_end(&reader);
	close(dir);
	return err->code ? -1 : 0;
}

static int last_batch(void *user, const struct event *event, const struct journal_head *after) {
	struct head *head = user;
	if (event->type == EVENT_CREATED && event->payload.len >= sizeof head->archive_id)
		memcpy(head->archive_id, event->payload.data, sizeof head->archive_id);
	if (!event->last) return 0;
	head->events = after->sequence;
	memcpy(head->chain, after->chain, sizeof head->chain);
	return 0;
}

int head_read(const char *directory, struct head *head, struct error *err) {
	*head = (struct head){.same_archive = true};
	struct error own = {0};
	/* A journal that is damaged further on is still known as far as it holds. */
	if (scan(directory, last_batch, head, &own) && !head->events) return error_set(err, own.code, "%s", own.text);
	if (!head->events) return error_set(err, ERROR_NOT_FOUND, "%s: no journal is there", directory);
	head->where = xstrdup(directory);
	return 0;
}

bool head_parse(const char *text, struct head *head) {
	char *end;
	*head = (struct head){.same_archive = true};
	if (*text < '0' || *text > '9') return false;
	head->events = strtoull(text, &end, 10);
	if (*end != ':' || !head->events || !hex_decode(end + 1, head->chain, sizeof head->chain)) return false;
	head->where = xstrdup(text);
	return true;
}

void heads_add(struct heads *heads, const struct head *head) {
	ARRAY_GROW(heads->items, heads->count, heads->cap);
	heads->items[heads->count++] = *head;
}

void heads_dispose(struct heads *heads) {
	for (size_t i = 0; i < heads->count; i++) free(heads->items[i].where);
	free(heads->items);
	*heads = (struct heads){0};
}

struct search {
	const struct heads *heads;
	uint64_t events;
	bool *found;
};

static int look(void *user, const struct event *event, const struct journal_head *after) {
	struct search *s = user;
	if (after->sequence > s->events) return 1;
	for (size_t i = 0; event->last && i < s->heads->count; i++)
		if (s->heads->items[i].events == after->sequence && !memcmp(s->heads->items[i].chain, after->chain, SHA256_SIZE)) s->found[i] = true;
	return 0;
}

const struct head *head_beyond(const char *directory, uint64_t events, const struct heads *heads, struct error *err) {
	struct search s = {heads, events, xcalloc(heads->count + 1, sizeof *s.found)};
	const struct head *first = NULL;
	if (!scan(directory, look, &s, err))
		for (size_t i = heads->count; i--;)
			if (!s.found[i] && heads->items[i].same_archive) first = &heads->items[i];
	free(s.found);
	return first;
}

struct cutting {
	utime until;
	uint64_t events; /* 0: as far as the instant says */
	struct journal_head head;
};

static int before(void *user, const struct event *event, const struct journal_head *after) {
	struct cutting *c = user;
	if (!event->last) return 0;
	if (c->events ? after->sequence > c->events : c->until != UTIME_NONE && event->when > c->until) return 1;
	c->head = *after;
	return 0;
}

int head_at(const char *directory, utime until, uint64_t *events, struct error *err) {
	struct cutting c = {.until = until};
	if (scan(directory, before, &c, err)) return -1;
	if (!c.head.sequence) return error_set(err, ERROR_INPUT, "%s: the archive did not exist at that instant: its journal begins later", directory);
	*events = c.head.sequence;
	return 0;
}

int head_cut(const char *directory, uint64_t events, utime now, struct error *err) {
	struct cutting c = {.events = events};
	if (scan(directory, before, &c, err)) return -1;
	if (c.head.sequence != events) return error_set(err, ERROR_DAMAGED, "%s: its journal has no batch that ends with event %llu", directory, (unsigned long long)events);
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) return error_errno(err, "%s", directory);
	int rc = journal_cut(dir, &c.head, err);
	close(dir);
	return rc < 0 ? -1 : store_rebuild(directory, "restore", now, err);
}
