/* Journal heads: how far an archive, a medium or a restored copy goes, read from the journal files alone. */
#ifndef LTVAULT_ARCHIVER_RESTORE_HEAD_H
#define LTVAULT_ARCHIVER_RESTORE_HEAD_H

#include "archiver/app.h"
#include "base/digest.h"

struct head {
	char *where; /* for messages */
	uint64_t events;
	unsigned char chain[SHA256_SIZE], archive_id[16];
	bool same_archive; /* false for one of another archive, which says nothing */
};
struct heads {
	struct head *items;
	size_t count, cap;
};
/* The head of the archive or medium in a directory, up to the last whole batch, or up to where its journal is damaged. */
int head_read(const char *directory, struct head *head, struct error *err);
/* "EVENTS:HASH" as reports print it; false for anything else. */
bool head_parse(const char *text, struct head *head);
void heads_add(struct heads *heads, const struct head *head); /* takes over head->where */
void heads_dispose(struct heads *heads);

/* How many events the journal in a directory has up to the last batch at or before an instant (UTIME_NONE: all). ERROR_INPUT when
 * it begins later. */
int head_at(const char *directory, utime until, uint64_t *events, struct error *err);
/* The first of the heads that the journal in a directory does not contain among its first `events`: these are an older state, or
 * went another way. NULL when it contains all; check err. */
const struct head *head_beyond(const char *directory, uint64_t events, const struct heads *heads, struct error *err);
/* Cuts the journal in a directory behind that many events, the end of a batch, and remakes the catalogue from it. */
int head_cut(const char *directory, uint64_t events, utime now, struct error *err);

#endif
