#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "archiver/fetch.h"
#include "base/limits.h"
#include "base/mem.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a small server on loopback: one answer for each path, a process of its own ---- */

static int port;
static pid_t server;

static void put(int fd, const char *text, size_t len) {
	while (len) {
		ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
		if (n <= 0) return;
		text += n;
		len -= (size_t)n;
	}
}

static void answer(int fd, const char *head, const char *body) {
	char *text = xasprintf("HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", head, strlen(body), body);
	put(fd, text, strlen(text));
	free(text);
}

static void endless(int fd) {
	static char zeros[65536];
	static const char head[] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
	put(fd, head, sizeof head - 1);
	for (size_t sent = 0; sent <= LIMIT_HTTP_BYTES + sizeof zeros; sent += sizeof zeros) put(fd, zeros, sizeof zeros);
}

/* Reads a request with its body, which comes with a length. */
static size_t hear(int fd, char *text, size_t space) {
	size_t have = 0, need = 0;
	while (have < space - 1) {
		ssize_t n = recv(fd, text + have, space - 1 - have, 0);
		if (n <= 0) break;
		text[have += (size_t)n] = 0;
		if (*text == 0x16) answer(fd, "400 Bad Request", "no TLS here");
		if (*text == 0x16) break;
		char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
		if (!end) continue;
		need = (size_t)(end + 4 - text) + (length ? strtoul(length + 16, NULL, 10) : 0);
		if (have >= need) break;
	}
	return have;
}

static void serve(int fd) {
	char request[8192], path[256] = "", location[128];
	if (!hear(fd, request, sizeof request) || sscanf(request, "%*s %255s", path) != 1) return;
	if (!strcmp(path, "/crl")) answer(fd, "200 OK", "the list");
	else if (!strcmp(path, "/empty")) answer(fd, "200 OK", "");
	else if (!strcmp(path, "/agent")) answer(fd, "200 OK", strstr(request, "User-Agent: ltvault\r\n") ? "named" : "not named");
	else if (!strcmp(path, "/ocsp"))
		answer(fd, "200 OK", strstr(request, "POST ") == request && strstr(request, "Content-Type: application/ocsp-request") ?
		       strstr(request, "\r\n\r\n") + 4 : "not asked as it should be");
	else if (!strcmp(path, "/endless")) endless(fd);
	else if (!strncmp(path, "/hop", 4)) {
		int left = atoi(path + 4);
		snprintf(location, sizeof location, "302 Found\r\nLocation: %s%d", left > 1 ? "/hop" : "/crl?", left - 1);
		if (left == 1) snprintf(location, sizeof location, "302 Found\r\nLocation: /crl");
		answer(fd, location, "");
	} else if (!strcmp(path, "/inside")) {
		snprintf(location, sizeof location, "302 Found\r\nLocation: http://127.0.0.1:%d/crl", port);
		answer(fd, location, "");
	} else if (!strcmp(path, "/file")) answer(fd, "302 Found\r\nLocation: file:///etc/passwd", "");
	else if (!strcmp(path, "/silent")) recv(fd, request, 1, 0);
	else if (!strcmp(path, "/who")) answer(fd, "200 OK", strstr(request, "\r\nAuthorization: Basic bmFtZTp3b3Jk\r\n") ? "name" : "nobody");
	else if (!strcmp(path, "/who-else")) {
		snprintf(location, sizeof location, "302 Found\r\nLocation: http://localhost:%d/who", port);
		answer(fd, location, "");
	} else if (!strcmp(path, "/short")) put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", 43);
	else if (!strcmp(path, "/html")) answer(fd, "200 OK\r\nContent-Type: text/html; charset=utf-8", "the list");
	else if (!strcmp(path, "/busy")) answer(fd, "429 Too Many Requests\r\nRetry-After: 30", "");
	else if (!strcmp(path, "/odd")) put(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n", 52);
	else if (!strcmp(path, "/mute")) return;
	else answer(fd, "404 Not Found", "no");
}

static int start_server(void **unused) {
	(void)unused;
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof in;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&in, sizeof in) || listen(listener, 64) ||
	    getsockname(listener, (struct sockaddr *)&in, &len))
		return -1;
	port = ntohs(in.sin_port);
	if ((server = fork()) != 0) return close(listener);
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		if (fd < 0) _exit(0);
		if (fork() == 0) {
			close(listener);
			alarm(20);
			serve(fd);
			_exit(0);
		}
		close(fd);
	}
}

