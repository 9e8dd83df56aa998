/* links: src/filename.c */
/*
 * Names of files made of titles.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "filename.h"

static void
expect(const char *in, size_t size, int is_changed, const char *out)
{
	char	buf[64];

	assert_int_equal(filename_clean(buf, size, in), is_changed);
	assert_string_equal(buf, out);
}

static void
test_good_names_stay_as_they_are(void **state)
{
	(void)state;
	expect("Regeln f\xc3\xbcr sp\xc3\xa4ter.txt", 64, 0,
	    "Regeln f\xc3\xbcr sp\xc3\xa4ter.txt");
	expect("", 64, 0, "");
	expect("a.b..c", 64, 0, "a.b..c");
}

static void
test_what_file_systems_mind_is_replaced(void **state)
{
	(void)state;
	expect("../../etc", 64, 1, "_._.._etc");
	expect("a\\b:c*d?e\"f<g>h|i", 64, 1, "a_b_c_d_e_f_g_h_i");
	expect("a\nb\x7f", 64, 1, "a_b_");
}

static void
test_long_names_are_cut_between_characters(void **state)
{
	(void)state;
	expect("abcdef", 7, 0, "abcdef");
	expect("abcdef", 6, 1, "abcde");
	expect("ab\xf0\x9f\x98\x80", 6, 1, "ab");
	expect("\xc3\xbc", 2, 1, "");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_good_names_stay_as_they_are),
		cmocka_unit_test(test_what_file_systems_mind_is_replaced),
		cmocka_unit_test(test_long_names_are_cut_between_characters),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
