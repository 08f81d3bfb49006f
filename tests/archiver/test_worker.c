#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/log.h"
#include "archiver/worker_private.h"
#include "base/digest.h"
#include "base/limits.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the worker's side: this program itself, doing what the document says ---- */

static void *engine_start(const char *policy, size_t len, struct error *err) {
	if (policy && len == 3 && !memcmp(policy, "bad", 3)) {
		error_set(err, ERROR_CONFIG, "policy: bad");
		return NULL;
	}
	return xcalloc(1, sizeof(int));
}

static int engine_trust(void *state, const unsigned char *data, size_t len) {
	int *anchors = state;
	int here = len && data[0] == 'T';
	*anchors += here;
	return here;
}

static json_t *engine_policy(const void *state) {
	return json_pack("{s:s, s:i}", "id", "test", "anchors", *(const int *)state);
}

static json_t *tried(const char *key, int result) {
	return json_pack("{s:s, s:i}", "tried", key, "errno", result < 0 ? errno : 0);
}

static json_t *echo(const struct val_request *q, bool path) {
	json_t *r = json_pack("{s:I, s:b, s:i, s:s#}", "at", (json_int_t)q->at, "path", path, "revocation", q->revocation, "document",
	                      q->document.data, (int)q->document.len);
	json_t *evidence = json_array(), *data = json_array(), *digests = json_array(), *policies = json_array();
	for (size_t i = 0; i < q->evidence_count; i++)
		json_array_append_new(evidence, json_stringn((const char *)q->evidence[i].data, q->evidence[i].len));
	for (size_t i = 0; i < q->data_count; i++)
		json_array_append_new(data, json_stringn((const char *)q->data[i].data, q->data[i].len));
	for (size_t i = 0; i < q->digest_count; i++) json_array_append_new(digests, json_string(q->digests[i]));
	for (size_t i = 0; i < q->initial_policy_count; i++) json_array_append_new(policies, json_string(q->initial_policies[i]));
	json_object_set_new(r, "evidence", evidence);
	json_object_set_new(r, "data", data);
	json_object_set_new(r, "digests", digests);
	json_object_set_new(r, "policies", policies);
	json_object_set_new(r, "flags", json_pack("[b,b,b]", q->require_explicit_policy, q->inhibit_policy_mapping, q->inhibit_any_policy));
	json_t *proofs = json_array();
	for (size_t i = 0; i < q->proof_count; i++)
		json_array_append_new(proofs, json_pack("[i,I,s]", q->proofs[i].sha256[31], (json_int_t)q->proofs[i].when, q->proofs[i].basis));
	json_object_set_new(r, "proofs", proofs);
	return r;
}

