/* links: src/percent.c */
/*
 * Percent-encoding and forms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "percent.h"

static void
expect(const char *in, enum percent_plus plus, enum percent_result result,
    const char *out)
{
	char	buf[64] = "untouched";
	size_t	len = 99;

	assert_int_equal(percent_decode(in, strlen(in), plus, buf, sizeof(buf),
	    &len), result);
	assert_string_equal(buf, out);
	assert_int_equal(len, strlen(out));
}

static void
test_escapes_are_decoded_in_either_case(void **state)
{
	(void)state;
	expect("", PERCENT_PLUS_BLANK, PERCENT_OK, "");
	expect("a%20b%2Fc%2f%C3%a9", PERCENT_PLUS_LITERAL, PERCENT_OK,
	    "a b/c/\xc3\xa9");
	expect("%25%32%35", PERCENT_PLUS_LITERAL, PERCENT_OK, "%25");
}

static void
test_a_plus_is_a_blank_in_forms_only(void **state)
{
	(void)state;
	expect("a+b%2B", PERCENT_PLUS_BLANK, PERCENT_OK, "a b+");
	expect("a+b%2B", PERCENT_PLUS_LITERAL, PERCENT_OK, "a+b+");
}

static void
test_broken_escapes_are_refused(void **state)
{
	(void)state;
	expect("%", PERCENT_PLUS_BLANK, PERCENT_BROKEN, "");
	expect("a%4", PERCENT_PLUS_BLANK, PERCENT_BROKEN, "");
	expect("a%zz", PERCENT_PLUS_BLANK, PERCENT_BROKEN, "");
	expect("a%%41", PERCENT_PLUS_BLANK, PERCENT_BROKEN, "");
	expect("%u0041", PERCENT_PLUS_BLANK, PERCENT_BROKEN, "");
}

static void
test_nul_is_refused_escaped_and_plain(void **state)
{
	char	out[8];

	(void)state;
	expect("a%00b", PERCENT_PLUS_BLANK, PERCENT_NUL, "");
	assert_int_equal(percent_decode("a\0b", 3, PERCENT_PLUS_LITERAL, out,
	    sizeof(out), NULL), PERCENT_NUL);
}

static void
test_what_does_not_fit_is_refused_not_cut(void **state)
{
	char	out[4] = "";

	(void)state;
	assert_int_equal(percent_decode("abc", 3, PERCENT_PLUS_BLANK, out, 4,
	    NULL), PERCENT_OK);
	assert_string_equal(out, "abc");
	assert_int_equal(percent_decode("abcd", 4, PERCENT_PLUS_BLANK, out, 4,
	    NULL), PERCENT_TOO_LONG);
	assert_string_equal(out, "");
	assert_int_equal(percent_decode("%41", 3, PERCENT_PLUS_BLANK, out, 2,
	    NULL), PERCENT_OK);
	assert_int_equal(percent_decode("", 0, PERCENT_PLUS_BLANK, out, 0,
	    NULL), PERCENT_TOO_LONG);
}

static void
test_only_unreserved_characters_stay_unencoded(void **state)
{
	char	out[64];

	(void)state;
	assert_int_equal(percent_encode("aZ09-._~", 8, out, sizeof(out)), 8);
	assert_string_equal(out, "aZ09-._~");
	assert_int_equal(percent_encode("/ +\xc3\xa9%", 6, out, sizeof(out)),
	    18);
	assert_string_equal(out, "%2F%20%2B%C3%A9%25");
}

static void
test_encoding_into_too_little_room_fails(void **state)
{
	char	out[4];

	(void)state;
	assert_int_equal(percent_encode(" ", 1, out, 4), 3);
	assert_int_equal(percent_encode(" ", 1, out, 3), -1);
	assert_string_equal(out, "");
	assert_int_equal(percent_encode("abc", 3, out, 4), 3);
	assert_int_equal(percent_encode("abcd", 4, out, 4), -1);
	assert_int_equal(percent_encode("", 0, out, 1), 0);
	assert_int_equal(percent_encode("", 0, out, 0), -1);
}

static void
test_decoding_undoes_encoding(void **state)
{
	char	bytes[40], encoded[PERCENT_ENCODED_SIZE(40)], back[41];
	size_t	i, len, back_len;
	long	encoded_len;
	int	round;

	(void)state;
	for (round = 0; round < 5000; round++) {
		len = (size_t)random() % sizeof(bytes);
		for (i = 0; i < len; i++)
			bytes[i] = (char)(1 + random() % 255);
		encoded_len = percent_encode(bytes, len, encoded,
		    sizeof(encoded));
		assert_true(encoded_len >= (long)len);
		assert_int_equal(percent_decode(encoded, (size_t)encoded_len,
		    PERCENT_PLUS_BLANK, back, sizeof(back), &back_len),
		    PERCENT_OK);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, bytes, len);
	}
}

static void
test_a_form_is_walked_pair_by_pair(void **state)
{
	const char		*in = "a=1&&b=&c&=d&e=f=g&";
	const char *const	 want[][2] = { { "a", "1" }, { "b", "" },
	    { "c", "" }, { "", "d" }, { "e", "f=g" } };
	struct percent_form	 form = percent_form_open(in, strlen(in));
	struct percent_pair	 pair;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_true(percent_form_next(&form, &pair));
		assert_int_equal(pair.name_len, strlen(want[i][0]));
		assert_memory_equal(pair.name, want[i][0], pair.name_len);
		assert_int_equal(pair.value_len, strlen(want[i][1]));
		assert_memory_equal(pair.value, want[i][1], pair.value_len);
	}
	assert_false(percent_form_next(&form, &pair));
	assert_false(percent_form_next(&form, &pair));
}

static void
test_a_parameter_is_found_by_its_decoded_name(void **state)
{
	const char	*form = "user+name=x&%75ser=a%40b+c&user=second&n%00=z";
	char		 out[16];
	size_t		 len = strlen(form), out_len;

	(void)state;
	assert_int_equal(percent_get(form, len, "user", out, sizeof(out),
	    &out_len), PERCENT_OK);
	assert_string_equal(out, "a@b c");
	assert_int_equal(out_len, 5);
	assert_int_equal(percent_get(form, len, "user name", out, sizeof(out),
	    NULL), PERCENT_OK);
	assert_string_equal(out, "x");
	assert_int_equal(percent_get(form, len, "use", out, sizeof(out), NULL),
	    PERCENT_ABSENT);
	assert_string_equal(out, "");
	assert_int_equal(percent_get(form, len, "users", out, sizeof(out),
	    NULL), PERCENT_ABSENT);
	assert_int_equal(percent_get(form, len, "n", out, sizeof(out), NULL),
	    PERCENT_ABSENT);
	assert_int_equal(percent_get("", 0, "n", out, sizeof(out), NULL),
	    PERCENT_ABSENT);
}

static void
test_a_bad_value_is_told_from_an_absent_one(void **state)
{
	char	out[4];

	(void)state;
	assert_int_equal(percent_get("q=%", 3, "q", out, sizeof(out), NULL),
	    PERCENT_BROKEN);
	assert_int_equal(percent_get("q=%00", 5, "q", out, sizeof(out), NULL),
	    PERCENT_NUL);
	assert_int_equal(percent_get("q=long", 6, "q", out, sizeof(out), NULL),
	    PERCENT_TOO_LONG);
	assert_int_equal(percent_get("q", 1, "q", out, sizeof(out), NULL),
	    PERCENT_OK);
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_escapes_are_decoded_in_either_case),
		cmocka_unit_test(test_a_plus_is_a_blank_in_forms_only),
		cmocka_unit_test(test_broken_escapes_are_refused),
		cmocka_unit_test(test_nul_is_refused_escaped_and_plain),
		cmocka_unit_test(test_what_does_not_fit_is_refused_not_cut),
		cmocka_unit_test(test_only_unreserved_characters_stay_unencoded),
		cmocka_unit_test(test_encoding_into_too_little_room_fails),
		cmocka_unit_test(test_decoding_undoes_encoding),
		cmocka_unit_test(test_a_form_is_walked_pair_by_pair),
		cmocka_unit_test(test_a_parameter_is_found_by_its_decoded_name),
		cmocka_unit_test(test_a_bad_value_is_told_from_an_absent_one)
	};

	srandom(1);

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
