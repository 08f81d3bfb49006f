/* Backup to dedicated media (regulation art. 17.3): every medium is itself an archive that opens read-only (docs/media.md).
 *
 *   label.json label.sig archive-key.pem   which medium of which archive, signed
 *   packs/ journal/ catalogue/data.mdb     as in the archive
 *   ltvault.conf trust/                    so that it can be used with -C and restored
 *   SHA256SUMS SHA256SUMS.sig              of all of these; `sha256sum -c SHA256SUMS` checks the medium
 *   generations/000012/manifest.json .sig  the files as they were after each backup
 *   recipients.pem                         on an encrypted medium: the certificates; packs and so on are NAME.000001.cms there
 *   README.txt                             how to read it with tar and sha256sum alone
 *   INCOMPLETE                             only while a backup runs or after one was cut off; the next one finishes it
 * A file counts only when it was read back from the medium and its digest is that of the source. */
#ifndef LTVAULT_ARCHIVER_BACKUP_H
#define LTVAULT_ARCHIVER_BACKUP_H

#include "archiver/app.h"
#include "archiver/medium_label.h"

struct medium_wish {
	const char *path, *label; /* label NULL: "medium-N" */
	const char *site, *set;   /* "" unknown, none */
	enum medium_kind kind;
	bool append_only; /* what was written cannot be overwritten (chattr +a and +i), where file system and rights allow it */
	utime end_of_life; /* UTIME_NONE: by its kind */
	uint64_t image_size; /* a series of write-once images of at most so many bytes; 0: a directory that is written to */
	const char *recipients; /* certificates in PEM: everything that is copied is encrypted to them; NULL: not encrypted */
};
/* Makes the empty file system at a path a medium of the archive. ERROR_EXISTS when it is one already or the label is taken,
 * ERROR_INPUT when it is not empty, or on the archive's own device. */
int media_init(struct app *app, const struct medium_wish *wish, struct error *err);

struct backup_result {
	char medium[256];       /* its label */
	uint64_t generation;    /* number of this backup on it */
	uint64_t files, bytes;  /* copied in this run */
	uint64_t checked_bytes; /* read back and compared */
	bool full;              /* everything on it was, not only what is new; of images: everything was written */
	bool images;            /* `files` are images: they count when what was made of them was read (media verify) */
	uint64_t mended;        /* files on it that a cut or damage had spoilt and that were made good first (archiver/backup_mend.h) */
	bool unprotected;       /* it should be append-only and cannot be made so: true the first time that this is found */
	bool same_device;       /* the medium is on the archive's own device: no protection against losing that device */
};
/* Brings one medium up to date; the store must be open for writing, with no batch under way. `full` reads everything back.
 * A failure is recorded in the medium's errors when it was identified.
 * ERROR_NOT_FOUND: nothing is mounted there; ERROR_INPUT: not the medium it must be; ERROR_NO_SPACE before anything is written;
 * ERROR_DAMAGED: the archive is less than what it wrote before, or the medium does not give what was written. */
int backup_medium(struct app *app, const char *path, bool full, struct backup_result *result, struct error *err);

#define MEDIUM_MENDED "medium-mended" /* the journal's note of it */

/* The night's step: every configured medium. *done counts those that are up to date, *failed those that are not (each
 * is logged with its reason). One medium's failure does not keep the others from being written. */
void backup_run(struct app *app, unsigned *done, unsigned *failed);

/* Whether the night writes to this path: it stands in the setting backup.media. With NULL: whether it writes to any. */
bool backup_is_nightly(const struct app *app, const char *path);

#endif