/* For ever, without a call that is not allowed, and without taking from the socket what comes next. */
static _Noreturn void sleep_on(void) {
	int word = 0;
	for (;;) syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static json_t *engine_judge(void *state, const struct val_request *q, bool path) {
	(void)state;
	const char *d = (const char *)q->document.data;
	size_t n = q->document.len;
#define IS(word) (n == strlen(word) && !memcmp(d, word, n))
	if (IS("spin"))
		for (volatile unsigned i = 0;; i = i + 1) continue;
	if (IS("sleep")) sleep_on();
	if (IS("abort")) abort();
	if (IS("exit")) _exit(7);
	if (IS("open")) return tried("open", open("/etc/passwd", O_RDONLY));
	if (IS("write")) return tried("write", open("/tmp/ltvault-worker-wrote", O_WRONLY | O_CREAT, 0600));
	if (IS("socket")) return tried("socket", socket(AF_INET, SOCK_STREAM, 0));
	if (IS("fork")) return tried("fork", fork());
	if (IS("exec")) return tried("exec", execl("/bin/true", "true", NULL));
	if (IS("kill")) return tried("kill", kill(getppid(), 0));
	if (IS("code")) return tried("code", mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
	if (IS("memory")) return tried("memory", mmap(NULL, LIMIT_WORKER_MEMORY, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
	if (IS("change")) return tried("change", mprotect((void *)(uintptr_t)d, 4096, PROT_READ | PROT_WRITE));
	if (IS("more")) { /* an answer and the beginning of another one */
		struct buf body = {0};
		json_t *said = json_pack("{s:s}", "document", "more");
		record_put_u32(&body, 0);
		assert(wire_put_json(&body, said));
		body.data[3] = (unsigned char)(body.len - 4);
		record_put_u32(&body, 9);
		json_decref(said);
		ssize_t sent = write(WORKER_FD, body.data, body.len);
		buf_dispose(&body);
		if (sent > 0) sleep_on();
	}
	if (IS("descriptors")) {
		int open_ones = 0;
		for (int fd = 0; fd < 64; fd++) open_ones += lseek(fd, 0, SEEK_CUR) >= 0 || errno != EBADF;
		return json_pack("{s:i}", "open", open_ones);
	}
	if (IS("environment")) return json_pack("{s:b}", "home", getenv("HOME") != NULL);
	return echo(q, path);
#undef IS
}

static const struct worker_engine engine = {engine_start, engine_trust, engine_policy, engine_judge, free};

/* ---- the parent's side ---- */

static char folder[] = "/tmp/ltvault-test-worker-XXXXXX";

static struct workers *start(size_t count, unsigned cpu_seconds, unsigned wall_milliseconds) {
	struct error err = {0};
	struct workers_options options = {.count = count};
	struct worker_bounds bounds = {cpu_seconds, wall_milliseconds};
	struct workers *ws = workers_start_bounded(&options, &bounds, &err);
	if (!ws) fail_msg("%s", err.text);
	return ws;
}

static struct worker_job job_of(const char *document) {
	return (struct worker_job){.request = {.document = {(const unsigned char *)document, strlen(document)}, .at = UTIME_DAY}};
}

static json_t *judge(struct workers *ws, const char *document) {
	struct error err = {0};
	struct worker_job job = job_of(document);
	if (workers_judge(ws, &job, &err)) fail_msg("%s", err.text);
	assert_non_null(job.report);
	return job.report;
}

static const char *first_finding(const json_t *report) {
	return json_string_value(json_object_get(json_array_get(json_object_get(report, "findings"), 0), "code"));
}

static void request_arrives_whole(void **unused) {
	(void)unused;
	struct workers *ws = start(1, 30, 60000);
	struct val_blob evidence[] = {{(const unsigned char *)"one", 3}, {(const unsigned char *)"", 0}, {(const unsigned char *)"three", 5}};
	struct val_blob data[] = {{(const unsigned char *)"content", 7}};
	const char *digests[] = {"SHA-256:00", "SHA-1:11"}, *policies[] = {"1.2.3"};
	struct val_proof proofs[] = {{.sha256 = {[31] = 9}, .when = 5 * UTIME_SECOND, .basis = "archive"}};
	struct worker_job job = {.path = true, .request = {.document = {(const unsigned char *)"doc", 3}, .at = -UTIME_DAY,
		.revocation = REVOCATION_OFF, .evidence = evidence, .evidence_count = 3, .data = data, .data_count = 1,
		.digests = digests, .digest_count = 2, .initial_policies = policies, .initial_policy_count = 1, .proofs = proofs,
		.proof_count = 1, .require_explicit_policy = true, .inhibit_any_policy = true}};
	struct error err = {0};
	assert_int_equal(workers_judge(ws, &job, &err), 0);
	json_t *expected = json_pack("{s:I, s:b, s:i, s:s, s:[s,s,s], s:[s], s:[s,s], s:[s], s:[b,b,b], s:[[i,I,s]]}", "at",
		(json_int_t)-UTIME_DAY, "path", 1, "revocation", REVOCATION_OFF, "document", "doc", "evidence", "one", "", "three",
		"data", "content", "digests", "SHA-256:00", "SHA-1:11", "policies", "1.2.3", "flags", 1, 0, 1, "proofs", 9,
		(json_int_t)(5 * UTIME_SECOND), "archive");
	assert_true(json_equal(expected, job.report));
	json_decref(expected);
	json_decref(job.report);
	workers_stop(ws);
}

static void empty_document_is_judged(void **unused) {
	(void)unused;
	struct workers *ws = start(1, 30, 60000);
	json_t *report = judge(ws, "");
	assert_string_equal(json_string_value(json_object_get(report, "document")), "");
	json_decref(report);
	workers_stop(ws);
}

static void large_ones_arrive_whole(void **unused) {
	(void)unused;
	/* Document and evidence: the most that the window takes, and one byte more, in turns. */
	static const size_t lengths[][2] = {{WINDOW_PLACE_BYTES - 5, 5}, {WINDOW_PLACE_BYTES - 5, 6}, {WINDOW_PLACE_BYTES, 0},
	                                    {WINDOW_PLACE_BYTES + 1, 0}, {3, WINDOW_PLACE_BYTES}, {3, 2}};
	struct workers *ws = start(1, 30, 60000);
	char *text = xmalloc(WINDOW_PLACE_BYTES + 1);
	for (size_t i = 0; i < WINDOW_PLACE_BYTES + 1; i++) text[i] = (char)('a' + i % 23);
	struct worker_job jobs[ARRAY_LEN(lengths)], *taken;
	struct val_blob evidence[ARRAY_LEN(lengths)];
	struct error err = {0};
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		evidence[i] = (struct val_blob){(const unsigned char *)text, lengths[i][1]};
		jobs[i] = (struct worker_job){.request = {.document = {(const unsigned char *)text, lengths[i][0]}, .evidence = &evidence[i], .evidence_count = 1}};
		assert_int_equal(workers_submit(ws, &jobs[i], &err), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		taken = workers_take(ws, &err);
		assert_ptr_equal(taken, &jobs[i]); /* of one worker, in their order */
		const json_t *document = json_object_get(taken->report, "document"), *piece = json_array_get(json_object_get(taken->report, "evidence"), 0);
		assert_int_equal(json_string_length(document), lengths[i][0]);
		assert_memory_equal(json_string_value(document), text, lengths[i][0]);
		assert_int_equal(json_string_length(piece), lengths[i][1]);
		assert_memory_equal(json_string_value(piece), text, lengths[i][1]);
		json_decref(taken->report);
	}
	free(text);
	workers_stop(ws);
}

static void answers_come_for_all_jobs(void **unused) {
	(void)unused;
	struct workers *ws = start(2, 30, 60000);
	struct worker_job jobs[20], *taken;
	struct error err = {0};
	int seen = 0;
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		jobs[i] = job_of("doc");
		assert_int_equal(workers_submit(ws, &jobs[i], &err), 0);
	}
	while ((taken = workers_take(ws, &err))) {
		seen++;
		json_decref(taken->report);
	}
	assert_int_equal(seen, ARRAY_LEN(jobs));
	workers_stop(ws);
}

static void lost_worker_costs_one_finding(void **unused) {
	(void)unused;
	static const struct {
		const char *document, *finding, *detail;
	} rows[] = {
		{"abort", "VALIDATOR_DIED", "signal ABRT"},
		{"exit", "VALIDATOR_DIED", "exit status 7"},
		{"spin", "VALIDATOR_TIMEOUT", "more than 1 s of processor time"},
	};
	log_set_level(LOG_ERROR_LEVEL);
	struct workers *ws = start(1, 1, 60000);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *report = judge(ws, rows[i].document);
		assert_string_equal(first_finding(report), rows[i].finding);
		assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(report, "findings"), 0), "detail")),
		                    rows[i].detail);
		assert_string_equal(json_string_value(json_object_get(report, "indication")), "INDETERMINATE");
		assert_string_equal(json_string_value(json_object_get(report, "sub_indication")), "CUSTOM");
		assert_int_equal(json_array_size(json_object_get(report, "signatures")), 0);
		json_decref(report);
		/* The next document has a new worker. */
		report = judge(ws, "well");
		assert_string_equal(json_string_value(json_object_get(report, "document")), "well");
		json_decref(report);
	}
	workers_stop(ws);
}

