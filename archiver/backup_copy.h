/* The files of one backup: copied, read back, compared, listed. */
#ifndef LTVAULT_ARCHIVER_BACKUP_COPY_H
#define LTVAULT_ARCHIVER_BACKUP_COPY_H

#include "archiver/backup.h"
#include "archiver/envelope.h"
#include "archiver/medium_file.h"
#include "archiver/medium_ledger.h"
#include "archiver/medium_sums.h"
#include "base/limits.h"
#include "store/scrub.h"

struct copy {
	struct app *app;
	struct medium_place archive, place;
	struct medium *medium;
	char *pem; /* the archive's public key */
	struct store_totals totals; /* of the archive as it is copied */
	struct store_pack *packs;   /* its packs with their seals */
	size_t pack_count;
	bool full, interrupted; /* interrupted: the last backup to it was cut off */
	struct medium_sums before, sums;
	struct generation generation, prior; /* prior: what the medium has, after its newest manifest that holds; empty when none does */
	struct recipients *recipients;       /* whom the medium is encrypted to; NULL: it is not */
	struct backup_result *result;
	uint64_t unprotected; /* files that should be append-only and could not be made so */
	struct medium_watch watch;
	struct error *err;
};

/* Nothing is written before this: the archive must hold at least what it held when it last wrote to the medium, and the medium
 * have room for what is new. */
int backup_check_source(struct copy *c);
/* Everything, up to the signed lists; INCOMPLETE stands on the medium while this runs and after it failed. */
int backup_copy_all(struct copy *c);

/* Names of one folder that are copied at most. */
#define BACKUP_NAMES_MAX LIMIT_MANIFEST_LINES

extern const char backup_readme[], backup_readme_encrypted[];

#endif
