/* Distinguished names: canonical bytes for comparison (RFC 5280 7.1) and readable text (RFC 4514). */
#ifndef LTVAULT_VALIDATOR_NAMES_H
#define LTVAULT_VALIDATOR_NAMES_H

#include "base/mem.h"
#include "validator/der.h"

/* Appends the canonical form of a Name element: per RDN a length and its sorted attributes, strings as UTF-8 with
 * ASCII case folded and white space collapsed. A name whose bytes begin with those of another lies in its subtree.
 * False when it is malformed. */
bool name_canonical(const struct der *name, struct buf *out);
/* The same for one RelativeDistinguishedName (SET, or [1] IMPLICIT in a distribution point). */
bool name_canonical_rdn(const struct der *rdn, struct buf *out);
bool name_equal(const struct buf *a, const struct buf *b);
bool name_starts_with(const struct buf *name, const struct buf *prefix);

/* "CN=…,OU=…,C=VN": last RDN first, control characters and separators escaped; owned by the caller. */
char *name_text(const struct der *name);
/* Value of the last attribute of this type as UTF-8; NULL when there is none; owned by the caller. */
char *name_attribute(const struct der *name, const char *oid);
/* Walks the attributes of a Name that have this type and a string as value; one that cannot be read ends the walk. */
struct name_walk {
	struct der_walk names, parts;
};
struct name_walk name_walk_in(const struct der *name);
bool name_walk_next(struct name_walk *w, const char *oid, struct der *value);

#endif
