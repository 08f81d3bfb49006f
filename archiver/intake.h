/* Intake: one file's bytes into the archive, unchanged, while they are hashed; judging comes after.
 *
 * What is seen before a byte is read (no file, still being written, a declared secrecy level, an unusable sidecar, no
 * bytes) ends here. Nothing that goes wrong with one file spoils the batch or stops the others. */
#ifndef LTVAULT_ARCHIVER_INTAKE_H
#define LTVAULT_ARCHIVER_INTAKE_H

#include "archiver/app.h"
#include "archiver/metadata.h"
#include "store/batch.h"

enum intake_outcome {
	INTAKE_TAKEN,   /* a new record */
	INTAKE_AGAIN,   /* the bytes of an existing record came again */
	INTAKE_RESUMED, /* taken in by a run that died before it could finish with this file */
	INTAKE_REFUSED, /* nothing was kept; why is in `findings` */
	INTAKE_FAILED,  /* could not be read, or changed while it was read; why is in `message` */
	INTAKE_LEFT,    /* not yet, or not at all: still being written, a link, a pipe ... ; why is in `message` */
};
const char *intake_outcome_name(enum intake_outcome outcome);

/* Tells one file from others, and from itself after a change, without reading it. */
struct intake_identity {
	uint64_t inode, mtime, size;
};

struct intake_item {
	char *path;      /* raw */
	size_t relative; /* where in `path` the part below the spool begins; 0 when it is not from the spool */
	char *sidecar;   /* NULL none */
	enum intake_outcome outcome;
	char *message; /* printable; NULL none */
	struct intake_identity identity;
	uint64_t number;     /* the record; 0 none */
	bool newer_metadata; /* a version was added to a record that was there */
	struct object_id id; /* zero when not read */
	struct metadata metadata;
	json_t *findings; /* of INTAKE_REFUSED */
};
void intake_item_dispose(struct intake_item *item);

/* Files of a run that died, and the record each became (0: it was refused). */
struct intake_taken {
	struct intake_identity identity;
	uint64_t number;
	bool kept; /* could not be moved by this run */
};

struct intake {
	struct app *app;
	struct batch *batch;              /* of the files taken in now */
	const struct intake_taken *taken; /* left by a dead run */
	size_t taken_count;
	const struct intake_item *items; /* of the batch so far, the one being taken last */
	size_t item_count;
	char *actor;
	struct intake_digest *sha512;
	struct intake_unhashed { /* new records whose SHA-512 comes at the end of the batch */
		uint64_t number;
		size_t result;
	} *unhashed;
	size_t unhashed_count, unhashed_cap;
	struct intake_fresh *fresh; /* newest metadata of records that this batch touched */
	size_t fresh_count, fresh_cap;
};
void intake_begin(struct intake *intake, struct app *app);
void intake_next_batch(struct intake *intake, struct batch *batch);
/* Before the batch is committed: what is computed beside reading is put into it. */
void intake_end_batch(struct intake *intake);
void intake_end(struct intake *intake);

/* Takes item->path in; 0 with item->outcome, or -1 when the run failed (disk full). */
int intake_take(struct intake *intake, struct intake_item *item, struct error *err);

#endif
