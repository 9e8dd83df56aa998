/* links: src/cite.c src/citecode.c src/linkguard.c src/denial.c src/marker.c src/support.c src/words.c src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/span.c src/utf8.c src/buffer.c -lsodium -lutf8proc */
/*
 * The marker filter: what leaves, what is remembered of it, and that neither
 * depends on how the text was cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cite.h"
#include "utf8.h"

#define PASSAGE(s)	{ s, sizeof(s) - 1 }

static const struct cite_passage passages[] = {
	PASSAGE("Backups are kept for thirty days. They are encrypted with "
	    "a key of your own. Restoring takes a few minutes."),
	PASSAGE("# Ports\n\nLectern listens on port 7860. Set PORT to change "
	    "it.\n\n- one worker for each core\n- two at least\n"),
	PASSAGE("Größe und Gewicht: Der Koffer wiegt 12 kg. Die Farbe ist "
	    "blau."),
};

static void
filter(struct cite *c, const char *text, size_t piece)
{
	size_t	len = strlen(text), at, n;

	cite_init(c, passages, 3);
	for (at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		assert_int_equal(cite_feed(c, text + at, n), 0);
	}
	assert_int_equal(cite_finish(c), 0);
	assert_int_equal(c->held.len, 0);
}

static void
check_marks(const struct cite *c)
{
	const struct cite_mark	*m;
	char			 shown[16];
	size_t			 i;

	for (i = 0; i < c->marks_len; i++) {
		m = &c->marks[i];
		(void)snprintf(shown, sizeof(shown), "[%u]", m->n);
		assert_int_equal(m->end - m->at, strlen(shown));
		assert_memory_equal(c->text.data + m->at, shown,
		    strlen(shown));
		assert_int_equal(m->at_utf16,
		    utf8_utf16_len(c->text.data, m->at));
		assert_int_equal(m->end_utf16,
		    utf8_utf16_len(c->text.data, m->end));
		assert_true(m->from < m->to);
		assert_true(m->to <= passages[m->passage].len);
		assert_true(m->n >= 1 && m->n <= c->shown_len);
		assert_int_equal(c->order[m->n - 1], m->passage);
	}
}

/* Cut in every size, `in` must leave as `out` with so many markers. */
static void
expect(const char *in, const char *out, size_t marks)
{
	struct cite	c;
	size_t		piece;

	for (piece = 1; piece <= strlen(in) + 1; piece++) {
		filter(&c, in, piece);
		assert_string_equal(buffer_text(&c.text), out);
		assert_int_equal(c.marks_len, marks);
		check_marks(&c);
		cite_free(&c);
	}
}

/* The quote of the i-th marker. */
static void
expect_quote(const char *in, size_t i, const char *quote)
{
	struct cite			c;
	const struct cite_mark		*m;

	filter(&c, in, strlen(in));
	assert_true(i < c.marks_len);
	m = &c.marks[i];
	assert_int_equal(m->to - m->from, strlen(quote));
	assert_memory_equal(passages[m->passage].text + m->from, quote,
	    strlen(quote));
	cite_free(&c);
}

static void
test_right_markers_stay_numbered_by_first_mention(void **state)
{
	(void)state;
	expect("One [1].", "One [1].", 1);
	expect("Two [2], one [1], two [2].", "Two [1], one [2], two [1].", 3);
	expect("Three[3].", "Three[1].", 1);
	expect("[2]", "[1]", 1);
}

static void
test_groups_of_numbers_become_one_marker_each(void **state)
{
	(void)state;
	expect("All [1, 2].", "All [1][2].", 2);
	expect("All [1][2] [3].", "All [1][2] [3].", 3);
	expect("All [1;3].", "All [1][2].", 2);
	expect("All [1-3].", "All [1][2][3].", 3);
	expect("All [1\xe2\x80\x93" "3].", "All [1][2][3].", 3);
	expect("Twice [1, 1].", "Twice [1].", 1);
	expect("Some [1, 9].", "Some [1].", 1);
}

static void
test_other_habits_of_models_are_understood(void **state)
{
	(void)state;
	expect("Foot [^1].", "Foot [1].", 1);
	expect("Nested [[2]].", "Nested [1].", 1);
	expect("Nested [[1], [2]].", "Nested [1][2].", 2);
	expect("Word [Source 2].", "Word [1].", 1);
	expect("Word [passage: 2].", "Word [1].", 1);
	expect("Wide \xe3\x80\x90" "1\xe3\x80\x91.", "Wide [1].", 1);
	expect("Wide \xe3\x80\x90" "1\xe2\x80\xa0source\xe3\x80\x91.",
	    "Wide [1].", 1);
	expect("Wide \xef\xbc\xbb" "1\xef\xbc\xbd.", "Wide [1].", 1);
}

