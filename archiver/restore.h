/* Getting an archive back from a medium: into a new place, checked there, then put in its place.
 *
 * DIRECTORY.restoring is filled, proved (every object read and hashed, packs, catalogue and journal compared), and only then
 * renamed. A medium is outside input: its lists are signed, bounded, and lead nowhere but below it. */
#ifndef LTVAULT_ARCHIVER_RESTORE_H
#define LTVAULT_ARCHIVER_RESTORE_H

#include "archiver/app.h"
#include "archiver/envelope.h"
#include "archiver/medium_file.h"
#include "archiver/medium_label.h"
#include "archiver/medium_sums.h"

struct restore_request {
	const char *medium, *directory;
	const char *const *images; /* of a series, instead of a medium (archiver/image_restore.h): `medium` is then the first of them */
	size_t image_count;
	const char *key, *certificate; /* of an encrypted medium: paths of a recipient's private key and certificate (may be NULL) */
	utime until;              /* the state at that instant; UTIME_NONE: the newest */
	bool fork;                /* an older state than one that is known may go live */
	bool replace;             /* directory is an archive, which is kept beside the new one */
	struct store_totals replaced; /* what that one's catalogue says; events 0: nothing that can be read */
	const char *const *known; /* journal heads known elsewhere: "EVENTS:HASH", or a path of a medium or an archive */
	size_t known_count;
};
struct restore_result {
	struct fsck_counts counts;
	bool forked;
	char key[SHA256_HEX]; /* SHA-256 of the public key that signed the medium's lists, to be compared with what was noted down */
	char *replaced;       /* where the earlier archive is now; NULL when there was none; the caller's */
};
/* ERROR_INPUT: an older state than a known one, and no fork was asked for; nothing is left behind. On any other failure what
 * was copied stays in DIRECTORY.restoring. `app` gets the new archive's configuration and no open store. */
int restore_run(struct app *app, const struct restore_request *request, struct restore_result *result, struct error *err);

/* Checks a medium's own signatures and reads its list. ERROR_DAMAGED when they do not hold or a backup was cut off. */
int restore_check_medium(const struct medium_place *medium, struct medium_sums *sums, char key[static SHA256_HEX], struct error *err);
/* Makes the directory, which must not exist, with an archive's folders, and holds it open; and all of them durable. */
int restore_make(const char *directory, struct medium_place *target, struct error *err);
int restore_sync(const struct medium_place *target, struct error *err);
/* Copies everything of the list to a directory, which must not exist, as a writable archive. `key` opens an encrypted medium, and is
 * NULL for one that is not. */
int restore_files(const struct medium_place *medium, const struct medium_sums *sums, const struct envelope_key *key, const char *directory,
                  const struct medium_watch *watch, struct error *err);

#endif