/* What was given to a worker that is lost at the document before is judged all the same. */
static void lost_worker_costs_one_document(void **unused) {
	(void)unused;
	static const char *const documents[] = {"well", "abort", "fine", "exit", "exit", "good", "more", "nice", "abort"};
	log_set_level(LOG_ERROR_LEVEL);
	for (size_t workers = 1; workers <= 3; workers++) {
		struct workers *ws = start(workers, 30, 3000);
		struct worker_job jobs[ARRAY_LEN(documents)], *taken;
		struct error err = {0};
		size_t seen = 0;
		for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
			jobs[i] = job_of(documents[i]);
			jobs[i].user = (void *)(uintptr_t)documents[i];
			assert_int_equal(workers_submit(ws, &jobs[i], &err), 0);
		}
		/* A worker that says more than it was asked, and no more then, does no harm to the document behind it. */
		for (; (taken = workers_take(ws, &err)); seen++) {
			const char *document = taken->user, *finding = first_finding(taken->report);
			if (!strcmp(document, "abort") || !strcmp(document, "exit")) assert_string_equal(finding, "VALIDATOR_DIED");
			else assert_string_equal(json_string_value(json_object_get(taken->report, "document")), document);
			json_decref(taken->report);
		}
		assert_int_equal(seen, ARRAY_LEN(documents));
		workers_stop(ws);
	}
}

