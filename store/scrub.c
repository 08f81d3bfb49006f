#include "store/scrub_private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct member {
	struct object_info info;
	uint64_t start;  /* of its header */
	bool expected;   /* the catalogue has it here */
	bool frame_bad;  /* header or padding are not as they must be */
	bool unread;     /* a part of it was not given by the medium */
	bool cut_short;  /* not whole in the file: it has no digest */
};

struct scrubber {
	struct scrub_options o;
	struct scrub_pool *pool;
	struct scrub_window windows[2];
	struct digest_ctx *carry, *proof, *whole;
	struct scrub_frame *frame;
	uint64_t bytes;
	int64_t begun; /* milliseconds */
	struct object_info *queue; /* expected next, of the pass under way */
	struct member *members; /* that end in the window at hand */
	size_t member_count, member_cap;
	unsigned char (*digests)[DIGEST_MAX];
	size_t digest_cap;
	struct scrub_task *tasks;
	size_t task_count, task_cap;
	struct object_info *frames; /* offset and size of bytes that are wrong and nobody's */
	size_t frame_count, frame_cap;
};

/* A walk over one pack. */
struct pass {
	struct scrubber *s;
	const struct scrub_source *source;
	struct scrub_file file;
	struct scrub_stretch *stretch;
	uint64_t limit;    /* bytes that are there and belong to it */
	uint64_t at, fed;  /* walked to; bytes before `fed` are in the proof */
	bool inside, carried; /* of `open`; its content began in an earlier window or does not end in this one */
	struct member open;
	uint64_t content_left, padding_left, skip_to;
	size_t queued, taken;
	bool queue_ended;
	bool stopped;
	bool by_parts; /* the seal is held against the digest of the parts, not of the whole */
	struct error *err;
};

struct scrubber *scrubber_new(const struct scrub_options *options) {
	struct scrubber *s = xcalloc(1, sizeof *s);
	digest_init();
	s->o = *options;
	s->pool = scrub_pool_new(options->threads ? options->threads : 1, options->idle);
	for (int i = 0; i < 2; i++) scrub_window_init(&s->windows[i]);
	s->carry = digest_new(DIGEST_SHA256);
	s->proof = digest_new(DIGEST_SHA256);
	s->whole = digest_new(DIGEST_SHA256);
	s->frame = scrub_frame_new();
	s->queue = xcalloc(STORE_PLACES, sizeof *s->queue);
	s->begun = options->clock ? options->clock() : 0;
	return s;
}

void scrubber_free(struct scrubber *s) {
	if (!s) return;
	scrub_pool_free(s->pool);
	for (int i = 0; i < 2; i++) scrub_window_dispose(&s->windows[i]);
	digest_free(s->carry);
	digest_free(s->proof);
	digest_free(s->whole);
	scrub_frame_free(s->frame);
	free(s->queue);
	free(s->members);
	free(s->digests);
	free(s->tasks);
	free(s->frames);
	free(s);
}

uint64_t scrubber_bytes(const struct scrubber *s) {
	return s->bytes;
}

void scrubber_redirect(struct scrubber *s, scrub_tell *tell, void *user, scrub_tell **before, void **before_user) {
	if (before) *before = s->o.tell;
	if (before_user) *before_user = s->o.user;
	s->o.tell = tell;
	s->o.user = user;
}

/* ---- what must be there ---- */

static const struct object_info *head(struct pass *p) {
	if (p->taken == p->queued && !p->queue_ended && !p->err->code) {
		uint64_t after = p->queued ? p->s->queue[p->queued - 1].offset : p->at;
		size_t n = p->source->expect(p->source->user, after, p->s->queue, STORE_PLACES, p->err);
		p->taken = 0;
		p->queued = n == SIZE_MAX ? 0 : n;
		p->queue_ended = !p->queued;
	}
	return p->taken < p->queued ? &p->s->queue[p->taken] : NULL;
}

static uint64_t start_of(const struct object_info *info) {
	return info->offset - tar_header_size(info->size);
}

