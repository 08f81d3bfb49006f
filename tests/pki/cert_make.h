/* The certificates themselves, made from profiles.c; the same base URL gives the same bytes. */
#ifndef LTVAULT_TESTS_PKI_CERT_MAKE_H
#define LTVAULT_TESTS_PKI_CERT_MAKE_H

#include "tests/pki/profiles.h"

#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <stdbool.h>

struct pki {
	char *base_url; /* no slash at the end */
	X509 *cert[CERT_IDS];
};

void pki_make(struct pki *pki, const char *base_url);
void pki_dispose(struct pki *pki);
EVP_PKEY *pki_key(enum cert_id id); /* borrowed */
bool pki_is_ca(enum cert_id id);

/* The CRL of a CA with every row of `revocations` it issued; times as "20261101000000Z". The caller frees. */
X509_CRL *pki_crl(const struct pki *pki, enum cert_id ca, const char *this_update, const char *next_update);
/* The same signed with the key of another. */
X509_CRL *pki_crl_by(const struct pki *pki, enum cert_id ca, enum cert_id signer, const char *this_update,
		     const char *next_update);

/* A signed answer to all the requests' certificate ids (unknown ones get `unknown`), with the nonce of the request;
 * thisUpdate and producedAt are `now`. The caller frees. */
OCSP_RESPONSE *pki_ocsp(const struct pki *pki, OCSP_REQUEST *request, const char *now, const char *next_update);
/* The same signed by `signer`; CERT_IDS for who should. */
OCSP_RESPONSE *pki_ocsp_by(const struct pki *pki, enum cert_id signer, OCSP_REQUEST *request, const char *now,
			   const char *next_update);
/* A request about one certificate, without nonce. */
OCSP_REQUEST *pki_ocsp_request(const struct pki *pki, enum cert_id id);

#endif
