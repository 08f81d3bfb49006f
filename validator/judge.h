/* One document from recognition to report: which signatures there are and how they stand to each other. */
#ifndef LTVAULT_VALIDATOR_JUDGE_H
#define LTVAULT_VALIDATOR_JUDGE_H

#include "base/limits.h"
#include "validator/format.h"
#include "validator/process.h"

/* An evidence record among the caller's evidence. */
struct offered_record {
	struct recognised recognised;
	struct signature *signature;
};

struct judged {
	struct recognised recognised;
	struct pdf_document pdf; /* when it is one */
	struct content_file *file; /* when it is a PDF: its bytes, for the ranges of the signatures */
	struct asic asic;        /* when it is one */
	struct signature **signatures;
	size_t count, cap;
	unsigned char (*store)[SHA256_SIZE]; /* of the PDF's certificates, CRLs and OCSP responses, in this order; of a CMS
					      * file's bags */
	size_t store_count;
	struct offered_record records[LIMIT_ERS_OFFERED];
	size_t record_count;
	struct finding_list findings; /* of the document as a whole */
};

void judge_document(struct context *c, struct judged *out);
void judged_dispose(struct judged *j);
/* The worst of its signatures, and not PASSED when something was left out; NO_SIGNATURE when there are none. */
struct outcome judged_outcome(const struct judged *j);
/* B-B, B-T, B-LT, B-LTA (EN 319 122-1, EN 319 142-1) as far as recognisable, else "other". */
const char *judged_level(const struct judged *j, const struct signature *s);

/* A time-stamp of its own (a document time-stamp, one of a container) that speaks about a signature or a time-stamp. */
const char *judged_stamp_basis(const struct signature *stamp);
bool judged_covers(const struct signature *stamp, const struct signature *s);
/* It is one, it is valid, and so proves that the other existed at its time; what it proves besides, into c->poes. */
bool judged_is_stamp(const struct signature *s);
bool judged_proves(const struct signature *stamp, const struct signature *s);
utime judged_stamp_time(const struct signature *stamp);
void judged_extract(struct context *c, const struct judged *j, const struct signature *stamp);
/* Until when each of them can be proven, once all are judged (docs/forecast.md): s->provable. */
void judge_provable(struct context *c, struct judged *j);

/* What judge_asic.c has to do with the list; a signature beyond the bound is not taken, which is then told. */
bool judged_has_room(struct judged *j);
void judged_add(struct judged *j, struct signature *s);
/* Reads the container and opens what is in it, each time-stamp behind those that it covers. */
void judge_open_asic(struct context *c, struct judged *j);

/* Evidence records offered as evidence: opened, judged over the document; then what they prove, at most record_count.
 */
void judge_open_records(struct context *c, struct judged *j);
void judge_records(struct context *c, struct judged *j);
size_t judge_record_proofs(const struct context *c, const struct judged *j, const struct signature *s, struct proof *out);
/* It lies in what the records are about: always, unless they are about the first bytes of a PDF (records_cover). */
bool judge_records_cover(const struct context *c, const struct signature *s);
/* What a valid one proves, into c->poes. */
void judge_record_extract(struct context *c, const struct judged *j, const struct signature *record);
void judge_close_records(struct judged *j);

#endif
