/* Since when the archive's evidence records prove an object, for those who take the archive's word for it. */
#ifndef LTVAULT_ARCHIVER_EVIDENCE_SINCE_H
#define LTVAULT_ARCHIVER_EVIDENCE_SINCE_H

#include "archiver/evidence.h"

/* 1 with the time of the first time-stamp in the record that goes back furthest, and holds now as far as its time-stamps were last
 * judged: each one until a day after the next was there, each digest until the next chain was, the newest today. 0 there is none such; -1 with
 * err, ERROR_DAMAGED when a tree or a token is not there. Whether the object's bytes are whole is for those who read them. */
int evidence_since(struct evidence *evidence, const struct object_id *id, utime *since, struct error *err);

#endif
