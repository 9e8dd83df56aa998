/* links: src/analyze.c src/language.c src/utf8.c -lutf8proc -lstemmer -lpthread */
/*
 * Tokens and terms: what must be found by what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyze.h"

#define TOKENS_MAX	64

struct tokens {
	const char		*text;
	struct analyze_token	 list[TOKENS_MAX];
	size_t			 len;
	char			 words[1024];	/* "word [whole] (stop)" */
};

static void
keep(void *arg, const struct analyze_token *token)
{
	struct tokens	*t = arg;
	size_t		 n = strlen(t->words);

	assert_true(t->len < TOKENS_MAX);
	t->list[t->len++] = *token;
	(void)snprintf(t->words + n, sizeof(t->words) - n, "%s%s%.*s%s",
	    n == 0 ? "" : " ", token->is_whole ? "[" : token->is_stop ? "(" :
	    "", (int)(token->end - token->start), t->text + token->start,
	    token->is_whole ? "]" : token->is_stop ? ")" : "");
}

static struct tokens
tokens(enum language language, const char *text)
{
	struct analyzer	analyzer;
	struct tokens	t;

	memset(&t, 0, sizeof(t));
	t.text = text;
	assert_int_equal(analyzer_open(&analyzer, language), 0);
	analyze_text(&analyzer, text, strlen(text), keep, &t);
	analyzer_close(&analyzer);

	return (t);
}

/* The last token's term. */
static uint64_t
term(enum language language, const char *text)
{
	struct tokens	t = tokens(language, text);

	assert_true(t.len > 0);

	return (t.list[t.len - 1].hash);
}

static void
assert_words(const char *text, const char *words)
{
	struct tokens	t = tokens(LANGUAGE_ENGLISH, text);

	assert_string_equal(t.words, words);
}

static void
test_words(void **state)
{
	(void)state;
	assert_words("The lamps burn, and burn.",
	    "(The) lamps burn (and) burn");
	assert_words("Lectern's o\xe2\x80\x99""clock",
	    "Lectern (s) (o) clock");
	assert_words("", "");
	assert_words(" .,- \xff\xfe ", "");
	assert_words("a--b c - d e_", "(a) b c (d) e");
}

static void
test_wholes(void **state)
{
	(void)state;
	assert_words("foo_bar", "foo bar [foo_bar]");
	assert_words("CVE-2024-1234.", "CVE 2024 1234 [CVE-2024-1234]");
	assert_words("ann@mail.example.org",
	    "ann mail example org [mail.example.org] [ann@mail.example.org]");
	assert_words("/usr/lib/x.conf",
	    "usr lib x conf [x.conf] [usr/lib/x.conf]");
	assert_words("v1.2.3", "v1 2 3 [v1.2.3]");
}

static void
test_equal_terms(void **state)
{
	(void)state;
	assert_true(term(LANGUAGE_ENGLISH, "burning") ==
	    term(LANGUAGE_ENGLISH, "BURNED"));
	assert_true(term(LANGUAGE_GERMAN, "H\xc3\xa4user") ==
	    term(LANGUAGE_GERMAN, "Hauser"));
	assert_true(term(LANGUAGE_SIMPLE, "\xef\xac\x81sh") ==
	    term(LANGUAGE_SIMPLE, "FISH"));
	/* Composed or not. */
	assert_true(term(LANGUAGE_FRENCH, "re\xcc\x81pe\xcc\x81t\xc3\xa9") ==
	    term(LANGUAGE_FRENCH, "r\xc3\xa9p\xc3\xa9t\xc3\xa9"));
	assert_true(term(LANGUAGE_ENGLISH, "Foo_Bar") ==
	    term(LANGUAGE_GERMAN, "foo_bar"));
	assert_false(term(LANGUAGE_SIMPLE, "foo-bar") ==
	    term(LANGUAGE_SIMPLE, "foo_bar"));
	assert_false(term(LANGUAGE_SIMPLE, "burning") ==
	    term(LANGUAGE_ENGLISH, "burning"));
}

static void
test_same_tokens_in_every_language(void **state)
{
	const char	*text = "The Lamp, d'\xc3\xa9t\xc3\xa9 foo.bar/x@y \xe6"
	    "\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e";
	struct tokens	 first = tokens(LANGUAGE_SIMPLE, text), other;
	size_t		 i;
	int		 n;

	(void)state;
	for (n = 1; n < LANGUAGE_COUNT; n++) {
		other = tokens((enum language)n, text);
		assert_int_equal(other.len, first.len);
		for (i = 0; i < first.len; i++) {
			assert_int_equal(other.list[i].start,
			    first.list[i].start);
			assert_int_equal(other.list[i].is_whole,
			    first.list[i].is_whole);
		}
	}
}

static void
test_scripts_without_blanks(void **state)
{
	struct tokens	t = tokens(LANGUAGE_SIMPLE,
	    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");

	(void)state;
	assert_string_equal(t.words, "\xe6\x97\xa5 \xe6\x9c\xac "
	    "[\xe6\x97\xa5\xe6\x9c\xac] \xe8\xaa\x9e "
	    "[\xe6\x9c\xac\xe8\xaa\x9e]");
}

static void
test_long_words(void **state)
{
	char	text[5000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(tokens(LANGUAGE_ENGLISH, text).len, 1);
}

static enum language
detect(const char *text, uint32_t mask)
{
	return (language_detect(text, strlen(text), mask));
}

static void
test_languages(void **state)
{
	(void)state;
	assert_int_equal(detect("The lamp is on the table and it burns.", 0),
	    LANGUAGE_ENGLISH);
	assert_int_equal(detect("Die Lampe steht auf dem Tisch und brennt.",
	    0), LANGUAGE_GERMAN);
	assert_int_equal(detect("La lampe est sur la table et elle brille.",
	    0), LANGUAGE_FRENCH);
	assert_int_equal(detect("La l\xc3\xa1mpara est\xc3\xa1 en la mesa y "
	    "no se apaga.", 0), LANGUAGE_SPANISH);
	assert_int_equal(detect("Lamp oil", 0), LANGUAGE_ENGLISH);
	assert_int_equal(detect("\xd0\x9b\xd0\xb0\xd0\xbc\xd0\xbf\xd0\xb0", 0),
	    LANGUAGE_RUSSIAN);
	assert_int_equal(detect("Die Lampe steht auf dem Tisch", 2),
	    LANGUAGE_ENGLISH);
	assert_int_equal(detect("", 0), LANGUAGE_ENGLISH);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_wholes),
		cmocka_unit_test(test_equal_terms),
		cmocka_unit_test(test_same_tokens_in_every_language),
		cmocka_unit_test(test_scripts_without_blanks),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_languages),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
