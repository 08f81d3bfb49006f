/* An archive with a spool, and a validator that does what the document says, behind the real worker processes.
 *
 * The first word of a document is its verdict: "good" passes, "bad" fails, "open" is undecided, "plain" has no
 * signature, "until2027" passes before that year, "from2027" from then on, "dies" kills the validator. "signs TEXT" is
 * a detached signature over TEXT, naming it by its SHA-256; "signs512 TEXT" by its SHA-512, "stamps TEXT" a time-stamp.
 * "sealed" passes with an organisation's signature alone. */
#ifndef LTVAULT_TESTS_INTAKE_ARCHIVE_H
#define LTVAULT_TESTS_INTAKE_ARCHIVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/ingest.h"
#include "archiver/judge.h"
#include "archiver/log.h"
#include "archiver/verify.h"
#include "archiver/worker_private.h"
#include "base/digest.h"
#include "tests/archiver/folder.h"

#include <inttypes.h>

#define NOW (INT64_C(1795312800) * UTIME_SECOND)   /* 2026-11-22T02:00:00Z */
#define Y2027 (INT64_C(1798761600) * UTIME_SECOND) /* 2027-01-01T00:00:00Z */
#define META "{\"number\":15,\"symbol\":\"QĐ-UBND\",\"year\":2025,\"organisation\":{\"code\":\"H35.6\"}"

#define fine(call)                                                                                                     \
	do {                                                                                                           \
		struct error oops_ = {0}, *oops = &oops_;                                                              \
		if ((call) < 0) fail_msg("%s: %s", #call, oops->text);                                                 \
	} while (0)

static void *engine_start(const char *policy, size_t len, struct error *err) {
	(void)policy, (void)len, (void)err;
	digest_init();
	return xcalloc(1, 1);
}

static int engine_trust(void *state, const unsigned char *data, size_t len) {
	(void)state, (void)data;
	return len != 0;
}

static json_t *engine_policy(const void *state) {
	(void)state;
	return json_pack("{s:s}", "id", "test");
}

/* As the validator reports a detached signature. */
static json_t *engine_detached(const struct val_request *q, enum digest_alg alg, const char *format, size_t skip) {
	const unsigned char *content = q->document.data + skip;
	size_t len = q->document.len - skip;
	unsigned char digest[DIGEST_MAX];
	bool right = false;
	for (size_t i = 0; i < q->data_count; i++)
		right = right || (q->data[i].len == len && !memcmp(q->data[i].data, content, len));
	const char *code = right ? "PROOF_OF_EXISTENCE" : q->data_count ? "SIGNED_DATA_CHANGED" : "SIGNED_DATA_MISSING";
	const char *indication = right ? "TOTAL-PASSED" : q->data_count ? "TOTAL-FAILED" : "INDETERMINATE";
	const char *sub = right ? NULL : q->data_count ? "HASH_FAILURE" : "SIGNED_DATA_NOT_FOUND";
	char *hex = hex_dup(digest, digest_bytes(alg, content, len, digest)),
	     *detail = xasprintf("%s:%s", digest_name(alg), hex);
	json_t *report = json_pack("{s:s, s:s, s:s?, s:[{s:s, s:b, s:s, s:[{s:s, s:s}]}], s:[], s:[]}", "format",
				   format, "indication", indication, "sub_indication", sub, "signatures", "kind",
				   !strcmp(format, "cms") ? "signature" : format, "detached", 1, "indication",
				   indication, "findings", "code", code, "detail", detail, "findings", "wants");
	free(hex);
	free(detail);
	return report;
}

static json_t *engine_judge(void *state, const struct val_request *q, bool path) {
	static const struct {
		const char *word, *indication, *sub;
	} rows[] = {{"good", "TOTAL-PASSED", NULL},
		    {"bad", "TOTAL-FAILED", "HASH_FAILURE"},
		    {"open", "INDETERMINATE", "TRY_LATER"}};
	const char *indication = "NO-SIGNATURE", *sub = NULL;
	size_t n = q->document.len;
	const char *d = (const char *)q->document.data;
	(void)state, (void)path;
	if (n >= 4 && !memcmp(d, "dies", 4)) abort();
	if (n > 6 && !memcmp(d, "signs ", 6)) return engine_detached(q, DIGEST_SHA256, "cms", 6);
	if (n > 9 && !memcmp(d, "signs512 ", 9)) return engine_detached(q, DIGEST_SHA512, "cms", 9);
	if (n > 7 && !memcmp(d, "stamps ", 7)) return engine_detached(q, DIGEST_SHA256, "timestamp", 7);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (n >= strlen(rows[i].word) && !memcmp(d, rows[i].word, strlen(rows[i].word)))
			indication = rows[i].indication, sub = rows[i].sub;
	bool until = n >= 9 && !memcmp(d, "until2027", 9), from = n >= 8 && !memcmp(d, "from2027", 8);
	if (until || from) {
		indication = (q->at < Y2027) == until ? "TOTAL-PASSED" : "INDETERMINATE";
		sub = (q->at < Y2027) == until ? NULL : "OUT_OF_BOUNDS_NO_POE";
	}
	bool sealed = n >= 6 && !memcmp(d, "sealed", 6);
	json_t *report = json_pack("{s:s, s:I, s:s, s:s?, s:[], s:[], s:[], s:i, s:i, s:I, s:s}", "schema", "ltvault.validation/1",
				   "at", (json_int_t)q->at, "indication", sealed ? "TOTAL-PASSED" : indication,
				   "sub_indication", sub, "signatures", "findings", "wants", "proofs", (int)q->proof_count,
				   "evidence", (int)q->evidence_count, "records_cover", (json_int_t)q->records_cover, "basis", q->proof_count ? q->proofs[0].basis : "");
	json_t *proven = json_object(); /* what besides the document is, since when */
	for (size_t i = 1; i < q->proof_count; i++) {
		char *hex = hex_dup(q->proofs[i].sha256, SHA256_SIZE);
		json_object_set_new(proven, hex, json_integer((json_int_t)q->proofs[i].when));
		free(hex);
	}
	json_object_set_new(report, "proven", proven);
	if (sealed) json_object_set_new(report, "format", json_string("pdf"));
	if (sealed)
		json_array_append_new(json_object_get(report, "signatures"),
				      json_pack("{s:s, s:{s:s}}", "kind", "signature", "signer", "role", "organisation"));
	return report;
}

static void engine_stop(void *state) {
	free(state);
}

static const struct worker_engine engine = {engine_start, engine_trust, engine_policy, engine_judge, engine_stop};
#define RUN_AS_WORKER(argc, argv) (argc > 1 && !strcmp(argv[1], WORKER_ARGUMENT))

/* The folder is made with store, configuration and spool when it is not there. */
static inline void archive_open(struct app *app, const char *folder, utime now) {
	digest_init();
	log_set_level(LOG_ERROR_LEVEL);
	*app = (struct app){.archive = folder, .now = now, .at_given = true, .command = "test"};
	if (!folder_has(folder, "ltvault.conf")) {
		static const char *const parts[] = {"trust",    "work",       "reports",       "spool",
						    "spool/in", "spool/done", "spool/refused", "spool/outbox"};
		fine(store_create(folder, now, oops));
		for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
			char *path = xasprintf("%s/%s", folder, parts[i]);
			mkdir(path, 0755);
			free(path);
		}
		folder_put_text(folder, "ltvault.conf",
				"[network]\noffline = yes\n[validation]\nworkers = 1\n[ingest]\nbatch = 3\n[backup]\nsame_device = yes\n");
		folder_put_text(folder, "trust/root.pem", "anchor");
	}
	fine(app_open_store(app, STORE_WRITE, oops));
}

