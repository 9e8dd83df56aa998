/* links: src/utf8.c */
/*
 * UTF-8, held against a slow second opinion written from the tables of the
 * Unicode standard.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "utf8.h"

static size_t
encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return (1);
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return (2);
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return (3);
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return (4);
}

/* Random bytes, of which many are near-misses of UTF-8. */
static size_t
scramble(char *out, size_t size)
{
	static const unsigned char	likely[] = { 0x80, 0xbf, 0xc0, 0xc2,
	    0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0x9f, 0xa0, 0x8f, 0x90,
	    0xff, 'a', ' ', 0xe2, 0x82, 0xac };
	size_t				i, len = (size_t)random() % size;

	for (i = 0; i < len; i++)
		out[i] = random() % 4 == 0 ? (char)random() :
		    (char)likely[(size_t)random() % sizeof(likely)];

	return (len);
}

static void
test_every_code_point_but_surrogates_is_valid(void **state)
{
	uint32_t	c, back;
	char		bytes[4];
	size_t		len;

	(void)state;
	for (c = 0; c <= 0x10ffff; c++) {
		len = encode(c, bytes);
		if (c >= 0xd800 && c <= 0xdfff) {
			assert_false(utf8_is_valid(bytes, len));
			continue;
		}
		assert_true(utf8_is_valid(bytes, len));
		assert_int_equal(utf8_decode(bytes, len, 0, &back), len);
		assert_int_equal(back, c);
		if (len > 1)
			assert_false(utf8_is_valid(bytes, len - 1));
	}
}

static void
test_every_two_bytes_are_judged_as_the_table_says(void **state)
{
	char	bytes[2];
	int	a, b, good;

	(void)state;
	for (a = 0; a < 256; a++) {
		for (b = 0; b < 256; b++) {
			bytes[0] = (char)a;
			bytes[1] = (char)b;
			good = (a < 0x80 && b < 0x80) || (a >= 0xc2 &&
			    a <= 0xdf && b >= 0x80 && b <= 0xbf);
			assert_int_equal(utf8_is_valid(bytes, 2), good);
		}
	}
}

static void
test_overlong_forms_surrogates_and_too_large_values_are_refused(void **state)
{
	static const char *const	bad[] = {
		"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf",
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80", "\xfe", "\xff", "\x80", "a\xbf",
		"\xe2\x82", "\xe2\x82z", "\xf0\x9f\x98"
	};
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
}

static void
test_a_nul_is_valid_but_no_text(void **state)
{
	(void)state;
	assert_true(utf8_is_valid("a\0b", 3));
	assert_false(utf8_is_text("a\0b", 3));
	assert_true(utf8_is_text("ab\xc3\xa9", 4));
	assert_true(utf8_is_text("", 0));
	assert_false(utf8_is_text("\xff", 1));
}

static void
test_a_replacement_character_in_the_text_is_valid(void **state)
{
	(void)state;
	assert_true(utf8_is_valid("x\xef\xbf\xbdx", 5));
	assert_false(utf8_is_valid("\xef\xbf", 2));
	assert_false(utf8_is_valid("x\xef\xbf\xbd\xef", 5));
}

static void
test_repair_follows_the_longest_good_beginning(void **state)
{
	static const struct {
		const char	*in, *out;
	} cases[] = {
		{ "abc", "abc" },
		{ "a\xff" "b", "a\xef\xbf\xbd" "b" },
		{ "\xe2\x82z", "\xef\xbf\xbdz" },
		{ "\xf0\x9f\x98", "\xef\xbf\xbd" },
		{ "\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }
	};
	char	*out;
	size_t	 i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		out = utf8_sanitise(cases[i].in, strlen(cases[i].in), &len);
		assert_non_null(out);
		assert_string_equal(out, cases[i].out);
		assert_int_equal(len, strlen(out));
		free(out);
	}
	out = utf8_sanitise("a\0b", 3, NULL);
	assert_string_equal(out, "a\xef\xbf\xbd" "b");
	free(out);
}

static void
test_whatever_was_repaired_is_text_and_stays_as_it_is(void **state)
{
	char	 bytes[64], *once, *twice;
	size_t	 len, once_len, twice_len;
	int	 round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		len = scramble(bytes, sizeof(bytes));
		once = utf8_sanitise(bytes, len, &once_len);
		assert_non_null(once);
		assert_true(utf8_is_text(once, once_len));
		if (utf8_is_text(bytes, len)) {
			assert_int_equal(once_len, len);
			assert_memory_equal(once, bytes, len);
		}
		twice = utf8_sanitise(once, once_len, &twice_len);
		assert_non_null(twice);
		assert_string_equal(once, twice);
		free(once);
		free(twice);
	}
}

