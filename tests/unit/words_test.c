/* links: src/words.c src/utf8.c -lutf8proc */
/*
 * Words: which forms count as the same, and where they stand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "words.h"

static uint64_t
hash(const char *text)
{
	struct words	w = words_open(text, strlen(text));
	struct word	word;

	assert_true(words_next(&w, &word));
	assert_int_equal(word.start, 0);
	assert_int_equal(word.end, strlen(text));
	assert_false(words_next(&w, &word));

	return (word.hash);
}

static void
same(const char *one, const char *other)
{
	assert_true(hash(one) == hash(other));
}

static void
test_case_and_accents_do_not_count(void **state)
{
	(void)state;
	same("Kettle", "kETTLE");
	same("Caf\xc3\xa9", "cafe");
	same("GR\xc3\x96\xc3\x9f" "E", "gr\xc3\xb6sse");
	same("\xd0\x9f\xd0\xa0", "\xd0\xbf\xd1\x80");
}

static void
test_common_english_endings_do_not_count(void **state)
{
	(void)state;
	same("backups", "backup");
	same("stories", "story");
	same("stopped", "stopping");
	same("classes", "class");
	same("encrypted", "encrypts");
	assert_false(hash("bus") == hash("bu"));
	assert_false(hash("king") == hash("k"));
}

static void
test_different_words_differ(void **state)
{
	(void)state;
	assert_false(hash("kettle") == hash("cattle"));
	assert_false(hash("7860") == hash("7861"));
	assert_false(hash("308") == hash("30"));
}

static void
test_words_end_at_anything_that_is_no_letter_or_digit(void **state)
{
	static const char	text[] = " a1, b-c \xe2\x80\x94 d's ";
	static const char	*expected[] = { "a1", "b", "c", "d", "s" };
	struct words		w = words_open(text, sizeof(text) - 1);
	struct word		word;
	size_t			i;

	(void)state;
	for (i = 0; i < 5; i++) {
		assert_true(words_next(&w, &word));
		assert_int_equal(word.end - word.start, strlen(expected[i]));
		assert_memory_equal(text + word.start, expected[i],
		    strlen(expected[i]));
	}
	assert_false(words_next(&w, &word));
}

static void
test_scripts_without_blanks_give_a_word_for_each_character(void **state)
{
	static const char	text[] = "\xe6\x9d\xb1\xe4\xba\xac" "ab";
	struct words		w = words_open(text, sizeof(text) - 1);
	struct word		word;
	int			n = 0;

	(void)state;
	while (words_next(&w, &word))
		n++;
	assert_int_equal(n, 3);
}

static void
test_words_that_say_little_are_known(void **state)
{
	static const char	text[] = "The who WHICH kettle a your";
	struct words		w = words_open(text, sizeof(text) - 1);
	struct word		word;
	char			said[8] = "";

	(void)state;
	while (words_next(&w, &word))
		strcat(said, word.is_common ? "c" : "k");
	assert_string_equal(said, "ccckcc");
}

static void
test_of_a_word_without_end_the_beginning_counts(void **state)
{
	static char	one[70000], other[60];
	struct words	w = words_open(one, sizeof(one) - 1);
	struct word	word;

	(void)state;
	memset(one, 'x', sizeof(one) - 1);
	memset(other, 'x', sizeof(other) - 1);
	same(one, other);
	memcpy(one + sizeof(one) - 5, " end", 4);
	assert_true(words_next(&w, &word));
	assert_int_equal(word.end, sizeof(one) - 5);
	assert_true(words_next(&w, &word));
	assert_int_equal(word.end, sizeof(one) - 1);
	assert_true(word.hash == hash("end"));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_case_and_accents_do_not_count),
		cmocka_unit_test(test_common_english_endings_do_not_count),
		cmocka_unit_test(test_different_words_differ),
		cmocka_unit_test(
		    test_words_end_at_anything_that_is_no_letter_or_digit),
		cmocka_unit_test(
		    test_scripts_without_blanks_give_a_word_for_each_character),
		cmocka_unit_test(test_words_that_say_little_are_known),
		cmocka_unit_test(
		    test_of_a_word_without_end_the_beginning_counts),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
