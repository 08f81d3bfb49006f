/* Evidence that comes by hand: certificates, lists, answers and time-stamps in files, for archives without a network.
 *
 * Each file is read in a worker. What it holds is stored as objects, linked to the records whose newest verdict rests on a
 * certificate that it speaks about (found through the search index, in steps, however many records there are), and those
 * records are due at once. Nothing is judged here. */
#ifndef LTVAULT_ARCHIVER_IMPORT_EVIDENCE_H
#define LTVAULT_ARCHIVER_IMPORT_EVIDENCE_H

#include "archiver/app.h"

#include <jansson.h>

struct import_evidence_counts {
	uint64_t files, pieces, links, unusable;
};
/* Told of each file: {"file", "pieces": [{"kind", "sha256", "name", "records": how many, "numbers": the first of them}]}; without
 * pieces it is none of these. Borrowed. */
typedef void import_evidence_tell(void *user, const json_t *file);
/* Files, or folders with files in them. The app's store must be open for writing. Durable on return; after -1 what was told is. */
int import_evidence(struct app *app, const char *const *paths, size_t count, import_evidence_tell *tell, void *user,
		    struct import_evidence_counts *counts, struct error *err);

#endif
