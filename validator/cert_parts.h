/* Parts of reading a certificate that have a file of their own. */
#ifndef LTVAULT_VALIDATOR_CERT_PARTS_H
#define LTVAULT_VALIDATOR_CERT_PARTS_H

#include "validator/cert.h"

/* One extension as CRLs, OCSP responses and certificates have it; false when malformed. `value` is what is inside the
 * OCTET STRING, as one element; tag 0 when that is not exactly one. */
struct extension {
	struct der oid, octets, value;
	bool critical;
};
bool extension_next(struct der_walk *list, struct extension *out);
/* The same identifier occurs earlier in the list (SEQUENCE OF Extension). */
bool extension_repeated(const struct der *list, const struct extension *extension);

/* Reads the Extensions of a certificate into its fields and faults. */
void cert_read_extensions(struct cert *cert, const struct der *extensions);

void cert_text_add(struct cert_texts *list, char *text);
/* http and https URLs (uniformResourceIdentifier [6]) among GeneralNames contents. */
void general_names_urls(struct der_walk names, struct cert_texts *out);
/* Those of a CRLDistributionPoints value; false when it is malformed. */
bool crl_point_urls(const struct der *value, struct cert_texts *out);

#endif
