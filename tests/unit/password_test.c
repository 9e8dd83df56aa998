/* links: src/password.c -lsodium -lutf8proc */
/*
 * Normal forms and hashes of passwords.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <sodium.h>

#include "password.h"

static int
set_up(void **state)
{
	(void)state;

	return (sodium_init() == -1);
}

static void
normalizes(const char *from, const char *to)
{
	char	*normal = password_normalize(from);

	assert_non_null(normal);
	assert_string_equal(normal, to);
	password_free(normal);
}

static void
test_passwords_are_brought_to_nfkc(void **state)
{
	(void)state;
	normalizes("", "");
	normalizes("plain ASCII ~!", "plain ASCII ~!");
	normalizes("cafe\xcc\x81", "caf\xc3\xa9");
	normalizes("caf\xc3\xa9", "caf\xc3\xa9");
	/* the ligature fi, a circled one, full-width A, the ohm sign */
	normalizes("\xef\xac\x81\xe2\x91\xa0\xef\xbc\xa1\xe2\x84\xa6",
	    "fi1A\xce\xa9");
	normalizes("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
	/* Case, blanks at the ends and soft hyphens are the user's. */
	normalizes(" A a\xc2\xad ", " A a\xc2\xad ");
}

static void
test_a_hash_is_argon2id_of_19_mib_and_two_passes_at_least(void **state)
{
	char		hash[PASSWORD_HASH_LEN];
	unsigned int	memory, passes;

	(void)state;
	assert_int_equal(password_hash("correct horse", hash), 0);
	assert_int_equal(sscanf(hash, "$argon2id$v=19$m=%u,t=%u,p=1$",
	    &memory, &passes), 2);
	assert_true(memory >= 19456);
	assert_true(passes >= 2);
}

static void
test_a_password_fits_its_own_hash_alone(void **state)
{
	char	hash[PASSWORD_HASH_LEN];

	(void)state;
	assert_int_equal(password_hash("correct horse", hash), 0);
	assert_int_equal(password_verify("correct horse", hash), 1);
	assert_int_equal(password_verify("correct horsE", hash), 0);
	assert_int_equal(password_verify("correct horse ", hash), 0);
	assert_int_equal(password_verify("", hash), 0);
}

static void
test_two_hashes_of_one_password_differ(void **state)
{
	char	first[PASSWORD_HASH_LEN], second[PASSWORD_HASH_LEN];

	(void)state;
	assert_int_equal(password_hash("correct horse", first), 0);
	assert_int_equal(password_hash("correct horse", second), 0);
	assert_string_not_equal(first, second);
}

static void
test_broken_hashes_fit_nothing(void **state)
{
	(void)state;
	assert_int_equal(password_verify("x", "x"), 0);
	assert_int_equal(password_verify("x", "$argon2id$"), 0);
	assert_int_equal(password_verify("x", ""), 0);
	assert_int_equal(password_verify("", NULL), 0);
	assert_int_equal(password_verify("x", NULL), 0);
}

static double
seconds_to_verify(const char *hash)
{
	struct timespec	from, to;
	double		best = 1e9, took;
	int		i;

	for (i = 0; i < 5; i++) {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		(void)password_verify("not the password", hash);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
		took = (double)(to.tv_sec - from.tv_sec) +
		    (double)(to.tv_nsec - from.tv_nsec) / 1e9;
		if (took < best)
			best = took;
	}

	return (best);
}

static void
test_nobody_takes_as_long_as_somebody(void **state)
{
	char	hash[PASSWORD_HASH_LEN];
	double	somebody, nobody;

	(void)state;
	assert_int_equal(password_hash("correct horse", hash), 0);
	somebody = seconds_to_verify(hash);
	nobody = seconds_to_verify(NULL);
	assert_true(nobody > somebody / 2 && nobody < somebody * 2);
	nobody = seconds_to_verify("");
	assert_true(nobody > somebody / 2 && nobody < somebody * 2);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_passwords_are_brought_to_nfkc),
		cmocka_unit_test(
		    test_a_hash_is_argon2id_of_19_mib_and_two_passes_at_least),
		cmocka_unit_test(test_a_password_fits_its_own_hash_alone),
		cmocka_unit_test(test_two_hashes_of_one_password_differ),
		cmocka_unit_test(test_broken_hashes_fit_nothing),
		cmocka_unit_test(test_nobody_takes_as_long_as_somebody)
	};

	return (cmocka_run_group_tests(tests, set_up, NULL));
}