static void
test_markers_that_stand_for_nothing_vanish_with_their_blank(void **state)
{
	(void)state;
	expect("Nothing [4].", "Nothing.", 0);
	expect("Nothing [0] here.", "Nothing here.", 0);
	expect("Nothing  [99] here", "Nothing here", 0);
	expect("[7] Begins.", "Begins.", 0);
	expect("- [7] item\n- other", "- item\n- other", 0);
	expect("Huge [99999999999999999999].", "Huge.", 0);
	expect("Foreign \xe3\x80\x90" "4:1\xe2\x80\xa0source\xe3\x80\x91.",
	    "Foreign.", 0);
	expect("Right [1] wrong [8] right [2].",
	    "Right [1] wrong right [2].", 2);
	expect("Backwards [3-1].", "Backwards [1].", 1);
}

static void
test_brackets_that_are_no_markers_stay(void **state)
{
	(void)state;
	expect("A [name] and [x] and [ ].", "A [name] and [x] and [ ].", 0);
	expect("Open [1 and never closed", "Open [1 and never closed", 0);
	expect("Open [", "Open [", 0);
	expect("[[", "[[", 0);
	expect("Ends in blanks   ", "Ends in blanks   ", 0);
	expect("[1a] [a1] [1.5] [-1]", "[1a] [a1] [1.5] [-1]", 0);
	expect("Quote \xe3\x80\x8c" "1\xe3\x80\x8d and \xe3\x80\x90" "A"
	    "\xe3\x80\x91", "Quote \xe3\x80\x8c" "1\xe3\x80\x8d and "
	    "\xe3\x80\x90" "A\xe3\x80\x91", 0);
	expect("Escaped \\[1\\] stays", "Escaped \\[1\\] stays", 0);
}

static void
test_code_passes_unchanged(void **state)
{
	(void)state;
	expect("Use `a[1]` here [1].", "Use `a[1]` here [1].", 1);
	expect("Use ``a`[9]`` here.", "Use ``a`[9]`` here.", 0);
	expect("```c\nx[0] = y[9];\n```\nDone [2] [9].",
	    "```c\nx[0] = y[9];\n```\nDone [1].", 1);
	expect("A lone ` then [9] and [1].", "A lone ` then and [1].", 1);
	expect("A lone ` and\n[9] x` [1].", "A lone ` and\nx` [1].", 1);
	expect("``` x ``` [9]\nafter [9]", "``` x ```\nafter", 0);
	expect("```\nnever closed [9]", "```\nnever closed [9]", 0);
}

static void
test_a_link_put_on_a_marker_is_dropped(void **state)
{
	(void)state;
	expect("See [1](https://evil.example/x).", "See [1].", 1);
	expect("See [9](https://evil.example/x).", "See.", 0);
	expect("See [1](https://evil.example/x 'a title').", "See [1].", 1);
	expect("See [1](in short).", "See [1] (in short).", 1);
	expect("See [1](2020).", "See [1] (2020).", 1);
	expect("See [9](2020).", "See (2020).", 0);
	expect("See [1](", "See [1] (", 1);
}

static void
test_maths_pass_unchanged(void **state)
{
	(void)state;
	expect("So $x[1] + y[9]$ holds [2].", "So $x[1] + y[9]$ holds [1].",
	    1);
	expect("So \\(a [1]\\) and \\[b [9]\\] [3].",
	    "So \\(a [1]\\) and \\[b [9]\\] [1].", 1);
	expect("So $$\na[1]\n$$ [1].", "So $$\na[1]\n$$ [1].", 1);
	expect("Costs $5 [1] and $6 [9].", "Costs $5 [1] and $6.", 1);
	expect("Set $HOME [1] and $PATH [9].", "Set $HOME [1] and $PATH.", 1);
	expect("A $x [1] alone", "A $x [1] alone", 1);
}

static void
test_code_that_others_may_read_as_text_has_no_markers_either(void **state)
{
	(void)state;
	expect("~~~\na[9]\n~~~\nb [9]", "~~~\na[9]\n~~~\nb", 0);
	expect("- a\n    - b\n\n      ```\n      x[9]\n      ```\nc [9]",
	    "- a\n    - b\n\n      ```\n      x[9]\n      ```\nc", 0);
	expect("| `a[9]` | `b|c[9]` |", "| `a[9]` | `b|c[9]` |", 0);
	expect("1. a\n   ```\n   x[9]\nout [9] [1]",
	    "1. a\n   ```\n   x[9]\nout [1]", 1);
}

