/* links: src/question.c src/analyze.c src/language.c src/everyday.c src/utf8.c -lstemmer -lutf8proc -lm */
/*
 * What a question asks for: words that weigh, names that no document has,
 * and how much of it a passage covers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "question.h"

#define ENGLISH	(UINT32_C(1) << LANGUAGE_ENGLISH)
#define GERMAN	(UINT32_C(1) << LANGUAGE_GERMAN)
#define CHUNKS	1000


static void
known(void *arg, const struct analyze_token *token)
{
	question_count(arg, token->hash, 5);
}

/* A question to an index where five chunks hold each word of `has`. */
static void
ask(struct question *question, const char *text, const char *has)
{
	struct analyzer	analyzer;

	assert_int_equal(question_open(question, text), 0);
	assert_int_equal(question_analyze(question, ENGLISH), 0);
	assert_int_equal(analyzer_open(&analyzer, LANGUAGE_ENGLISH), 0);
	analyze_text(&analyzer, has, strlen(has), known, question);
	analyzer_close(&analyzer);
	question_weigh(question, CHUNKS);
}

static double
missing(const char *text, const char *has)
{
	struct question	question;
	double		ret;

	ask(&question, text, has);
	ret = question.missing;
	question_close(&question);

	return (ret);
}

static void
test_names_that_no_document_has_are_missing(void **state)
{
	const char	*has = "lamp burn whale oil";

	(void)state;
	assert_true(missing("Which lamp burns whale oil?", has) == 0);
	assert_true(missing("Did Captain Ahab burn whale oil?", has) > 0.3);
	assert_true(missing("Who burned whale oil in 1851?", has) > 0.2);
}

static void
test_a_capital_is_no_name_where_all_or_first_words_have_one(void **state)
{
	const char	*has = "burn oil";

	(void)state;
	assert_true(missing("Zeppelins burn oil?", has) == 0);
	assert_true(missing("WHICH ZEPPELIN BURNS OIL", has) == 0);
	assert_true(missing("Does it burn? Zeppelins do.", has) == 0);
}

static void
test_coverage_is_the_share_of_the_weight(void **state)
{
	struct question	question;
	size_t		numbers[8];
	size_t		i;

	(void)state;
	ask(&question, "whale zeppelin", "whale");
	assert_int_equal(question.terms_len, 2);
	for (i = 0; i < 2; i++)
		numbers[i] = i;
	assert_true(question_coverage(&question, numbers, 2, 0) == 0);
	assert_true(question_coverage(&question, numbers, 2, 3) == 1);
	for (i = 0; question.terms[i].df == 0; i++)
		;
	/* What no document has counts for more. */
	assert_true(question_coverage(&question, numbers, 2,
	    UINT64_C(1) << i) < 0.5);
	question_close(&question);
}

static void
test_function_words_are_not_asked_for(void **state)
{
	struct question	question;

	(void)state;
	ask(&question, "what is the of and in it", "");
	assert_int_equal(question.terms_len, 0);
	assert_true(question.missing == 0);
	question_close(&question);
}

static void
test_words_in_quotes_are_required(void **state)
{
	struct question	question;
	size_t		i, required = 0;

	(void)state;
	ask(&question, "burning \"whale oil\" lamps", "");
	for (i = 0; i < question.words_len; i++)
		required += question.words[i].is_required != 0;
	assert_int_equal(required, 2);
	assert_int_equal(question.phrases_len, 1);
	question_close(&question);
}

static void
test_an_identifier_counts_whole_only_where_it_is_known(void **state)
{
	struct question	question;
	size_t		i, wholes = 0;

	(void)state;
	ask(&question, "a well-known lamp", "known lamp");
	for (i = 0; i < question.words_len; i++) {
		if (!question.words[i].is_whole)
			continue;
		wholes++;
		assert_true(question.words[i].weight == 0);
	}
	assert_int_equal(wholes, 1);
	question_close(&question);
	assert_true(missing("patch for cve-2024-1234", "patch") > 0.3);
}

static void
test_a_word_has_a_term_in_each_language_of_the_index(void **state)
{
	struct question	question;

	(void)state;
	assert_int_equal(question_open(&question, "lighting"), 0);
	assert_int_equal(question_analyze(&question, ENGLISH | GERMAN), 0);
	assert_int_equal(question.words_len, 1);
	assert_int_equal(question.terms_len, 2);
	question_close(&question);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_names_that_no_document_has_are_missing),
		cmocka_unit_test(
		    test_a_capital_is_no_name_where_all_or_first_words_have_one),
		cmocka_unit_test(test_coverage_is_the_share_of_the_weight),
		cmocka_unit_test(test_function_words_are_not_asked_for),
		cmocka_unit_test(test_words_in_quotes_are_required),
		cmocka_unit_test(
		    test_an_identifier_counts_whole_only_where_it_is_known),
		cmocka_unit_test(
		    test_a_word_has_a_term_in_each_language_of_the_index)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
