/* CMS SignedData (RFC 5652 5) read where it lies: BER as received, nothing is re-encoded but to hash signed attributes.
 *
 * Everything points into the bytes given to cms_read, which must outlive the struct; only constructed strings are
 * joined into memory of its own. */
#ifndef LTVAULT_VALIDATOR_CMS_H
#define LTVAULT_VALIDATOR_CMS_H

#include "base/mem.h"
#include "validator/der.h"

#define OID_DATA "1.2.840.113549.1.7.1"
#define OID_SIGNED_DATA "1.2.840.113549.1.7.2"
#define OID_TST_INFO "1.2.840.113549.1.9.16.1.4"

struct cms_signer {
	struct der version, sid;   /* elements as received, for what is hashed over them */
	struct der value;          /* the signature element */
	struct der issuer, serial; /* sid as issuerAndSerialNumber; start is NULL when it is a key identifier */
	struct der key_id;         /* sid as subjectKeyIdentifier; start is NULL otherwise */
	struct der digest_alg;     /* AlgorithmIdentifier */
	struct der signature_alg;  /* AlgorithmIdentifier */
	struct der signed_attrs;   /* the [0] element; start is NULL when absent */
	struct der unsigned_attrs; /* the [1] element; start is NULL when absent */
	struct buf signature;      /* the octets of the value */
	bool attrs_wellformed;     /* every signed attribute is an OID with a non-empty SET */
};

struct cms_bytes {
	const unsigned char *data;
	size_t len;
};

struct cms {
	struct der encapsulated;      /* the encapContentInfo element */
	struct der cert_bag, crl_bag; /* the [0] and [1] elements; start is NULL when absent */
	struct der content_type;      /* eContentType */
	bool has_content;             /* eContent is there, possibly empty */
	const unsigned char *content; /* its octets */
	size_t content_len;
	struct cms_bytes *certs, *crls; /* elements of the two bags, whatever they are, as received */
	size_t cert_count, crl_count;
	struct cms_signer *signers;
	size_t signer_count;
	size_t used;       /* length of the ContentInfo; what follows it is not part of the signature */
	struct buf joined; /* content, when it came in pieces */
};

/* False when it is not a well-formed SignedData; `why` then says what was wrong (fixed text). A SignedData without any
 * SignerInfo is read (certificate bundles are such). */
bool cms_read(const unsigned char *data, size_t len, struct cms *cms, const char **why);
void cms_dispose(struct cms *cms);
/* One SignerInfo that stands elsewhere (a countersignature). False when malformed; dispose of it in either case. */
bool cms_read_signer(const struct der *element, struct cms_signer *signer);
void cms_signer_dispose(struct cms_signer *signer);
/* True when the bytes begin with a ContentInfo of type signedData; *tst when its content is a TSTInfo. */
bool cms_recognise(const unsigned char *data, size_t len, bool *tst);

/* One attribute of a signed or unsigned set. */
struct cms_attribute {
	struct der whole, oid, values; /* Attribute, its type, its SET of values */
};
/* Walks an attribute set (the [0] or [1] element; a start of NULL is empty). */
bool cms_attribute_next(struct der_walk *w, struct cms_attribute *out);
/* How many attributes of that type there are; the first is in *out. */
size_t cms_attribute_find(const struct der *set, const char *oid, struct cms_attribute *out);
/* The value of an attribute that is there exactly once with exactly one value; false otherwise. */
bool cms_attribute_single(const struct der *set, const char *oid, struct der *value);

/* Appends the DER encoding of an element: definite lengths, strings in one piece, sets sorted. False when malformed or
 * nested too deeply. */
bool cms_put_der(const struct der *element, struct buf *out);

/* What was hashed for the signature over signed attributes, in the order to try (RFC 5652 5.4, see cms_attrs.c). */
#define CMS_ATTRS_FORMS 3
struct cms_attrs_form {
	struct buf bytes;
	bool conforming; /* the DER encoding the standard asks for */
};
size_t cms_attrs_forms(const struct cms_signer *signer, struct cms_attrs_form out[static CMS_ATTRS_FORMS]);

#endif