static void each_document_has_its_own_time(void **unused) {
	(void)unused;
	log_set_level(LOG_ERROR_LEVEL);
	struct workers *ws = start(1, 30, 1000);
	const char *documents[] = {"sleep", "well", "sleep"};
	struct worker_job jobs[ARRAY_LEN(documents)];
	struct error err = {0};
	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		jobs[i] = job_of(documents[i]);
		assert_int_equal(workers_submit(ws, &jobs[i], &err), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(documents); i++) assert_ptr_equal(workers_take(ws, &err), &jobs[i]);
	assert_null(workers_take(ws, &err));
	assert_string_equal(first_finding(jobs[0].report), "VALIDATOR_TIMEOUT");
	assert_string_equal(json_string_value(json_object_get(jobs[1].report, "document")), "well");
	assert_string_equal(first_finding(jobs[2].report), "VALIDATOR_TIMEOUT");
	for (size_t i = 0; i < ARRAY_LEN(documents); i++) json_decref(jobs[i].report);
	workers_stop(ws);
}

static void worker_that_waits_is_ended(void **unused) {
	(void)unused;
	log_set_level(LOG_ERROR_LEVEL);
	struct workers *ws = start(1, 30, 150);
	json_t *report = judge(ws, "sleep");
	assert_string_equal(first_finding(report), "VALIDATOR_TIMEOUT");
	json_decref(report);
	workers_stop(ws);
}

static void too_large_document_is_not_sent(void **unused) {
	(void)unused;
	struct workers *ws = start(1, 30, 60000);
	/* Never written to: the pages of zeros cost no memory. */
	size_t len = LIMIT_JUDGED_BYTES + 1;
	unsigned char *zeros = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(zeros, MAP_FAILED);
	struct worker_job job = {.request = {.document = {zeros, len}}};
	struct error err = {0};
	assert_int_equal(workers_judge(ws, &job, &err), 0);
	assert_string_equal(first_finding(job.report), "DOCUMENT_TOO_LARGE");
	json_decref(job.report);
	munmap(zeros, len);
	workers_stop(ws);
}

#ifndef LTVAULT_SANITIZED
static void nothing_can_be_reached(void **unused) {
	(void)unused;
	/* Either the call is refused or the worker dies of it; never does it succeed. */
	static const char *const documents[] = {"open", "write", "socket", "fork", "exec", "kill", "code", "memory", "change"};
	log_set_level(LOG_ERROR_LEVEL);
	struct workers *ws = start(1, 30, 60000);
	for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
		json_t *report = judge(ws, documents[i]);
		const char *finding = first_finding(report);
		if (!finding) assert_int_not_equal(json_integer_value(json_object_get(report, "errno")), 0);
		else assert_string_equal(finding, "VALIDATOR_DIED");
		json_decref(report);
	}
	workers_stop(ws);
}

static void only_the_socket_and_large_documents_are_open(void **unused) {
	(void)unused;
	int extra = open("/dev/null", O_RDONLY); /* without close-on-exec: must not cross */
	struct workers *ws = start(1, 30, 60000);
	json_t *report = judge(ws, "descriptors");
	assert_int_equal(json_integer_value(json_object_get(report, "open")), 4); /* standard ones and socket */
	json_decref(report);
	unsigned char *large = xcalloc(1, WINDOW_PLACE_BYTES);
	struct val_blob evidence[] = {{large, WINDOW_PLACE_BYTES}};
	struct worker_job job = job_of("descriptors");
	job.request.evidence = evidence;
	job.request.evidence_count = 1;
	struct error err = {0};
	assert_int_equal(workers_judge(ws, &job, &err), 0);
	assert_int_equal(json_integer_value(json_object_get(job.report, "open")), 4 + 2);
	json_decref(job.report);
	free(large);
	report = judge(ws, "environment");
	assert_false(json_boolean_value(json_object_get(report, "home")));
	json_decref(report);
	workers_stop(ws);
	close(extra);
}
#endif