static void
test_markers_in_tables_lists_and_text_from_right_to_left(void **state)
{
	(void)state;
	expect("| a | b [1] |\n|---|---|\n| [9] | c [2][9] |",
	    "| a | b [1] |\n|---|---|\n| | c [2] |", 2);
	expect("1. a [1]\n2. b [9]\n", "1. a [1]\n2. b\n", 1);
	expect("\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d [2]. "
	    "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 [9]\xd8\x9f",
	    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d [1]. "
	    "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85\xd8\x9f", 1);
	expect("**bold[9]** and _it[1]_", "**bold** and _it[1]_", 1);
	expect("(1) and (2) [1]", "(1) and (2) [1]", 1);
}

/* What goes must not let its neighbours become what was not there. */
static void
test_nothing_grows_together_where_a_marker_went(void **state)
{
	(void)state;
	expect("a ht[9]tps://evil.example/x b",
	    "a ht tps:// evil.example/x b", 0);
	expect("https[9]://evil.example/x", "https :// evil.example/x", 0);
	expect("www[9].evil.example", "www .evil.example", 0);
	expect("a word[9]word", "a word word", 0);
	expect("a word[9], and [9]; so[9].", "a word, and; so.", 0);
	expect("x <[9]img src=a>", "x < img src=a>", 0);
	expect("[a][9](https://evil.example)", "[a]", 0);
}

static void
expect_denied(const char *in, int is_denied)
{
	struct cite	c;

	filter(&c, in, 3);
	assert_int_equal(c.is_denied, is_denied);
	assert_null(strstr(buffer_text(&c.text), "[0]"));
	cite_free(&c);
}

static void
test_an_answer_that_denies_is_known_by_its_mark_or_its_words(void **state)
{
	(void)state;
	expect_denied("That is in none of them [0].", 1);
	expect_denied("It weighs 12 kg [3]. The price is not told [0].", 0);
	expect_denied("The documents do not mention it.", 1);
	expect_denied("The provided passages don\xe2\x80\x99t say this.", 1);
	expect_denied("Die Dokumente enthalten dazu keine Angaben.", 1);
	expect_denied("Les documents ne mentionnent pas ce sujet.", 1);
	expect_denied("Los documentos no lo mencionan.", 1);
	expect_denied("It weighs 12 kg.", 0);
	expect_denied("The documents do not mention it [1].", 0);
	expect_denied("", 0);
}

static void
test_positions_count_utf16_units_and_bytes(void **state)
{
	(void)state;
	expect("Gr\xc3\xb6\xc3\x9f" "e \xf0\x9f\x98\x80 [3] \xe2\x82\xac [1]",
	    "Gr\xc3\xb6\xc3\x9f" "e \xf0\x9f\x98\x80 [1] \xe2\x82\xac [2]", 2);
}

static void
test_the_quote_is_the_sentence_that_supports_the_claim(void **state)
{
	(void)state;
	expect_quote("Restoring needs minutes [1].", 0,
	    "Restoring takes a few minutes.");
	expect_quote("Backups stay for thirty days. [1]", 0,
	    "Backups are kept for thirty days.");
	expect_quote("It listens on port 7860 [2].", 0,
	    "Lectern listens on port 7860.");
	expect_quote("It is at least two [2].", 0, "two at least");
	expect_quote("The case weighs 12 kg [3].", 0,
	    "Größe und Gewicht: Der Koffer wiegt 12 kg.");
}

static void
test_each_marker_of_a_sentence_gets_its_own_part(void **state)
{
	static const char	text[] = "Backups are kept thirty days [1] and "
				    "restoring them takes minutes [1].";

	(void)state;
	expect_quote(text, 0, "Backups are kept for thirty days.");
	expect_quote(text, 1, "Restoring takes a few minutes.");
}

static void
test_markers_side_by_side_share_the_claim(void **state)
{
	static const char	text[] = "Port 7860 is the default, backups are "
				    "kept for thirty days [2][1].";

	(void)state;
	expect_quote(text, 0, "Lectern listens on port 7860.");
	expect_quote(text, 1, "Backups are kept for thirty days.");
}

static void
test_two_sentences_are_quoted_when_both_support_the_claim(void **state)
{
	(void)state;
	expect_quote("Backups are kept for thirty days and encrypted with "
	    "your own key [1].", 0, "Backups are kept for thirty days. They "
	    "are encrypted with a key of your own.");
}

static void
test_a_claim_that_shares_no_word_gets_the_passage(void **state)
{
	(void)state;
	expect_quote("Quux zork [3].", 0, passages[2].text);
}

