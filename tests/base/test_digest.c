#include "base/digest.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Digests of "abc": FIPS 180-4 and FIPS 202 example values, RFC 1321. */
static const struct {
	enum digest_alg alg;
	const char *name, *other, *hex;
} cases[] = {
	{DIGEST_MD5, "MD5", "md5", "900150983cd24fb0d6963f7d28e17f72"},
	{DIGEST_SHA1, "SHA-1", "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{DIGEST_SHA224, "SHA-224", "SHA2-224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
	{DIGEST_SHA256, "SHA-256", "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{DIGEST_SHA384, "SHA-384", "Sha-384",
	 "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
	{DIGEST_SHA512, "SHA-512", "sha_512",
	 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce"
	 "80e2a9ac94fa54ca49f"},
	{DIGEST_SHA3_256, "SHA3-256", "sha3_256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
};

static void known_digests_come_out(void **state) {
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned char out[DIGEST_MAX];
		size_t size = digest_bytes(cases[i].alg, "abc", 3, out);
		assert_int_equal(size, digest_size(cases[i].alg));
		char *hex = hex_dup(out, size);
		assert_string_equal(hex, cases[i].hex);
		free(hex);
	}
}

static void names_are_read_in_their_usual_forms(void **state) {
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_string_equal(digest_name(cases[i].alg), cases[i].name);
		assert_int_equal(digest_from_name(cases[i].name), cases[i].alg);
		assert_int_equal(digest_from_name(cases[i].other), cases[i].alg);
	}
	assert_int_equal(digest_from_name("SHA-25"), DIGEST_UNKNOWN);
	assert_int_equal(digest_from_name(""), DIGEST_UNKNOWN);
	assert_int_equal(digest_size(DIGEST_UNKNOWN), 0);
	assert_null(digest_new(DIGEST_UNKNOWN));
}

static void running_digest_can_be_copied_and_reset(void **state) {
	(void)state;
	unsigned char a[DIGEST_MAX], b[DIGEST_MAX], whole[SHA256_SIZE];
	struct digest_ctx *ctx = digest_new(DIGEST_SHA256);
	digest_update(ctx, "a", 1);
	struct digest_ctx *copy = digest_copy(ctx);
	digest_update(ctx, "bc", 2);
	digest_update(copy, "bc", 2);
	assert_int_equal(digest_final(ctx, a), SHA256_SIZE);
	digest_final(copy, b);
	sha256_bytes("abc", 3, whole);
	assert_memory_equal(a, whole, SHA256_SIZE);
	assert_memory_equal(b, whole, SHA256_SIZE);
	digest_reset(ctx);
	digest_update(ctx, "abc", 3);
	digest_final(ctx, a);
	assert_memory_equal(a, whole, SHA256_SIZE);
	digest_free(ctx);
	digest_free(copy);
	digest_free(NULL);
}

static void hexadecimal_is_read_exactly(void **state) {
	(void)state;
	unsigned char out[2];
	assert_true(hex_decode("aF09", out, 2));
	assert_memory_equal(out, "\xaf\x09", 2);
	assert_false(hex_decode("aF0", out, 2));
	assert_false(hex_decode("aF091", out, 2));
	assert_false(hex_decode("aG09", out, 2));
	assert_false(hex_decode("", out, 2));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_digests_come_out),
		cmocka_unit_test(names_are_read_in_their_usual_forms),
		cmocka_unit_test(running_digest_can_be_copied_and_reset),
		cmocka_unit_test(hexadecimal_is_read_exactly),
	};
	digest_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
