/* A run that dies at any step of writing: the archive checks clean, and a time-stamp that was kept is used, not asked for
 * again. The authority is this program; workers, store and judgement are the real ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/extend.h"
#include "archiver/log.h"
#include "archiver/tsa.h"
#include "archiver/worker.h"
#include "store/batch.h"
#include "store/fault.h"
#include "tests/archiver/folder.h"
#include "tests/extend/extend_samples.h"
#include "tests/pki/cms_sign.h"
#include "tests/pki/tool.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WHEN "20260602020000Z"
#define CONTENT "noi dung"

static struct pki pki;
static struct buf pdf, cms;
static unsigned *asked; /* time-stamps, by all processes */
static unsigned most = UINT_MAX; /* that the authority gives */

/* ---- the authority ---- */

struct tsa {
	int unused;
};

struct tsa *tsa_open(struct app *app, struct judge *judge, struct error *err) {
	(void)app, (void)judge, (void)err;
	return xcalloc(1, sizeof(struct tsa));
}

void tsa_close(struct tsa *tsa) {
	free(tsa);
}

int tsa_stamp(struct tsa *tsa, enum digest_alg alg, const unsigned char *digest, struct tsa_token *token, struct error *err) {
	(void)tsa, (void)err;
	*token = (struct tsa_token){0};
	if (*asked >= most) return 1;
	struct buf der = {0};
	const struct tst_plan plan = {.signer = TSA_G2, .policy = TSA_POLICY, .gen_time = WHEN, .serial = ++*asked, .certs = true};
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	X509_ALGOR_set_md(algorithm, EVP_sha256());
	need(alg == DIGEST_SHA256 && TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
		     TS_MSG_IMPRINT_set_msg(imprint, (unsigned char *)(uintptr_t)digest, SHA256_SIZE) == 1,
	     "imprint");
	CMS_ContentInfo *made = tst_make(&pki, &plan, imprint, NULL);
	TOOL_DER(&der, i2d_CMS_ContentInfo, made);
	*token = (struct tsa_token){.der = der.data, .len = der.len, .gen_time = time_of(WHEN), .url = "http://authority/"};
	CMS_ContentInfo_free(made);
	X509_ALGOR_free(algorithm);
	TS_MSG_IMPRINT_free(imprint);
	return 0;
}

/* ---- the archive ---- */

static void fine_or_fail(int rc, const struct error *err) {
	if (rc < 0) fail_msg("%s", err->text);
}

static struct app open_archive(const char *folder) {
	struct app app = {.archive = folder, .now = time_of(WHEN), .command = "test", .verbosity = -1};
	struct error err = {0};
	fine_or_fail(app_open_store(&app, STORE_WRITE, &err), &err);
	return app;
}

static void close_archive(struct app *app) {
	store_close(app->store);
	conf_free(app->conf);
}

static void put_evidence(struct app *app, const struct material *m) {
	struct batch *batch = store_begin(app->store, app->now);
	struct error err = {0};
	for (size_t i = 0; i < m->count; i++) {
		struct object_id id;
		batch_put(batch, OBJECT_CRL, m->blobs[i].data, m->blobs[i].len, &id, NULL);
		batch_link_evidence(batch, 1, &id);
	}
	fine_or_fail(batch_commit(batch, &err), &err);
}

/* Lists of both authorities, issued then, as what was fetched for the record. */
static void give_lists(const char *folder, const char *issued) {
	struct material m = {0};
	struct app app = open_archive(folder);
	material_add_crl(&m, &pki, ROOT_G2, issued, "20260701000000Z");
	material_add_crl(&m, &pki, SUB_G2, issued, "20260701000000Z");
	put_evidence(&app, &m);
	material_dispose(&m);
	close_archive(&app);
}

static char *make_archive(const struct buf *document) {
	char *folder = folder_new("extend-crash");
	struct error err = {0};
	struct buf root = {0};
	fine_or_fail(store_create(folder, time_of(WHEN), &err), &err);
	folder_put_text(folder, "ltvault.conf", "[validation]\nworkers = 1\n[network]\noffline = yes\n");
	char *trust = xasprintf("%s/trust", folder);
	mkdir(trust, 0755);
	TOOL_DER(&root, i2d_X509, pki.cert[ROOT_G2]);
	tool_write(trust, "root.der", root.data, root.len);
	struct app app = open_archive(folder);
	struct batch *batch = store_begin(app.store, app.now);
	char name[] = "a", empty[] = "";
	struct record_row row = {.size = document->len, .name = name, .source = empty, .actor = empty, .taken_in = app.now,
				 .state = RECORD_ACCEPTED, .state_reason = empty, .natural_key = empty, .due = app.now};
	uint64_t number;
	batch_put(batch, OBJECT_DOCUMENT, document->data, document->len, &row.original, NULL);
	batch_add_record(batch, &row, &number);
	batch_set_state(batch, number, RECORD_ACCEPTED, "");
	fine_or_fail(batch_commit(batch, &err), &err);
	close_archive(&app);
	buf_dispose(&root);
	free(trust);
	return folder;
}

static int run(const char *folder) {
	static const uint64_t one = 1;
	const struct extend_options options = {.numbers = &one, .count = 1, .lta = true};
	struct app app = open_archive(folder);
	struct extend_counts counts;
	struct error err = {0};
	int rc = extend_run(&app, &options, &counts, &err);
	if (rc) fprintf(stderr, "%s\n", err.text);
	close_archive(&app);
	return rc;
}