static void write_file(const char *name, const char *text) {
	char *path = xasprintf("%s/%s", folder, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	free(path);
}

static int start_with(const char *trust, const char *policy, struct error *err) {
	char *trust_path = xasprintf("%s/%s", folder, trust), *policy_path = policy ? xasprintf("%s/%s", folder, policy) : NULL;
	const char *list[] = {trust_path};
	struct workers_options options = {.count = 1, .trust = list, .trust_count = 1, .policy = policy_path};
	struct workers *ws = workers_start(&options, err);
	int anchors = ws ? (int)json_integer_value(json_object_get(workers_policy_id(ws), "anchors")) : -1;
	workers_stop(ws);
	free(trust_path);
	free(policy_path);
	return anchors;
}

static void trust_is_read_from_files_and_folders(void **unused) {
	(void)unused;
	char *sub = xasprintf("%s/anchors", folder);
	assert_int_equal(mkdir(sub, 0700), 0);
	write_file("anchors/a", "T1");
	write_file("anchors/b", "T2");
	write_file("anchors/README", "not a certificate");
	write_file("anchors/.hidden", "T3");
	write_file("none", "not a certificate");
	write_file("bad-policy", "bad");
	write_file("policy", "good");
	struct error err = {0};
	assert_int_equal(start_with("anchors", NULL, &err), 2);
	assert_int_equal(start_with("anchors/a", "policy", &err), 1);
	assert_int_equal(err.code, ERROR_NONE);
	assert_int_equal(start_with("none", NULL, &err), -1);
	assert_int_equal(err.code, ERROR_INPUT);
	assert_non_null(strstr(err.text, "none: holds no certificate"));
	error_clear(&err);
	assert_int_equal(start_with("absent", NULL, &err), -1);
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	error_clear(&err);
	assert_int_equal(start_with("anchors", "bad-policy", &err), -1);
	assert_int_equal(err.code, ERROR_CONFIG);
	free(sub);
}

static void damaged_request_is_not_read(void **unused) {
	(void)unused;
	struct buf b = {0};
	const char *digests[] = {"SHA-256:00"};
	struct val_blob evidence[] = {{NULL, 12}};
	struct val_request q = {.digests = digests, .digest_count = 1, .evidence = evidence, .evidence_count = 1};
	wire_put_request(&b, &q, false);
	struct wire_request w;
	struct record_reader whole = record_reader_of(b.data, b.len);
	assert_true(wire_get_request(&whole, &w));
	assert_int_equal(w.material_len, 12);
	wire_request_dispose(&w);
	for (size_t len = 0; len < b.len; len++) {
		struct record_reader r = record_reader_of(b.data, len);
		assert_false(wire_get_request(&r, &w));
		wire_request_dispose(&w);
	}
	buf_dispose(&b);
}

int main(int argc, char **argv) {
	if (argc > 1 && !strcmp(argv[1], WORKER_ARGUMENT)) return worker_serve(WORKER_FD, &engine);
	digest_init();
	if (!mkdtemp(folder)) return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_arrives_whole),
		cmocka_unit_test(empty_document_is_judged),
		cmocka_unit_test(large_ones_arrive_whole),
		cmocka_unit_test(answers_come_for_all_jobs),
		cmocka_unit_test(lost_worker_costs_one_finding),
		cmocka_unit_test(lost_worker_costs_one_document),
		cmocka_unit_test(each_document_has_its_own_time),
		cmocka_unit_test(worker_that_waits_is_ended),
		cmocka_unit_test(too_large_document_is_not_sent),
#ifndef LTVAULT_SANITIZED
		cmocka_unit_test(nothing_can_be_reached),
		cmocka_unit_test(only_the_socket_and_large_documents_are_open),
#endif
		cmocka_unit_test(trust_is_read_from_files_and_folders),
		cmocka_unit_test(damaged_request_is_not_read),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	char *remove = xasprintf("rm -r %s", folder);
	if (system(remove)) failed++;
	free(remove);
	return failed;
}
