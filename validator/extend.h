/* Appending long-term evidence to a signed PDF (ETSI EN 319 142-1; ISO 32000-2 12.8.4.3, 12.8.5): one incremental update
 * with a document security store and, if asked for, an empty place for a document time-stamp.
 *
 * A function of its inputs: the same document, evidence and order give the same bytes. No byte of the document is
 * rewritten; evidence is not copied either but referred to, so that what is stored is the new syntax alone. */
#ifndef LTVAULT_VALIDATOR_EXTEND_H
#define LTVAULT_VALIDATOR_EXTEND_H

#include "validator/pdf.h"

enum extend_refusal {
#define EXTEND_REFUSAL(name, text) EXTEND_##name,
#include "validator/extend_refusal.def"
#undef EXTEND_REFUSAL
	EXTEND_REFUSALS
};
const char *extend_refusal_name(enum extend_refusal refusal); /* "ENCRYPTED"; "NONE" */
const char *extend_refusal_text(enum extend_refusal refusal); /* English; also the key for translation */
bool extend_refusal_parse(const char *name, enum extend_refusal *refusal);

enum extend_kind { EXTEND_CERTIFICATE, EXTEND_CRL, EXTEND_OCSP, EXTEND_KINDS };
struct extend_item { /* one DER object */
	enum extend_kind kind;
	const unsigned char *data; /* borrowed */
	size_t len;
};

/* What one signature of the document rests on, for the store's entry of its own. */
struct extend_entry {
	const unsigned char *contents; /* of the signature, padding included: its SHA-1 is the key */
	size_t contents_len;
	const size_t *items; /* indexes into the order's items */
	size_t count;
};

struct extend_order {
	const struct extend_item *items; /* what the document's store does not hold yet, each once, in the order written */
	size_t count;
	const struct extend_entry *entries; /* for signatures that have none (/VRI); usually not written */
	size_t entry_count;
	size_t token_room; /* bytes kept for a time-stamp token; 0: no document time-stamp */
};

enum extend_piece_kind { EXTEND_LITERAL, EXTEND_ITEM, EXTEND_TOKEN, EXTEND_COPY, EXTEND_STAMP };
struct extend_piece {
	enum extend_piece_kind kind;
	size_t at;  /* LITERAL: in extension.literal; ITEM: index of the item; COPY: in the document; STAMP: index of the stamp */
	size_t len; /* bytes in the file; TOKEN: hexadecimal digits, padded with zeros */
};

struct extension {
	enum extend_refusal refusal; /* anything but NONE: nothing else is set */
	bool whole;                  /* the pieces are the new document, and not what comes behind the old one */
	struct extend_piece *pieces; /* what comes behind the document, in order */
	size_t count, cap;
	struct buf literal;
	uint64_t size;     /* of the new document */
	uint64_t token_at; /* offset of the first digit of the token in it; 0 without time-stamp. The byte range leaves out
	                    * the digits and the two brackets around them */
	struct buf *stamps; /* time-stamp tokens as they are in the document, each a DER object */
	size_t stamp_count;
};

/* `pdf` is what pdf_read gave for the same bytes. Holds the document's structure against what an update needs; whether
 * it deserves one is for the caller. */
void extend_write(const unsigned char *data, size_t len, const struct pdf_document *pdf, const struct extend_order *order,
		  struct extension *out);
void extension_dispose(struct extension *extension);

#endif
