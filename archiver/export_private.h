/* Parts of one export in the making: archiver/export*.c alone. */
#ifndef LTVAULT_ARCHIVER_EXPORT_PRIVATE_H
#define LTVAULT_ARCHIVER_EXPORT_PRIVATE_H

#include "archiver/evidence.h"
#include "archiver/export.h"
#include "archiver/search_db.h"
#include "base/mem.h"
#include "store/records.h"

struct export {
	struct app *app;
	struct bag *bag;
	struct evidence *evidence;
	enum export_revisions revisions;
	struct search_db
		*seen; /* temporary, on disk: what is in the bag already, and certificates that verdicts name */
	uint64_t records, omitted;
	struct buf omissions; /* lines of omitted.txt, up to a bound */
};

enum export_seen { EXPORT_SEEN_RECORD, EXPORT_SEEN_EVIDENCE, EXPORT_SEEN_CERTIFICATE, EXPORT_SEEN_ANCHOR, EXPORT_SEEN_MEMBER };
/* Remembers (kind, id); *was tells whether it was there already. */
int export_see(struct export *export, enum export_seen kind, const void *id, size_t len, bool *was, struct error *err);
int export_was_seen(struct export *export, enum export_seen kind, const void *id, size_t len, bool *was,
		    struct error *err);

/* Notes that something could not be handed out; `what` names it. */
void export_omit(struct export *export, uint64_t number, const char *what, enum object_state state);
/* Adds an object under a path after it was read once and found whole; otherwise it is omitted. */
int export_object(struct export *export, uint64_t number, const struct object_id *id, const char *path,
		  const char *what, struct error *err);
/* A revision: pieces one after another, checked against the digest of the whole first. */
int export_revision(struct export *export, uint64_t number, const struct revision_row *revision, const char *path,
		    struct error *err);
/* The evidence records of a record's original, one of each series that has it, below its folder. */
int export_evidence_records(struct export *export, const struct record_row *row, const char *folder, struct error *err);
/* The same of its group, with the digests of the members, and those members that are its own and not in the bag otherwise. */
int export_evidence_groups(struct export *export, const struct record_row *row, const char *folder, struct error *err);
/* Trust anchors out of the configured folder that the exported verdicts name. */
int export_anchors(struct export *export, struct error *err);

#endif
