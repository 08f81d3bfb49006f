#include "store/scrub_private.h"

#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *scrub_state_name(enum scrub_state state) {
	static const char *const names[SCRUB_STATES] = {
#define SCRUB_STATE(name, text) [SCRUB_##name] = text,
#include "store/scrub_state.def"
#undef SCRUB_STATE
	};
	return (unsigned)state < SCRUB_STATES ? names[state] : "unknown";
}

/* Bytes of a file one after another, through one window. */
struct stream {
	struct scrub_file *file;
	struct scrub_window window;
	uint64_t limit;
	bool unread; /* some of what was passed on could not be read */
};

typedef void stream_sink(void *user, const unsigned char *data, size_t len);

/* Fewer than `len` only at the end of the file. */
static int stream_range(struct stream *s, uint64_t from, uint64_t len, uint64_t *got, stream_sink *sink, void *user, struct error *err) {
	*got = 0;
	while (len) {
		if (scrub_window_read(&s->window, s->file, from - from % SCRUB_SECTOR, s->limit, err) < 0) return -1;
		size_t skip = (size_t)(from % SCRUB_SECTOR);
		if (s->window.len <= skip) return 0;
		size_t n = s->window.len - skip < len ? s->window.len - skip : (size_t)len;
		if (scrub_window_lacks(&s->window, skip, skip + n)) s->unread = true;
		sink(user, s->window.data + skip, n);
		from += n;
		len -= n;
		*got += n;
	}
	return 0;
}

static void to_digest(void *user, const unsigned char *data, size_t len) {
	digest_update(user, data, len);
}

static void to_buf(void *user, const unsigned char *data, size_t len) {
	buf_add(user, data, len);
}

static int digest_of(struct stream *s, uint64_t from, uint64_t len, struct object_id *id, uint64_t *got, struct error *err) {
	unsigned char sum[DIGEST_MAX];
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	int rc = stream_range(s, from, len, got, to_digest, ctx, err);
	digest_final(ctx, sum);
	memcpy(id->sha256, sum, SHA256_SIZE);
	digest_free(ctx);
	return rc;
}

int scrub_examine_whole(struct scrub_file *file, unsigned char digest[static SHA256_SIZE], struct error *err) {
	struct stream s = {.file = file, .limit = file->size};
	struct object_id id;
	uint64_t got;
	scrub_window_init(&s.window);
	int rc = digest_of(&s, 0, file->size, &id, &got, err);
	scrub_window_dispose(&s.window);
	memcpy(digest, id.sha256, SHA256_SIZE);
	return rc;
}

/* Does another object, whole, stand where this one's header should be? */
static int look_for_other(struct stream *s, const struct object_info *info, struct object_id *other, bool *found, struct error *err) {
	size_t want = tar_header_size(info->size), len;
	struct buf header = {0};
	struct object_id actual;
	uint64_t size, got;
	int rc = stream_range(s, info->offset - want, TAR_HEADER_MAX, &got, to_buf, &header, err);
	*found = false;
	if (!rc && tar_parse(header.data, header.len, other, &size, &len) == TAR_MEMBER && !object_id_equal(other, &info->id) &&
	    size <= s->limit) {
		rc = digest_of(s, info->offset - want + len, size, &actual, &got, err);
		*found = !rc && got == size && !s->unread && object_id_equal(&actual, other);
	}
	buf_dispose(&header);
	return rc;
}

int scrub_examine(struct scrub_file *file, const struct scrub_source *source, const struct object_info *info,
		  struct scrub_found *found, struct error *err) {
	struct stream s = {.file = file, .limit = source->length};
	uint64_t got = 0;
	bool other = false;
	*found = (struct scrub_found){.state = SCRUB_MISSING, .info = *info};
	if (file->unread) found->state = SCRUB_UNREADABLE;
	if (file->fd < 0 || info->offset > file->size || (info->offset == file->size && info->size)) return 0;
	if (s.limit < file->size) s.limit = file->size;
	scrub_window_init(&s.window);
	int rc = digest_of(&s, info->offset, info->size, &found->actual, &got, err);
	bool unread = s.unread, whole = got == info->size;
	if (!rc && !unread) rc = look_for_other(&s, info, &found->actual, &other, err);
	if (rc < 0) goto out;
	if (!other && whole && !unread) rc = digest_of(&s, info->offset, info->size, &found->actual, &got, err);
	if (other) {
		found->state = SCRUB_SUBSTITUTED;
	} else if (unread) {
		found->state = SCRUB_UNREADABLE;
		found->actual = (struct object_id){0};
	} else if (!whole) {
		found->state = SCRUB_DAMAGED;
		found->actual = (struct object_id){0};
	} else {
		bool same = object_id_equal(&found->actual, &info->id);
		bool known = !same && source->known && source->known(source->user, &found->actual);
		found->state = known ? SCRUB_SUBSTITUTED : SCRUB_DAMAGED;
	}
out:
	scrub_window_dispose(&s.window);
	return rc;
}
