/* Documents that `extend` cannot extend at present, from when on and why, until it can: then the journal has the note
 * "extension-released", which the report lists. */
#ifndef LTVAULT_ARCHIVER_EXTEND_BLOCKED_H
#define LTVAULT_ARCHIVER_EXTEND_BLOCKED_H

#include "store/batch.h"
#include "validator/extend.h"

#include <jansson.h>

#define EXTEND_BLOCKED_PREFIX "extend/blocked/" /* RECORD: {"reason", "detail", "since"} */
#define EXTEND_RELEASED "extension-released"

struct extend_outcome {
	uint64_t number;
	const char *name;            /* of its file */
	enum extend_refusal refusal; /* NONE: it was extended; UP_TO_DATE: it needs nothing */
	const char *detail, *level;  /* "" none */
	utime when;
};
/* Waiting and refused records get their value, which keeps the day on which it began; one that is neither any more loses it
 * and is told. 0, or -1 with err. */
int extend_blocked_keep(struct store *store, struct batch *batch, const struct extend_outcome *outcome, struct error *err);
/* The value of a record, a new reference; NULL when it has none. 0, or -1 with err. */
int extend_blocked_read(struct store *store, uint64_t number, json_t **value, struct error *err);

#endif
