#include "archiver/intake_digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/digest.h"
#include "base/mem.h"

/* Hands `data` over in pieces of `piece` bytes and ends the stream. */
static size_t stream(struct intake_digest *d, const unsigned char *data, size_t len, size_t piece) {
	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		memcpy(intake_digest_buffer(d), data + at, n);
		intake_digest_add(d, n);
	}
	return intake_digest_end(d);
}

static void assert_result(const struct intake_digest *d, size_t number, const unsigned char *data, size_t len) {
	unsigned char wanted[DIGEST_MAX];
	digest_bytes(DIGEST_SHA512, data, len, wanted);
	assert_memory_equal(intake_digest_result(d, number), wanted, 64);
}

static void many_streams_in_pieces_give_the_digests_of_the_wholes(void **state) {
	(void)state;
	enum { STREAMS = 50, LEN = 100000 };
	static unsigned char data[LEN];
	struct intake_digest *d = intake_digest_new();
	for (size_t i = 0; i < LEN; i++) data[i] = (unsigned char)(i * 131 >> 3);
	for (size_t i = 0; i < STREAMS; i++) assert_int_equal(stream(d, data, LEN - i, 1 + 7919 * i), i);
	intake_digest_wait(d);
	for (size_t i = 0; i < STREAMS; i++) assert_result(d, i, data, LEN - i);
	intake_digest_free(d);
}

static void results_begin_anew_after_forget(void **state) {
	(void)state;
	struct intake_digest *d = intake_digest_new();
	assert_int_equal(stream(d, (const unsigned char *)"first", 5, 5), 0);
	intake_digest_forget(d);
	assert_int_equal(stream(d, (const unsigned char *)"second", 6, 2), 0);
	assert_int_equal(stream(d, NULL, 0, 1), 1); /* no bytes at all */
	intake_digest_wait(d);
	assert_result(d, 0, (const unsigned char *)"second", 6);
	assert_result(d, 1, (const unsigned char *)"", 0);
	intake_digest_free(d);
	intake_digest_free(NULL);
}

static int init(void **state) {
	(void)state;
	digest_init();
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_streams_in_pieces_give_the_digests_of_the_wholes),
		cmocka_unit_test(results_begin_anew_after_forget),
	};
	return cmocka_run_group_tests(tests, init, NULL);
}
