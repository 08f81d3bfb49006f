/* Restore tests (QCVN 12:2026/BCA 2.2.12: quarterly): a medium gives back what the archive has, shown by restoring it.
 *
 * A random sample of records, or everything, is restored from the medium to scratch space, read back from there and compared
 * with the archive: digests (SHA-256 and SHA-512 of the document), metadata, verdicts. The outcome is an event of the journal
 * with seed, time and throughput; the same seed takes the same sample. */
#ifndef LTVAULT_ARCHIVER_DRILL_H
#define LTVAULT_ARCHIVER_DRILL_H

#include "archiver/app.h"
#include "base/digest.h"

#include <jansson.h>

struct drill_options {
	const char *medium;  /* path where it is mounted */
	const char *scratch; /* a folder to work in; NULL: work/ of the archive */
	uint64_t sample;     /* records; 0 everything */
	const char *key, *certificate; /* of an encrypted medium, which is restored whole; else NULL */
	const char *seed;    /* 64 hexadecimal digits; NULL: random */
	/* Of the night: a record that does not fit into what is left of the bytes is passed over, the time ends the drill after a record, and
	 * scratch space keeps LIMIT_DRILL_ROOM (else ERROR_NO_SPACE). 0: no bound. */
	uint64_t most_bytes, most_seconds;
	bool automatic;
};
/* The store must be open for writing. *outcome is what the journal got (a new reference): {"medium", "generation", "mode", "seed",
 * "records", "restored", "passed_over", "automatic", "bytes", "seconds", "bytes_per_second", "failure_count", "failures"}; a drill that
 * failed is 0 too.
 * -1: it could not be made (no medium, no room): nothing is recorded but the error of the medium. */
int drill_run(struct app *app, const struct drill_options *options, json_t **outcome, struct error *err);

struct drill_state {
	utime last, due; /* last that passed, UTIME_NONE never; UTIME_NONE: nothing to be drilled yet */
	char medium[256];
	char connect[256]; /* no series of images (restore proves those); the medium whose drill is the longest ago: the next one's; one that needs a key only where there is no other */
	bool connect_away, connect_encrypted;
};
/* Whether one is due is asked as of app->now. */
bool drill_is_due(const struct app *app, const struct drill_state *state);
/* When the next one is due: drill.interval after the last that passed, or after the first medium was made. */
int drill_state(struct app *app, struct drill_state *state, struct error *err);

#endif
