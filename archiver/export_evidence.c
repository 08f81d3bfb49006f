#include "archiver/export_private.h"

#include <stdlib.h>

/* Put together as the archive has it now; a tree that is damaged costs this record its evidence, not the bag. */
int export_evidence_records(struct export *e, const struct record_row *row, const char *folder, struct error *err) {
	int rc = 0;
	for (unsigned series = 1; !rc && series <= EVIDENCE_SERIES; series++) {
		struct buf der = {0};
		struct evidence_proof proof;
		struct error own = {0};
		char *path = xasprintf("%s/evidence-record-%u.ers", folder, series);
		int found = evidence_of(e->evidence, &row->original, series, &der, &proof, &own);
		if (found > 0)
			rc = bag_add(e->bag, path, der.data, der.len, err);
		else if (found < 0 && own.code == ERROR_DAMAGED)
			export_omit(e, row->number, "its evidence record", OBJECT_DAMAGED);
		else if (found < 0)
			rc = error_set(err, own.code, "%s", own.text);
		buf_dispose(&der);
		free(path);
	}
	return rc;
}
