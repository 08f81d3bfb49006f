/* Batches: everything that is written. Objects and events together, all or nothing.
 *
 * store_begin, any number of puts (errors stick: after the first failure the rest do nothing), then batch_commit or
 * batch_abort. Order on disk at commit: pack bytes, fdatasync; journal events, fdatasync; catalogue transaction.
 * When batch_commit returns 0 everything is durable; when it fails or the process dies, nothing of it is seen, or
 * all of it after the next open as writer. */
#ifndef LTVAULT_STORE_BATCH_H
#define LTVAULT_STORE_BATCH_H

#include "store/records.h"
#include "store/store.h"

struct batch;

struct batch *store_begin(struct store *store, utime now); /* one at a time; store must be in write mode */
int batch_commit(struct batch *batch, struct error *err);  /* frees the batch in any case */
void batch_abort(struct batch *batch);                     /* forgets it; free-like, NULL-safe */
/* Bytes and events waiting, for callers that commit when a batch has grown enough. */
uint64_t batch_bytes(const struct batch *batch);
size_t batch_events(const struct batch *batch);

/* ---- objects ---- */

/* Stores bytes; *existed (may be NULL) tells that they were there already (then nothing is written). */
int batch_put(struct batch *batch, enum object_kind kind, const void *data, size_t len, struct object_id *id, bool *existed);

/* The same for bytes that come in pieces. `size` is what fstat said; other than exactly `size` bytes is an error
 * of the source ("changed while it was read", ERROR_INPUT) that does not spoil the batch: the object is taken back.
 * batch_stream_end sets *id and frees the stream. One stream at a time, and no batch_put while it is open. */
struct object_stream;
struct object_stream *batch_stream_begin(struct batch *batch, enum object_kind kind, uint64_t size);
/* Before the first write: hash SHA-512 on the way too; batch_stream_end puts it into `out` when it returns 0. */
void batch_stream_sha512(struct object_stream *stream, unsigned char out[static 64]);
void batch_stream_write(struct object_stream *stream, const void *data, size_t len);
int batch_stream_end(struct object_stream *stream, struct object_id *id, bool *existed, struct error *err);
void batch_stream_abort(struct object_stream *stream);

/* ---- events: each is one row in store/event.def ---- */

/* A new record for a document that has none (else the commit fails with ERROR_EXISTS); *number is set at once and
 * valid after commit. Of the row original to state_reason, metadata with natural_key (its first version) and due are
 * taken; the intake is its first receipt. */
void batch_add_record(struct batch *batch, const struct record_row *row, uint64_t *number);
/* The record that has these original bytes, in the catalogue or earlier in this batch: 1 found, 0 not there, -1 error. */
int batch_record_of(struct batch *batch, const struct object_id *original, uint64_t *number, struct error *err);
/* SHA-512 of a record that this batch adds, when it was not known yet in batch_add_record's row. */
void batch_set_sha512(struct batch *batch, uint64_t number, const unsigned char sha512[static 64]);
/* The same bytes came again. */
void batch_add_receipt(struct batch *batch, uint64_t number, const struct receipt_row *receipt);
/* A newer version of the metadata: the object, and the natural key under which same-number documents meet ("" none). */
void batch_add_metadata(struct batch *batch, uint64_t number, const struct object_id *metadata, const char *natural_key);
void batch_set_state(struct batch *batch, uint64_t number, enum record_state state, const char *reason);
/* A verdict that differs from the last (or the first one); also counts as verified, with the next due time. */
void batch_add_verdict(struct batch *batch, uint64_t number, const struct verdict_row *verdict, utime next_due);
/* Unchanged result for many records at one time: moves `last verified` and the due time only. */
void batch_mark_verified(struct batch *batch, const uint64_t *numbers, size_t count, utime next_due);
/* Brings the due time of many records forward to `due`; one that is due earlier stays. They do not count as verified. */
void batch_make_due(struct batch *batch, const uint64_t *numbers, size_t count, utime due);
/* The object's bytes were found missing or damaged, or good again. */
void batch_set_object_state(struct batch *batch, const struct object_id *id, enum object_state state, const char *detail);
/* A sealed pack, some of whose bytes are lost for good: from now on its digest is that of its bytes as they are. One that is
 * not sealed is left as it is. */
void batch_seal_again(struct batch *batch, uint32_t pack);
/* Keeps the digest of a sealed pack's parts as a reading of it found it, when the whole was right (store/scrub.h): the next one
 * need not hash each byte a third time. */
struct store_pack;
struct scrub_stretch;
void batch_keep_frame(struct batch *batch, const struct store_pack *pack, const struct scrub_stretch *stretch);
void batch_link_evidence(struct batch *batch, uint64_t number, const struct object_id *evidence);
/* Original bytes plus appended pieces; digest is that of the whole. */
void batch_add_revision(struct batch *batch, uint64_t number, const struct revision_row *revision);
void batch_put_medium(struct batch *batch, const struct medium_row *medium);
/* Anything else worth keeping: run records, refusals, notices, exports. `type` is a short lower-case word with
 * hyphens ("run", "refused", "export"), `json` canonical JSON. */
void batch_note(struct batch *batch, const char *type, const char *json);
/* A small named value that is replaced each time ("cursor/verify"); "" removes it. */
void batch_set_value(struct batch *batch, const char *name, const char *value);

#endif
