/* links: src/token.c -lsodium */
/*
 * Identifiers, session tokens, hashes and signatures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "token.h"

#define SECRET		"0123456789abcdef0123456789abcdef"
#define OTHER_SECRET	"0123456789abcdef0123456789abcdeF"
#define LETTERS		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"	\
			"abcdefghijklmnopqrstuvwxyz0123456789"

static int
set_up(void **state)
{
	(void)state;

	return (token_init(SECRET, NULL));
}

static void
test_ids_are_32_letters_and_digits_and_never_the_same(void **state)
{
	char	ids[200][TOKEN_ID_LEN + 1];
	size_t	i, k;

	(void)state;
	for (i = 0; i < 200; i++) {
		token_id(ids[i]);
		assert_int_equal(strlen(ids[i]), 32);
		assert_int_equal(strspn(ids[i], LETTERS), 32);
		for (k = 0; k < i; k++)
			assert_string_not_equal(ids[i], ids[k]);
	}
}

static void
test_ids_use_the_whole_alphabet(void **state)
{
	char	id[TOKEN_ID_LEN + 1];
	size_t	i, seen[256] = { 0 };
	int	n;

	(void)state;
	for (n = 0; n < 1000; n++) {
		token_id(id);
		for (i = 0; i < TOKEN_ID_LEN; i++)
			seen[(unsigned char)id[i]]++;
	}
	/* 32000 letters of 62: 516 each, give or take. */
	for (i = 0; i < strlen(LETTERS); i++)
		assert_in_range(seen[(unsigned char)LETTERS[i]], 380, 660);
}

static void
test_a_session_has_one_token_under_one_key(void **state)
{
	char	first[TOKEN_ID_LEN + 1], again[TOKEN_ID_LEN + 1];
	char	other[TOKEN_ID_LEN + 1];

	(void)state;
	token_session("an-id", first);
	token_session("an-id", again);
	token_session("an-iD", other);
	assert_int_equal(strlen(first), 32);
	assert_int_equal(strspn(first, LETTERS), 32);
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);

	assert_int_equal(token_init(OTHER_SECRET, NULL), 0);
	token_session("an-id", other);
	assert_string_not_equal(first, other);
	assert_int_equal(token_init(SECRET, NULL), 0);
}

static void
test_hashes_are_sha_256(void **state)
{
	char	hash[TOKEN_HASH_LEN + 1];

	(void)state;
	token_hash("abc", 3, hash);
	assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	token_hash("", 0, hash);
	assert_string_equal(hash, "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
}

static void
test_signatures_are_44_characters_ending_in_an_equals_sign(void **state)
{
	char	signature[TOKEN_SIGNATURE_LEN + 1];

	(void)state;
	token_sign("a value", signature);
	assert_int_equal(strlen(signature), 44);
	assert_int_equal(strspn(signature, LETTERS "+/"), 43);
	assert_int_equal(signature[43], '=');
	assert_true(token_is_signed("a value", 7, signature, 44));
	/* Only the bytes given count. */
	assert_true(token_is_signed("a value and more", 7, signature, 44));
}

static void
test_any_change_breaks_a_signature(void **state)
{
	char	signature[TOKEN_SIGNATURE_LEN + 1], bent[sizeof(signature)];
	size_t	i;

	(void)state;
	token_sign("a value", signature);
	assert_false(token_is_signed("a valuE", 7, signature, 44));
	assert_false(token_is_signed("a value", 6, signature, 44));
	assert_false(token_is_signed("", 0, signature, 44));
	assert_false(token_is_signed("a value", 7, signature, 43));
	assert_false(token_is_signed("a value", 7, signature, 45));
	assert_false(token_is_signed("a value", 7, "", 0));
	for (i = 0; i < TOKEN_SIGNATURE_LEN; i++) {
		memcpy(bent, signature, sizeof(bent));
		bent[i] = bent[i] == 'x' ? 'y' : 'x';
		assert_false(token_is_signed("a value", 7, bent, 44));
	}
}

static void
test_a_former_key_reads_but_never_signs(void **state)
{
	char	old[TOKEN_SIGNATURE_LEN + 1], now[TOKEN_SIGNATURE_LEN + 1];

	(void)state;
	token_sign("a value", old);
	assert_int_equal(token_init(OTHER_SECRET, NULL), 0);
	assert_false(token_is_signed("a value", 7, old, 44));
	assert_int_equal(token_init(OTHER_SECRET, SECRET), 0);
	assert_int_equal(token_is_signed("a value", 7, old, 44),
	    TOKEN_SIGNED_FORMERLY);
	token_sign("a value", now);
	assert_int_equal(token_is_signed("a value", 7, now, 44),
	    TOKEN_SIGNED);
	assert_string_not_equal(old, now);
	assert_true(token_is_signed("a value", 7, now, 44));
}

static void
test_a_token_is_no_signature_of_its_session(void **state)
{
	char	token[TOKEN_ID_LEN + 1], signature[TOKEN_SIGNATURE_LEN + 1];

	(void)state;
	token_session("an-id", token);
	token_sign("an-id", signature);
	assert_memory_not_equal(token, signature, 8);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(
		    test_ids_are_32_letters_and_digits_and_never_the_same),
		cmocka_unit_test(test_ids_use_the_whole_alphabet),
		cmocka_unit_test(test_a_session_has_one_token_under_one_key),
		cmocka_unit_test(test_hashes_are_sha_256),
		cmocka_unit_test(
		    test_signatures_are_44_characters_ending_in_an_equals_sign),
		cmocka_unit_test(test_any_change_breaks_a_signature),
		cmocka_unit_test(test_a_token_is_no_signature_of_its_session),
		cmocka_unit_test(test_a_former_key_reads_but_never_signs)
	};

	return (cmocka_run_group_tests(tests, set_up, NULL));
}
