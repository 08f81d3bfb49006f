/* The parts of a scrubber: reading windows, hashing them with several threads, looking closely at what is bad. */
#ifndef LTVAULT_STORE_SCRUB_PRIVATE_H
#define LTVAULT_STORE_SCRUB_PRIVATE_H

#include "store/scrub.h"
#include "store/tar.h"

#define SCRUB_WINDOW (8U << 20) /* read at a time: large enough for any disk, two of them small enough for any machine */
#define SCRUB_SECTOR 4096U      /* alignment of direct reads, and the least that is lost with a bad sector */

/* ---- windows ---- */

struct scrub_file {
	int fd;
	const char *path;
	bool direct, cached;
	bool absent, unread; /* not there or no file; there, but the medium does not give it: fd is -1 */
	uint64_t size;
};
struct scrub_gap { /* bytes that could not be read, relative to the window */
	size_t from, to;
};
struct scrub_window {
	unsigned char *data; /* SCRUB_WINDOW bytes, aligned */
	uint64_t base;       /* of the first byte in the file; a multiple of SCRUB_SECTOR */
	size_t len;          /* less at the end of the file */
	struct scrub_gap *gaps;
	size_t gap_count, gap_cap;
};
/* 0; -1 with err when it could not be opened. */
int scrub_file_open(struct scrub_file *file, int dir, const char *path, bool cached, struct error *err);
void scrub_file_close(struct scrub_file *file);
void scrub_window_init(struct scrub_window *window);
void scrub_window_dispose(struct scrub_window *window);
/* Fills the window from `base`, up to `limit`; sectors that cannot be read are zeros and gaps. */
int scrub_window_read(struct scrub_window *window, struct scrub_file *file, uint64_t base, uint64_t limit, struct error *err);
bool scrub_window_lacks(const struct scrub_window *window, size_t from, size_t to);

/* ---- hashing ---- */

struct scrub_task { /* update, then final when `digest` is set */
	struct digest_ctx *ctx; /* NULL: one of the thread's own, and the whole of the content is here */
	const unsigned char *data;
	size_t len;
	size_t member;    /* whose digest it is; SIZE_MAX: nobody's yet */
	int next;         /* task that goes on with the same context, or -1 */
};
struct scrub_pool;
struct scrub_pool *scrub_pool_new(unsigned threads, bool idle);
void scrub_pool_free(struct scrub_pool *pool);
/* Starts work on tasks[0..count); digests[member] gets the results. The caller may read meanwhile, then waits. */
void scrub_pool_start(struct scrub_pool *pool, struct scrub_task *tasks, size_t count, unsigned char (*digests)[DIGEST_MAX]);
void scrub_pool_wait(struct scrub_pool *pool);

/* ---- the frame ---- */

/* The digest of a pack by its parts (docs/formats.md, Frame of a pack): over all bytes that went into no object's digest, in
 * order, and over place and digest of each object. Members' digests are what was read, not what was expected. */
struct scrub_frame;
struct scrub_frame *scrub_frame_new(void);
void scrub_frame_free(struct scrub_frame *frame);
void scrub_frame_begin(struct scrub_frame *frame, uint64_t at);
/* Bytes of the file that go into an object's digest; in order. `member`: it ends with them, else SIZE_MAX. */
void scrub_frame_cut(struct scrub_frame *frame, uint64_t from, uint64_t to, size_t member);
/* The window's bytes up to `to` of the file, when the digests of the members that end in it are there. */
void scrub_frame_window(struct scrub_frame *frame, const struct scrub_window *w, uint64_t to, unsigned char (*digests)[DIGEST_MAX]);
/* False when not every byte of the file's length is in it. */
bool scrub_frame_end(struct scrub_frame *frame, uint64_t length, unsigned char digest[static SHA256_SIZE]);

/* Puts another listener in place and says who was there. */
void scrubber_redirect(struct scrubber *scrubber, scrub_tell *tell, void *user, scrub_tell **before, void **before_user);

/* ---- what is wrong ---- */

/* Reads one place again and says what is there. */
int scrub_examine(struct scrub_file *file, const struct scrub_source *source, const struct object_info *info,
		  struct scrub_found *found, struct error *err);
/* SHA-256 of all its bytes, read again. */
int scrub_examine_whole(struct scrub_file *file, unsigned char digest[static SHA256_SIZE], struct error *err);

#endif
