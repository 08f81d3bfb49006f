/* Refusal notices: the reason, for the sender, in Vietnamese and English (regulation art. 21.3).
 *
 * Two files in spool/outbox, one for people (.txt) and one for programs (.json), each written beside and renamed. The
 * name follows from the document alone, so a notice that is written again replaces itself. */
#ifndef LTVAULT_ARCHIVER_NOTICE_H
#define LTVAULT_ARCHIVER_NOTICE_H

#include "base/error.h"
#include "base/utime.h"

#include <jansson.h>
#include <stdint.h>

struct notice {
	const char *archive, *organisation; /* who refuses; "" unknown */
	const char *name;                   /* file name, raw */
	const char *key;    /* what tells this refusal from others of the same name: digest or file identity */
	uint64_t number;    /* the record, 0 none: the bytes were not kept */
	const char *sha256; /* hexadecimal; NULL when the bytes were not read */
	utime when;
	const json_t *metadata; /* canonical; NULL unknown */
	const json_t *report;   /* the verdict as stored; NULL when it was not judged */
	const json_t *findings; /* the archive's findings, an array; NULL none */
};

/* Path without ".txt" and ".json", owned; NULL on error. */
char *notice_write(const struct notice *notice, const char *outbox, struct error *err);
/* The reasons alone, worst first: an array of findings (borrowed members), at most LIMIT_NOTICE_REASONS. New reference.
 */
json_t *notice_reasons(const json_t *report, const json_t *findings);

#endif
