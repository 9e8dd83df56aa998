/* links: src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/utf8.c */
/*
 * Sentences: known passages one by one, random ones by what must hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sentence.h"
#include "utf8.h"

#define SENTENCES(in, ...)						\
	expect(in, (const char *const []){ __VA_ARGS__ },		\
	    sizeof((const char *const []){ __VA_ARGS__ }) /		\
	    sizeof(char *))

static void
expect(const char *in, const char *const *want, size_t want_len)
{
	struct sentence_reader	r = sentence_open(in, strlen(in),
				    MARKDOWN_FULL);
	struct sentence		s;
	size_t			i;

	for (i = 0; i < want_len; i++) {
		assert_true(sentence_next(&r, &s));
		if (s.end - s.start != strlen(want[i]) ||
		    memcmp(in + s.start, want[i], s.end - s.start) != 0)
			fail_msg("\"%.*s\" instead of \"%s\"",
			    (int)(s.end - s.start), in + s.start, want[i]);
	}
	assert_false(sentence_next(&r, &s));
	assert_false(sentence_next(&r, &s));
}

static void
test_full_stops_questions_and_exclamations_end_sentences(void **state)
{
	(void)state;
	SENTENCES("One is here. Two? Three! Four", "One is here.", "Two?",
	    "Three!", "Four");
	SENTENCES("What?! Really... Yes\xe2\x80\xa6 No", "What?!", "Really...",
	    "Yes\xe2\x80\xa6", "No");
	SENTENCES("A line goes\non. The next\r\nline too.", "A line goes\non.",
	    "The next\r\nline too.");
}

static void
test_abbreviations_and_initials_do_not(void **state)
{
	(void)state;
	SENTENCES("Dr. Smith met Mrs. J. R. Jones vs. Acme. They won.",
	    "Dr. Smith met Mrs. J. R. Jones vs. Acme.", "They won.");
	SENTENCES("Use a form, e.g. JSON, i.e. Text, in the U.S. Army. Done.",
	    "Use a form, e.g. JSON, i.e. Text, in the U.S. Army.", "Done.");
	SENTENCES("See Fig. 3 and No. 5. The answer is no. Next.",
	    "See Fig. 3 and No. 5.", "The answer is no.", "Next.");
	SENTENCES("Cars, bikes, etc. Trains too. It is approx. five.",
	    "Cars, bikes, etc.", "Trains too.", "It is approx. five.");
	SENTENCES("At 5 p.m. He left. At 6 p.m. sharp she came.",
	    "At 5 p.m.", "He left.", "At 6 p.m. sharp she came.");
}

static void
test_decimals_versions_addresses_and_files_do_not(void **state)
{
	(void)state;
	SENTENCES("It is 3.14 or .5 in v1.2.3 of lectern.conf at "
	    "https://a.example/b.html?c=d!e now. In 2015. Yes.",
	    "It is 3.14 or .5 in v1.2.3 of lectern.conf at "
	    "https://a.example/b.html?c=d!e now.", "In 2015.", "Yes.");
}

static void
test_a_small_letter_goes_on(void **state)
{
	(void)state;
	SENTENCES("Wait... what is usw. here? \"Why?\" she asked. Oh.",
	    "Wait... what is usw. here?", "\"Why?\" she asked.", "Oh.");
	SENTENCES("\xc3\x89tat. \xc3\xa9tat. \xc3\x89tat.",
	    "\xc3\x89tat. \xc3\xa9tat.", "\xc3\x89tat.");
	SENTENCES("the flow is thin . the drag is low .",
	    "the flow is thin .", "the drag is low .");
}

static void
test_closing_quotes_brackets_marks_and_notes_belong_to_the_sentence(
    void **state)
{
	(void)state;
	SENTENCES("\"It works.\" (Mostly.) **So there.** Is it?[12] Yes.",
	    "\"It works.\"", "(Mostly.)", "**So there.**", "Is it?[12]",
	    "Yes.");
	SENTENCES("\xe2\x80\x9cYes.\xe2\x80\x9d \xc2\xabNo.\xc2\xbb Ok.",
	    "\xe2\x80\x9cYes.\xe2\x80\x9d", "\xc2\xabNo.\xc2\xbb", "Ok.");
}

static void
test_scripts_without_blanks_end_at_their_full_stops(void **state)
{
	(void)state;
	SENTENCES("\xe6\x97\xa5\xe6\x9c\xac\xe3\x80\x82\xe6\x9c\xac\xef\xbc\x81"
	    "\xe3\x80\x8c\xe6\x97\xa5\xe3\x80\x82\xe3\x80\x8d\xe6\x9c\xac",
	    "\xe6\x97\xa5\xe6\x9c\xac\xe3\x80\x82",
	    "\xe6\x9c\xac\xef\xbc\x81",
	    "\xe3\x80\x8c\xe6\x97\xa5\xe3\x80\x82\xe3\x80\x8d",
	    "\xe6\x9c\xac");
}

static void
test_headings_items_and_rows_are_sentences_of_their_own(void **state)
{
	(void)state;
	SENTENCES("# The *Title*. Part 1 #\nText without end\n\n- first\n"
	    "- second. And more.\n  1. third\n\n| a. | b |\n|---|---|\n"
	    "| c. D | e |\n\n***\n\nEnd\n---\n",
	    "The *Title*. Part 1", "Text without end", "first", "second.",
	    "And more.", "third", "| a. | b |", "| c. D | e |", "End");
}

static void
test_code_is_one_sentence_and_quotes_are_prose(void **state)
{
	(void)state;
	SENTENCES("```c\na. B. C\n\nd;\n```\n> One. Two\n> goes on.\n> Three.",
	    "```c\na. B. C\n\nd;\n```", "One.", "Two\n> goes on.", "Three.");
}

static void
test_rows_of_a_table_that_was_cut_are_apart(void **state)
{
	(void)state;
	SENTENCES("| c | d |\n| e | f |\n", "| c | d |", "| e | f |");
}

static void
test_front_matter_is_read_line_by_line(void **state)
{
	(void)state;
	SENTENCES("---\ntitle: A. B\ntags: c\n---\nText.", "title: A. B",
	    "tags: c", "Text.");
}

static void
test_the_kind_of_the_block_is_told(void **state)
{
	const char		*in = "# A\n\nB.\n\n- C";
	struct sentence_reader	 r = sentence_open(in, strlen(in),
				    MARKDOWN_FULL);
	struct sentence		 s;

	(void)state;
	assert_true(sentence_next(&r, &s));
	assert_int_equal(s.kind, MARKDOWN_HEADING);
	assert_true(sentence_next(&r, &s));
	assert_int_equal(s.kind, MARKDOWN_PARAGRAPH);
	assert_true(sentence_next(&r, &s));
	assert_int_equal(s.kind, MARKDOWN_LIST_ITEM);
}

static void
test_prose_alone_is_cut_without_regard_to_marks(void **state)
{
	const char	*in = "# One. - two. Three";

	(void)state;
	assert_int_equal(sentence_end(in, strlen(in), 0), 6);
	assert_int_equal(sentence_end(in, strlen(in), 7), 13);
	assert_int_equal(sentence_end(in, strlen(in), 14), strlen(in));
	assert_int_equal(sentence_end(" \n ", 3, 0), 0);
	assert_int_equal(sentence_end("", 0, 0), 0);
	assert_int_equal(sentence_end("a\n\nb", 4, 0), 1);
}

/* A random text made of what prose is made of. */
static size_t
dice(char *out, size_t size)
{
	static const char *const	pieces[] = {
		". ", ".", "! ", "?", " ", "\n", "\n\n", "\r\n", "Dr. ",
		"e.g. ", "A. ", "3.5", "word", "Word ", "\"", ")", "(", "*",
		"[1]", "# ", "- ", "1. ", "> ", "| a |", "|-|\n", "```\n",
		"    ", "\xe3\x80\x82", "\xe6\x97\xa5", "\xc3\xa9",
		"\xe2\x80\x9d", "\xc2\xa0", "\xe2\x80\xa6", "<div>\n", "---\n"
	};
	const char			*piece;
	size_t				 len = 0, count;

	for (count = (size_t)random() % 40; count > 0; count--) {
		piece = pieces[(size_t)random() %
		    (sizeof(pieces) / sizeof(pieces[0]))];
		if (len + strlen(piece) >= size)
			break;
		memcpy(out + len, piece, strlen(piece));
		len += strlen(piece);
	}

	return (len);
}

