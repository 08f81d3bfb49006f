/* Packs: writing at the end of the newest, reading anywhere.
 *
 * The writer keeps a buffer before the file: small members go out in large writes, and a member that is taken back
 * often never touched the disk. What is not committed may be taken back; committed bytes are never written again. */
#ifndef LTVAULT_STORE_PACK_H
#define LTVAULT_STORE_PACK_H

#include "store/tar.h"

#define PACK_BUFFER (1U << 20) /* stays in the second-level cache while it is hashed and written */

char *pack_path(uint32_t pack, char *text); /* FILE_PATH_MAX bytes */

struct pack_writer;
/* `pack` and `length`: where the last commit ended; length 0: a pack that is not there yet. `dir` stays the caller's.
 */
struct pack_writer *pack_writer_new(int dir, uint64_t bound, uint32_t pack, uint64_t length);
void pack_writer_free(struct pack_writer *writer);
void pack_writer_set_bound(struct pack_writer *writer, uint64_t bound);

void pack_writer_close(struct pack_writer *writer); /* its file, between batches: it was replaced */

struct pack_place {
	uint32_t pack;
	uint64_t start;  /* of the header */
	uint64_t offset; /* of the content */
};
/* A closed pack is told to the caller, who records it. */
typedef void pack_closed(void *user, uint32_t pack, uint64_t length);

/* Begins a member of `size` bytes: in a new pack when this one has reached its bound. */
int pack_begin(struct pack_writer *writer, uint64_t size, struct pack_place *place, pack_closed *closed, void *user,
	       struct error *err);
int pack_add(struct pack_writer *writer, const void *data, size_t len, struct error *err);
/* Pads the member and writes its header. */
int pack_end(struct pack_writer *writer, const struct pack_place *place, const struct object_id *id, uint64_t size,
	     struct error *err);
void pack_take_back(struct pack_writer *writer, const struct pack_place *place); /* the last member, begun or ended */

uint64_t pack_length(const struct pack_writer *writer);
uint32_t pack_number(const struct pack_writer *writer);
/* Everything on disk and durable, nothing behind it. */
int pack_sync(struct pack_writer *writer, struct error *err);
void pack_committed(struct pack_writer *writer); /* from now on this cannot be rolled back */
/* Back to the last commit; -1: what lies behind it could not be removed. */
int pack_rollback(struct pack_writer *writer, struct error *err);

/* ---- reading: a small set of open descriptors, for any number of threads ---- */
struct pack_set;
struct pack_set *pack_set_new(int dir);
void pack_set_free(struct pack_set *set);
/* Descriptor of a pack, held until pack_release; -1 with errno set. */
int pack_acquire(struct pack_set *set, uint32_t pack);
void pack_release(struct pack_set *set, uint32_t pack, int fd);
void pack_forget(struct pack_set *set); /* closes all that are not held: files may have been replaced */

#endif