/* ---- planning: what the bytes of a window are ---- */

static size_t add_member(struct pass *p, const struct member *member) {
	struct scrubber *s = p->s;
	ARRAY_GROW(s->members, s->member_count, s->member_cap);
	if (s->digest_cap < s->member_cap) {
		s->digest_cap = s->member_cap;
		s->digests = xreallocarray(s->digests, s->digest_cap, sizeof *s->digests);
	}
	s->members[s->member_count] = *member;
	return s->member_count++;
}

static struct scrub_task *add_task(struct scrubber *s, struct digest_ctx *ctx, const unsigned char *data, size_t len,
				   size_t member) {
	ARRAY_GROW(s->tasks, s->task_count, s->task_cap);
	s->tasks[s->task_count] = (struct scrub_task){ctx, data, len, member, -1};
	return &s->tasks[s->task_count++];
}

static void add_frame(struct pass *p, uint64_t from, uint64_t to) {
	struct scrubber *s = p->s;
	ARRAY_GROW(s->frames, s->frame_count, s->frame_cap);
	s->frames[s->frame_count++] = (struct object_info){.size = to - from, .pack = p->source->pack, .offset = from};
}

/* The stretch at p->at, `want` bytes at most, as far as it lies in the window. */
static size_t piece(const struct pass *p, const struct scrub_window *w, uint64_t want) {
	uint64_t room = w->base + w->len - p->at;
	return (size_t)(want < room ? want : room);
}

/* What of the open member lies in this window. Where it ends here, it becomes a member with the digest of its bytes. */
static void go_on(struct pass *p, const struct scrub_window *w) {
	struct scrubber *s = p->s;
	size_t from = (size_t)(p->at - w->base), n = piece(p, w, p->content_left);
	bool whole = n == p->open.info.size && !p->carried, ends = n == p->content_left;
	if (scrub_window_lacks(w, from, from + n)) p->open.unread = true;
	p->content_left -= n;
	p->at += n;
	if (n || whole) add_task(s, whole ? NULL : s->carry, w->data + from, n, SIZE_MAX);
	scrub_frame_cut(s->frame, w->base + from, w->base + from + n, ends ? s->member_count : SIZE_MAX);
	if (!ends) {
		p->carried = true;
		return;
	}
	/* Windows end at whole blocks: the padding lies where the content ends. */
	from = (size_t)(p->at - w->base);
	n = piece(p, w, p->padding_left);
	if (n < p->padding_left || !tar_zeros(w->data + from, n) || scrub_window_lacks(w, from, from + n)) p->open.frame_bad = true;
	p->at += n;
	s->tasks[s->task_count - 1].member = add_member(p, &p->open);
	p->inside = p->carried = false;
}

static void open_member(struct pass *p, const struct member *member) {
	p->open = *member;
	p->inside = true;
	p->carried = false;
	p->content_left = member->info.size;
	p->padding_left = tar_padded(member->info.size) - member->info.size;
	p->at = member->info.offset;
}

/* An object of the catalogue begins here. False: its header is not whole in this window. */
static bool begin_expected(struct pass *p, const struct scrub_window *w, const struct object_info *info) {
	size_t len = tar_header_size(info->size), from = (size_t)(p->at - w->base);
	struct member member = {.info = *info, .start = p->at, .expected = true};
	if (p->at + len > p->limit) { /* nothing of its content is there */
		member.cut_short = true;
		add_member(p, &member);
		p->taken++;
		p->at = p->limit;
		return true;
	}
	if (from + len > w->len) return false;
	member.frame_bad = scrub_window_lacks(w, from, from + len) || !tar_header_is(w->data + from, &info->id, info->size);
	p->taken++;
	open_member(p, &member);
	return true;
}

