/* The search index, ARCHIVE/search.db: derived from the store, never the truth, remade whenever in doubt.
 *
 * It remembers the last journal event it knows of and that event's chain value; a different chain, another archive,
 * another schema or damage make it be built anew. One process at a time changes it (flock on work/search.lock);
 * readers come and go beside it. */
#ifndef LTVAULT_ARCHIVER_SEARCH_H
#define LTVAULT_ARCHIVER_SEARCH_H

#include "archiver/app.h"
#include "archiver/query.h"

/* Brings the index up to the journal's head: for ingest and verify after their last commit, and for find. Opens the
 * store for reading unless it is open. 0 also when another process is just doing it; -1 when it could not be done. */
int search_update(struct app *app, struct error *err);
/* The same at the end of a command that has done its work: a failure is logged, for find makes good for it. */
void search_follow(struct app *app);
/* Makes it anew, beside the old one, which is replaced when the new one is whole; waits for another process. */
int search_rebuild(struct app *app, struct error *err);

struct search;
/* Opens the index for searching, brought up to date first where it can be. Where there is none and none can be written
 * (a medium), a temporary one is made. */
struct search *search_open(struct app *app, struct error *err);
void search_close(struct search *search); /* NULL-safe */
/* Journal events that the index does not know yet: not 0 when it could not be written. */
uint64_t search_behind(const struct search *search);

struct search_window {
	uint64_t below;  /* only records with smaller numbers; 0 all */
	uint64_t offset; /* hits passed over */
	uint64_t limit;  /* hits at most; 0 all */
	bool exact;      /* only those spelled with the marks of the query */
};
/* One hit: the row as compact JSON (archiver/search_doc.h); nonzero stops. No lock is held meanwhile. */
typedef int search_hit(void *user, const char *json, bool exact);
/* Newest first; hits that carry the query's marks before those that match without. */
int search_each(struct search *search, const struct query *query, const struct search_window *window, search_hit *hit,
		void *user, struct error *err);
/* Documents held (neither refused nor withdrawn) of which a signer's certificate ends at from <= t < to: how many, how
 * many in each month ("2027-03"), and the documents, earliest first. UTIME_NONE as `from` leaves that side open. */
int search_expiring_count(struct search *search, utime from, utime to, uint64_t *count, struct error *err);
typedef int search_month(void *user, const char *month, uint64_t records);
int search_expiring_months(struct search *search, utime from, utime to, search_month *visit, void *user,
			   struct error *err);
int search_expiring_each(struct search *search, utime from, utime to, uint64_t limit, search_hit *hit, void *user,
			 struct error *err);

/* Numbers of records, ascending and above `after`, whose newest verdict rests on a certificate: by its digest, or by its issuer (as
 * reports write names) and serial number (lower-case hexadecimal), or one of these. How many, at most max; -1 on error. */
struct search_certificate {
	const unsigned char *sha256; /* NULL: by the others */
	const char *issuer, *serial; /* NULL: any */
};
int search_resting_on(struct search *search, const struct search_certificate *which, uint64_t after, uint64_t *numbers, size_t max,
		      struct error *err);
/* The same in one walk, in no order and some more than once; for many records of one issuer. Nonzero stops. */
typedef int search_number_visit(void *user, uint64_t number);
int search_each_resting_on(struct search *search, const struct search_certificate *which, search_number_visit *visit, void *user,
			   struct error *err);

/* Of what is held: how many records and bytes can be proven until a month ("2030-03"), "ended" before `now`, or "" for
 * what has no date; by what ends them ("" not known). */
typedef int search_forecast_row(void *user, const char *month, const char *limit, uint64_t records, uint64_t bytes);
int search_forecast(struct search *search, utime now, search_forecast_row *visit, void *user, struct error *err);
/* Of what is held and has such dates: how many records and bytes rest on exactly these dates (canonical JSON: [[kind, name, ends
 * in microseconds], ...], archiver/search_deadlines.h) and can be proven until that day (UTIME_NONE no date). */
typedef int search_deadline_set(void *user, const char *deadlines, utime provable, uint64_t records, uint64_t bytes);
int search_deadlines(struct search *search, search_deadline_set *visit, void *user, struct error *err);
/* Of what can be proven beyond that time: what the proofs rest on, algorithms (",RSA 2048,SHA-256,") or roots (compact JSON:
 * [["SHA256", "CN=..."], ...]), each combination once. */
typedef int search_rests_on(void *user, const char *what, uint64_t records, uint64_t bytes);
int search_provable_after(struct search *search, utime when, bool roots, search_rests_on *visit, void *user, struct error *err);

int search_count(struct search *search, const struct query *query, bool exact, uint64_t *count, struct error *err);

#endif
