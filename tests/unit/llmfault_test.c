/* links: src/llmfault.c */
/*
 * Faults of the model's end point: what is told, what is tried again, when,
 * and what counts against it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "llmfault.h"

static void
names_the_fault_by_the_status(void **state)
{
	static const struct {
		long		status;
		enum error_id	error;
	} all[] = {
		{ 200, ERROR_NONE }, { 204, ERROR_MODEL_GARBLED },
		{ 302, ERROR_MODEL_UNKNOWN }, { 400, ERROR_MODEL_REFUSED },
		{ 401, ERROR_MODEL_KEY }, { 403, ERROR_MODEL_KEY },
		{ 404, ERROR_MODEL_UNKNOWN }, { 429, ERROR_MODEL_LIMITED },
		{ 500, ERROR_MODEL_REFUSED }, { 502, ERROR_MODEL_REFUSED },
		{ 503, ERROR_MODEL_OVERLOADED },
		{ 504, ERROR_MODEL_TIMEOUT }, { 529, ERROR_MODEL_OVERLOADED }
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_int_equal(llmfault_of_status(all[i].status),
		    all[i].error);
}

static void
names_the_fault_by_the_transfer(void **state)
{
	(void)state;
	assert_int_equal(llmfault_of_transfer(CURLE_COULDNT_RESOLVE_HOST, 0,
	    0, 0), ERROR_MODEL_UNREACHABLE);
	assert_int_equal(llmfault_of_transfer(CURLE_OPERATION_TIMEDOUT, 0, 0,
	    0), ERROR_MODEL_UNREACHABLE);
	assert_int_equal(llmfault_of_transfer(CURLE_PEER_FAILED_VERIFICATION,
	    0, 0, 0), ERROR_MODEL_TLS);
	assert_int_equal(llmfault_of_transfer(CURLE_UNSUPPORTED_PROTOCOL, 0,
	    0, 0), ERROR_MODEL_GARBLED);
	assert_int_equal(llmfault_of_transfer(CURLE_OK, 200, 0, 0),
	    ERROR_MODEL_GARBLED);
	assert_int_equal(llmfault_of_transfer(CURLE_OK, 200, 0, 1),
	    ERROR_MODEL_CUT);
	assert_int_equal(llmfault_of_transfer(CURLE_RECV_ERROR, 200, 1, 1),
	    ERROR_MODEL_CUT);
	assert_int_equal(llmfault_of_transfer(CURLE_WRITE_ERROR, 401, 0, 0),
	    ERROR_MODEL_KEY);
}

static void
waits_longer_each_time_and_gives_up(void **state)
{
	(void)state;
	assert_int_equal(llmfault_wait(ERROR_MODEL_UNREACHABLE, 0, 2, 0, 0),
	    250);
	assert_int_equal(llmfault_wait(ERROR_MODEL_UNREACHABLE, 0, 3, 0, 0),
	    500);
	assert_int_equal(llmfault_wait(ERROR_MODEL_UNREACHABLE, 0, 4, 0, 0),
	    1000);
	assert_int_equal(llmfault_wait(ERROR_MODEL_UNREACHABLE, 0, 5, 0, 0),
	    -1);
	assert_int_equal(llmfault_wait(ERROR_MODEL_UNREACHABLE, 0, 3, 0,
	    LLMFAULT_SPAN_MS - 499), -1);
}

static void
waits_as_it_is_told_within_reason(void **state)
{
	(void)state;
	assert_int_equal(llmfault_wait(ERROR_MODEL_LIMITED, 429, 2, 3, 0),
	    3000);
	assert_int_equal(llmfault_wait(ERROR_MODEL_LIMITED, 429, 2, 10, 0),
	    10000);
	assert_int_equal(llmfault_wait(ERROR_MODEL_LIMITED, 429, 2, 11, 0),
	    -1);
	assert_int_equal(llmfault_wait(ERROR_MODEL_LIMITED, 429, 3, 10,
	    10100), -1);
	assert_int_equal(llmfault_wait(ERROR_MODEL_LIMITED, 429, 2, -5, 0),
	    250);
}

static void
tries_again_only_what_passes_by_itself(void **state)
{
	(void)state;
	assert_true(llmfault_wait(ERROR_MODEL_REFUSED, 500, 2, 0, 0) > 0);
	assert_true(llmfault_wait(ERROR_MODEL_TIMEOUT, 504, 2, 0, 0) > 0);
	assert_true(llmfault_wait(ERROR_MODEL_CUT, 200, 2, 0, 0) > 0);
	assert_int_equal(llmfault_wait(ERROR_MODEL_TIMEOUT, 200, 2, 0, 0), -1);
	assert_int_equal(llmfault_wait(ERROR_MODEL_REFUSED, 400, 2, 0, 0), -1);
	assert_int_equal(llmfault_wait(ERROR_MODEL_KEY, 401, 2, 0, 0), -1);
	assert_int_equal(llmfault_wait(ERROR_MODEL_UNKNOWN, 404, 2, 0, 0), -1);
	assert_int_equal(llmfault_wait(ERROR_MODEL_TLS, 0, 2, 0, 0), -1);
	assert_int_equal(llmfault_wait(ERROR_MODEL_GARBLED, 200, 2, 0, 0), -1);
}

static void
a_refusal_is_no_outage(void **state)
{
	(void)state;
	assert_true(llmfault_is_outage(ERROR_MODEL_UNREACHABLE, 0));
	assert_true(llmfault_is_outage(ERROR_MODEL_REFUSED, 500));
	assert_true(llmfault_is_outage(ERROR_MODEL_TIMEOUT, 200));
	assert_false(llmfault_is_outage(ERROR_MODEL_KEY, 401));
	assert_false(llmfault_is_outage(ERROR_MODEL_LIMITED, 429));
	assert_false(llmfault_is_outage(ERROR_MODEL_REFUSED, 400));
	assert_false(llmfault_is_outage(ERROR_MODEL_EMPTY, 200));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(names_the_fault_by_the_status),
		cmocka_unit_test(names_the_fault_by_the_transfer),
		cmocka_unit_test(waits_longer_each_time_and_gives_up),
		cmocka_unit_test(waits_as_it_is_told_within_reason),
		cmocka_unit_test(tries_again_only_what_passes_by_itself),
		cmocka_unit_test(a_refusal_is_no_outage)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