static int stop_server(void **unused) {
	(void)unused;
	kill(server, SIGTERM);
	return waitpid(server, NULL, 0) == server ? 0 : -1;
}

/* ---- the tests ---- */

static struct fetcher *fetcher(const char *allow, unsigned seconds) {
	struct error err = {0};
	struct fetch_options options = {.seconds = seconds, .proxy = "", .allow_private = allow};
	struct fetcher *f = fetcher_new(&options, &err);
	assert_non_null(f);
	return f;
}

static void ask(struct fetcher *f, struct fetch_request *q, const char *host, const char *path) {
	char *url = xasprintf("http://%s:%d%s", host, port, path);
	q->url = url;
	fetcher_run(f, q, 1);
	free(url);
}

static void answers_are_what_the_server_says(void **unused) {
	(void)unused;
	static const struct {
		const char *path, *post, *body, *failure;
	} rows[] = {
		{"/crl", NULL, "the list", NULL},
		{"/empty", NULL, "", NULL},
		{"/agent", NULL, "named", NULL},
		{"/ocsp", "question", "question", NULL},
		{"/absent", NULL, NULL, "HTTP status 404"},
		{"/hop3", NULL, "the list", NULL},
		{"/hop4", NULL, NULL, "redirected too often"},
		{"/file", NULL, NULL, "not an http URL"},
		{"/endless", NULL, NULL, "answer is too large"},
	};
	struct fetcher *f = fetcher("10.9.9.9 127.0.0.1", 20);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fetch_request q = {.post = (const unsigned char *)rows[i].post, .post_len = rows[i].post ? strlen(rows[i].post) : 0};
		ask(f, &q, "127.0.0.1", rows[i].path);
		assert_int_equal(q.fetched, rows[i].body != NULL);
		if (rows[i].body) assert_string_equal((const char *)q.data, rows[i].body);
		else assert_string_equal(q.failure, rows[i].failure);
		free(q.data);
		free(q.failure);
	}
	fetcher_free(f);
}

static void address_that_is_not_listed_is_not_asked(void **unused) {
	(void)unused;
	static const struct {
		const char *allow, *host, *path;
		bool fetched;
	} rows[] = {
		{"", "127.0.0.1", "/crl", false},        {"localhost", "localhost", "/crl", true}, {"localhost", "127.0.0.1", "/crl", false},
		{"127.0.0.1", "127.0.0.1", "/crl", true}, {"", "localhost", "/crl", false},        {"", "[::1]", "/crl", false},
		/* Allowed by name, then led to an address that is not. */
		{"localhost", "localhost", "/inside", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fetcher *f = fetcher(rows[i].allow, 20);
		struct fetch_request q = {0};
		ask(f, &q, rows[i].host, rows[i].path);
		if (q.fetched != rows[i].fetched) fail_msg("row %zu: %s %s", i, rows[i].allow, q.failure);
		if (!rows[i].fetched) assert_string_equal(q.failure, "address is not public");
		free(q.data);
		free(q.failure);
		fetcher_free(f);
	}
}

static void other_schemes_are_not_asked(void **unused) {
	(void)unused;
	static const char *const urls[] = {"file:///etc/passwd", "ldap://127.0.0.1/", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "", "http://", "crl"};
	struct fetcher *f = fetcher("127.0.0.1", 20);
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct fetch_request q = {.url = urls[i]};
		fetcher_run(f, &q, 1);
		assert_false(q.fetched);
		assert_string_equal(q.failure, "not an http URL");
		free(q.failure);
	}
	fetcher_free(f);
}