static void
test_verbatim_text_never_looks_like_a_marker(void **state)
{
	struct cite	c;

	(void)state;
	cite_init(&c, passages, 3);
	assert_int_equal(cite_verbatim(&c, "As shown [12], x[[3]].", 22, 0), 0);
	assert_int_equal(cite_mark(&c, 1, 9, 38), 0);
	assert_int_equal(cite_verbatim(&c, "\na[1]", 5, 1), 0);
	assert_string_equal(buffer_text(&c.text),
	    "As shown \\[12\\], x\\[\\[3\\]\\]. [1]\na[1]");
	check_marks(&c);
	assert_int_equal(c.marks_len, 1);
	cite_free(&c);
}

static void
test_equal_citations_are_found(void **state)
{
	struct cite	c;

	(void)state;
	filter(&c, "Restoring takes minutes [1]. Kept thirty days [1]. "
	    "Restoring takes minutes [1].", 7);
	assert_int_equal(c.marks_len, 3);
	assert_int_equal(cite_first_alike(&c, 0), 0);
	assert_int_equal(cite_first_alike(&c, 1), 1);
	assert_int_equal(cite_first_alike(&c, 2), 0);
	cite_free(&c);
}

static void
test_random_cuts_change_nothing(void **state)
{
	static const char	*const pieces[] = { "[", "]", "1", "2", "9", " ",
				    ", ", "`", "```", "\n", "word", ". ", "(",
				    "https://x.y/", ")", "\xe3\x80\x90",
				    "\xe3\x80\x91", "\xe2\x80\xa0", "\\", "^",
				    "\xc3\xa9", "\xf0\x9f\x98\x80", "-",
				    "source", "!", "<", ">", "http", "://",
				    "www.", ":", "~~~", "$", "|", "    " };
	struct cite		 a, b;
	char			 text[512];
	size_t			 i, round, at, n, len;

	(void)state;
	srandom(7);
	for (round = 0; round < 4000; round++) {
		text[0] = '\0';
		for (i = 0; i < 40; i++)
			strcat(text, pieces[(size_t)random() %
			    (sizeof(pieces) / sizeof(pieces[0]))]);
		len = strlen(text);
		filter(&a, text, len);
		cite_init(&b, passages, 3);
		for (at = 0; at < len; at += n) {
			n = 1 + (size_t)random() % 9;
			n = len - at < n ? len - at : n;
			assert_int_equal(cite_feed(&b, text + at, n), 0);
		}
		assert_int_equal(cite_finish(&b), 0);
		assert_string_equal(buffer_text(&a.text),
		    buffer_text(&b.text));
		assert_int_equal(a.marks_len, b.marks_len);
		check_marks(&b);
		cite_free(&a);
		cite_free(&b);
	}
}

static void
test_a_hash_is_that_of_the_bytes(void **state)
{
	char	hash[CITE_SHA256_SIZE];

	(void)state;
	cite_sha256("abc", 3, hash);
	assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(
		    test_right_markers_stay_numbered_by_first_mention),
		cmocka_unit_test(test_groups_of_numbers_become_one_marker_each),
		cmocka_unit_test(test_other_habits_of_models_are_understood),
		cmocka_unit_test(
		    test_markers_that_stand_for_nothing_vanish_with_their_blank),
		cmocka_unit_test(test_brackets_that_are_no_markers_stay),
		cmocka_unit_test(test_code_passes_unchanged),
		cmocka_unit_test(test_a_link_put_on_a_marker_is_dropped),
		cmocka_unit_test(test_maths_pass_unchanged),
		cmocka_unit_test(
		    test_code_that_others_may_read_as_text_has_no_markers_either),
		cmocka_unit_test(
		    test_markers_in_tables_lists_and_text_from_right_to_left),
		cmocka_unit_test(
		    test_nothing_grows_together_where_a_marker_went),
		cmocka_unit_test(
		    test_an_answer_that_denies_is_known_by_its_mark_or_its_words),
		cmocka_unit_test(test_positions_count_utf16_units_and_bytes),
		cmocka_unit_test(
		    test_the_quote_is_the_sentence_that_supports_the_claim),
		cmocka_unit_test(
		    test_each_marker_of_a_sentence_gets_its_own_part),
		cmocka_unit_test(test_markers_side_by_side_share_the_claim),
		cmocka_unit_test(
		    test_two_sentences_are_quoted_when_both_support_the_claim),
		cmocka_unit_test(
		    test_a_claim_that_shares_no_word_gets_the_passage),
		cmocka_unit_test(test_verbatim_text_never_looks_like_a_marker),
		cmocka_unit_test(test_equal_citations_are_found),
		cmocka_unit_test(test_random_cuts_change_nothing),
		cmocka_unit_test(test_a_hash_is_that_of_the_bytes),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