/* Bytes that the catalogue knows nothing of, up to `end`: the end of the pack, an older copy, a stranger, or rubbish. */
static bool begin_unexpected(struct pass *p, const struct scrub_window *w, uint64_t end) {
	struct member member = {.info = {.pack = p->source->pack, .kind = OBJECT_KINDS}, .start = p->at};
	size_t from = (size_t)(p->at - w->base), have = w->len - from, len, want = TAR_HEADER_MAX;
	if (end - p->at < want) want = (size_t)(end - p->at);
	if (have < want) return false;
	bool ends = p->source->ended && p->at + TAR_END == p->source->length;
	bool unread = scrub_window_lacks(w, from, from + want);
	if (ends && !unread && want >= TAR_END && tar_zeros(w->data + from, TAR_END)) {
		p->at += TAR_END;
		return true;
	}
	if (!ends && !unread && tar_parse(w->data + from, want, &member.info.id, &member.info.size, &len) == TAR_MEMBER &&
	    len <= end - p->at && member.info.size <= end - p->at - len &&
	    tar_padded(member.info.size) <= end - p->at - len) {
		member.info.offset = p->at + len;
		member.frame_bad = !tar_header_is(w->data + from, &member.info.id, member.info.size);
		open_member(p, &member);
		return true;
	}
	add_frame(p, p->at, end);
	p->skip_to = end;
	return true;
}

static void plan(struct pass *p, const struct scrub_window *w) {
	uint64_t end = w->base + w->len;
	if (end < p->limit && w->len < SCRUB_WINDOW) p->limit = end; /* it has become shorter meanwhile */
	while (p->at < end && !p->err->code) {
		if (p->inside) {
			go_on(p, w);
			continue;
		}
		if (p->skip_to > p->at) {
			p->at += piece(p, w, p->skip_to - p->at);
			continue;
		}
		const struct object_info *next = head(p);
		if (next && start_of(next) < p->at) { /* two objects in one place: looked at closely later */
			add_member(p, &(struct member){.info = *next, .start = start_of(next), .expected = true, .cut_short = true});
			p->taken++;
			continue;
		}
		bool here = next && start_of(next) == p->at;
		uint64_t until = next && start_of(next) < p->limit ? start_of(next) : p->limit;
		if (!(here ? begin_expected(p, w, next) : begin_unexpected(p, w, until))) return;
		/* An empty object has no bytes to go on with. */
		if (p->inside && p->at == end && !p->content_left) go_on(p, w);
	}
}

/* What the file lacks: the member that is cut off, and all behind it. */
static void plan_end(struct pass *p) {
	const struct object_info *next;
	if (p->inside) {
		p->open.cut_short = true;
		add_member(p, &p->open);
		p->inside = false;
	}
	while ((next = head(p))) {
		add_member(p, &(struct member){.info = *next, .start = start_of(next), .expected = true, .cut_short = true});
		p->taken++;
	}
	if (p->limit < p->source->length) add_frame(p, p->limit, p->source->length);
	if (p->source->ended && p->file.size > p->source->length) add_frame(p, p->source->length, p->file.size);
}

/* ---- telling ---- */

static int tell(struct pass *p, const struct scrub_found *found) {
	return p->s->o.tell ? p->s->o.tell(p->s->o.user, found, p->err) : 0;
}

static int tell_frame(struct pass *p, const struct member *m) {
	return tell(p, &(struct scrub_found){.state = SCRUB_FRAME,
					     .info = {.pack = m->info.pack,
						      .offset = m->start,
						      .size = m->info.offset - m->start + tar_padded(m->info.size)}});
}

static int tell_member(struct pass *p, const struct member *m, const unsigned char *digest) {
	struct scrub_found found = {.state = SCRUB_GOOD, .info = m->info};
	bool good = !m->cut_short && !m->unread && !memcmp(digest, m->info.id.sha256, SHA256_SIZE);
	if (!m->expected) {
		/* Without a whole object it is only bytes; its header still says whose they should be. */
		if (!good || m->frame_bad) {
			found = (struct scrub_found){.state = SCRUB_FRAME,
						     .info = {.id = m->info.id,
							      .pack = m->info.pack,
							      .offset = m->start,
							      .size = m->info.offset - m->start + tar_padded(m->info.size)}};
			if (tell(p, &found)) return -1;
			if (!good) return 0;
		}
		found = (struct scrub_found){.state = SCRUB_EXTRA, .info = m->info};
		return tell(p, &found);
	}
	if (!good && scrub_examine(&p->file, p->source, &m->info, &found, p->err) < 0) return -1;
	if (tell(p, &found)) return -1;
	return m->frame_bad && !m->cut_short ? tell_frame(p, m) : 0;
}

