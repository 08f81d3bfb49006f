/* Inside event_apply: what the parts of it share, and what recovery does around it. */
#ifndef LTVAULT_STORE_APPLY_H
#define LTVAULT_STORE_APPLY_H

#include "store/event.h"

#define META_FORMAT "format"   /* u32 */
#define META_ARCHIVE "archive" /* 16 bytes */
#define META_HEAD "head"       /* journal_head */
#define META_TOTALS "totals"   /* totals_row */

bool apply_totals_get(struct txn *txn, struct totals_row *totals); /* zeros before the first event */
void apply_totals_put(struct txn *txn, const struct totals_row *totals);
void apply_malformed(struct txn *txn, const struct event *event);

/* Events about one record. */
void apply_record(struct txn *txn, const struct event *event);
void apply_receipt(struct txn *txn, const struct event *event);
void apply_metadata(struct txn *txn, const struct event *event);
void apply_state(struct txn *txn, const struct event *event);
void apply_verdict(struct txn *txn, const struct event *event);
void apply_verified(struct txn *txn, const struct event *event); /* also EVENT_DUE */
void apply_evidence(struct txn *txn, const struct event *event);
void apply_revision(struct txn *txn, const struct event *event);

#endif
