#include "archiver/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct fold_case {
	const char *text, *folded;
};

static void check(char *fold(const char *), const struct fold_case *cases, size_t count) {
	for (size_t i = 0; i < count; i++) {
		char *folded = fold(cases[i].text);
		assert_string_equal(folded, cases[i].folded);
		free(folded);
	}
}
#define CHECK(fold, ...)                                                                                               \
	do {                                                                                                           \
		static const struct fold_case cases[] = {__VA_ARGS__};                                                 \
		check(fold, cases, sizeof cases / sizeof *cases);                                                      \
	} while (0)

static void search_key_has_no_marks(void **state) {
	(void)state;
	CHECK(fold_key, {"Quyết định", "quyet dinh"}, {"QUYẾT ĐỊNH", "quyet dinh"},
	      {"Ủy ban nhân dân", "uy ban nhan dan"}, {"Đường ĐỔI MỚI", "duong doi moi"}, {"ưỡn Ợ ằẲẵ", "uon o aaa"},
	      {"Ðiện Biên", "dien bien"}, {"Café Zürich Łódź", "cafe zurich lodz"}, {"", ""},
	      {"15/2025/QĐ-UBND", "15/2025/qd-ubnd"}, {"Москва 東京", "Москва 東京"});
}

static void marks_apart_and_composed_are_one(void **state) {
	(void)state;
	/* Shape and tone in either order, and with the dot below first as the canonical order has it. */
	CHECK(fold_exact, {"quye\xcc\x82\xcc\x81t", "quyết"}, {"quye\xcc\x81\xcc\x82t", "quyết"},
	      {"vie\xcc\xa3\xcc\x82t", "việt"}, {"tro\xcc\x9b\xcc\x80i", "trời"}, {"U\xcc\x9b\xcc\x83", "ữ"},
	      {"n\xcc\x83", "n\xcc\x83"});
	CHECK(fold_nfc, {"Vie\xcc\xa3\xcc\x82t NAM", "Việt NAM"}, {"  a\tb ", "  a\tb "}, {"O\xcc\x9b", "Ơ"},
	      {"đĐ", "đĐ"});
}

static void tone_stands_where_the_old_spelling_puts_it(void **state) {
	(void)state;
	CHECK(fold_exact, {"hoà", "hòa"}, {"HOÀ BÌNH", "hòa bình"}, {"hòa", "hòa"}, {"khoẻ", "khỏe"}, {"thuý", "thúy"},
	      {"uỷ ban", "ủy ban"}, {"quý", "quý"}, {"qúy", "quý"}, {"hoàn", "hoàn"}, {"toán", "toán"},
	      {"huỳnh", "huỳnh"}, {"khoản", "khoản"}, {"thuở", "thuở"}, {"Huế", "huế"}, {"loa", "loa"});
}

