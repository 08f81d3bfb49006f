/* CMS signatures in every form that is extended. */
#ifndef LTVAULT_TESTS_CMS_SAMPLES_H
#define LTVAULT_TESTS_CMS_SAMPLES_H

#include "tests/extend/extend_samples.h"

#define CONTENT "noi dung cua van ban"
#define SIGNED "20260510020000Z"
#define STAMPED "20260510020004Z"

enum {
	ENVELOPING = 1,
	STAMPED_ONCE = 2, /* a signature time-stamp */
	TWO = 4,          /* signers, each with a signature time-stamp */
	INDEFINITE = 8,   /* lengths, wherever something may have to be put in, and the content in pieces */
	STATUS = 16,      /* a list of the authority in it */
	COUNTER = 32,     /* a countersignature */
	ISSUER = 64       /* the authority's certificate in it */
};
struct buf cms_sample(const struct pki *pki, unsigned how);
/* The same of a CMS structure in DER; takes it. */
struct buf cms_loosened(struct buf der);

#endif