static int tell_all(struct pass *p) {
	struct scrubber *s = p->s;
	for (size_t i = 0; i < s->member_count; i++)
		if (tell_member(p, &s->members[i], s->digests[i])) return -1;
	for (size_t i = 0; i < s->frame_count; i++)
		if (tell(p, &(struct scrub_found){.state = SCRUB_FRAME, .info = s->frames[i]})) return -1;
	s->member_count = s->frame_count = s->task_count = 0;
	return 0;
}

/* ---- the walk ---- */

static bool enough(const struct scrubber *s, uint64_t more) {
	return (s->o.budget && s->bytes + more >= s->o.budget) || (s->o.until && s->o.clock() >= s->o.until);
}

/* Ends the stretch at the last member's end, where one ends in this window. */
static void stop_here(struct pass *p, const struct scrub_window *w) {
	uint64_t cut = p->inside ? p->open.start : p->at;
	if (cut <= p->fed || cut < w->base || p->skip_to > p->at) return;
	if (p->inside && p->s->task_count && p->s->tasks[p->s->task_count - 1].member == SIZE_MAX) p->s->task_count--;
	p->inside = false;
	p->at = cut;
	p->stopped = true;
}

/* Tasks of one context follow each other: the first stands for all. Moves the others behind `count`. */
static size_t chain_carried(struct scrubber *s) {
	size_t first = SIZE_MAX, last = 0, heads = s->task_count;
	for (size_t i = 0; i < s->task_count; i++) {
		if (s->tasks[i].ctx != s->carry) continue;
		if (first == SIZE_MAX) first = i;
		last = i;
	}
	/* A member carried into the window is its first task, one carried out of it the last. */
	if (first != SIZE_MAX && first != last) {
		s->tasks[first].next = (int)last;
		heads = last;
	}
	return heads;
}

static void hash(struct pass *p, const struct scrub_window *w) {
	struct scrubber *s = p->s;
	size_t len = (size_t)(p->at - p->fed);
	const unsigned char *data = w->data + (p->fed - w->base);
	/* Long ones first, and before the one that is carried on, which chain_carried leaves at the end. */
	struct scrub_task extra[2];
	size_t extras = 0;
	if (s->o.proof && len) extra[extras++] = (struct scrub_task){s->proof, data, len, SIZE_MAX, -1};
	if (s->o.whole && p->source->seal && !p->by_parts && len) extra[extras++] = (struct scrub_task){s->whole, data, len, SIZE_MAX, -1};
	for (size_t i = 0; i < extras; i++) add_task(s, NULL, NULL, 0, SIZE_MAX);
	memmove(s->tasks + extras, s->tasks, (s->task_count - extras) * sizeof *s->tasks);
	memcpy(s->tasks, extra, extras * sizeof *extra);
	scrub_pool_start(s->pool, s->tasks, chain_carried(s), s->digests);
	s->bytes += len;
	p->fed = p->at;
}

static void pace(const struct scrubber *s) {
	if (!s->o.rate) return;
	int64_t due = s->begun + (int64_t)((double)s->bytes * 1000 / (double)s->o.rate), now = s->o.clock();
	if (due <= now) return;
	struct timespec t = {(due - now) / 1000, (due - now) % 1000 * 1000000};
	nanosleep(&t, NULL);
}

