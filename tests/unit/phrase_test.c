/* links: src/phrase.c src/question.c src/analyze.c src/language.c src/everyday.c src/utf8.c -lstemmer -lutf8proc -lm */
/*
 * Phrases in quotes: the words one after another, in any of their forms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "phrase.h"

#define ENGLISH	(UINT32_C(1) << LANGUAGE_ENGLISH)

static int
holds(const char *text, const char *title, const char *passage)
{
	const char	*texts[] = { title, passage };
	struct question	 question;
	int		 ret;

	assert_int_equal(question_open(&question, text), 0);
	assert_int_equal(question_analyze(&question, ENGLISH), 0);
	ret = phrase_holds(&question, texts, 2);
	question_close(&question);

	return (ret);
}

static void
test_words_must_follow_each_other(void **state)
{
	(void)state;
	assert_true(holds("\"oil lamp\"", "", "an oil lamp burns"));
	assert_false(holds("\"oil lamp\"", "", "a lamp of oil burns"));
	assert_false(holds("\"oil lamp\"", "", "oil for a lamp"));
}

static void
test_forms_case_and_marks_do_not_count(void **state)
{
	(void)state;
	assert_true(holds("\"oil lamp\"", "", "Oil-lamps burned"));
	assert_true(holds("\"OIL, lamps\"", "", "the oil lamp"));
}

static void
test_function_words_count(void **state)
{
	(void)state;
	assert_true(holds("\"to be or not to be\"", "",
	    "He said: to be, or not to be."));
	assert_false(holds("\"to be or not to be\"", "", "not to be or to be"));
}

static void
test_each_phrase_must_stand_in_one_of_the_texts(void **state)
{
	(void)state;
	assert_true(holds("\"oil lamp\" \"grey cat\"", "Grey cats",
	    "an oil lamp"));
	assert_false(holds("\"oil lamp\" \"grey cat\"", "Grey", "cat, oil lamp"));
}

static void
test_typographic_quotes_are_quotes(void **state)
{
	(void)state;
	assert_false(holds("\xe2\x80\x9coil lamp\xe2\x80\x9d", "",
	    "lamp oil"));
	assert_false(holds("\xc2\xaboil lamp\xc2\xbb", "", "lamp oil"));
	assert_false(holds("\xe2\x80\x9eoil lamp\xe2\x80\x9c", "",
	    "lamp oil"));
}

static void
test_an_open_quote_asks_for_nothing(void **state)
{
	(void)state;
	assert_true(holds("a 19\" screen", "", "something else"));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_words_must_follow_each_other),
		cmocka_unit_test(test_forms_case_and_marks_do_not_count),
		cmocka_unit_test(test_function_words_count),
		cmocka_unit_test(test_each_phrase_must_stand_in_one_of_the_texts),
		cmocka_unit_test(test_typographic_quotes_are_quotes),
		cmocka_unit_test(test_an_open_quote_asks_for_nothing)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
