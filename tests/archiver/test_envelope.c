/* Messages to recipients: who opens them, and what does not. */
#include "tests/archiver/envelope_archive.h"

static void each_of_two_recipients_opens_it_with_and_without_certificate(void **state) {
	(void)state;
	static const char *const owners[] = {"rsa", "ec"};
	struct buf der = message("rsa", "ec", "dòng một\r\ndòng hai\n", 21);
	for (size_t i = 0; i < ARRAY_LEN(owners) * 2; i++) {
		struct buf plain = {0};
		fine(opened(owners[i / 2], i % 2, &der, &plain, oops));
		assert_int_equal(plain.len, 21);
		assert_memory_equal(plain.data, "dòng một\r\ndòng hai\n", 21);
		buf_dispose(&plain);
	}
	buf_dispose(&der);
}

static void another_key_opens_nothing(void **state) {
	(void)state;
	static const char *const strangers[] = {"other", "otherec"};
	struct buf der = message("rsa", "ec", "secret", 6);
	for (size_t i = 0; i < ARRAY_LEN(strangers) * 2; i++) {
		struct buf plain = {0};
		struct error err = {0};
		assert_int_equal(opened(strangers[i / 2], i % 2, &der, &plain, &err), -1);
		assert_int_equal(err.code, ERROR_INPUT);
		assert_int_equal(plain.len, 0);
	}
	buf_dispose(&der);
}

static void no_flipped_byte_opens(void **state) {
	(void)state;
	struct buf der = message("ec", NULL, "a document of some length, so that there is content to flip", 59);
	struct error none = {0};
	struct envelope_key *key = key_of("ec", false, &none);
	size_t opened_all_the_same = 0;
	for (size_t i = 0; i < der.len; i++) {
		struct buf plain = {0};
		struct error err = {0};
		der.data[i] ^= 1;
		/* Where a byte is authenticated by nothing (the recipient's name) the content may open, but never as something else. */
		if (!envelope_open(key, der.data, der.len, &plain, &err)) {
			opened_all_the_same++;
			assert_int_equal(plain.len, 59);
			assert_memory_equal(plain.data, "a document of some length, so that there is content to flip", 59);
		} else {
			assert_int_equal(plain.len, 0);
		}
		buf_dispose(&plain);
		der.data[i] ^= 1;
	}
	assert_true(opened_all_the_same < der.len / 4);
	envelope_key_free(key);
	buf_dispose(&der);
}

static void only_authenticated_encryption_is_opened(void **state) {
	(void)state;
	struct buf plain = {0};
	struct error err = {0};
	struct buf junk = {0};
	buf_add_text(&junk, "0 not DER");
	assert_int_equal(opened("rsa", true, &junk, &plain, &err), -1);
	assert_int_equal(err.code, ERROR_DAMAGED);
	buf_dispose(&junk);
}

static void unfit_recipients_are_refused(void **state) {
	(void)state;
	static const struct {
		const char *name;
		bool parsed;
	} cases[] = {{"weak", false}, {"edwards", false}, {"signer", true}, {"expired", true}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = {0};
		char *pem = pem_of("rsa", cases[i].name);
		struct recipients *r = recipients_parse(pem, strlen(pem), &err);
		assert_int_equal(r != NULL, cases[i].parsed);
		if (r) assert_int_equal(recipients_check(r, NOW, &err), -1);
		assert_int_equal(err.code, ERROR_INPUT);
		assert_non_null(strstr(err.text, cases[i].name));
		recipients_free(r);
		free(pem);
	}
}

static void no_more_recipients_than_the_bound(void **state) {
	(void)state;
	char *one = pem_of("ec", NULL);
	struct buf many = {0};
	for (int i = 0; i <= LIMIT_RECIPIENTS; i++) {
		struct error err = {0};
		struct recipients *r = many.len ? recipients_parse(buf_text(&many), many.len, &err) : NULL;
		assert_int_equal(r != NULL, i > 0);
		recipients_free(r);
		buf_add_text(&many, one);
	}
	struct error err = {0};
	assert_null(recipients_parse(buf_text(&many), many.len, &err));
	assert_int_equal(err.code, ERROR_INPUT);
	buf_dispose(&many);
	free(one);
}

static uint64_t overhead_of(const char *first, const char *second) {
	char *pem = pem_of(first, second);
	struct error err = {0};
	struct recipients *r = recipients_parse(pem, strlen(pem), &err);
	uint64_t bytes = 0;
	assert_non_null(r);
	fine(envelope_overhead(r, &bytes, oops));
	recipients_free(r);
	free(pem);
	return bytes;
}

static void no_message_is_longer_than_its_content_and_the_overhead(void **state) {
	(void)state;
	static const char *const recipients[][2] = {{"rsa", NULL}, {"ec", NULL}, {"rsa", "ec"}};
	static const size_t sizes[] = {0, 1, 127, 128, 65535, 65536, LIMIT_ENVELOPE_PLAIN};
	char *plain = xcalloc(1, LIMIT_ENVELOPE_PLAIN);
	for (size_t i = 0; i < ARRAY_LEN(recipients); i++) {
		uint64_t most = overhead_of(recipients[i][0], recipients[i][1]);
		assert_true(most < 2000);
		for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
			struct buf der = message(recipients[i][0], recipients[i][1], plain, sizes[k]);
			assert_true(der.len <= sizes[k] + most);
			assert_true(der.len + 100 >= sizes[k] + most); /* and it is no wild guess */
			buf_dispose(&der);
		}
	}
	free(plain);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_two_recipients_opens_it_with_and_without_certificate),
		cmocka_unit_test(another_key_opens_nothing),
		cmocka_unit_test(no_flipped_byte_opens),
		cmocka_unit_test(only_authenticated_encryption_is_opened),
		cmocka_unit_test(unfit_recipients_are_refused),
		cmocka_unit_test(no_more_recipients_than_the_bound),
		cmocka_unit_test(no_message_is_longer_than_its_content_and_the_overhead),
	};
	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
