/* The sample documents, one row each: what they say, how they were signed, and what a validator must answer. */
#ifndef LTVAULT_TESTS_PKI_SAMPLES_H
#define LTVAULT_TESTS_PKI_SAMPLES_H

#include "tests/pki/pdf_sign.h"

enum sample_kind {
	SAMPLE_PDF,
	SAMPLE_PDF_STREAMS, /* cross-reference streams and object streams */
	SAMPLE_P7S,         /* detached signature over the sample named in `over` */
	SAMPLE_P7M,         /* signature with the content inside */
	SAMPLE_TSR,         /* timestamp response over `over` */
	SAMPLE_TOKEN,       /* bare timestamp token over `over` */
	SAMPLE_TEXT,
	SAMPLE_PNG,
	SAMPLE_EMPTY,
};

enum step_kind {
	STEP_NONE,
	STEP_SIGN,
	STEP_DOCUMENT_TIMESTAMP, /* at `signing.when` */
	STEP_DSS,
	STEP_INFO,    /* a later modification date: nothing that is shown changes */
	STEP_CONTENT, /* another text on the page */
};

struct sample_step {
	enum step_kind kind;
	struct pdf_signing signing;
};

enum sample_damage { DAMAGE_NONE, DAMAGE_TEXT, DAMAGE_CUT };
enum sample_sidecar { SIDECAR_NONE, SIDECAR_FULL, SIDECAR_SECRET, SIDECAR_UNKNOWN_KEY, SIDECAR_ZERO, SIDECAR_NO_JSON };

struct sample_office { /* who issued the document */
	const char *code, *name, *heading, *symbol;
};
extern const struct sample_office office_province, office_department, office_ward;

struct sample {
	const char *file;
	enum sample_kind kind;
	enum sample_sidecar sidecar;
	const struct sample_office *office;
	const char *number, *symbol, *type, *date, *subject;
	struct sample_step steps[5];
	enum sample_damage damage;
	const char *over;        /* the file that a detached signature or a timestamp speaks about */
	const char *attachments; /* file names separated by blanks, in the sidecar */
	/* As `ltvault validate` prints them; "A|B" where the standard leaves a choice. First with evidence/, then with
	 * the file alone and no network. */
	const char *indication, *sub_indication, *offline_indication, *offline_sub_indication;
};
extern const struct sample samples[];
extern const int sample_count;

void samples_write(const struct pki *pki, const char *out_dir);
/* The sidecar's bytes; empty for SIDECAR_ZERO. */
struct buf sidecar_make(const struct sample *sample);
char *sidecar_name(const struct sample *sample); /* the caller frees */

#endif
