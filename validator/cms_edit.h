/* A SignedData with more in it: certificates, status data and unsigned attributes are put in where they belong, and nothing that
 * was there is encoded anew (BER stays as it is; only the lengths of what grew are written). A function of its inputs. */
#ifndef LTVAULT_VALIDATOR_CMS_EDIT_H
#define LTVAULT_VALIDATOR_CMS_EDIT_H

#include "validator/cms.h"
#include "validator/extend.h"

struct cms_edit_box { /* an element that may grow */
	struct der e;
	size_t parent; /* index; its own for the outermost */
	size_t grown;  /* bytes that its contents gained */
};
struct cms_edit_change {
	size_t box; /* what it is in */
	const unsigned char *at;
	size_t removed; /* bytes there that are left out */
	struct extend_piece piece;
};
struct cms_edit {
	const unsigned char *data;
	size_t len;
	struct der version, algorithms, content; /* of the SignedData */
	struct cms_edit_box *boxes;
	size_t count, cap;
	size_t signed_data, algorithm_box, certs, crls; /* indexes of boxes; 0: there is none */
	size_t *signers, *attributes;                   /* for each SignerInfo; attributes 0: it has none */
	size_t signer_count;
	struct cms_edit_change *changes;
	size_t change_count, change_cap;
	struct buf literal;
};

/* `cms` is what cms_read gave for these bytes. False when they cannot be edited; close it in any case. */
bool cms_edit_open(struct cms_edit *edit, const unsigned char *data, size_t len, const struct cms *cms);
void cms_edit_close(struct cms_edit *edit);

/* Items into the bags: certificates, then CRLs and OCSP responses (RFC 5940) in the order given. */
void cms_edit_add_items(struct cms_edit *edit, const struct extend_item *items, size_t count);
/* An attribute of one value behind the unsigned ones of that SignerInfo. The value is `piece`, of which nothing is read. */
void cms_edit_add_attribute(struct cms_edit *edit, size_t signer, const char *oid, struct extend_piece piece);
void cms_edit_add_digest(struct cms_edit *edit, enum digest_alg alg); /* to digestAlgorithms, unless it is there */
/* The new bytes as pieces of the old ones, of literal bytes, and of what was put in. */
void cms_edit_write(struct cms_edit *edit, struct extension *out);

/* The bytes that the pieces stand for, when they are copies, literal bytes and items. */
void cms_edit_join(const struct cms_edit *edit, const struct extension *pieces, const struct extend_item *items, struct buf *out);

/* The RevocationInfoChoice around an OCSP response (RFC 5940 2.1), without the response. */
void cms_edit_ocsp_header(size_t len, struct buf *out);

#endif
