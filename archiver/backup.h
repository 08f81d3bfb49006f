/* Backup to dedicated media (regulation art. 17.3): every medium is itself an archive that opens read-only.
 *
 * A medium is a directory that was registered once; label.json on it names the archive and the medium. It carries
 *   packs/ journal/ catalogue/data.mdb   as in the archive
 *   ltvault.conf trust/                  so that it can be used with -C and restored
 *   SHA256SUMS                           of all of these; `sha256sum -c SHA256SUMS` checks the medium
 *   README.txt                           how to read it with tar and sha256sum alone
 *   INCOMPLETE                           only while a backup runs or after one was cut off; the next one finishes it
 * A file counts only when it was read back from the medium and its digest is that of the source. Nothing that is on
 * the medium is ever removed. */
#ifndef LTVAULT_ARCHIVER_BACKUP_H
#define LTVAULT_ARCHIVER_BACKUP_H

#include "archiver/app.h"
#include "store/records.h"

#define MEDIUM_LABEL "label.json"

struct backup_result {
	char medium[256];        /* its label */
	uint64_t files, bytes;   /* copied in this run */
	uint64_t checked_bytes;  /* read back and compared */
	bool same_device;        /* the medium is on the archive's own device: no protection against losing that device */
};

/* Makes a directory a medium of the archive. ERROR_EXISTS when it is one already, ERROR_INPUT when it is not empty. */
int backup_register(struct app *app, const char *path, const char *label, struct error *err);
/* Brings one registered medium up to date; the store must be open for writing, with no batch under way.
 * ERROR_NOT_FOUND: nothing is mounted there; ERROR_INPUT: another archive's or another medium: nothing was written. */
int backup_medium(struct app *app, const char *path, struct backup_result *result, struct error *err);

/* The night's step: every configured medium. *done counts those that are up to date, *failed those that are not (each
 * is logged with its reason). One medium's failure does not keep the others from being written. */
void backup_run(struct app *app, unsigned *done, unsigned *failed);

/* Whether the night writes to this path: it stands in the setting backup.media. With NULL: whether it writes to any. */
bool backup_is_nightly(const struct app *app, const char *path);

/* Checks a medium against its SHA256SUMS and copies it to `directory`, which must not exist, as a writable archive. */
struct medium_watch; /* archiver/medium_file.h; may be NULL */
int restore_archive(const char *medium, const char *directory, const struct medium_watch *watch, struct error *err);

#endif
