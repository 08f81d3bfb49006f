/* Records, verdicts, receipts, revisions, evidence links, media and the journal, for reading.
 *
 * Every function opens and closes its own short read transaction; nothing is held between calls. Rows own their
 * strings; each has a _dispose that is safe on an all-zero row. Lists come in order of their key. */
#ifndef LTVAULT_STORE_RECORDS_H
#define LTVAULT_STORE_RECORDS_H

#include "store/store.h"

enum record_state {
#define RECORD_STATE(name, text) RECORD_##name,
#include "store/record_state.def"
#undef RECORD_STATE
	RECORD_STATES
};
const char *record_state_name(enum record_state state);
bool record_state_parse(const char *text, enum record_state *state);

struct record_row {
	uint64_t number;           /* 1, 2, 3 ...; set by the store */
	struct object_id original; /* revision 0; unique: the same bytes are one record */
	uint64_t size;
	unsigned char sha512[64];  /* of the original, computed in the same reading */
	char *name;                /* file name as it came, raw bytes without directories */
	char *source;              /* where from: "spool", a path's folder, a medium */
	char *actor;               /* who handed it over: user name of the run */
	utime taken_in;
	enum record_state state;
	char *state_reason;        /* "" when there is none */
	struct object_id metadata; /* newest version; zero when none was given */
	uint32_t metadata_versions, receipts, verdicts, revisions;
	char *natural_key;         /* of the newest metadata; "" none */
	struct object_id verdict;  /* newest verdict's report; zero when never judged */
	char *indication, *sub_indication; /* of the newest verdict, opaque to the store; "" when never judged */
	utime verified;            /* last time bytes and verdict were checked; UTIME_NONE never */
	utime due;                 /* next time they must be */
	enum object_state bytes;   /* as last seen */
};
void record_row_dispose(struct record_row *row);

/* 1 found, 0 not there, -1 error. */
int records_get(struct store *store, uint64_t number, struct record_row *row, struct error *err);
/* The same without a look at the object: row->bytes says nothing. For walks over many, whose objects lie anywhere. */
int records_peek(struct store *store, uint64_t number, struct record_row *row, struct error *err);
int records_by_object(struct store *store, const struct object_id *original, uint64_t *number, struct error *err);
/* The same for many, which come in ascending order: numbers[i] is 0 where there is none. 0, or -1. */
int records_by_objects(struct store *store, const struct object_id *originals, size_t count, uint64_t *numbers, struct error *err);
/* Calls visit with each of many records as records_peek gives it, numbers in ascending order; one that is not there is passed
 * over. `visit` returns nonzero to stop (the function then returns 1), must not use the store, and does not own the row. */
typedef int record_visit(void *user, const struct record_row *row);
int records_peek_many(struct store *store, const uint64_t *numbers, size_t count, record_visit *visit, void *user, struct error *err);

/* Range walks: up to `max` numbers greater than `after`, ascending; returns how many, -1 on error. */
int records_list(struct store *store, uint64_t after, uint64_t *numbers, size_t max, struct error *err);
/* Numbers whose due time is at or before `before`, the longest overdue first, beginning after (after_due, after). */
int records_due(struct store *store, utime before, utime after_due, uint64_t after, uint64_t *numbers, utime *dues, size_t max,
                struct error *err);
/* Numbers with that natural key, ascending, and greater than `after`. */
int records_by_key(struct store *store, const char *natural_key, uint64_t after, uint64_t *numbers, size_t max, struct error *err);

/* Numbers of records that came under that file name, at first or again, ascending, and greater than `after`. */
int records_by_name(struct store *store, const char *name, uint64_t after, uint64_t *numbers, size_t max, struct error *err);

struct receipt_row {
	utime when;
	char *name, *source, *actor;
};
void receipt_row_dispose(struct receipt_row *row);
/* `index` from 0; the first receipt is the intake itself. 1 found, 0 no such index, -1 error: the same for the four below. */
int records_receipt(struct store *store, uint64_t number, uint32_t index, struct receipt_row *row, struct error *err);

struct metadata_row {
	utime when;
	struct object_id metadata;
};
int records_metadata(struct store *store, uint64_t number, uint32_t index, struct metadata_row *row, struct error *err);

