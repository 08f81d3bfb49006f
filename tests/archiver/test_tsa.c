#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <cmocka.h>

#include "archiver/tsa.h"
#include "archiver/log.h"
#include "archiver/worker_private.h"
#include "base/utime.h"
#include "tests/archiver/responders.h"
#include "validator/cms.h"

static struct responders responders;
static unsigned char digest[DIGEST_MAX];

static int begin_all(void **unused) {
	(void)unused;
	sha256_bytes("what is stamped", 15, digest);
	return responders_begin(&responders, "") ? 0 : -1;
}

static int end_all(void **unused) {
	(void)unused;
	responders_end(&responders);
	return 0;
}

/* ---- one run ---- */

struct run {
	struct app app;
	struct judge *judge;
	struct tsa *tsa;
	char *trust;
	const char *trusts[1];
	size_t kept;
};

static int keep(void *user, const struct judge_piece *piece, struct error *err) {
	struct run *run = user;
	(void)err;
	assert_true(piece->len > 0);
	run->kept++;
	return 0;
}

static void set(struct run *run, enum setting setting, const char *value) {
	struct error err = {0};
	if (conf_set(run->app.conf, setting, value, &err)) fail_msg("%s", err.text);
}

static struct run *start(const char *urls) {
	struct run *run = xcalloc(1, sizeof *run);
	struct error err = {0};
	run->app = (struct app){.archive = responders.dir, .conf = conf_new()};
	assert_true(utime_parse(RESPONDERS_TIME, &run->app.now));
	set(run, CONF_timestamp_urls, urls);
	set(run, CONF_validation_workers, "1");
	set(run, CONF_network_allow_private, "127.0.0.1");
	set(run, CONF_network_timeout, "4s");
	run->trusts[0] = run->trust = xasprintf("%s/trust", responders.dir);
	const struct judge_options options = {.trust = run->trusts, .trust_count = 1, .keep = keep, .keep_user = run};
	run->judge = judge_start(&run->app, &options, &err);
	if (!run->judge) fail_msg("%s", err.text);
	run->tsa = tsa_open(&run->app, run->judge, &err);
	if (!run->tsa) fail_msg("%s", err.text);
	return run;
}

static void end(struct run *run) {
	tsa_close(run->tsa);
	judge_stop(run->judge);
	conf_free(run->app.conf);
	free(run->trust);
	free(run);
}

static int stamp(struct run *run, struct tsa_token *token) {
	struct error err = {0};
	int rc = tsa_stamp(run->tsa, DIGEST_SHA256, digest, token, &err);
	if (rc < 0) fail_msg("%s", err.text);
	return rc;
}

/* Addresses from a format with %s for the responders. */
static char *urls(const char *format) {
	struct buf b = {0};
	for (const char *p = format; *p; p++)
		if (*p == '@') buf_add_text(&b, responders.url);
		else buf_add_byte(&b, (unsigned char)*p);
	return buf_take_text(&b);
}

/* ---- what is in the log ---- */

static int log_file = -1, real_stderr = -1;

static void listen_to_log(void) {
	char name[] = "/tmp/ltvault-test-log-XXXXXX";
	fflush(stderr);
	log_file = mkstemp(name);
	unlink(name);
	real_stderr = dup(STDERR_FILENO);
	dup2(log_file, STDERR_FILENO);
}

static char *heard(void) {
	char text[16384];
	fflush(stderr);
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	ssize_t n = pread(log_file, text, sizeof text - 1, 0);
	close(log_file);
	text[n > 0 ? n : 0] = 0;
	return xstrdup(text);
}

/* ---- tests ---- */

static size_t ocsps_in(const struct cms *cms) {
	size_t n = 0;
	for (size_t i = 0; i < cms->crl_count; i++) n += cms->crls[i].data[0] == 0xa1;
	return n;
}

