/* Reports in words that a clerk understands, in the language of messages (archiver/i18n.h). */
#ifndef LTVAULT_ARCHIVER_EXPLAIN_H
#define LTVAULT_ARCHIVER_EXPLAIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* A whole report of schema ltvault.validation/1 or ltvault.path/1; `steps`: with every step for experts. */
void explain_report(FILE *out, const json_t *report, bool steps);

/* "Signature valid" and so on; also for the building-block words PASSED and FAILED. Borrowed; the word itself when it
 * is none. */
const char *explain_indication(const char *indication);
/* Why a signature got this sub-indication (or the indications TOTAL-PASSED, NO-SIGNATURE); "" unknown. Borrowed. */
const char *explain_reason(const char *sub_indication);
/* What to do about a sub-indication, or those two indications; "" when nothing helps. Borrowed. */
const char *explain_advice(const char *sub_indication);
/* Verdict, reason and help for a report or for one of its signatures: a time-stamp, an evidence record and what is not supported have
 * words of their own. Borrowed; "" where there is nothing to say. */
struct explained {
	const char *verdict, *why, *help;
};
struct explained explain_verdict(const json_t *object);
/* What ends a proof ("provable.limit"), as a half-sentence: "the root ends then, ..."; the word itself when it is none. Borrowed. */
const char *explain_limit(const char *limit);
/* What proves or carries something ("basis"): "by an evidence record"; "" for "none" and what is no such word. Borrowed. */
const char *explain_basis(const char *basis);
/* A finding of a report as one line, translated: "a certificate had expired (CN=...)". The caller's. */
char *explain_finding(const json_t *finding);
/* RFC 3339 text in the zone and the form of people; the text itself when it is no time. The caller's. */
char *explain_time(const char *rfc3339);

/* Text from documents for a terminal: control characters, what turns the direction of writing, and bytes that are not
 * UTF-8 become visible. The caller's. */
char *explain_safe(const char *text);

#endif
