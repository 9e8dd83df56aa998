/* links: src/range.c */
/*
 * The Range header.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "range.h"

static void
check(const char *header, int has_first, int64_t first, int has_last,
    int64_t last)
{
	struct range	range = range_read(header);

	assert_int_equal(range.has_first, has_first);
	assert_int_equal(range.has_last, has_last);
	if (has_first)
		assert_true(range.first == first);
	if (has_last)
		assert_true(range.last == last);
}

static void
test_one_range_is_read_in_its_three_forms(void **state)
{
	(void)state;
	check("bytes=0-0", 1, 0, 1, 0);
	check("bytes=10-99", 1, 10, 1, 99);
	check("Bytes=7-", 1, 7, 0, 0);
	check("bytes=-500", 0, 0, 1, 500);
	check("bytes=0000000000000000000000000007-", 1, 7, 0, 0);
}

static void
test_numbers_of_any_length_lie_beyond_every_text(void **state)
{
	const int64_t	far = 1000000000000000;

	(void)state;
	check("bytes=0-99999999999999999999", 1, 0, 1, far);
	check("bytes=9999999999999999999999-", 1, far, 0, 0);
	check("bytes=-99999999999999999999999", 0, 0, 1, far);
}

static void
test_what_is_not_one_good_range_means_everything(void **state)
{
	const char	*headers[] = {
		NULL, "", "bytes", "bytes=", "bytes=-", "bytes=a-b",
		"bytes=9-3", "bytes=1-2,4-5", "lines=1-2", "bytes=1-2x",
		"bytes= 1-2", "bytes=--1"
	};
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		check(headers[i], 0, 0, 0, 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_one_range_is_read_in_its_three_forms),
		cmocka_unit_test(
		    test_numbers_of_any_length_lie_beyond_every_text),
		cmocka_unit_test(
		    test_what_is_not_one_good_range_means_everything),
	};

	return (cmocka_run_group_tests_name("range", tests, NULL, NULL));
}
