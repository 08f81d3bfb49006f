#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/judge.h"
#include "archiver/judge_cache.h"
#include "archiver/log.h"
#include "archiver/worker_private.h"
#include "base/digest.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the worker's side: a document is a list of URLs, one a line; each is wanted until its bytes are offered ---- */

static void *engine_start(const char *policy, size_t len, struct error *err) {
	(void)policy, (void)len, (void)err;
	return xcalloc(1, 1);
}

static int engine_trust(void *state, const unsigned char *data, size_t len) {
	(void)state, (void)data;
	return len > 0;
}

static json_t *engine_policy(const void *state) {
	(void)state;
	return json_pack("{s:s}", "id", "test");
}

static bool offered(const struct val_request *q, const char *word, size_t len) {
	for (size_t i = 0; i < q->evidence_count; i++)
		if (q->evidence[i].len == len && !memcmp(q->evidence[i].data, word, len)) return true;
	return false;
}

/* A line "URL ANSWER NEXT..." is satisfied by evidence that is ANSWER; only then is the next line wanted. */
static json_t *engine_judge(void *state, const struct val_request *q, bool path) {
	(void)state;
	json_t *wants = json_array();
	char *text = xstrndup((const char *)q->document.data, q->document.len), *save = NULL;
	for (char *line = strtok_r(text, "\n", &save); line && !json_array_size(wants); line = strtok_r(NULL, "\n", &save)) {
		char *inner = NULL;
		for (char *url = strtok_r(line, " ", &inner); url; url = strtok_r(NULL, " ", &inner)) {
			char *answer = strrchr(url, '/') + 1;
			if (!offered(q, answer, strlen(answer)))
				json_array_append_new(wants, json_pack("{s:s, s:s, s:s?, s:s}", "kind", strstr(url, "ocsp") ? "ocsp" : "crl", "url", url,
				                      "request", strstr(url, "ocsp") ? "b2NzcA==" : NULL, "for", ""));
		}
	}
	free(text);
	bool done = !json_array_size(wants);
	return json_pack("{s:s, s:s, s:i, s:i, s:b, s:o}", "indication", done ? "TOTAL-PASSED" : "INDETERMINATE", "sub_indication",
	                 done ? "" : "TRY_LATER", "evidence", (int)q->evidence_count, "revocation", q->revocation, "path", path, "wants", wants);
}

static const struct worker_engine engine = {engine_start, engine_trust, engine_policy, engine_judge, free};

/* ---- a server on loopback whose answer is the last part of the path, and which counts ---- */

static int port;
static pid_t server;
static unsigned *served;

static int start_server(void **unused) {
	(void)unused;
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof in;
	served = mmap(NULL, sizeof *served, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&in, sizeof in) || listen(listener, 64) ||
	    getsockname(listener, (struct sockaddr *)&in, &len))
		return -1;
	port = ntohs(in.sin_port);
	if ((server = fork()) != 0) return close(listener);
	for (;;) {
		char text[4096], answer[4352];
		int fd = accept(listener, NULL, NULL);
		if (fd < 0) _exit(0);
		ssize_t n = recv(fd, text, sizeof text - 1, 0);
		text[n > 0 ? n : 0] = 0;
		char *end = strstr(text, " HTTP/"), *name = NULL;
		if (end) *end = 0, name = strrchr(text, '/') + 1;
		/* An OCSP request in the path (RFC 6960 A.1): the answer is what stands before it. "old" is what a store of old
		 * answers has for everybody who does not post; "noget" does not know GET. */
		bool get = name && !strncmp(text, "GET ", 4);
		if (name && strstr(name, "%3D%3D")) name[-1] = 0, name = strrchr(text, '/') + 1;
		if (get && strstr(text, "/old/")) name = strcpy(text, "stale");
		bool absent = !name || !strcmp(name, "absent") || (get && strstr(text, "/noget/"));
		++*served;
		int size = snprintf(answer, sizeof answer, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
		                    absent ? "404 Not Found" : "200 OK", absent ? 0 : strlen(name), absent ? "" : name);
		if (send(fd, answer, (size_t)size, MSG_NOSIGNAL) < 0) _exit(1);
		close(fd);
	}
}

static int stop_server(void **unused) {
	(void)unused;
	kill(server, SIGTERM);
	return waitpid(server, NULL, 0) == server ? 0 : -1;
}

/* ---- the tests ---- */

struct run {
	struct app app;
	struct judge *judge;
	size_t kept;
};

