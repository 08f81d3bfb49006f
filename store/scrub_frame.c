#include "store/scrub_private.h"

#include "base/mem.h"
#include "base/record.h"

#include <stdlib.h>
#include <string.h>

/* What is hashed for an object lies in the file where the walk read it, and all else is taken from between: there is no list of
 * frames that could leave a byte out. */
struct cut {
	uint64_t from, to; /* bytes of the file that went into the content's digest */
	size_t member;     /* whose digest is whole with them; SIZE_MAX: it goes on in the next window */
};

struct scrub_frame {
	struct digest_ctx *ctx;
	uint64_t at;      /* bytes of the file before it are accounted for */
	uint64_t run;     /* bytes between objects since the last one */
	uint64_t content; /* of the object that goes on */
	bool broken;      /* a byte would be left out or counted twice: the digest is worth nothing */
	struct cut *cuts; /* of the window at hand */
	size_t count, cap;
};

struct scrub_frame *scrub_frame_new(void) {
	struct scrub_frame *frame = xcalloc(1, sizeof *frame);
	frame->ctx = digest_new(DIGEST_SHA256);
	return frame;
}

void scrub_frame_free(struct scrub_frame *frame) {
	if (!frame) return;
	digest_free(frame->ctx);
	free(frame->cuts);
	free(frame);
}

void scrub_frame_begin(struct scrub_frame *frame, uint64_t at) {
	digest_reset(frame->ctx);
	frame->at = at;
	frame->run = frame->content = 0;
	frame->count = 0;
	frame->broken = false;
}

void scrub_frame_cut(struct scrub_frame *frame, uint64_t from, uint64_t to, size_t member) {
	ARRAY_GROW(frame->cuts, frame->count, frame->cap);
	frame->cuts[frame->count++] = (struct cut){from, to, member};
}

/* True when the bytes from where it is up to there are in the window, as they always are. */
static bool reaches(struct scrub_frame *frame, const struct scrub_window *w, uint64_t to) {
	frame->broken = frame->broken || frame->at < w->base || to < frame->at || to - w->base > w->len;
	return !frame->broken;
}

static void between(struct scrub_frame *frame, const struct scrub_window *w, uint64_t to) {
	if (!reaches(frame, w, to)) return;
	digest_update(frame->ctx, w->data + (frame->at - w->base), (size_t)(to - frame->at));
	frame->run += to - frame->at;
	frame->at = to;
}

/* From its end each part can be read backwards in one way only: two packs with one digest have the same parts. */
static void end_object(struct scrub_frame *frame, const unsigned char *digest) {
	struct buf b = {0};
	record_put_u64(&b, frame->run);
	record_put_u64(&b, frame->content);
	record_put_raw(&b, digest, SHA256_SIZE);
	digest_update(frame->ctx, b.data, b.len);
	buf_dispose(&b);
	frame->run = frame->content = 0;
}

void scrub_frame_window(struct scrub_frame *frame, const struct scrub_window *w, uint64_t to, unsigned char (*digests)[DIGEST_MAX]) {
	for (size_t i = 0; i < frame->count; i++) {
		const struct cut *cut = &frame->cuts[i];
		between(frame, w, cut->from);
		if (!reaches(frame, w, cut->to)) break;
		frame->content += cut->to - cut->from;
		frame->at = cut->to;
		if (cut->member != SIZE_MAX) end_object(frame, digests[cut->member]);
	}
	frame->count = 0;
	between(frame, w, to);
}

bool scrub_frame_end(struct scrub_frame *frame, uint64_t length, unsigned char digest[static SHA256_SIZE]) {
	unsigned char full[DIGEST_MAX];
	struct buf b = {0};
	bool whole = frame->at == length && !frame->content && !frame->broken;
	record_put_u64(&b, frame->run);
	digest_update(frame->ctx, b.data, b.len);
	buf_dispose(&b);
	digest_final(frame->ctx, full);
	memcpy(digest, full, SHA256_SIZE);
	return whole;
}