struct verdict_row {
	utime when;
	struct object_id report; /* the validation report, canonical JSON, an object of kind VERDICT */
	char *indication, *sub_indication;
};
void verdict_row_dispose(struct verdict_row *row);
int records_verdict(struct store *store, uint64_t number, uint32_t index, struct verdict_row *row, struct error *err);

enum piece_form {
	PIECE_OBJECT, /* the bytes of `object` */
	PIECE_OWN,    /* the next `size` bytes of the own objects, joined */
	PIECE_HEX,    /* the bytes of `object` as upper-case hexadecimal, padded with zeros to `size` digits */
	PIECE_RANGE,  /* `size` bytes of `object` from `at` on */
	PIECE_FORMS
};
struct revision_piece {
	enum piece_form form;
	struct object_id object; /* zero for PIECE_OWN */
	uint64_t size;           /* 0 for PIECE_OBJECT: all of it */
	uint64_t at;             /* PIECE_RANGE */
};
struct revision_row {
	utime when;
	struct object_id digest; /* of all bytes of the revision */
	uint64_t size;
	struct object_id *own; /* what was written for this revision and for those before it, in order */
	size_t own_count;
	struct revision_piece *pieces; /* in order; of a PDF the first is the original, of a CMS file ranges of it are among them */
	size_t count;
};
void revision_row_dispose(struct revision_row *row);
int records_revision(struct store *store, uint64_t number, uint32_t index, struct revision_row *row, struct error *err);

/* Evidence objects linked to a record; returns how many were written to ids (ascending, greater than *after or from the start). */
int records_evidence(struct store *store, uint64_t number, const struct object_id *after, struct object_id *ids, size_t max,
                     struct error *err);

struct medium_row {
	unsigned char id[16]; /* from its label */
	char *label, *path, *uuid; /* uuid: of its file system, "" unknown */
	utime registered, written, verified; /* UTIME_NONE never */
	uint64_t bytes, generation;
	unsigned char journal_head[SHA256_SIZE]; /* as last written there */
};
void medium_row_dispose(struct medium_row *row);
int store_media(struct store *store, struct medium_row **rows, size_t *count, struct error *err); /* owned by the caller */

/* Objects last seen missing or damaged. */
struct damage_row {
	struct object_id id;
	enum object_state state;
	utime when;
	char *detail;
};
void damage_row_dispose(struct damage_row *row);
int store_damages(struct store *store, struct damage_row **rows, size_t *count, struct error *err);

/* A loss that somebody accepted is a value of this name and the digest; what it says is the caller's. */
#define LOSS_PREFIX "accepted-loss/"
#define LOST_PREFIX "lost/" /* the same for one of which a repair found no good copy, and nobody has decided yet */
bool store_loss_is_accepted(struct store *store, const struct object_id *id);

/* Named value; 1 found (owned by the caller), 0 not there. */
int store_value(struct store *store, const char *name, char **value, struct error *err);

/* Values whose name begins so, in order; visit returns nonzero to stop. No transaction is held while visiting. */
typedef int value_visit(void *user, const char *name, const char *value);
int store_each_value(struct store *store, const char *prefix, value_visit *visit, void *user, struct error *err);

/* ---- the journal ---- */
/* Reads all of it, past the page cache: every hash, the chain, and that it ends where the catalogue says. ERROR_DAMAGED
 * names the first event that is wrong; *events were right. */
int store_check_journal(struct store *store, uint64_t *events, struct error *err);
struct event_row {
	uint64_t sequence; /* 1, 2, 3 ... */
	utime when;
	char *type; /* a row of store/event.def, or the word given to batch_note */
	uint64_t number;   /* the record it speaks of; 0 none */
	char *json;        /* what it says, as JSON for people and reports */
	unsigned char leaf[SHA256_SIZE], chain[SHA256_SIZE]; /* RFC 6962 leaf hash; chain after this event */
};
/* Calls visit for events with sequence >= from in order; visit returns nonzero to stop (the function then returns 1). */
typedef int event_visit(void *user, const struct event_row *event);
int store_each_event(struct store *store, uint64_t from, event_visit *visit, void *user, struct error *err);
/* The first sequence at or after a time (events are in time order). */
int store_event_at(struct store *store, utime when, uint64_t *sequence, struct error *err);

#endif
