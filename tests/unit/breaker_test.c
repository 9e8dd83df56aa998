/* links: src/breaker.c */
/*
 * The breaker: it opens after failures in a row, lets one call try, and
 * believes what it hears of the end point.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "breaker.h"

#define OPENED	1000	/* when open_it() opens it */

static void
open_it(struct breaker *b)
{
	int	i;

	for (i = 1; i < BREAKER_FAILURES; i++)
		assert_int_equal(breaker_failed(b, BREAKER_ADMITTED, OPENED),
		    0);
	assert_int_equal(breaker_failed(b, BREAKER_ADMITTED, OPENED), 1);
}

static void
opens_after_failures_in_a_row(void **state)
{
	struct breaker	b = { 0 };
	int		i;

	(void)state;
	for (i = 1; i < BREAKER_FAILURES; i++)
		breaker_failed(&b, BREAKER_ADMITTED, 0);
	breaker_succeeded(&b);
	for (i = 1; i < BREAKER_FAILURES; i++) {
		assert_int_equal(breaker_failed(&b, BREAKER_ADMITTED, 0), 0);
		assert_int_equal(breaker_admit(&b, 0), BREAKER_ADMITTED);
	}
	assert_int_equal(breaker_failed(&b, BREAKER_ADMITTED, 0), 1);
	assert_int_equal(breaker_admit(&b, 0), BREAKER_REFUSED);
}

static void
lets_one_call_try_after_its_time(void **state)
{
	struct breaker	b = { 0 };
	uint64_t	later = OPENED + BREAKER_OPEN_MS;

	(void)state;
	open_it(&b);
	assert_int_equal(breaker_admit(&b, later - 1), BREAKER_REFUSED);
	assert_int_equal(breaker_admit(&b, later), BREAKER_PROBE);
	assert_int_equal(breaker_admit(&b, later), BREAKER_REFUSED);
	assert_int_equal(breaker_failed(&b, BREAKER_PROBE, later), 1);
	assert_int_equal(breaker_admit(&b, later + 1), BREAKER_REFUSED);
	assert_int_equal(breaker_admit(&b, later + BREAKER_OPEN_MS),
	    BREAKER_PROBE);
	breaker_succeeded(&b);
	assert_int_equal(breaker_admit(&b, later), BREAKER_ADMITTED);
	/* And it has forgotten what was before. */
	assert_int_equal(breaker_failed(&b, BREAKER_ADMITTED, later), 0);
	assert_int_equal(breaker_admit(&b, later), BREAKER_ADMITTED);
}

static void
a_probe_whose_asker_leaves_makes_room_for_the_next(void **state)
{
	struct breaker	b = { 0 };
	uint64_t	later = OPENED + BREAKER_OPEN_MS;

	(void)state;
	open_it(&b);
	assert_int_equal(breaker_admit(&b, later), BREAKER_PROBE);
	breaker_forgone(&b, BREAKER_ADMITTED);
	assert_int_equal(breaker_admit(&b, later), BREAKER_REFUSED);
	breaker_forgone(&b, BREAKER_PROBE);
	assert_int_equal(breaker_admit(&b, later), BREAKER_PROBE);
	/* Once judged there is nothing to forgo. */
	breaker_succeeded(&b);
	breaker_forgone(&b, BREAKER_PROBE);
	assert_int_equal(breaker_admit(&b, later), BREAKER_ADMITTED);
}

static void
a_probe_that_gets_through_opens_the_way_on_trial(void **state)
{
	struct breaker	b = { 0 };
	uint64_t	later = OPENED + BREAKER_OPEN_MS;

	(void)state;
	open_it(&b);
	assert_int_equal(breaker_admit(&b, later), BREAKER_PROBE);
	breaker_reached(&b);
	assert_int_equal(breaker_admit(&b, later), BREAKER_ADMITTED);
	assert_int_equal(breaker_failed(&b, BREAKER_PROBE, later), 1);
	assert_int_equal(breaker_admit(&b, later), BREAKER_REFUSED);
	/* Of a closed one it says nothing new. */
	breaker_succeeded(&b);
	breaker_reached(&b);
	assert_int_equal(breaker_failed(&b, BREAKER_ADMITTED, later), 0);
}

static void
calls_from_before_change_an_open_one_only_by_success(void **state)
{
	struct breaker	b = { 0 };
	uint64_t	later = OPENED + BREAKER_OPEN_MS;

	(void)state;
	open_it(&b);
	assert_int_equal(breaker_failed(&b, BREAKER_ADMITTED, later - 1), 0);
	assert_int_equal(breaker_admit(&b, later), BREAKER_PROBE);
	assert_int_equal(breaker_failed(&b, BREAKER_ADMITTED, later), 0);
	assert_int_equal(breaker_admit(&b, later), BREAKER_REFUSED);
	breaker_succeeded(&b);
	assert_int_equal(breaker_admit(&b, later), BREAKER_ADMITTED);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(opens_after_failures_in_a_row),
		cmocka_unit_test(lets_one_call_try_after_its_time),
		cmocka_unit_test(
		    a_probe_whose_asker_leaves_makes_room_for_the_next),
		cmocka_unit_test(
		    a_probe_that_gets_through_opens_the_way_on_trial),
		cmocka_unit_test(
		    calls_from_before_change_an_open_one_only_by_success)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
