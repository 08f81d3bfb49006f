/* A small archive in a folder of the build tree, filled through the store alone: no workers, no network. */
#ifndef LTVAULT_TESTS_SMALL_ARCHIVE_H
#define LTVAULT_TESTS_SMALL_ARCHIVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/app.h"
#include "base/digest.h"
#include "store/batch.h"
#include "tests/archiver/folder.h"

#define NOW (INT64_C(1795312800) * UTIME_SECOND) /* 2026-11-22T02:00:00Z */

#define fine(call)                                                                                                     \
	do {                                                                                                           \
		struct error oops_ = {0}, *oops = &oops_;                                                              \
		if ((call) < 0) fail_msg("%s: %s", #call, oops->text);                                                  \
	} while (0)

/* Opens for writing at a time; the folder is made, with store and configuration, when it is not there. */
static inline void small_open(struct app *app, const char *folder, utime now) {
	digest_init();
	*app = (struct app){.archive = folder, .now = now, .command = "test"};
	if (!folder_has(folder, "ltvault.conf")) {
		static const char *const parts[] = {"trust", "work", "reports", "spool"};
		fine(store_create(folder, now, oops));
		for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
			char *path = xasprintf("%s/%s", folder, parts[i]);
			mkdir(path, 0755);
			free(path);
		}
		folder_put_text(folder, "ltvault.conf", "[archive]\nname = Kho thử\n[backup]\nsame_device = yes\n");
		folder_put_text(folder, "trust/root.pem", "not a real anchor\n");
	}
	fine(app_open_store(app, STORE_WRITE, oops));
}

static inline void small_close(struct app *app) {
	store_close(app->store);
	conf_free(app->conf);
}

/* A record with these bytes, judged at app->now. */
static inline uint64_t small_add(struct app *app, const char *name, const char *bytes, const char *indication, const char *sub) {
	struct batch *batch = store_begin(app->store, app->now);
	struct record_row row = {.size = strlen(bytes), .name = (char *)name, .source = (char *)"spool", .actor = (char *)"clerk",
	                         .taken_in = app->now, .state = RECORD_PENDING, .due = app->now};
	struct verdict_row verdict = {.when = app->now, .indication = (char *)indication, .sub_indication = (char *)sub};
	uint64_t number;
	batch_put(batch, OBJECT_DOCUMENT, bytes, strlen(bytes), &row.original, NULL);
	digest_bytes(DIGEST_SHA512, bytes, strlen(bytes), row.sha512);
	batch_add_record(batch, &row, &number);
	char *report = xasprintf("{\"indication\":\"%s\",\"of\":\"%s\"}", indication, bytes);
	batch_put(batch, OBJECT_VERDICT, report, strlen(report), &verdict.report, NULL);
	batch_add_verdict(batch, number, &verdict, app->now + 30 * UTIME_DAY);
	batch_set_state(batch, number, strcmp(indication, "TOTAL-PASSED") ? RECORD_QUARANTINED : RECORD_ACCEPTED, "");
	free(report);
	fine(batch_commit(batch, oops));
	return number;
}

#endif