/* Without any network and anything beside it. */
static void good_by_itself(struct run *run, const struct tsa_token *token) {
	struct judge_item item = {.data = token->der, .len = token->len};
	const struct judge_options offline = {.offline = true, .trust = run->trusts, .trust_count = 1};
	struct error err = {0};
	const char *digests[1];
	char *hex = hex_dup(digest, SHA256_SIZE), *named = xasprintf("SHA-256:%s", hex);
	digests[0] = named;
	const struct val_request more = {.digests = digests, .digest_count = 1};
	struct judge *judge = judge_start(&run->app, &offline, &err);
	assert_non_null(judge);
	item.more = &more;
	item.at = run->app.now + 3600 * UTIME_SECOND;
	assert_int_equal(judge_run(judge, &item, 1, &err), 0);
	assert_string_equal(report_indication(item.report), "TOTAL-PASSED");
	json_decref(item.report);
	judge_stop(judge);
	free(item.used);
	free(hex);
	free(named);
}

static void token_is_over_the_digest_and_complete(void **unused) {
	(void)unused;
	char *list = urls("@/tsa"), text[UTIME_TEXT_MAX];
	struct run *run = start(list);
	struct tsa_token token;
	struct cms cms;
	const char *why;
	assert_int_equal(stamp(run, &token), 0);
	assert_string_equal(token.url, list);
	assert_string_equal(utime_text(token.gen_time, text), RESPONDERS_TIME);
	assert_true(cms_read(token.der, token.len, &cms, &why));
	assert_int_equal(cms.used, token.len);
	/* The authority and its issuer, which is no anchor; one statement for each, the smaller: here the lists are. */
	assert_true(cms.cert_count >= 2);
	assert_int_equal(cms.crl_count, 2);
	assert_int_equal(ocsps_in(&cms), 0);
	assert_true(run->kept >= 2); /* what was fetched went to the caller */
	cms_dispose(&cms);

	good_by_itself(run, &token);
	free(token.der);
	free(list);
	end(run);
}

/* RFC 5940: the answers are in the token too, its version says so, and the signature still holds. */
static void ocsp_answers_go_into_the_token(void **unused) {
	(void)unused;
	char *list = urls("@/tsa");
	responders_stop(&responders);
	assert_true(responders_start(&responders, RESPONDERS_TIME, "crl:malformed"));
	struct run *run = start(list);
	struct tsa_token token;
	struct cms cms;
	const char *why;
	listen_to_log();
	int rc = stamp(run, &token);
	char *log = heard();
	assert_int_equal(rc, 0);
	assert_non_null(strstr(log, "kind=crl"));
	assert_non_null(strstr(log, "fault=FETCH_UNREADABLE"));
	assert_true(cms_read(token.der, token.len, &cms, &why));
	assert_int_equal(cms.crl_count, 2);
	assert_int_equal(ocsps_in(&cms), 2);
	cms_dispose(&cms);
	good_by_itself(run, &token);
	free(log);
	free(token.der);
	free(list);
	end(run);
	responders_stop(&responders);
	assert_true(responders_start(&responders, RESPONDERS_TIME, "none"));
}

