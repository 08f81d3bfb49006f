#include "archiver/intake_digest.h"
#include "base/digest.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void pieces_and_streams_give_the_same_digest_as_the_whole(void **state) {
	(void)state;
	struct intake_digest *d = intake_digest_new();
	unsigned char *data = xmalloc(100000), expected[DIGEST_MAX], got[64];
	for (size_t i = 0; i < 100000; i++) data[i] = (unsigned char)(i * 7);
	for (size_t piece = 1; piece <= 100000; piece *= 10) {
		for (size_t at = 0; at < 100000; at += piece) intake_digest_add(d, data + at, piece);
		intake_digest_end(d, got);
		digest_bytes(DIGEST_SHA512, data, 100000, expected);
		assert_memory_equal(got, expected, 64);
	}
	intake_digest_add(d, data, 5);
	intake_digest_end(d, NULL); /* thrown away */
	intake_digest_end(d, got);
	digest_bytes(DIGEST_SHA512, "", 0, expected);
	assert_memory_equal(got, expected, 64);
	intake_digest_free(d);
	intake_digest_free(NULL);
	free(data);
}

int main(void) {
	digest_init();
	const struct CMUnitTest tests[] = {cmocka_unit_test(pieces_and_streams_give_the_same_digest_as_the_whole)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