static int keep(void *user, const struct judge_piece *piece, struct error *err) {
	struct run *run = user;
	assert_true(piece->data && piece->len && piece->url);
	run->kept++;
	return strcmp((const char *)piece->data, "refuse") ? 0 : error_set(err, ERROR_NO_SPACE, "no space left");
}

static struct run start(void) {
	struct run run = {.app = {.archive = ".", .conf = conf_new(), .now = UTIME_DAY}};
	struct error err = {0};
	assert_int_equal(conf_set(run.app.conf, CONF_validation_trust, "", &err), 0);
	assert_int_equal(conf_set(run.app.conf, CONF_network_allow_private, "127.0.0.1", &err), 0);
	assert_int_equal(conf_set(run.app.conf, CONF_validation_revocation, "soft", &err), 0);
	*served = 0;
	return run;
}

static void begin(struct run *run, bool offline) {
	struct error err = {0};
	struct judge_options options = {.offline = offline, .keep = keep, .keep_user = run};
	run->judge = judge_start(&run->app, &options, &err);
	if (!run->judge) fail_msg("%s", err.text);
}

static void end(struct run *run) {
	judge_stop(run->judge);
	conf_free(run->app.conf);
}

/* The names as URLs of the server, in lines as given. */
static char *document(const char *names) {
	struct buf b = {0};
	bool start_of_name = true;
	for (; *names; names++) {
		if (start_of_name) buf_printf(&b, "http://127.0.0.1:%d/", port);
		buf_add_byte(&b, (unsigned char)*names);
		start_of_name = *names == ' ' || *names == '\n';
	}
	return buf_take_text(&b);
}

static void wants_are_fetched_until_nothing_is_wanted(void **unused) {
	(void)unused;
	static const struct {
		const char *names, *indication;
		unsigned served;
		size_t used;
	} rows[] = {
		{"one", "TOTAL-PASSED", 1, 1},
		{"one two", "TOTAL-PASSED", 2, 2},
		{"one\ntwo", "TOTAL-PASSED", 2, 2},
		{"ocsp/one", "TOTAL-PASSED", 1, 1},
		{"one one", "TOTAL-PASSED", 1, 1},
		/* Posted where GET did not do: at once, and after what it gave did not satisfy. */
		{"ocsp/noget/two", "TOTAL-PASSED", 2, 1},
		{"ocsp/old/two", "TOTAL-PASSED", 2, 2},
		/* A third fetch would need a fourth judging. */
		{"one\ntwo\nthree", "INDETERMINATE", 2, 2},
		/* Nothing came: judging again would say the same. */
		{"absent", "INDETERMINATE", 1, 0},
		{"one absent", "INDETERMINATE", 2, 1},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct run run = start();
		struct error err = {0};
		begin(&run, false);
		char *text = document(rows[i].names);
		struct judge_item item = {.data = (unsigned char *)text, .len = strlen(text)};
		assert_int_equal(judge_run(run.judge, &item, 1, &err), 0);
		assert_string_equal(report_indication(item.report), rows[i].indication);
		assert_null(json_object_get(item.report, "wants"));
		assert_int_equal(json_integer_value(json_object_get(item.report, "revocation")), REVOCATION_SOFT);
		assert_int_equal(*served, rows[i].served);
		assert_int_equal(item.used_count, rows[i].used);
		assert_int_equal(run.kept, rows[i].used);
		json_decref(item.report);
		free(item.used);
		free(text);
		end(&run);
	}
}

static void offline_asks_nobody(void **unused) {
	(void)unused;
	for (int by_setting = 0; by_setting < 2; by_setting++) {
		struct run run = start();
		struct error err = {0};
		if (by_setting) conf_set(run.app.conf, CONF_network_offline, "yes", &err);
		begin(&run, !by_setting);
		char *text = document("one");
		struct judge_item item = {.data = (unsigned char *)text, .len = strlen(text)};
		assert_int_equal(judge_run(run.judge, &item, 1, &err), 0);
		assert_string_equal(report_indication(item.report), "INDETERMINATE");
		assert_string_equal(report_sub_indication(item.report), "TRY_LATER");
		assert_int_equal(*served, 0);
		json_decref(item.report);
		free(item.used);
		free(text);
		end(&run);
	}
}

static size_t loads, unloads;

static int load(struct judge_item *item, struct error *err) {
	if (!item->user) return 1;
	if (!strcmp(item->user, "fail")) return error_set(err, ERROR_IO, "could not be read");
	char *text = document(item->user);
	item->data = (unsigned char *)text;
	item->len = strlen(text);
	loads++;
	return 0;
}

static void unload(struct judge_item *item) {
	unloads++;
	free((void *)(uintptr_t)item->data);
	item->data = NULL;
}

