/* links: src/sqlstate.c */
/*
 * What the database's verdicts mean.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sqlstate.h"

static void
test_a_lost_or_refused_connection_is_the_database_being_away(void **state)
{
	(void)state;
	assert_int_equal(sqlstate_error("08006"), ERROR_DATABASE);
	assert_int_equal(sqlstate_error("53300"), ERROR_DATABASE);
	assert_int_equal(sqlstate_error("57P01"), ERROR_DATABASE);
	assert_int_equal(sqlstate_error("57P03"), ERROR_DATABASE);
	assert_int_equal(sqlstate_error("3D000"), ERROR_DATABASE);
	assert_int_equal(sqlstate_error(""), ERROR_DATABASE);
	assert_int_equal(sqlstate_error(NULL), ERROR_DATABASE);
}

static void
test_a_statement_that_took_too_long_is_the_database_being_away(void **state)
{
	(void)state;
	assert_int_equal(sqlstate_error("57014"), ERROR_DATABASE);
}

static void
test_a_lost_race_asks_to_try_again(void **state)
{
	(void)state;
	assert_int_equal(sqlstate_error("40001"), ERROR_BUSY);
	assert_int_equal(sqlstate_error("40P01"), ERROR_BUSY);
	assert_int_equal(sqlstate_error("55P03"), ERROR_BUSY);
	assert_int_equal(sqlstate_error("23503"), ERROR_NOT_FOUND);
}

static void
test_everything_unexpected_is_our_own_defect(void **state)
{
	(void)state;
	assert_int_equal(sqlstate_error("42601"), ERROR_INTERNAL);
	assert_int_equal(sqlstate_error("22021"), ERROR_INTERNAL);
	assert_int_equal(sqlstate_error(SQLSTATE_UNIQUE), ERROR_INTERNAL);
	assert_int_equal(sqlstate_error("5"), ERROR_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(
		    test_a_lost_or_refused_connection_is_the_database_being_away),
		cmocka_unit_test(
		    test_a_statement_that_took_too_long_is_the_database_being_away),
		cmocka_unit_test(test_a_lost_race_asks_to_try_again),
		cmocka_unit_test(test_everything_unexpected_is_our_own_defect),
	};

	return (cmocka_run_group_tests_name("sqlstate", tests, NULL, NULL));
}