static void many_requests_are_answered_each(void **unused) {
	(void)unused;
	struct fetcher *f = fetcher("127.0.0.1", 20);
	struct fetch_request q[40] = {0};
	char *url = xasprintf("http://127.0.0.1:%d/crl", port), *absent = xasprintf("http://127.0.0.1:%d/absent", port);
	for (size_t i = 0; i < ARRAY_LEN(q); i++) q[i].url = i % 2 ? absent : url;
	fetcher_run(f, q, ARRAY_LEN(q));
	for (size_t i = 0; i < ARRAY_LEN(q); i++) {
		assert_int_equal(q[i].fetched, i % 2 == 0);
		free(q[i].data);
		free(q[i].failure);
	}
	free(url);
	free(absent);
	fetcher_free(f);
}

static void silent_host_is_not_asked_without_end(void **unused) {
	(void)unused;
	struct fetcher *f = fetcher("127.0.0.1", 1);
	struct fetch_request q[10] = {0};
	char *url = xasprintf("http://127.0.0.1:%d/silent", port);
	size_t skipped = 0;
	for (size_t i = 0; i < ARRAY_LEN(q); i++) q[i].url = url;
	fetcher_run(f, q, ARRAY_LEN(q));
	for (size_t i = 0; i < ARRAY_LEN(q); i++) {
		assert_false(q[i].fetched);
		skipped += !strcmp(q[i].failure, "host did not answer earlier in this run");
		free(q[i].failure);
	}
	assert_int_equal(skipped, ARRAY_LEN(q) - 2);
	free(url);
	fetcher_free(f);
}

static void every_failure_has_its_name(void **unused) {
	(void)unused;
	static const struct {
		const char *scheme, *host, *path;
		enum fetch_fault fault;
	} rows[] = {
		{"http", "127.0.0.1", "/crl", FETCH_NONE},
		{"ftp", "127.0.0.1", "/crl", FETCH_NOT_HTTP},
		{"http", "127.0.0.2", "/crl", FETCH_NOT_PUBLIC},
		{"https", "127.0.0.1", "/crl", FETCH_TLS},
		{"http", "127.0.0.1", "/mute", FETCH_UNREACHABLE},
		{"http", "127.0.0.1", "/silent", FETCH_TIMEOUT},
		{"http", "127.0.0.1", "/short", FETCH_TRUNCATED},
		{"http", "127.0.0.1", "/endless", FETCH_TOO_LARGE},
		{"http", "127.0.0.1", "/hop4", FETCH_REDIRECTED},
		{"http", "127.0.0.1", "/absent", FETCH_STATUS},
		{"http", "127.0.0.1", "/html", FETCH_WRONG_TYPE},
		{"http", "127.0.0.1", "/odd", FETCH_FAILED},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fetcher *f = fetcher("127.0.0.1", 1);
		char *url = xasprintf("%s://%s:%d%s", rows[i].scheme, rows[i].host, port, rows[i].path);
		struct fetch_request q = {.url = url, .answer_type = "application/pkix-crl"};
		fetcher_run(f, &q, 1);
		if (q.fault != rows[i].fault) fail_msg("%s: %s", url, q.fault ? fetch_fault_name(q.fault) : "none");
		assert_int_equal(q.fetched, q.fault == FETCH_NONE || q.fault == FETCH_WRONG_TYPE);
		assert_true(!q.fault == !*fetch_fault_text(q.fault));
		free(q.data);
		free(q.failure);
		free(url);
		fetcher_free(f);
	}
}

static void who_says_that_it_is_busy_is_left_alone(void **unused) {
	(void)unused;
	struct fetcher *f = fetcher("127.0.0.1", 20);
	static const struct {
		const char *path;
		enum fetch_fault fault;
	} rows[] = {{"/absent", FETCH_STATUS}, {"/crl", FETCH_NONE}, {"/busy", FETCH_STATUS}, {"/crl", FETCH_BACK_OFF}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fetch_request q = {0};
		ask(f, &q, "127.0.0.1", rows[i].path);
		assert_int_equal(q.fault, rows[i].fault);
		free(q.data);
		free(q.failure);
	}
	fetcher_free(f);
}