static void every_misbehaviour_has_its_name_and_the_next_authority_is_asked(void **unused) {
	(void)unused;
	static const struct {
		const char *bad, *fault;
	} rows[] = {
		{"slow", "FETCH_TIMEOUT"},
		{"truncated", "FETCH_TRUNCATED"},
		{"huge", "FETCH_TOO_LARGE"},
		{"empty", "FETCH_EMPTY"},
		{"redirect-loop", "FETCH_REDIRECTED"},
		{"overloaded", "FETCH_STATUS"},
		{"malformed", "TSP_MALFORMED"},
		{"rejection", "TSP_REJECTED"},
		{"wrong-imprint", "TSP_WRONG_IMPRINT"},
		{"wrong-nonce", "TSP_WRONG_NONCE"},
		{"wrong-policy", "TSP_WRONG_POLICY"},
		{"clock", "TSP_WRONG_TIME"},
		{"wrong-certificate", "TSP_NOT_VALID"},
		{"expired-certificate", "TSP_NOT_VALID"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *format = xasprintf("@/bad/%s/tsa @/tsa", rows[i].bad), *list = urls(format);
		struct run *run = start(list);
		struct tsa_token token;
		set(run, CONF_timestamp_policy, "2.16.704.1.1.1.1.2");
		listen_to_log();
		int rc = stamp(run, &token);
		char *log = heard();
		char *wanted = xasprintf("fault=%s ", rows[i].fault);
		if (rc || strstr(token.url, "/bad/")) fail_msg("%s: %d", rows[i].bad, rc);
		if (!strstr(log, wanted)) fail_msg("%s: %s", rows[i].bad, log);
		free(wanted);
		free(log);
		free(token.der);
		free(format);
		free(list);
		end(run);
	}
}

static void wrong_media_type_is_told_and_what_verifies_is_used(void **unused) {
	(void)unused;
	char *list = urls("@/bad/wrong-type/tsa");
	struct run *run = start(list);
	struct tsa_token token;
	listen_to_log();
	int rc = stamp(run, &token);
	char *log = heard();
	assert_int_equal(rc, 0);
	assert_non_null(strstr(log, "fault=FETCH_WRONG_TYPE"));
	free(log);
	free(token.der);
	free(list);
	end(run);
}

static void without_a_usable_authority_there_is_no_token_and_no_error(void **unused) {
	(void)unused;
	static const char *const lists[] = {"", "http://127.0.0.1:1/tsa", "@/bad/wrong-nonce/tsa"};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		char *list = urls(lists[i]);
		struct run *run = start(list);
		struct tsa_token token;
		listen_to_log();
		int rc = stamp(run, &token);
		char *log = heard();
		assert_int_equal(rc, 1);
		assert_null(token.der);
		if (i == 1) assert_non_null(strstr(log, "fault=FETCH_UNREACHABLE"));
		free(log);
		free(list);
		end(run);
	}
}

static void one_that_failed_is_left_alone_for_a_while(void **unused) {
	(void)unused;
	char *list = urls("@/bad/wrong-nonce/tsa");
	struct run *run = start(list);
	struct tsa_token token;
	listen_to_log();
	for (int i = 0; i < 3; i++) assert_int_equal(stamp(run, &token), 1);
	char *log = heard(), *first = strstr(log, "timestamp_failed");
	assert_non_null(first);
	assert_null(strstr(first + 1, "timestamp_failed"));
	free(log);
	free(list);
	end(run);
}

static void offline_nothing_is_asked(void **unused) {
	(void)unused;
	char *list = urls("@/tsa");
	struct run *run = start(list);
	struct tsa_token token;
	set(run, CONF_network_offline, "yes");
	assert_int_equal(stamp(run, &token), 1);
	free(list);
	end(run);
}

static void settings_that_cannot_be_used_are_named(void **unused) {
	(void)unused;
	static const struct {
		enum setting setting;
		const char *value, *text;
	} rows[] = {
		{CONF_timestamp_urls, "ftp://127.0.0.1/tsa", "timestamp.urls"},
		{CONF_timestamp_urls, "https://user:word@127.0.0.1/tsa", "timestamp.urls"},
		{CONF_timestamp_policy, "1.2.x", "timestamp.policy"},
		{CONF_timestamp_policy, "3.1.4", "timestamp.policy"},
		{CONF_timestamp_passwords, "no/such/file", "timestamp.passwords"},
		{CONF_timestamp_key, "no/such/file", "timestamp.key"},
	};
	struct run *run = start("");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};
		set(run, rows[i].setting, rows[i].value);
		assert_null(tsa_open(&run->app, run->judge, &err));
		assert_int_equal(err.code, ERROR_CONFIG);
		if (!strstr(err.text, rows[i].text)) fail_msg("%s", err.text);
		if (strstr(err.text, "word@")) fail_msg("a password was told");
		set(run, rows[i].setting, "");
	}
	end(run);
}

static char *said(struct run *run, const char *urls, const char *passwords) { /* what opening says; the caller's */
	set(run, CONF_timestamp_urls, urls);
	set(run, CONF_timestamp_passwords, passwords);
	listen_to_log();
	struct tsa *tsa = tsa_open(&run->app, run->judge, NULL);
	char *text = heard();
	assert_non_null(tsa);
	tsa_close(tsa);
	return text;
}

