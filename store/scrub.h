/* Reading packs again from the medium itself, every byte of them.
 *
 * Life: scrubber_new, scrubber_read for one stretch of one pack after another, scrubber_free. A pack is read in large
 * windows, in order, past the page cache (O_DIRECT; where that is refused the cache is dropped before and behind). Each
 * byte is held against what it must be: headers against the one header that follows from name and size, contents against
 * their digest, padding and end against zeros. Memory is two windows, whatever the size of pack and object.
 *
 * What is read is proven by a digest over a nonce and the bytes (docs/formats.md, Proof of reading). */
#ifndef LTVAULT_STORE_SCRUB_H
#define LTVAULT_STORE_SCRUB_H

#include "store/store.h"

enum scrub_state {
#define SCRUB_STATE(name, text) SCRUB_##name,
#include "store/scrub_state.def"
#undef SCRUB_STATE
	SCRUB_STATES
};
const char *scrub_state_name(enum scrub_state state);

struct scrub_found {
	enum scrub_state state;
	struct object_info info; /* FRAME: offset and size of the bytes, no id */
	struct object_id actual; /* what is there instead; zero: not known. The object's own name: right only when read again */
};
/* Called for every member in physical order, good ones too; nonzero (with err) stops. */
typedef int scrub_tell(void *user, const struct scrub_found *found, struct error *err);

#define SCRUB_NONCE 32

struct scrub_options {
	bool cached;       /* through the page cache: faster, proves nothing about the medium */
	bool idle;         /* only when nobody else wants the disk and the processor */
	bool proof;        /* take the digest over `nonce` and the bytes */
	bool whole;        /* hold sealed packs against their digest as wholes, or by their parts where that was done once */
	unsigned threads;  /* that hash; 1 to 16 */
	int64_t (*clock)(void); /* milliseconds of a monotonic clock; needed for `rate` and `until` alone */
	uint64_t rate;     /* bytes a second, 0 as fast as it goes */
	uint64_t budget;   /* bytes after which a stretch ends at the next member, 0 none */
	int64_t until;     /* milliseconds of that clock after which it ends so, 0 never */
	unsigned char nonce[SCRUB_NONCE];
	scrub_tell *tell;
	void *user;
};

struct scrubber;
struct scrubber *scrubber_new(const struct scrub_options *options);
void scrubber_free(struct scrubber *scrubber);
uint64_t scrubber_bytes(const struct scrubber *scrubber); /* read so far, for budgets */

/* What a pack must hold. */
struct scrub_source {
	int dir;               /* borrowed */
	const char *path;      /* of the pack, relative to dir */
	uint32_t pack;
	uint64_t length;       /* bytes that belong to it */
	bool ended;            /* closed or sealed: end blocks stand at its end, and nothing behind */
	const unsigned char *seal; /* its digest when sealed, else NULL */
	const unsigned char *frame; /* digest of its parts from a time when the whole had that seal; NULL: not known */
	/* The next objects whose content begins behind `offset`, at most max; SIZE_MAX with err on failure. */
	size_t (*expect)(void *user, uint64_t offset, struct object_info *rows, size_t max, struct error *err);
	bool (*known)(void *user, const struct object_id *id); /* an object of the archive? */
	void *user;
};

struct scrub_stretch {
	uint32_t pack;
	uint64_t from, to; /* read were the bytes from..to; the pack's end when to is its length */
	bool direct;       /* O_DIRECT was possible */
	bool sealed, seal_right; /* the whole was held against its digest, and has it */
	bool framed;             /* and `frame` is the digest of its parts */
	unsigned char frame[SHA256_SIZE];
	unsigned char proof[SHA256_SIZE]; /* SHA-256(nonce || bytes) */
};
/* Reads from a member's first byte on, to the end or to the budget's. 0, or -1 when the run failed. */
int scrubber_read(struct scrubber *scrubber, const struct scrub_source *source, uint64_t from, struct scrub_stretch *stretch,
		  struct error *err);

void scrub_idle(void); /* this thread reads and computes only when nobody else wants to, from now on */

/* ---- the packs of a store ---- */

struct store_pack {
	uint32_t pack;
	uint64_t length;
	bool ended, sealed;
	unsigned char digest[SHA256_SIZE]; /* when sealed */
	bool framed;                       /* `frame` is kept with that seal */
	unsigned char frame[SHA256_SIZE];
};
/* In order; *packs is the caller's. */
int store_packs(struct store *store, struct store_pack **packs, size_t *count, struct error *err);
/* The same for a pack of the store: objects whose entries are damaged are told as INDEX, copies and strangers as OLDER and
 * EXTRA. A pack that is not there makes its objects MISSING. */
int store_scrub_pack(struct store *store, struct scrubber *scrubber, const struct store_pack *pack, uint64_t from,
		     struct scrub_stretch *stretch, struct error *err);

#endif