static void
test_length_is_counted_as_javascript_does(void **state)
{
	(void)state;
	assert_int_equal(utf8_utf16_len("", 0), 0);
	assert_int_equal(utf8_utf16_len("abc", 3), 3);
	assert_int_equal(utf8_utf16_len("\xc3\xa9\xe2\x82\xac", 5), 2);
	assert_int_equal(utf8_utf16_len("\xf0\x9f\x98\x80", 4), 2);
}

static void
test_steps_back_and_forth_end_between_characters(void **state)
{
	const char	*text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
	const size_t	 floors[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11 };
	const size_t	 ceils[] = { 0, 1, 3, 3, 6, 6, 6, 10, 10, 10, 10, 11 };
	size_t		 i, len = strlen(text);

	(void)state;
	for (i = 0; i <= len; i++) {
		assert_int_equal(utf8_floor(text, len, i), floors[i]);
		assert_int_equal(utf8_ceil(text, len, i), ceils[i]);
	}
	assert_int_equal(utf8_floor(text, len, len + 5), len);
	assert_int_equal(utf8_ceil(text, len, len + 5), len);
}

static void
test_steps_agree_with_walking_on_any_bytes(void **state)
{
	char		bytes[64];
	size_t		len, at, i, n;
	uint32_t	c;
	int		round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		len = scramble(bytes, sizeof(bytes));
		for (at = 0; at < len; at += n) {
			n = utf8_decode(bytes, len, at, &c);
			assert_true(n >= 1 && n <= 4 && at + n <= len);
			assert_int_equal(utf8_ceil(bytes, len, at), at);
			for (i = at; i < at + n; i++)
				assert_int_equal(utf8_floor(bytes, len, i),
				    at);
			for (i = at + 1; i < at + n; i++)
				assert_int_equal(utf8_ceil(bytes, len, i),
				    at + n);
		}
	}
}

static void
test_blanks_of_all_scripts_are_passed_over(void **state)
{
	const char	*text = " \t\r\n\xc2\xa0\xe3\x80\x80\xef\xbb\xbfx"
			    "\xe2\x80\x8b \n";
	size_t		 len = strlen(text);

	(void)state;
	assert_int_equal(text[utf8_skip_blanks(text, len, 0)], 'x');
	assert_int_equal(utf8_trim_end(text, 0, len), 13);
	assert_int_equal(utf8_skip_blanks(text, len, 13), len);
	assert_int_equal(utf8_trim_end(text, 13, len), 13);
	assert_int_equal(utf8_skip_blanks("", 0, 0), 0);
}

static void
test_small_letters_are_told_from_capitals(void **state)
{
	static const char *const	small = "az\xc3\xa9\xc3\xbf\xd0\xb6"
					    "\xce\xb1\xc5\x82\xc4\x8d";
	static const char *const	large = "AZ09\xc3\x89\xd0\x96\xce\x91"
					    "\xc5\x81\xc4\x8c\xe6\x97\xa5";
	size_t				at;
	uint32_t			c;

	(void)state;
	for (at = 0; small[at] != '\0';) {
		at += utf8_decode(small, strlen(small), at, &c);
		assert_true(utf8_is_lower(c));
	}
	for (at = 0; large[at] != '\0';) {
		at += utf8_decode(large, strlen(large), at, &c);
		assert_false(utf8_is_lower(c));
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_every_code_point_but_surrogates_is_valid),
		cmocka_unit_test(
		    test_every_two_bytes_are_judged_as_the_table_says),
		cmocka_unit_test(
	test_overlong_forms_surrogates_and_too_large_values_are_refused),
		cmocka_unit_test(test_a_nul_is_valid_but_no_text),
		cmocka_unit_test(
		    test_a_replacement_character_in_the_text_is_valid),
		cmocka_unit_test(test_repair_follows_the_longest_good_beginning),
		cmocka_unit_test(
		    test_whatever_was_repaired_is_text_and_stays_as_it_is),
		cmocka_unit_test(test_length_is_counted_as_javascript_does),
		cmocka_unit_test(
		    test_steps_back_and_forth_end_between_characters),
		cmocka_unit_test(test_steps_agree_with_walking_on_any_bytes),
		cmocka_unit_test(test_blanks_of_all_scripts_are_passed_over),
		cmocka_unit_test(test_small_letters_are_told_from_capitals)
	};

	srandom(1);

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