/* In a process of its own, which dies at the n-th step; 0: none. Its exit status. */
static int run_apart(const char *folder, unsigned long n) {
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		fault_arm(n, n ? FAULT_DIE : FAULT_NONE, false);
		_exit(run(folder) ? 1 : 0);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void no_problem(void *user, const char *text) {
	(void)user;
	print_error("%s\n", text);
}

/* Tokens that wait for the revision they are for. */
static unsigned waiting_tokens(const char *text) {
	json_t *pending = json_loads(text, 0, NULL), *form = json_object_get(pending, "1"), *imprints = json_object_get(form, "imprints"), *one;
	unsigned count = form && !imprints;
	size_t i;
	json_array_foreach(imprints, i, one) count += json_is_string(json_object_get(one, "token"));
	json_decref(pending);
	return count;
}

/* What is there: problems, revisions, how many tokens wait. */
static void look(const char *folder, uint32_t *revisions, unsigned *waiting) {
	struct app app = open_archive(folder);
	struct error err = {0};
	struct fsck_counts counts;
	struct record_row row = {0};
	char *text = NULL;
	assert_int_equal(store_fsck(app.store, true, no_problem, NULL, &counts, &err), 0);
	assert_int_equal(records_get(app.store, 1, &row, &err), 1);
	*revisions = row.revisions;
	*waiting = store_value(app.store, "extend/pending", &text, &err) == 1 ? waiting_tokens(text) : 0;
	free(text);
	record_row_dispose(&row);
	close_archive(&app);
}

/* Dies at each step in turn, `needed` time-stamps being wanted; newer lists have come when the next run finishes. `seen`: how often
 * so many tokens waited. */
static void die_everywhere(const struct buf *document, bool lists, unsigned needed, unsigned *seen) {
	int status = FAULT_STATUS;
	for (unsigned long n = 1; status == FAULT_STATUS; n++) {
		char *folder = make_archive(document);
		uint32_t revisions;
		unsigned waiting;
		if (lists) give_lists(folder, "20260601000000Z");
		*asked = 0;
		status = run_apart(folder, n);
		if (status) assert_int_equal(status, FAULT_STATUS);
		look(folder, &revisions, &waiting);
		unsigned missing = revisions ? 0 : needed - waiting;
		assert_in_range(waiting, 0, needed);
		assert_true(*asked >= waiting);
		seen[waiting]++;
		if (lists) give_lists(folder, "20260602000000Z");
		*asked = 0;
		assert_int_equal(run_apart(folder, 0), 0);
		assert_int_equal(*asked, missing);
		look(folder, &revisions, &waiting);
		assert_int_equal(revisions, 1);
		assert_int_equal(waiting, 0);
		folder_remove(folder);
		free(folder);
		assert_true(n < 1000);
	}
}

static void run_that_dies_is_finished_without_another_timestamp(void **unused) {
	(void)unused;
	unsigned seen[2] = {0};
	die_everywhere(&pdf, false, 1, seen);
	assert_true(seen[0] && seen[1]); /* some of the deaths were between the token and the revision */
}

/* The imprints are over the status data, of which there are newer ones when the next run comes. */
static void cms_of_two_signers_is_finished_with_the_timestamps_it_has(void **unused) {
	(void)unused;
	unsigned seen[3] = {0};
	die_everywhere(&cms, true, 2, seen);
	assert_true(seen[0] && seen[1] && seen[2]);
}

/* What has come is used at once, the rest is for the next run. */
static void an_authority_that_stops_answering_leaves_a_part(void **unused) {
	(void)unused;
	char *folder = make_archive(&cms);
	uint32_t revisions;
	unsigned waiting;
	give_lists(folder, "20260601000000Z");
	for (unsigned i = 0; i < 2; i++) {
		*asked = 0;
		most = i ? UINT_MAX : 1;
		assert_int_equal(run_apart(folder, 0), 0);
		assert_int_equal(*asked, 1);
		look(folder, &revisions, &waiting);
		assert_int_equal(revisions, i + 1);
		assert_int_equal(waiting, 0);
	}
	*asked = 0;
	assert_int_equal(run_apart(folder, 0), 0);
	assert_int_equal(*asked, 0);
	folder_remove(folder);
	free(folder);
}

static struct buf make_cms(void) {
	struct buf der = {0};
	CMS_ContentInfo *two = cms_sign(&pki, EXPIRED_PERSON, CMS_OPT_ENVELOPING, "20260510020000Z", CONTENT, strlen(CONTENT));
	cms_add_timestamp(two, &pki, "20260510020004Z");
	cms_add_signer(two, &pki, OFFICE, "20260510020000Z", "20260510020004Z", CONTENT);
	need(CMS_add1_cert(two, pki.cert[SUB_G2]) == 1, "certificate of the authority");
	TOOL_DER(&der, i2d_CMS_ContentInfo, two);
	CMS_ContentInfo_free(two);
	return der;
}

int main(int argc, char **argv) {
	if (argc > 1 && !strcmp(argv[1], WORKER_ARGUMENT)) return worker_main();
	const struct signing signing = {EXPIRED_PERSON, "20260510020000Z", "20260510020004Z", "20260601000000Z"};
	digest_init();
	log_set_level(LOG_ERROR_LEVEL);
	tool_random_fix();
	pki_make(&pki, PKI_DEFAULT_URL);
	pdf = unsigned_make(SHAPE_TABLE, ".");
	sign(&pdf, &pki, &signing);
	cms = make_cms();
	asked = mmap(NULL, sizeof *asked, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_that_dies_is_finished_without_another_timestamp),
		cmocka_unit_test(cms_of_two_signers_is_finished_with_the_timestamps_it_has),
		cmocka_unit_test(an_authority_that_stops_answering_leaves_a_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
