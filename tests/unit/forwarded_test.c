/* links: src/forwarded.c */
/* The client's address in X-Forwarded-For. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "forwarded.h"

static void
assert_client(const char *list, int hops, const char *wanted)
{
	char	out[FORWARDED_MAX];

	assert_int_equal(forwarded_client(list, hops, out), wanted != NULL);
	if (wanted != NULL)
		assert_string_equal(out, wanted);
}

static void
counts_from_the_right(void **state)
{
	(void)state;
	assert_client("192.0.2.1", 1, "192.0.2.1");
	assert_client("192.0.2.9, 192.0.2.1", 1, "192.0.2.1");
	assert_client("192.0.2.9 ,\t192.0.2.1 ", 2, "192.0.2.9");
	assert_client("192.0.2.9,192.0.2.1", 3, "192.0.2.9");
}

static void
spells_one_address_in_one_way(void **state)
{
	(void)state;
	assert_client("2001:DB8:0::1", 1, "2001:db8::1");
	assert_client("[2001:db8::1]", 1, "2001:db8::1");
	assert_client("[2001:db8::1]:4711", 1, "2001:db8::1");
	assert_client("192.0.2.1:4711", 1, "192.0.2.1");
	assert_client("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 1,
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void
takes_nothing_else(void **state)
{
	static const char * const	others[] = { "", " ", ",", "unknown",
	    "192.0.2.1,", "192.0.2", "192.0.2.01", "192.0.2.1:", "192.0.2.1:x",
	    "192.0.2.1:123456", "fe80::1%eth0", "[2001:db8::1", "[2001:db8::1]x",
	    "[2001:db8::1]:", "[]", "[", "a.example:80",
	    "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555" };
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_client(others[i], 1, NULL);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(counts_from_the_right),
		cmocka_unit_test(spells_one_address_in_one_way),
		cmocka_unit_test(takes_nothing_else),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
