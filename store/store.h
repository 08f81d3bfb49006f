/* The store: one archive directory; one writer, any number of readers, in any number of processes.
 *
 * Life: store_create once; then store_open, reads and batches, store_close. A writer holds the archive's lock
 * (flock on work/lock) from open to close; opening as writer first finishes what a dead run left: complete journal
 * events beyond the catalogue are applied, torn tails of pack and journal are cut off.
 *
 * The store opens packs/, catalogue/, journal/ and work/ below the directory and nothing else. It knows nothing of
 * signatures, configuration or clocks. The LMDB environment must not cross fork(): children exec at once.
 *
 * Everything in the catalogue follows from packs and journal: each change is a journal event, applied to the
 * catalogue by one function that writing, recovery and rebuilding share. */
#ifndef LTVAULT_STORE_STORE_H
#define LTVAULT_STORE_STORE_H

#include "base/utime.h"
#include "store/object.h"

#include <stdio.h>

#define STORE_FORMAT_VERSION 1 /* in catalogue and journal; a newer one is refused with ERROR_NEWER_FORMAT */

struct store;

enum store_mode {
	STORE_READ,  /* beside a running writer: sees the last commit; never takes the lock, never writes */
	STORE_WRITE, /* takes the lock; ERROR_LOCKED names who holds it (process, command, since when) */
};

/* Makes the folders of an empty store in an existing directory. ERROR_EXISTS when one is there already. */
int store_create(const char *directory, utime now, struct error *err);

/* `who` is written into the lock file for others to read ("nightly"). `now` before the last recorded event gives
 * ERROR_CLOCK in write mode. NULL on failure. */
struct store *store_open(const char *directory, enum store_mode mode, const char *who, utime now, struct error *err);
void store_close(struct store *store);
const char *store_directory(const struct store *store);

/* A medium is an archive that opens read-only: works on a read-only file system too (no lock file, MDB_RDONLY|MDB_NOLOCK). */
struct store *store_open_medium(const char *directory, struct error *err);

/* Copies a consistent snapshot of the catalogue (mdb_env_copy2) to a new file; durable on return. */
int store_snapshot_catalogue(struct store *store, const char *path, struct error *err);

struct store_totals {
	uint64_t objects, object_bytes, by_kind[OBJECT_KINDS], bytes_by_kind[OBJECT_KINDS];
	uint64_t records, packs, pack_bytes, events;
	unsigned char journal_head[SHA256_SIZE]; /* chain value after the last event */
	utime last_event;
	unsigned char archive_id[16]; /* made at store_create, same on every medium */
};
int store_totals(struct store *store, struct store_totals *totals, struct error *err);

/* ---- reading objects ---- */

/* Whole object into memory, at most `max` bytes (ERROR_LIMIT above). *data is the caller's, only when PRESENT. */
enum object_state store_read(struct store *store, const struct object_id *id, size_t max, unsigned char **data, size_t *len,
                             struct error *err);
/* Streams an object through `sink` while hashing; the state is known only at the end: what was passed on before
 * must be thrown away unless it is PRESENT. `sink` may be NULL (fixity alone); it returns 0, or -1 with err set.
 * Reads with posix_fadvise(DONTNEED) behind it when `past_cache`. */
typedef int store_sink(void *user, const unsigned char *data, size_t len, struct error *err);
enum object_state store_stream(struct store *store, const struct object_id *id, bool past_cache, store_sink *sink, void *user,
                               struct error *err);

struct object_info {
	struct object_id id;
	enum object_kind kind;
	uint64_t size;
	uint32_t pack;    /* packs/%06u.tar */
	uint64_t offset;  /* of the first content byte */
};
/* Objects that a walk in physical order looks up together: 5 MB. Their rows lie in the order of their digests, so that each
 * time nearly every page of the catalogue is met once; a million objects take 16 times. */
#define STORE_PLACES 65536

/* The same without looking the object up: for threads that share the work of a list of objects. May be called from
 * several threads at a time; the store must outlive them. */
enum object_state store_stream_at(struct store *store, const struct object_info *info, bool past_cache, store_sink *sink,
                                  void *user, struct error *err);

void store_set_threads(struct store *store, unsigned threads); /* that hash in fsck and store_digest_many; 1 unless set */

/* One more digest of many objects, by several threads and through the page cache: states[i] is what reading infos[i]
 * gave, digests[i] has digest_size(alg) bytes that mean something when that is OBJECT_PRESENT. 0, or -1 when one of them
 * could not be found out (OBJECT_UNREADABLE, err set). Best given in physical order. */
int store_digest_many(struct store *store, const struct object_info *infos, size_t count, enum digest_alg alg,
                      unsigned char (*digests)[DIGEST_MAX], enum object_state *states, struct error *err);
/* True when the catalogue has it. */
bool store_object_info(struct store *store, const struct object_id *id, struct object_info *info, struct error *err);

/* Calls `visit` for objects in physical order, beginning after (pack, offset) (0, 0 for all). No transaction is held
 * while visiting. Stops with -1 when visit returns nonzero or on error. */
typedef int object_visit(void *user, const struct object_info *info, struct error *err);
int store_each_object(struct store *store, uint32_t pack, uint64_t offset, object_visit *visit, void *user, struct error *err);
/* The same for all objects in the order of their digests, which is that of their rows: a tenth of the work where most are wanted. */
int store_each_object_by_digest(struct store *store, object_visit *visit, void *user, struct error *err);
/* The place of the `count`th object behind (pack, offset), or of the last where there are fewer: 1, 0 there is none, -1. */
int store_place_behind(struct store *store, uint32_t pack, uint64_t offset, size_t count, uint32_t *to_pack, uint64_t *to_offset,
		       struct error *err);

/* ---- consistency ---- */

/* Compares packs, catalogue and journal in both directions. Each difference is one call of `problem` with a
 * lower-case sentence; `deep` re-reads every object. Returns the number of problems, or -1 (the run failed). */
typedef void fsck_problem(void *user, const char *text);
struct fsck_counts {
	uint64_t objects_checked, objects, members, events, records, packs, problems;
	uint64_t accepted; /* lost, and somebody decided so: no problem any more */
};
/* Told how far a deep check is, in objects; NULL for nobody. */
typedef void fsck_progress(void *user, uint64_t done);
void store_set_fsck_progress(struct store *store, fsck_progress *progress, void *user);
int store_fsck(struct store *store, bool deep, fsck_problem *problem, void *user, struct fsck_counts *counts, struct error *err);

/* Reads the catalogue alone, whole; ERROR_DAMAGED with what is wrong first. A damaged page may end the process. */
int store_check_catalogue(const char *directory, bool medium, struct error *err);

/* Remakes the catalogue from packs and journal into a new environment and puts it in the old one's place (the old
 * one is kept as catalogue.old). Needs no readable catalogue; takes the lock itself. */
int store_rebuild(const char *directory, const char *who, utime now, struct error *err);
/* Prints every row of the catalogue, a line each, in key order: two catalogues are equal iff the dumps are. */
int store_dump(struct store *store, FILE *out, struct error *err);

#endif
