/* links: src/totp.c src/percent.c -loath */
/*
 * The codes of RFC 6238, whose eight digits end in our six, and what is said
 * to the app.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "totp.h"

static const char	secret[] = "12345678901234567890";
#define SECRET_LEN	(sizeof(secret) - 1)

/* Appendix B, SHA-1. */
static const struct {
	time_t		 now;
	const char	*code;
} vectors[] = {
	{ 59, "287082" },
	{ 1111111109, "081804" },
	{ 1111111111, "050471" },
	{ 1234567890, "005924" },
	{ 2000000000, "279037" },
	{ 20000000000, "353130" }
};
#define VECTORS	(sizeof(vectors) / sizeof(vectors[0]))

static void
the_codes_are_those_of_the_rfc(void **state)
{
	char	code[TOTP_DIGITS + 1];
	size_t	i;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		assert_int_equal(totp_code(secret, SECRET_LEN,
		    totp_step(vectors[i].now), code), 0);
		assert_string_equal(code, vectors[i].code);
	}
}

static void
a_code_matches_in_its_half_minute_and_the_two_beside_it(void **state)
{
	const time_t	now = 1111111109;	/* the last second of a step */
	const int64_t	step = totp_step(now);

	(void)state;
	assert_int_equal(totp_match(secret, SECRET_LEN, "081804", now), step);
	assert_int_equal(totp_match(secret, SECRET_LEN, "081804", now + 30),
	    step);
	assert_int_equal(totp_match(secret, SECRET_LEN, "081804", now - 59),
	    step);
	assert_int_equal(totp_match(secret, SECRET_LEN, "081804", now + 31),
	    -1);
	assert_int_equal(totp_match(secret, SECRET_LEN, "081804", now - 60),
	    -1);
}

static void
anything_but_six_right_digits_is_refused(void **state)
{
	static const char * const	codes[] = { "", "8180", "81804",
	    "081805", "0818040", "08180x", "0818044444444444444444444444444" };
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		assert_int_equal(totp_match(secret, SECRET_LEN, codes[i],
		    1111111109), -1);
	assert_int_equal(totp_match("another secret", 14, "081804",
	    1111111109), -1);
}

static void
the_first_half_minute_of_all_has_none_before_it(void **state)
{
	char	code[TOTP_DIGITS + 1];

	(void)state;
	assert_int_equal(totp_code(secret, SECRET_LEN, 0, code), 0);
	assert_string_equal(code, "755224");
	assert_int_equal(totp_match(secret, SECRET_LEN, code, 5), 0);
}

static void
the_app_is_told_issuer_account_and_unpadded_base_32(void **state)
{
	char	uri[TOTP_URI_MAX];

	(void)state;
	assert_int_equal(totp_uri(secret, SECRET_LEN, "My App & Co",
	    "a+b@example.com", uri), 0);
	assert_string_equal(uri, "otpauth://totp/My%20App%20%26%20Co:"
	    "a%2Bb%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	    "&issuer=My%20App%20%26%20Co&digits=6&period=30");
	assert_int_equal(totp_uri("12", 2, "L", "a", uri), 0);
	assert_string_equal(uri, "otpauth://totp/L:a?secret=GEZA&issuer=L"
	    "&digits=6&period=30");
}

static void
a_text_that_is_too_long_is_told_and_leaves_nothing(void **state)
{
	char	uri[TOTP_URI_MAX], text[2048];

	(void)state;
	memset(text, '@', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(totp_uri(secret, SECRET_LEN, text, "a", uri), -1);
	assert_string_equal(uri, "");
	text[341] = '\0';
	assert_int_equal(totp_uri(secret, SECRET_LEN, text, text, uri), 0);
	assert_non_null(strstr(uri, "&period=30"));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(the_codes_are_those_of_the_rfc),
		cmocka_unit_test(
		    a_code_matches_in_its_half_minute_and_the_two_beside_it),
		cmocka_unit_test(anything_but_six_right_digits_is_refused),
		cmocka_unit_test(
		    the_first_half_minute_of_all_has_none_before_it),
		cmocka_unit_test(
		    the_app_is_told_issuer_account_and_unpadded_base_32),
		cmocka_unit_test(
		    a_text_that_is_too_long_is_told_and_leaves_nothing)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