static void exact_key_tells_words_apart(void **state) {
	(void)state;
	static const char *const words[] = {"hoa", "hòa", "hóa", "họa", "hỏa", "đa", "da", "ma",
					    "mạ",  "mã",  "tu",  "tư",  "to",  "tô", "tơ"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		for (size_t j = i + 1; j < sizeof words / sizeof *words; j++) {
			char *a = fold_exact(words[i]), *b = fold_exact(words[j]);
			assert_string_not_equal(a, b);
			free(a);
			free(b);
		}
}

static void spaces_and_dashes_are_of_one_kind(void **state) {
	(void)state;
	CHECK(fold_key, {"  a \t\n b\xc2\xa0 c  ", "a b c"},
	      {"a\xe2\x80\x8b"
	       "b\xc2\xad"
	       "c\xef\xbb\xbf",
	       "abc"},
	      {"QĐ\xe2\x80\x93UBND", "qd-ubnd"}, {" ", ""},
	      {"a\x01"
	       "b",
	       "a b"});
}

static void bytes_that_are_no_text_are_replaced(void **state) {
	(void)state;
	CHECK(fold_nfc,
	      {"a\xff"
	       "b",
	       "a\xef\xbf\xbd"
	       "b"},
	      {"\xc3", "\xef\xbf\xbd"}, {"\xe1\xba", "\xef\xbf\xbd\xef\xbf\xbd"},
	      {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"}, {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
	      {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"});
}

static void number_has_no_leading_zeros(void **state) {
	(void)state;
	CHECK(fold_number, {"015", "15"}, {"15", "15"}, {"00", "0"}, {"0", "0"}, {"007B", "7b"}, {"", ""},
	      {"00A", "0a"});
}

static void symbol_is_one_however_it_is_written(void **state) {
	(void)state;
	CHECK(fold_symbol, {"15/2025/QĐ-UBND", "15/2025/qd-ubnd"}, {"015 /2025/ QĐ – UBND", "15/2025/qd-ubnd"},
	      {"15/2025/QD-UBND", "15/2025/qd-ubnd"}, {"QĐ - UBND", "qd-ubnd"}, {"837 / QĐ - BKH", "837/qd-bkh"},
	      {"522/2002/QĐ. UB", "522/2002/qd.ub"});
}

static void words_are_letters_and_digits(void **state) {
	(void)state;
	const char *cursor = " (15/2025) qđ-ubnd, hòa… ", *word;
	static const char *const expected[] = {"15", "2025", "qđ", "ubnd", "hòa"};
	size_t len, n = 0;
	while ((word = fold_next_word(&cursor, &len))) {
		assert_true(n < 5);
		assert_int_equal(len, strlen(expected[n]));
		assert_memory_equal(word, expected[n], len);
		n++;
	}
	assert_int_equal(n, 5);
}

static void marks_are_noticed(void **state) {
	(void)state;
	assert_true(fold_has_marks("hoà"));
	assert_true(fold_has_marks("da đ"));
	assert_true(fold_has_marks("a\xcc\x80"));
	assert_false(fold_has_marks("hoa 15/QD-UBND"));
	assert_false(fold_has_marks(""));
}

/* Every Vietnamese letter, both cases: the key is its ASCII letter; the composed form keeps it. */
static void every_letter_is_known(void **state) {
	(void)state;
	static const char *const letters[] = {"aàảãáạăằẳẵắặâầẩẫấậAÀẢÃÁẠĂẰẲẴẮẶÂẦẨẪẤẬ",
					      "eèẻẽéẹêềểễếệEÈẺẼÉẸÊỀỂỄẾỆ",
					      "iìỉĩíịIÌỈĨÍỊ",
					      "oòỏõóọôồổỗốộơờởỡớợOÒỎÕÓỌÔỒỔỖỐỘƠỜỞỠỚỢ",
					      "uùủũúụưừửữứựUÙỦŨÚỤƯỪỬỮỨỰ",
					      "yỳỷỹýỵYỲỶỸÝỴ",
					      "dđDĐ"};
	size_t total = 0;
	for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
		char *key = fold_key(letters[i]), *same = fold_nfc(letters[i]);
		assert_string_equal(same, letters[i]);
		for (const char *p = key; *p; p++, total++) assert_int_equal(*p, letters[i][0]);
		free(key);
		free(same);
	}
	assert_int_equal(total, 2 * (12 * 6 + 2));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(search_key_has_no_marks),
		cmocka_unit_test(marks_apart_and_composed_are_one),
		cmocka_unit_test(tone_stands_where_the_old_spelling_puts_it),
		cmocka_unit_test(exact_key_tells_words_apart),
		cmocka_unit_test(spaces_and_dashes_are_of_one_kind),
		cmocka_unit_test(bytes_that_are_no_text_are_replaced),
		cmocka_unit_test(number_has_no_leading_zeros),
		cmocka_unit_test(symbol_is_one_however_it_is_written),
		cmocka_unit_test(words_are_letters_and_digits),
		cmocka_unit_test(marks_are_noticed),
		cmocka_unit_test(every_letter_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
