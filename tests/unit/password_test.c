/* links: src/password.c -lcrypt -lsodium -lutf8proc */
/*
 * Normal forms and hashes of passwords. The foreign hashes were made by
 * passlib 1.7.4 with bcrypt 3.2.2, and by better-auth 1.7.25.
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

/* Each fits its own password, and no other. */
static const struct {
	const char	*password;
	const char	*hash;
} foreign[] = {
	{ "correct horse 1", "$2b$12$mrmR6kXujKb1kVtwB0AK2."
	    "SO5w/K1/kvMDt7jeWcy0fy.B1io0SBq" },
	{ "correct horse 1", "$2a$04$pYZ9LH3OuiTZX38em19l."
	    "eRXscaDjQjQS/WeX5Z3SM9N6bxF4VTx." },
	{ "correct horse 1", "$2y$04$U17D/8v83i69SZU5S53SEu"
	    "LfCz5vWdxacSfN7XfeiiS4f.gBsA7fW" },
	{ "x\xc3\xbf\xc2\xa3" "345678", "$2a$04$SKAmPfVaHTFTrZRHuQIHsO"
	    "JF0JtyC0mK1mLkgb9Bzp1U.AamW6G4m" },
	/* Made of the bytes as typed: with a combining accent, and without */
	{ "cafe\xcc\x81 12345", "$2b$04$oz2Ox86bM/JMGGRsR3SB0e"
	    "EW9x3Clxqr//WU9rd/By7ZV3QjW.adi" },
	{ "caf\xc3\xa9 12345", "$2b$04$YuSj2HdSJZxb3iAqtijqg."
	    "2gsX1r7W/xPgtKCYYdLTGUNsh.AB.aW" },
	{ "correct horse 1", "7bb08dc7e31e7cce82d193c9c52f66e1:"
	    "02f5bc7dfa096b0401088448779dbeb5ddf17ef3a8675abd77af18c7d718d623"
	    "bbee9f5c9109564711fb88d771f6fe3a82db8b2624c54812b0520ab8653cf204"
	},
	/* an accent and the ligature fi */
	{ "caf\xc3\xa9 \xef\xac\x81 12345",
	    "cc2f2ef8be8276d00ce026889a7b6a85:"
	    "e98f0425fe504bb2a6981c0679b981ef5707ea6eab6d684b7a0cb8eb7edb4f5a"
	    "bb45960a784d2cf092080645d2af0d73f46b6d974d72e59d5d9776a78c15f01d"
	}
};
#define FOREIGN	(sizeof(foreign) / sizeof(foreign[0]))

static void
test_hashes_of_other_programs_fit_their_passwords_alone(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < FOREIGN; i++) {
		assert_int_equal(password_verify(foreign[i].password,
		    foreign[i].hash), 1);
		assert_int_equal(password_verify("correct horse 2",
		    foreign[i].hash), 0);
		assert_int_equal(password_verify("", foreign[i].hash), 0);
		assert_int_equal(password_is_old(foreign[i].hash), 1);
	}
}

static void
test_another_spelling_of_the_same_letters_fits(void **state)
{
	(void)state;
	assert_int_equal(password_verify("cafe\xcc\x81 12345",
	    foreign[5].hash), 1);
	assert_int_equal(password_verify("cafe\xcc\x81 fi 12345",
	    foreign[7].hash), 1);
}

static void
test_our_own_hashes_are_not_old(void **state)
{
	char	hash[PASSWORD_HASH_LEN];

	(void)state;
	assert_int_equal(password_hash("correct horse", hash), 0);
	assert_int_equal(password_is_old(hash), 0);
}

static void
test_a_damaged_foreign_hash_fits_nothing(void **state)
{
	char	hash[PASSWORD_HASH_LEN];
	size_t	i;

	(void)state;
	for (i = 0; i < FOREIGN; i++) {
		(void)snprintf(hash, sizeof(hash), "%s", foreign[i].hash);
		hash[strlen(hash) - 2] ^= 1;
		assert_int_equal(password_verify(foreign[i].password, hash),
		    0);
		hash[strlen(hash) - 2] ^= 1;
		hash[strlen(hash) - 1] = '\0';
		assert_int_equal(password_verify(foreign[i].password, hash),
		    0);
	}
	/* A cost that would take an hour. */
	assert_int_equal(password_verify("correct horse 1",
	    "$2b$25$mrmR6kXujKb1kVtwB0AK2.SO5w/K1/kvMDt7jeWcy0fy.B1io0SBq"),
	    0);
}

static double
seconds_to_fail(const char *hash, const struct password_kinds *present)
{
	struct timespec	from, to;
	double		best = 1e9, took;
	int		i;

	for (i = 0; i < 3; i++) {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		if (!password_verify("not the password", hash))
			password_even_out("not the password", hash, present);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
		took = (double)(to.tv_sec - from.tv_sec) +
		    (double)(to.tv_nsec - from.tv_nsec) / 1e9;
		if (took < best)
			best = took;
	}

	return (best);
}

/*
 * The kinds differ by factors where nothing evens them out; a busy machine
 * makes less of a difference than this.
 */
static int
is_as_long(double took, double other)
{
	return (took > other * 0.6 && took < other * 1.6);
}

static void
test_failures_take_as_long_with_every_kind_present(void **state)
{
	const struct password_kinds	present = { 9, 1 }, none = { 0, 0 };
	char				ours[PASSWORD_HASH_LEN];
	double				nobody, took;
	size_t				i;

	(void)state;
	assert_int_equal(password_hash("correct horse", ours), 0);
	nobody = seconds_to_fail(NULL, &present);
	took = seconds_to_fail(ours, &present);
	assert_true(is_as_long(took, nobody));
	/* The first is dearer than what is said to be present. */
	for (i = 1; i < FOREIGN; i++) {
		took = seconds_to_fail(foreign[i].hash, &present);
		assert_true(is_as_long(took, nobody));
	}
	assert_true(seconds_to_fail(NULL, &none) < nobody / 2);
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
		cmocka_unit_test(
		    test_hashes_of_other_programs_fit_their_passwords_alone),
		cmocka_unit_test(
		    test_another_spelling_of_the_same_letters_fits),
		cmocka_unit_test(test_our_own_hashes_are_not_old),
		cmocka_unit_test(test_a_damaged_foreign_hash_fits_nothing),
		cmocka_unit_test(
		    test_failures_take_as_long_with_every_kind_present),
		cmocka_unit_test(test_nobody_takes_as_long_as_somebody)
	};

	return (cmocka_run_group_tests(tests, set_up, NULL));
}
