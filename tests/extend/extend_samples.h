/* Signed documents of every kind of cross-reference data, and their extension as the program makes it, in this process. */
#ifndef LTVAULT_TESTS_EXTEND_SAMPLES_H
#define LTVAULT_TESTS_EXTEND_SAMPLES_H

#include "archiver/extend_plan.h"
#include "tests/extend/extend_bases.h"
#include "tests/pki/cert_make.h"

struct signing {
	enum cert_id signer;
	const char *when, *stamp; /* "20261012021500Z"; stamp NULL: no signature time-stamp */
	const char *status;       /* thisUpdate of CRLs inside the CMS; NULL none */
};
/* A signature over all of it, by an update of the document's own kind. */
void sign(struct buf *document, const struct pki *pki, const struct signing *signing);

/* A further SignerInfo of the same content, with its certificate and a signature time-stamp. */
typedef struct CMS_ContentInfo_st CMS_ContentInfo;
void cms_add_signer(CMS_ContentInfo *cms, const struct pki *pki, enum cert_id signer, const char *when, const char *stamp,
		    const char *content);

struct material { /* evidence offered */
	struct buf *items;
	struct val_blob *blobs;
	size_t count, cap;
};
void material_add_crl(struct material *m, const struct pki *pki, enum cert_id ca, const char *this_update,
		      const char *next_update);
void material_add_certs(struct material *m, const struct pki *pki);
void material_dispose(struct material *m);

/* The report at a time, with "extension" when asked for. */
json_t *judge(struct validator *v, const struct buf *document, const struct material *m, utime at,
	      const struct val_extend *extend);
/* The same request answered in brief says of every signature what the full report says. */
void expect_brief(struct validator *v, const struct val_request *request, const json_t *full);
/* Appends to the document what the report says, with a token of that time where one is wanted. */
enum extend_refusal extend(struct validator *v, const struct pki *pki, struct buf *document, const struct material *m,
			   const char *when, const struct val_extend *order);

utime time_of(const char *asn1); /* "20261012021500Z" */

#endif