/* Letters are said in some sentence, whatever else is only drawn. */
static void
expect_no_letters(const char *text, size_t from, size_t to)
{
	for (; from < to; from++)
		assert_false(isalpha((unsigned char)text[from]));
}

static void
test_sentences_of_any_text_are_in_order_and_hold_every_letter(void **state)
{
	char			text[512];
	struct sentence_reader	r;
	struct sentence		s;
	size_t			len, behind;
	int			round;

	(void)state;
	for (round = 0; round < 100000; round++) {
		len = dice(text, sizeof(text));
		r = sentence_open(text, len, round % 4 == 0 ?
		    MARKDOWN_PLAIN : MARKDOWN_FULL);
		behind = 0;
		while (sentence_next(&r, &s)) {
			assert_true(s.start >= behind);
			assert_true(s.end > s.start && s.end <= len);
			expect_no_letters(text, behind, s.start);
			assert_int_equal(utf8_skip_blanks(text, len, s.start),
			    s.start);
			assert_int_equal(utf8_trim_end(text, s.start, s.end),
			    s.end);
			assert_int_equal(utf8_floor(text, len, s.start),
			    s.start);
			assert_int_equal(utf8_floor(text, len, s.end), s.end);
			behind = s.end;
		}
		expect_no_letters(text, behind, len);
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(
		    test_full_stops_questions_and_exclamations_end_sentences),
		cmocka_unit_test(test_abbreviations_and_initials_do_not),
		cmocka_unit_test(
		    test_decimals_versions_addresses_and_files_do_not),
		cmocka_unit_test(test_a_small_letter_goes_on),
		cmocka_unit_test(
	test_closing_quotes_brackets_marks_and_notes_belong_to_the_sentence),
		cmocka_unit_test(
		    test_scripts_without_blanks_end_at_their_full_stops),
		cmocka_unit_test(
		    test_headings_items_and_rows_are_sentences_of_their_own),
		cmocka_unit_test(
		    test_code_is_one_sentence_and_quotes_are_prose),
		cmocka_unit_test(test_rows_of_a_table_that_was_cut_are_apart),
		cmocka_unit_test(test_front_matter_is_read_line_by_line),
		cmocka_unit_test(test_the_kind_of_the_block_is_told),
		cmocka_unit_test(
		    test_prose_alone_is_cut_without_regard_to_marks),
		cmocka_unit_test(
	test_sentences_of_any_text_are_in_order_and_hold_every_letter)
	};

	srandom(1);

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
