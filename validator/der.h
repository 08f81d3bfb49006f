/* BER/DER elements over borrowed bytes: no allocation, no recursion on outside depth, every length checked.
 *
 * Hashes are always taken over received bytes, never over a re-encoding (validation digest 4.4). DER is required
 * everywhere but in CMS wrappers, where der_next_ber also accepts indefinite lengths. */
#ifndef LTVAULT_VALIDATOR_DER_H
#define LTVAULT_VALIDATOR_DER_H

#include "base/digest.h"
#include "base/utime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Identifier octets in one number: class and constructed bits in the first byte as on the wire; tag numbers above 30
 * are not used by anything we read and do not parse. */
enum {
	DER_BOOLEAN = 0x01, DER_INTEGER = 0x02, DER_BIT_STRING = 0x03, DER_OCTET_STRING = 0x04, DER_NULL = 0x05,
	DER_OID = 0x06, DER_ENUMERATED = 0x0a, DER_UTF8 = 0x0c, DER_PRINTABLE = 0x13, DER_T61 = 0x14, DER_IA5 = 0x16,
	DER_UTCTIME = 0x17, DER_GENERALIZEDTIME = 0x18, DER_UNIVERSAL = 0x1c, DER_BMP = 0x1e,
	DER_SEQUENCE = 0x30, DER_SET = 0x31, DER_CONTEXT = 0x80, DER_CONSTRUCTED = 0x20,
};

struct der {
	const unsigned char *start; /* of the identifier octet */
	const unsigned char *data;  /* of the contents */
	size_t len;                 /* of the contents; for indefinite length without the two end octets */
	size_t full;                /* of the whole element from start, end octets included */
	unsigned char tag;
	bool indefinite;
};

/* A walk over consecutive elements. */
struct der_walk {
	const unsigned char *p, *end;
	bool bad; /* something was not well-formed: sticks, every later step gives false */
};
struct der_walk der_walk_bytes(const unsigned char *data, size_t len);
struct der_walk der_walk_in(const struct der *element); /* its contents */

/* Next element; false at the end or when bad. Definite minimal lengths only. */
bool der_next(struct der_walk *w, struct der *out);
/* Next element if it has this tag; otherwise nothing moves and the result is false (bad only when malformed). */
bool der_optional(struct der_walk *w, unsigned char tag, struct der *out);
/* Next element, which must have this tag; else bad. */
bool der_expect(struct der_walk *w, unsigned char tag, struct der *out);
bool der_peek(const struct der_walk *w, unsigned char *tag);
bool der_done(const struct der_walk *w); /* at the end and not bad */

/* The same accepting BER: non-minimal and indefinite lengths, nesting at most LIMIT_DER_DEPTH. */
bool der_next_ber(struct der_walk *w, struct der *out);
/* Contents of an OCTET STRING that may be constructed (BER): appended to out (struct buf). False when malformed. */
struct buf;
bool der_octets_ber(const struct der *element, struct buf *out);

bool der_is_oid(const struct der *element, const char *dotted);
/* Dotted text, owned by the caller; "" when malformed or longer than 64 arcs. */
char *der_oid_text(const struct der *element);
bool der_uint(const struct der *element, uint64_t *out);   /* non-negative INTEGER or ENUMERATED that fits */
bool der_bool(const struct der *element, bool *out);       /* DER: 00 or FF */
/* UTCTime (50..99 is 19xx) or GeneralizedTime, with seconds and Z; fractions allowed only when `fractions`. */
bool der_time(const struct der *element, bool fractions, utime *out);
/* Any of the string types as UTF-8 with control characters escaped; owned by the caller. */
char *der_string_utf8(const struct der *element);
/* The same without escaping, for comparison: appended to out. */
void der_string_plain(const struct der *element, struct buf *out);
/* Appends one element with definite minimal length. */
void der_put(struct buf *out, unsigned char tag, const void *data, size_t len);
void der_put_oid(struct buf *out, const char *dotted); /* a constant of this program */

#endif
