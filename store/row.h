/* Keys and values of the catalogue's tables as bytes (docs/formats.md). Readers return false for bytes that are not
 * such a row; what they allocated is disposed of by then. */
#ifndef LTVAULT_STORE_ROW_H
#define LTVAULT_STORE_ROW_H

#include "base/record.h"
#include "store/catalogue.h"
#include "store/records.h"

struct key {
	unsigned char data[64];
	size_t len;
};
struct span key_span(const struct key *key);
struct span span_text(const char *text);
struct key key_number(uint64_t number);
struct key key_index(uint64_t number, uint32_t index);
struct key key_object(const struct object_id *id);
struct key key_pack(uint32_t pack);
struct key key_place(uint32_t pack, uint64_t offset);
struct key key_due(utime due, uint64_t number);
struct key key_natural(const char *natural_key, uint64_t number);
struct key key_name(const char *name, uint64_t number, uint32_t receipt);
struct key key_evidence(uint64_t number, const struct object_id *id);
struct key key_medium(const unsigned char id[static 16]);
/* The last eight bytes of a key that ends with a number. */
uint64_t key_last_number(struct span key);

struct object_row {
	uint32_t pack;
	uint64_t offset, size;
	enum object_kind kind;
	enum object_state state;
};
void object_row_put(struct buf *b, const struct object_row *row);
bool object_row_get(struct span value, struct object_row *row);

enum pack_state { PACK_OPEN, PACK_CLOSED, PACK_SEALED };
struct pack_row {
	uint64_t length; /* bytes that belong to it: what lies behind is a dead batch's */
	enum pack_state state;
	unsigned char digest[SHA256_SIZE]; /* of the whole file, when sealed */
};
void pack_row_put(struct buf *b, const struct pack_row *row);
bool pack_row_get(struct span value, struct pack_row *row);

/* Where the journal ends, and what it has come to. */
struct journal_head {
	uint32_t file; /* journal/%06u.log; 0 before the first event */
	uint64_t offset, sequence;
	unsigned char chain[SHA256_SIZE];
	utime when;
};
void journal_head_put(struct buf *b, const struct journal_head *head);
bool journal_head_get(struct span value, struct journal_head *head);

struct batch_row { /* by first sequence */
	uint32_t file;
	uint64_t offset;
	utime when;
	unsigned char chain[SHA256_SIZE]; /* before the first event */
};
void batch_row_put(struct buf *b, const struct batch_row *row);
bool batch_row_get(struct span value, struct batch_row *row);

struct totals_row {
	uint64_t objects[OBJECT_KINDS], bytes[OBJECT_KINDS], records;
};
void totals_row_put(struct buf *b, const struct totals_row *row);
bool totals_row_get(struct span value, struct totals_row *row);

/* The same bytes in events and tables; without number and bytes of the record, id of the medium. */
#define RECORD_ROW_SHA512 (SHA256_SIZE + 8) /* where SHA-512 lies in a row: after the original's name and size */
void record_row_put(struct buf *b, const struct record_row *row);
bool record_row_get(struct span value, struct record_row *row);
void receipt_row_put(struct buf *b, const struct receipt_row *row);
bool receipt_row_get(struct span value, struct receipt_row *row);
void metadata_row_put(struct buf *b, const struct metadata_row *row);
bool metadata_row_get(struct span value, struct metadata_row *row);
void verdict_row_put(struct buf *b, const struct verdict_row *row);
bool verdict_row_get(struct span value, struct verdict_row *row);
void revision_row_put(struct buf *b, const struct revision_row *row);
bool revision_row_get(struct span value, struct revision_row *row);
void medium_row_put(struct buf *b, const struct medium_row *row);
bool medium_row_get(struct span value, struct medium_row *row);
void damage_row_put(struct buf *b, const struct damage_row *row);
bool damage_row_get(struct span value, struct damage_row *row);

void record_put_id(struct buf *b, const struct object_id *id);
void record_get_id(struct record_reader *r, struct object_id *id);

#endif