static void same_question_goes_out_once_for_all(void **unused) {
	(void)unused;
	struct run run = start();
	struct error err = {0};
	struct judge_item items[30] = {0};
	begin(&run, false);
	loads = unloads = 0;
	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		items[i] = (struct judge_item){.load = load, .unload = unload, .user = i % 3 ? (void *)(uintptr_t) "shared" : (void *)(uintptr_t) "other shared"};
	for (int again = 0; again < 2; again++) {
		assert_int_equal(judge_run(run.judge, items, ARRAY_LEN(items), &err), 0);
		for (size_t i = 0; i < ARRAY_LEN(items); i++) {
			assert_string_equal(report_indication(items[i].report), "TOTAL-PASSED");
			/* Availability is not shared: only what it wanted itself is offered to a document. */
			assert_int_equal(items[i].used_count, i % 3 ? 1 : 2);
			json_decref(items[i].report);
			free(items[i].used);
		}
		assert_int_equal(*served, 2);
	}
	assert_int_equal(loads, unloads);
	end(&run);
}

static void item_without_anything_has_no_report(void **unused) {
	(void)unused;
	struct run run = start();
	struct error err = {0};
	begin(&run, true);
	struct judge_item items[] = {{.load = load, .unload = unload}, {.load = load, .unload = unload, .user = (void *)(uintptr_t) "one"}};
	assert_int_equal(judge_run(run.judge, items, 2, &err), 0);
	assert_null(items[0].report);
	assert_non_null(items[1].report);
	json_decref(items[1].report);
	free(items[0].used);
	free(items[1].used);
	end(&run);
}

static void failing_run_says_why(void **unused) {
	(void)unused;
	static const struct {
		const char *names;
		enum error_code code;
	} rows[] = {{"fail", ERROR_IO}, {"refuse", ERROR_NO_SPACE}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct run run = start();
		struct error err = {0};
		begin(&run, false);
		struct judge_item items[] = {{.load = load, .unload = unload, .user = (void *)(uintptr_t) "one"},
		                             {.load = load, .unload = unload, .user = (void *)(uintptr_t)rows[i].names}};
		assert_int_equal(judge_run(run.judge, items, 2, &err), -1);
		assert_int_equal(err.code, rows[i].code);
		assert_null(items[0].report);
		end(&run);
	}
}

static void question_that_cannot_be_asked_is_passed_over(void **unused) {
	(void)unused;
	static const char *const wants[] = {
		"{}", "{\"kind\": \"crl\"}", "{\"kind\": \"tsa\", \"url\": \"http://a/\"}", "{\"kind\": 1, \"url\": \"http://a/\"}",
		"{\"kind\": \"ocsp\", \"url\": \"http://a/\", \"request\": \"not base64!\"}", "[]", "{\"kind\": \"ocsp\", \"url\": \"http://a/\", \"request\": \"\"}",
	};
	struct judge_cache *cache = judge_cache_new();
	for (size_t i = 0; i < ARRAY_LEN(wants); i++) {
		json_t *want = json_loads(wants[i], 0, NULL);
		assert_null(judge_cache_of(cache, want));
		json_decref(want);
	}
	for (int longer = 0; longer < 2; longer++) {
		char url[LIMIT_URL_BYTES + 2];
		memset(url, 'a', sizeof url);
		url[LIMIT_URL_BYTES + longer] = 0;
		json_t *want = json_pack("{s:s, s:s, s:n}", "kind", "crl", "url", url, "request");
		assert_int_equal(judge_cache_of(cache, want) != NULL, !longer);
		json_decref(want);
	}
	json_t *want = json_pack("{s:s, s:s, s:s}", "kind", "ocsp", "url", "http://a/", "request", "b2NzcA==");
	const struct judge_want *made = judge_cache_of(cache, want);
	assert_int_equal(made->request_len, 4);
	assert_memory_equal(made->request, "ocsp", 4);
	assert_ptr_equal(judge_cache_of(cache, want), made);
	json_decref(want);
	judge_cache_free(cache);
}

int main(int argc, char **argv) {
	if (argc > 1 && !strcmp(argv[1], WORKER_ARGUMENT)) return worker_serve(WORKER_FD, &engine);
	digest_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wants_are_fetched_until_nothing_is_wanted),
		cmocka_unit_test(offline_asks_nobody),
		cmocka_unit_test(same_question_goes_out_once_for_all),
		cmocka_unit_test(item_without_anything_has_no_report),
		cmocka_unit_test(failing_run_says_why),
		cmocka_unit_test(question_that_cannot_be_asked_is_passed_over),
	};
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
