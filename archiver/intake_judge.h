/* Judging what the archive holds: the same way for new documents and for those that are due again.
 *
 * Bytes come from the pack and are hashed on the way, in physical order; linked evidence is offered, what is fetched is
 * kept as objects and linked; the verdict is compared with the last one and recorded when it differs. Everything goes
 * into one batch of the caller's. No read transaction is open while a document is judged. */
#ifndef LTVAULT_ARCHIVER_INTAKE_JUDGE_H
#define LTVAULT_ARCHIVER_INTAKE_JUDGE_H

#include "archiver/intake_verdict.h"
#include "archiver/verify_fixity.h"
#include "store/records.h"

struct intake_judged {
	uint64_t number;          /* in */
	struct record_row before; /* the record as it was */
	enum object_state bytes;  /* of the original, as read now */
	uint32_t form;            /* number of the long-term form that was judged in its place; 0 none */
	enum object_state form_bytes; /* of that form, as read now; PRESENT also when there is none */
	struct object_id form_bad; /* the object at fault when it is not; zero: only the whole is wrong */
	json_t *metadata;         /* newest; NULL none or unreadable */
	json_t *report;           /* the complete verdict; NULL when the bytes are not there to be judged */
	struct object_id content; /* what this detached signature signs, zero unknown or none ... */
	uint64_t content_number; /* ... and its record; 0 when it was not given to the validator or is not what it needs
				  */
	bool signs_content;      /* TOTAL-PASSED as a signature over that record's bytes */
	enum record_state state; /* after */
	char *reason;            /* why that state; "" when TOTAL-PASSED */
	bool recorded;           /* a verdict was added: the first, or one that differs */
	bool changed;            /* its indication or sub-indication is not that of the one before */
	bool settled;            /* was pending and is no longer */
};
void intake_judged_dispose(struct intake_judged *judged);

struct intake_judge;
/* Starts workers; app->store must be open for writing. */
struct intake_judge *intake_judge_start(struct app *app, enum on_failed policy, struct fixity *fixity,
					struct error *err);
void intake_judge_stop(struct intake_judge *judge);
/* Judges the records `items[].number` and puts the outcome into the batch; 0, or -1 when the run failed. */
int intake_judge_run(struct intake_judge *judge, struct batch *batch, struct intake_judged *items, size_t count,
		     struct error *err);

#endif