/* A host that the configuration names may be private and is told who we are; where it leads to neither holds. */
static void only_the_configured_host_is_trusted(void **unused) {
	(void)unused;
	char name[] = "/tmp/ltvault-test-netrc-XXXXXX";
	static const char words[] = "machine 127.0.0.1 login name password word\nmachine localhost login name password word\n";
	int fd = mkstemp(name);
	assert_true(write(fd, words, sizeof words - 1) == sizeof words - 1);
	close(fd);
	const struct fetch_access access = {.passwords = name}, none = {0};
	const struct {
		const char *allow, *path;
		const struct fetch_access *access;
		const char *body;
		enum fetch_fault fault;
	} rows[] = {
		{"", "/who", NULL, NULL, FETCH_NOT_PUBLIC},
		{"", "/who", &none, "nobody", FETCH_NONE},
		{"", "/who", &access, "name", FETCH_NONE},
		{"", "/who-else", &access, NULL, FETCH_NOT_PUBLIC},
		{"localhost", "/who-else", &access, "nobody", FETCH_NONE},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fetcher *f = fetcher(rows[i].allow, 20);
		struct fetch_request q = {.access = rows[i].access};
		ask(f, &q, "127.0.0.1", rows[i].path);
		if (q.fault != rows[i].fault) fail_msg("%zu: %s", i, q.failure ? q.failure : "fetched");
		if (rows[i].body) assert_string_equal((const char *)q.data, rows[i].body);
		free(q.data);
		free(q.failure);
		fetcher_free(f);
	}
	unlink(name);
}

static void public_addresses_are_told_from_others(void **unused) {
	(void)unused;
	static const struct {
		const char *address;
		bool is_public;
	} rows[] = {
		{"8.8.8.8", true}, {"103.1.210.1", true}, {"172.15.0.1", true}, {"172.32.0.1", true}, {"223.255.255.255", true},
		{"0.0.0.0", false}, {"10.0.0.1", false}, {"100.64.0.1", false}, {"100.128.0.1", true}, {"127.0.0.1", false},
		{"127.255.255.255", false}, {"169.254.169.254", false}, {"172.16.0.1", false}, {"172.31.255.255", false},
		{"192.168.1.1", false}, {"192.169.0.1", true}, {"198.18.0.1", false}, {"224.0.0.1", false}, {"255.255.255.255", false},
		{"2001:4860:4860::8888", true}, {"::", false}, {"::1", false}, {"::ffff:127.0.0.1", false}, {"::ffff:8.8.8.8", true},
		{"64:ff9b::a00:1", false}, {"64:ff9b::808:808", true}, {"fe80::1", false}, {"fc00::1", false}, {"fdff::1", false},
		{"ff02::1", false}, {"2001:db8::1", false}, {"2001:db9::1", true}, {"2002:7f00:1::", false}, {"2001::1", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sockaddr_in in = {.sin_family = AF_INET};
		struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
		bool v4 = inet_pton(AF_INET, rows[i].address, &in.sin_addr) == 1;
		if (!v4) assert_int_equal(inet_pton(AF_INET6, rows[i].address, &in6.sin6_addr), 1);
		bool got = fetch_address_is_public(v4 ? (struct sockaddr *)&in : (struct sockaddr *)&in6);
		if (got != rows[i].is_public) fail_msg("%s", rows[i].address);
	}
	struct sockaddr local = {.sa_family = AF_UNIX};
	assert_false(fetch_address_is_public(&local));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_what_the_server_says),
		cmocka_unit_test(address_that_is_not_listed_is_not_asked),
		cmocka_unit_test(other_schemes_are_not_asked),
		cmocka_unit_test(many_requests_are_answered_each),
		cmocka_unit_test(silent_host_is_not_asked_without_end),
		cmocka_unit_test(every_failure_has_its_name),
		cmocka_unit_test(who_says_that_it_is_busy_is_left_alone),
		cmocka_unit_test(only_the_configured_host_is_trusted),
		cmocka_unit_test(public_addresses_are_told_from_others),
	};
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