static int walk_windows(struct pass *p) {
	struct scrubber *s = p->s;
	int now = 0;
	if (p->at < p->limit && scrub_window_read(&s->windows[0], &p->file, p->at - p->at % SCRUB_SECTOR, p->limit, p->err) < 0)
		return -1;
	while (p->at < p->limit && !p->stopped) {
		struct scrub_window *w = &s->windows[now], *next = &s->windows[!now];
		if (!w->len || w->base + w->len <= p->at) { /* it has become shorter meanwhile */
			p->limit = p->at;
			break;
		}
		plan(p, w);
		if (!p->err->code && p->at < p->limit && enough(s, p->at - p->fed)) stop_here(p, w);
		hash(p, w);
		int rc = p->err->code || p->stopped || p->at >= p->limit
				 ? 0
				 : scrub_window_read(next, &p->file, p->at - p->at % SCRUB_SECTOR, p->limit, p->err);
		scrub_pool_wait(s->pool);
		if (!p->stopped) scrub_frame_window(s->frame, w, p->fed, s->digests);
		if (rc < 0 || p->err->code || tell_all(p)) return -1;
		pace(s);
		now = !now;
	}
	if (p->stopped) return 0;
	plan_end(p);
	if (s->task_count) scrub_pool_start(s->pool, s->tasks, s->task_count, s->digests), scrub_pool_wait(s->pool);
	return p->err->code ? -1 : tell_all(p);
}

/* A digest of the parts that was kept, with this seal, when the whole was right says as well as the whole does whether the pack is
 * what was sealed, and costs no third hashing of each byte. */
static int hold_against_seal(struct pass *p) {
	unsigned char digest[DIGEST_MAX];
	bool framed = scrub_frame_end(p->s->frame, p->source->length, p->stretch->frame);
	bool size_right = p->file.size == p->source->length;
	bool same = p->by_parts && framed && !memcmp(p->stretch->frame, p->source->frame, SHA256_SIZE);
	digest_final(p->s->whole, digest);
	/* Other parts may be the catalogue's fault, which told them apart: whether the pack is right says the whole. */
	if (p->by_parts && size_right && !same && scrub_examine_whole(&p->file, digest, p->err) < 0) return -1;
	p->stretch->sealed = true;
	p->stretch->seal_right = size_right && (same || !memcmp(digest, p->source->seal, SHA256_SIZE));
	p->stretch->framed = framed && p->stretch->seal_right;
	return 0;
}

static int finish(struct pass *p) {
	struct scrubber *s = p->s;
	unsigned char digest[DIGEST_MAX];
	p->stretch->to = p->stopped ? p->at : p->source->length;
	p->stretch->direct = p->file.direct;
	digest_final(s->proof, digest);
	memcpy(p->stretch->proof, digest, SHA256_SIZE);
	if (!s->o.whole || !p->source->seal || p->stopped || p->stretch->from) return 0;
	return hold_against_seal(p);
}

int scrubber_read(struct scrubber *s, const struct scrub_source *source, uint64_t from, struct scrub_stretch *stretch,
		  struct error *err) {
	struct error own = {0};
	struct pass *p = xcalloc(1, sizeof *p);
	*p = (struct pass){.s = s, .source = source, .stretch = stretch, .at = from, .fed = from, .by_parts = source->frame != NULL, .err = &own};
	*stretch = (struct scrub_stretch){.pack = source->pack, .from = from};
	digest_reset(s->carry);
	digest_reset(s->proof);
	digest_reset(s->whole);
	scrub_frame_begin(s->frame, from);
	if (s->o.proof) digest_update(s->proof, s->o.nonce, sizeof s->o.nonce);
	s->member_count = s->frame_count = s->task_count = 0;
	int rc = scrub_file_open(&p->file, source->dir, source->path, s->o.cached, &own);
	if (!rc) {
		p->limit = source->length < p->file.size ? source->length : p->file.size;
		rc = walk_windows(p);
		if (!rc) rc = finish(p);
		scrub_file_close(&p->file);
	} else if (p->file.absent || p->file.unread) {
		error_clear(&own);
		p->limit = from;
		plan_end(p);
		rc = own.code ? -1 : tell_all(p);
		stretch->to = source->length;
	}
	free(p);
	return rc < 0 ? error_set(err, own.code ? own.code : ERROR_INTERNAL, "%s", own.text) : 0;
}
