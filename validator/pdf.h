/* PDF signatures, read through qpdf: where they are, what bytes they cover, and what came after them.
 *
 * This part knows nothing of certificates or cryptography beyond hashing: it hands over CMS bytes and ranges. */
#ifndef LTVAULT_VALIDATOR_PDF_H
#define LTVAULT_VALIDATOR_PDF_H

#include "base/utime.h"
#include "validator/finding.h"
#include "validator/pdf_appearance.h"

#include <stdint.h>

enum pdf_signature_kind { PDF_SIGNATURE, PDF_DOCUMENT_TIMESTAMP };
enum pdf_coverage { PDF_WHOLE_FILE, PDF_WHOLE_REVISION, PDF_PARTIAL };
enum pdf_modification { PDF_UNMODIFIED, PDF_PERMITTED, PDF_FORBIDDEN, PDF_UNKNOWN };

struct pdf_range {
	uint64_t offset, length; /* within the file, checked to lie inside it */
};

struct pdf_signature {
	char *name;          /* full field name, made unique; UTF-8 */
	enum pdf_signature_kind kind;
	char *sub_filter;    /* "ETSI.CAdES.detached"; "" when absent */
	unsigned char *contents; /* the gap's or dictionary's bytes, padding included (VRI key is over these) */
	size_t contents_len;
	size_t cms_len;      /* of the first BER element in contents; 0 when there is none. What follows is zeros or a finding */
	unsigned char *cert; /* adbe.x509.rsa_sha1: /Cert (the first); else NULL */
	size_t cert_len;
	struct pdf_range *ranges; /* what is digested, in order */
	size_t range_count;
	bool ranges_usable;  /* false: ByteRange absent or nonsense: integrity is broken without arithmetic */
	uint64_t end;        /* E: end of what is covered; 0 when not usable */
	enum pdf_coverage coverage;
	enum pdf_modification modification;
	char *claimed_time;  /* /M as written, UTF-8; "" when absent */
	char *reason, *location; /* "" when absent */
	int docmdp;          /* P of its own DocMDP transform: 1, 2, 3; 0 none */
	bool in_form;        /* reachable from /AcroForm /Fields of the final document */
	struct pdf_appearance appearance; /* known only with in_form */
	struct finding_list findings;
};

struct pdf_blob {
	unsigned char *data;
	size_t len;
	uint64_t revision_end; /* it is present in the document as read up to here (smallest signature end that has it, else file size) */
};

struct pdf_document {
	char *version; /* "1.7", as the header or the catalog says */
	bool encrypted;
	struct pdf_signature *signatures; /* in order of `end`, then of name */
	size_t signature_count;
	struct pdf_blob *certs, *crls, *ocsps; /* from /DSS of the final document */
	size_t cert_count, crl_count, ocsp_count;
	struct pdf_copy first_page;   /* its upper right, where there are signatures; not done where it has no page */
	struct finding_list findings; /* of the document as a whole */
};

/* True when the bytes look like a PDF (header within the first 1,024 bytes). */
bool pdf_recognise(const unsigned char *data, size_t len);
/* Reads all of it; always gives a document, with findings where something was wrong. `data` must outlive it. */
void pdf_read(const unsigned char *data, size_t len, struct pdf_document *document);
/* The same with a password, should it be encrypted; NULL: none. */
void pdf_read_locked(const unsigned char *data, size_t len, const char *password, struct pdf_document *document);
void pdf_document_dispose(struct pdf_document *document);

#endif