static inline void archive_close(struct app *app) {
	store_close(app->store);
	conf_free(app->conf);
	*app = (struct app){0};
}

static inline struct record_row archive_row(struct app *app, uint64_t number) {
	struct record_row row = {0};
	fine(records_get(app->store, number, &row, oops));
	assert_int_equal(row.number, number);
	return row;
}

static inline uint64_t archive_records(struct app *app) {
	struct store_totals totals;
	fine(store_totals(app->store, &totals, oops));
	return totals.records;
}

/* The spool's intake; a policy of -1 defers. */
static inline struct ingest_counts archive_ingest(struct app *app, int policy) {
	struct ingest_counts counts;
	const struct ingest_options options = {.policy = policy < 0 ? ON_FAILED_QUARANTINE : (enum on_failed)policy,
					       .defer = policy < 0};
	fine(ingest_run(app, &options, &counts, oops));
	return counts;
}

static inline void spool_put(struct app *app, const char *name, const char *text) {
	char *path = xasprintf("%s/spool/in", app->archive);
	folder_put_text(path, name, text);
	free(path);
}

/* "in", "done/2026-11-22" ... : is the file there? */
static inline bool spool_has(struct app *app, const char *where, const char *name) {
	char *path = xasprintf("%s/spool/%s", app->archive, where);
	bool has = folder_has(path, name);
	free(path);
	return has;
}

static inline void assert_clean(struct app *app) {
	struct fsck_counts counts;
	fine(store_fsck(app->store, true, NULL, NULL, &counts, oops));
	assert_int_equal(counts.problems, 0);
}

#endif
