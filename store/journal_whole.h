/* How far a copy of a journal file is whole: a power cut in the middle of copying leaves a tail that is no event. */
#ifndef LTVAULT_STORE_JOURNAL_WHOLE_H
#define LTVAULT_STORE_JOURNAL_WHOLE_H

#include "base/error.h"

#include <stdint.h>

/* *whole gets the offset behind the last event, counted from the first, whose hash and place in the chain are right; 0 when not even the
 * file's header is. `name` is for errors. 0, or -1 when the file could not be read. */
int store_journal_whole(int fd, const char *name, uint64_t *whole, struct error *err);

#endif