static void a_password_that_would_go_in_the_clear_is_told(void **unused) {
	(void)unused;
	static const struct {
		const char *urls, *passwords;
		bool told;
	} rows[] = {
		{"http://127.0.0.1:1/tsa", "/dev/null", true},
		{"https://127.0.0.1:1/tsa http://127.0.0.1:1/other", "/dev/null", true},
		{"https://127.0.0.1:1/tsa", "/dev/null", false},
		{"http://127.0.0.1:1/tsa", "", false},
	};
	struct run *run = start("");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *text = said(run, rows[i].urls, rows[i].passwords);
		if ((strstr(text, "timestamp.password_in_clear") != NULL) != rows[i].told) fail_msg("row %zu: %s", i, text);
		if (strstr(text, "https://")) fail_msg("row %zu: told of the wrong one: %s", i, text);
		free(text);
	}
	end(run);
}

/* ---- a worker that dies over every answer ---- */

static void *mortal_start(const char *policy, size_t len, struct error *err) {
	return validator_new(policy, len, err);
}

static bool dies;

static int mortal_trust(void *state, const unsigned char *data, size_t len) {
	dies = dies || (len == 4 && !memcmp(data, "dies", 4));
	return dies || validator_add_trust(state, data, len);
}

static json_t *mortal_policy(const void *state) {
	return validator_policy_id(state);
}

static json_t *mortal_judge(void *state, const struct val_request *request, bool path) {
	(void)path;
	if (dies) abort();
	return request->query.data ? validator_judge_answer(state, request) : validator_judge(state, request);
}

static void mortal_stop(void *state) {
	validator_free(state);
}

static const struct worker_engine mortal = {mortal_start, mortal_trust, mortal_policy, mortal_judge, mortal_stop};

static void an_answer_that_kills_its_worker_is_not_used(void **unused) {
	(void)unused;
	char *list = urls("@/tsa"), *trust = xasprintf("%s/dies", responders.dir);
	FILE *f = fopen(trust, "w");
	fputs("dies", f);
	fclose(f);
	struct run *run = start(list);
	struct error err = {0};
	const char *trusts[] = {trust};
	const struct judge_options options = {.trust = trusts, .trust_count = 1};
	struct judge *deadly = judge_start(&run->app, &options, &err);
	assert_non_null(deadly);
	struct tsa *tsa = tsa_open(&run->app, deadly, &err);
	struct tsa_token token;
	listen_to_log();
	int rc = tsa_stamp(tsa, DIGEST_SHA256, digest, &token, &err);
	char *log = heard();
	assert_int_equal(rc, 1);
	assert_non_null(strstr(log, "fault=TSP_UNREADABLE"));
	tsa_close(tsa);
	judge_stop(deadly);
	free(log);
	free(trust);
	free(list);
	end(run);
}

int main(int argc, char **argv) {
	if (argc > 1 && !strcmp(argv[1], WORKER_ARGUMENT)) {
		digest_init();
		return worker_serve(WORKER_FD, &mortal);
	}
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_is_over_the_digest_and_complete),
		cmocka_unit_test(ocsp_answers_go_into_the_token),
		cmocka_unit_test(every_misbehaviour_has_its_name_and_the_next_authority_is_asked),
		cmocka_unit_test(wrong_media_type_is_told_and_what_verifies_is_used),
		cmocka_unit_test(without_a_usable_authority_there_is_no_token_and_no_error),
		cmocka_unit_test(one_that_failed_is_left_alone_for_a_while),
		cmocka_unit_test(an_answer_that_kills_its_worker_is_not_used),
		cmocka_unit_test(offline_nothing_is_asked),
		cmocka_unit_test(settings_that_cannot_be_used_are_named),
		cmocka_unit_test(a_password_that_would_go_in_the_clear_is_told),
	};
	signal(SIGPIPE, SIG_IGN);
	digest_init();
	return cmocka_run_group_tests(tests, begin_all, end_all);
}
