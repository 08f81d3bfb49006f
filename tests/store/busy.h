/* A store in which every kind of event has happened. */
#ifndef LTVAULT_TESTS_STORE_BUSY_H
#define LTVAULT_TESTS_STORE_BUSY_H

#include "fixture.h"

struct busy {
	struct object_id documents[3], metadata[2], verdict, evidence, appended;
};

static inline void busy_first_batch(struct store *store, struct busy *busy) {
	struct batch *batch = store_begin(store, NOW);
	for (unsigned i = 0; i < 3; i++) {
		busy->documents[i] = put_sample(batch, 10 + i, 3000 + 1000 * i);
		assert_int_equal(add_sample_record(batch, &busy->documents[i], 3000 + 1000 * i), i + 1);
	}
	for (unsigned i = 0; i < 2; i++) {
		batch_put(batch, OBJECT_METADATA, i ? "{\"v\":2}" : "{}", i ? 7 : 2, &busy->metadata[i], NULL);
		batch_add_metadata(batch, 1, &busy->metadata[i], i ? "12/UBND" : "11/UBND");
	}
	batch_add_metadata(batch, 2, &busy->metadata[0], "12/UBND");
	fine(batch_commit(batch, oops));
}

static inline void busy_second_batch(struct store *store, struct busy *busy) {
	struct batch *batch = store_begin(store, NOW + UTIME_SECOND);
	batch_put(batch, OBJECT_VERDICT, "verdict", 7, &busy->verdict, NULL);
	batch_put(batch, OBJECT_CRL, "crl", 3, &busy->evidence, NULL);
	batch_put(batch, OBJECT_APPENDED, "appended", 8, &busy->appended, NULL);
	struct verdict_row verdict = {NOW, busy->verdict, (char *)"TOTAL-PASSED", (char *)""};
	batch_add_verdict(batch, 1, &verdict, NOW + 7 * UTIME_DAY);
	batch_mark_verified(batch, (uint64_t[]){1, 2}, 2, NOW + 30 * UTIME_DAY);
	batch_make_due(batch, (uint64_t[]){2, 1}, 2, NOW + 40 * UTIME_DAY);
	struct receipt_row receipt = {NOW, (char *)"b \"q\"\n\xff.pdf", (char *)"spool", (char *)"clerk"};
	batch_add_receipt(batch, 2, &receipt);
	batch_set_state(batch, 1, RECORD_ACCEPTED, "");
	batch_set_state(batch, 3, RECORD_QUARANTINED, "no trust anchor");
	batch_set_object_state(batch, &busy->documents[2], OBJECT_DAMAGED, "a flipped bit");
	batch_link_evidence(batch, 1, &busy->evidence);
	struct revision_piece pieces[] = {{.object = busy->documents[0]}, {PIECE_OWN, .size = 8}};
	struct revision_row revision = {.when = NOW, .digest = {{7}}, .size = 3008, .own = &busy->appended, .own_count = 1,
	                                .pieces = pieces, .count = 2};
	batch_add_revision(batch, 1, &revision);
	struct medium_row medium = {.id = {1, 2},
				    .label = (char *)"A",
				    .path = (char *)"/media/a",
				    .uuid = (char *)"",
				    .registered = NOW,
				    .written = UTIME_NONE,
				    .verified = UTIME_NONE};
	batch_put_medium(batch, &medium);
	batch_note(batch, "run", "{\"ok\":true}");
	batch_set_value(batch, "cursor/verify", "17");
	batch_set_value(batch, "cursor/gone", "1");
	batch_set_value(batch, "cursor/gone", "");
	fine(batch_commit(batch, oops));
}

static inline struct store *create_busy(struct busy *busy) {
	struct store *store = create_store();
	busy_first_batch(store, busy);
	busy_second_batch(store, busy);
	return store;
}

#endif
