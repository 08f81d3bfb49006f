/* Sealed packs while they are copied: what goes to a medium has the digest that the pack was sealed with. */
#ifndef LTVAULT_ARCHIVER_BACKUP_SEAL_H
#define LTVAULT_ARCHIVER_BACKUP_SEAL_H

#include "archiver/backup_copy.h"

/* The seals of the archive's packs, into c->packs. */
int backup_seal_read(struct copy *c);
/* Whether a file is a sealed pack; then `seal` gets its digest. */
bool backup_seal_of(const struct copy *c, const char *name, char seal[static SHA256_HEX]);

/* `hex` is the digest of the archive's file, as it was read just now for the copy: ERROR_DAMAGED where it is sealed with another. What the
 * medium got behind its first `before` bytes is taken back then: a later backup, of the repaired pack, can go on from there. */
int backup_seal_check_read(struct copy *c, const char *name, const char *hex, uint64_t before);
/* `hex` is the digest of what the medium has, which did not grow: the archive's file is not read again where that is the seal. ERROR_DAMAGED
 * where the archive's file has another digest than its seal, or the medium holds another than the sealed pack; but one that holds it as it
 * was before a loss was accepted stays as it is. */
int backup_seal_check_kept(struct copy *c, const char *name, const char *hex);

#endif
