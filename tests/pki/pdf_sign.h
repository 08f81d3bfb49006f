/* Signatures, document timestamps and validation material as incremental updates of a sample PDF. */
#ifndef LTVAULT_TESTS_PKI_PDF_SIGN_H
#define LTVAULT_TESTS_PKI_PDF_SIGN_H

#include "tests/pki/cert_make.h"
#include "tests/pki/pdf_writer.h"

#include <stdbool.h>

enum pdf_sub_filter { SUB_FILTER_CADES, SUB_FILTER_PKCS7, SUB_FILTER_PKCS7_SHA1 };

struct pdf_signing {
	enum cert_id signer;
	enum pdf_sub_filter sub_filter;
	unsigned options;  /* enum cms_option */
	const char *when;  /* claimed time, "20261012021500Z" */
	const char *stamp; /* genTime of a signature timestamp, NULL for none */
	bool certify;      /* DocMDP with P=2: this must be the first signature */
	bool frozen;       /* that with P=1 */
	int reserve;       /* so many empty fields are made with it, which the next signatures fill */
	bool invisible;
	const char *const *block; /* not NULL: these lines of text at the top right of the page, as copies have them */
	bool block_numbered;      /* in a font whose codes nobody can tell the letters of */
	bool break_value; /* the last bit of the signature value is turned */
	bool leave_gap;   /* the byte range leaves out more than the Contents string */
};

void pdf_sign(struct pdf *pdf, const struct pki *pki, const struct pdf_signing *signing);
void pdf_document_timestamp(struct pdf *pdf, const struct pki *pki, const char *gen_time);
/* A document security store with the CA and TSA certificates, the signers' certificates and the CRLs of `this_update`.
 */
void pdf_add_dss(struct pdf *pdf, const struct pki *pki, const enum cert_id *signers, int count,
		 const char *this_update);

#endif
