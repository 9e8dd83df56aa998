/*
 * The choice among encodings and languages by a client's weights.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "accept.h"

static const char *const encodings[] = { "br", "gzip" };
static const char *const languages[] = { "en", "de" };

static void
encoding(const char *header, int chosen)
{
	assert_int_equal(accept_choose(header, encodings, 2), chosen);
}

static void
language(const char *header, int chosen)
{
	assert_int_equal(accept_choose(header, languages, 2), chosen);
}

static void
test_the_first_of_equals_is_taken(void **state)
{
	(void)state;
	encoding("gzip, deflate, br, zstd", 0);
	encoding("gzip", 1);
	encoding("*", 0);
	language("de, en", 0);
}

static void
test_weights_decide(void **state)
{
	(void)state;
	encoding("br;q=0.5, gzip;q=0.8", 1);
	encoding("br; q=1.0, gzip;q=0.999", 0);
	language("de-DE,de;q=0.9,en;q=0.8", 1);
	language("fr, en;q=0.3, de;q=0.31", 1);
}

static void
test_what_is_refused_is_not_taken(void **state)
{
	(void)state;
	encoding(NULL, -1);
	encoding("", -1);
	encoding("identity", -1);
	encoding("br;q=0, gzip;q=0.0", -1);
	encoding("*, br;q=0", 1);
	encoding("*;q=0", -1);
	encoding("brotli, gzipped", -1);
}

static void
test_a_region_gets_its_language(void **state)
{
	(void)state;
	language("de-AT", 1);
	language("DE-ch;q=0.2", 1);
	language("deu", -1);
	language("de-AT;q=0.1, de;q=0", -1);
}

static void
test_a_broken_weight_counts_as_none(void **state)
{
	(void)state;
	encoding("br;q=x, gzip", 1);
	encoding("br;level=1, gzip;q=0.1", 1);
	encoding("br;q=1.5, gzip;q=0.1", 1);
	encoding("br;q=2, gzip;q=0.1", 1);
	encoding(",,;;q=,", -1);
	encoding("br;q=1,gzip;q=0.", 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_the_first_of_equals_is_taken),
		cmocka_unit_test(test_weights_decide),
		cmocka_unit_test(test_what_is_refused_is_not_taken),
		cmocka_unit_test(test_a_region_gets_its_language),
		cmocka_unit_test(test_a_broken_weight_counts_as_none),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
