/* links: src/buffer.c */
/*
 * The growing buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buffer.h"

static void
test_an_empty_buffer_reads_as_an_empty_string(void **state)
{
	struct buffer	b;

	(void)state;
	buffer_init(&b);
	assert_string_equal(buffer_text(&b), "");
	buffer_add(&b, "", 0);
	buffer_drop(&b, 0);
	buffer_cut(&b, 0);
	assert_string_equal(buffer_text(&b), "");
	buffer_free(&b);
}

static void
test_what_is_added_stands_there_in_order(void **state)
{
	struct buffer	b;
	size_t		i;

	(void)state;
	buffer_init(&b);
	for (i = 0; i < 100000; i++)
		buffer_add(&b, &"0123456789"[i % 10], 1);
	assert_int_equal(b.len, 100000);
	assert_int_equal(strlen(buffer_text(&b)), 100000);
	for (i = 0; i < b.len; i++)
		assert_int_equal(b.data[i], '0' + (int)(i % 10));
	buffer_free(&b);
}

static void
test_cut_drop_and_clear_leave_the_right_bytes(void **state)
{
	struct buffer	b;

	(void)state;
	buffer_init(&b);
	buffer_add_text(&b, "one two three");
	buffer_cut(&b, 100);
	assert_string_equal(buffer_text(&b), "one two three");
	buffer_cut(&b, 7);
	assert_string_equal(buffer_text(&b), "one two");
	buffer_drop(&b, 4);
	assert_string_equal(buffer_text(&b), "two");
	assert_int_equal(b.len, 3);
	buffer_drop(&b, 99);
	assert_string_equal(buffer_text(&b), "");
	buffer_add_text(&b, "again");
	buffer_clear(&b);
	assert_int_equal(b.len, 0);
	buffer_free(&b);
}

static void
test_an_impossible_size_is_remembered_as_failure(void **state)
{
	struct buffer	b;

	(void)state;
	buffer_init(&b);
	buffer_add_text(&b, "kept");
	buffer_add(&b, "x", SIZE_MAX / 2);
	assert_true(b.has_failed);
	buffer_add_text(&b, "lost");
	assert_string_equal(buffer_text(&b), "kept");
	buffer_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_an_empty_buffer_reads_as_an_empty_string),
		cmocka_unit_test(test_what_is_added_stands_there_in_order),
		cmocka_unit_test(test_cut_drop_and_clear_leave_the_right_bytes),
		cmocka_unit_test(
		    test_an_impossible_size_is_remembered_as_failure),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
