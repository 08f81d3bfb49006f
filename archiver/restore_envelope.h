/* Getting the files of an encrypted medium back (docs/media.md, archiver/backup_envelope.h). */
#ifndef LTVAULT_ARCHIVER_RESTORE_ENVELOPE_H
#define LTVAULT_ARCHIVER_RESTORE_ENVELOPE_H

#include "archiver/envelope.h"
#include "archiver/medium_file.h"
#include "archiver/medium_sums.h"
#include "archiver/restore_head.h"

/* Whether the medium's label, whose signature the caller checks, says that it is encrypted: 1, 0, or -1 with err. */
int restore_is_encrypted(const struct medium_place *medium, struct error *err);
/* The key for a medium: *key stays NULL for one that is not encrypted. ERROR_INPUT when a key is given and none is needed, or the other
 * way round. */
int restore_key(const struct medium_place *medium, const char *path, const char *certificate, struct envelope_key **key, struct error *err);

/* Every file of the newest manifest into the target, whose folders are there: each message has the list's digest before it is
 * opened, and the joined plain bytes, read back, that of the signed manifest. */
int restore_envelopes(const struct medium_place *medium, const struct medium_sums *sums, const struct envelope_key *key,
                      const struct medium_place *target, const struct medium_watch *watch, struct error *err);
/* How far an encrypted medium's journal goes, after its signed manifest; as head_read. */
int restore_envelope_head(const char *path, struct head *head, struct error *err);
/* Whether a name may be a file of an archive. */
bool restore_belongs(const char *name);

#endif
