/* The evidence records that an archive has over a file, for `validate`: evidence like any other, and what is told of them. */
#ifndef LTVAULT_ARCHIVER_OWN_EVIDENCE_H
#define LTVAULT_ARCHIVER_OWN_EVIDENCE_H

#include "archiver/app.h"
#include "archiver/evidence.h"

#include <jansson.h>
#include <stdio.h>

struct own_evidence {
	struct buf records[EVIDENCE_SERIES];
	size_t count;
	json_t *told; /* {"record", "evidence_records": as in show}; NULL: there is no archive, or it has not the file */
};
/* Looks the bytes up by their digest and changes nothing. An archive that cannot be read is told on standard error and leaves the
 * file to be judged without it. Records that begin after app->now are left out. */
void own_evidence_find(struct app *app, const unsigned char *data, size_t len, struct own_evidence *out);
void own_evidence_dispose(struct own_evidence *own);
/* `told`, for people; NULL: nothing. */
void own_evidence_print(FILE *out, const json_t *told);

#endif
