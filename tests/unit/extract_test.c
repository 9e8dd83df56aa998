/* links: src/extract.c src/voice.c src/language.c src/analyze.c src/cite.c src/citecode.c src/linkguard.c src/denial.c src/marker.c src/support.c src/words.c src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/span.c src/utf8.c src/buffer.c -lsodium -lutf8proc -lstemmer */
/*
 * The extractive answer: what is chosen, and that it is verbatim.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "extract.h"

#define PASSAGE(s)	{ s, sizeof(s) - 1 }

static const struct cite_passage passages[] = {
	PASSAGE("# Install\n\nLectern needs Debian. Install it with these "
	    "commands:\n\n```sh\napt install lectern\nlectern[1] --check\n"
	    "```\n\nThen open the page.\n"),
	PASSAGE("Backups are kept for thirty days. The moon is round. As Owen "
	    "says [12], backups are encrypted."),
	PASSAGE("The moon is round. The kettle has three modes:\n\n- boil\n"
	    "- keep warm\n- descale\n\nOther text follows here."),
};

static size_t
choose(const char *question, struct extract_piece pieces[EXTRACT_PIECES_MAX])
{
	return (extract_choose(question, strlen(question), passages, 3,
	    pieces));
}

static void
expect_first(const char *question, const char *text)
{
	struct extract_piece	pieces[EXTRACT_PIECES_MAX];

	assert_true(choose(question, pieces) > 0);
	assert_int_equal(pieces[0].to - pieces[0].from, strlen(text));
	assert_memory_equal(passages[pieces[0].passage].text + pieces[0].from,
	    text, strlen(text));
}

static void
test_the_sentence_that_shares_most_comes_first(void **state)
{
	(void)state;
	expect_first("How long are backups kept?",
	    "Backups are kept for thirty days.");
	expect_first("What does Lectern need?", "Lectern needs Debian.");
}

static void
test_a_lead_takes_its_list_or_code_along(void **state)
{
	(void)state;
	expect_first("Which modes does the kettle have?",
	    "The kettle has three modes:\n\n- boil\n- keep warm\n- descale");
	expect_first("How do I install it with commands?",
	    "Install it with these commands:\n\n```sh\napt install lectern\n"
	    "lectern[1] --check\n```");
}

static void
test_a_sentence_that_stands_twice_is_shown_once(void **state)
{
	struct extract_piece	pieces[EXTRACT_PIECES_MAX];
	size_t			i, n, moons = 0;

	(void)state;
	n = choose("Is the moon round?", pieces);
	for (i = 0; i < n; i++)
		if (memmem(passages[pieces[i].passage].text + pieces[i].from,
		    pieces[i].to - pieces[i].from, "moon", 4) != NULL)
			moons++;
	assert_int_equal(moons, 1);
}

static void
test_a_question_that_shares_nothing_still_gets_the_best_passage(void **state)
{
	(void)state;
	expect_first("Zork?", "Lectern needs Debian.");
}

static void
test_blank_passages_give_nothing(void **state)
{
	const struct cite_passage	blank[] = { PASSAGE(" \n\n ") };
	struct extract_piece		pieces[EXTRACT_PIECES_MAX];

	(void)state;
	assert_int_equal(extract_choose("What?", 5, blank, 1, pieces), 0);
	assert_int_equal(extract_choose("What?", 5, NULL, 0, pieces), 0);
}

static void
write_answer(struct cite *c, const char *question)
{
	cite_init(c, passages, 3);
	assert_int_equal(extract_write(c, question, strlen(question)), 0);
}

static void
test_each_piece_is_followed_by_its_marker(void **state)
{
	const struct cite_mark	*m;
	struct cite		 c;
	size_t			 i;

	(void)state;
	write_answer(&c, "Are backups encrypted, says Owen?");
	assert_true(c.marks_len > 0);
	assert_non_null(strstr(buffer_text(&c.text),
	    "\n\nAs Owen says \\[12\\], backups are encrypted. [1]"));
	for (i = 0; i < c.marks_len; i++) {
		m = &c.marks[i];
		assert_true(m->from < m->to &&
		    m->to <= passages[m->passage].len);
	}
	cite_free(&c);
}

static void
test_code_is_unchanged_and_its_marker_stands_below(void **state)
{
	struct cite	c;

	(void)state;
	write_answer(&c, "How do I install it with commands?");
	assert_non_null(strstr(buffer_text(&c.text),
	    "lectern[1] --check\n```\n\n[1]"));
	cite_free(&c);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_the_sentence_that_shares_most_comes_first),
		cmocka_unit_test(test_a_lead_takes_its_list_or_code_along),
		cmocka_unit_test(test_a_sentence_that_stands_twice_is_shown_once),
		cmocka_unit_test(
		    test_a_question_that_shares_nothing_still_gets_the_best_passage),
		cmocka_unit_test(test_blank_passages_give_nothing),
		cmocka_unit_test(test_each_piece_is_followed_by_its_marker),
		cmocka_unit_test(
		    test_code_is_unchanged_and_its_marker_stands_below),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
