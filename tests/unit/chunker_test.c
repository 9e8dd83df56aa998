/* links: src/chunker.c src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/utf8.c */
/*
 * Chunks: what known texts are cut into. chunker_any_test.c holds what must be
 * so for any text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chunker.h"
#include "utf8.h"

#define CHUNKS_MAX	200

/* The chunks of one text, under test. */
static struct chunk	chunks[CHUNKS_MAX];
static size_t		chunks_len;

static void
cut(const char *text, const struct chunker_options *options)
{
	struct chunker	c = chunker_open(text, strlen(text), options);

	for (chunks_len = 0; chunks_len < CHUNKS_MAX; chunks_len++) {
		if (!chunker_next(&c, &chunks[chunks_len]))
			return;
	}
	fail_msg("too many chunks");
}

static void
expect_chunk(const char *text, size_t i, const char *want, const char *path)
{
	assert_true(i < chunks_len);
	if (chunks[i].end - chunks[i].start != strlen(want) ||
	    memcmp(text + chunks[i].start, want, strlen(want)) != 0)
		fail_msg("chunk %zu is \"%.*s\"", i,
		    (int)(chunks[i].end - chunks[i].start),
		    text + chunks[i].start);
	assert_string_equal(chunks[i].heading, path);
	assert_int_equal(chunks[i].ordinal, i);
}

/* Appends `times` copies of a piece. */
static void
repeat(char *out, size_t size, const char *piece, size_t times)
{
	size_t	len = strlen(out);

	for (; times > 0; times--)
		len += (size_t)snprintf(out + len, size - len, "%s", piece);
	assert_true(len < size);
}

static int
ends_with(const char *text, const struct chunk *chunk, const char *end)
{
	size_t	len = strlen(end);

	return (chunk->end - chunk->start >= len &&
	    memcmp(text + chunk->end - len, end, len) == 0);
}

static int
begins_with(const char *text, const struct chunk *chunk, const char *begin)
{
	return (strncmp(text + chunk->start, begin, strlen(begin)) == 0);
}

static void
test_each_section_is_a_chunk_under_its_headings(void **state)
{
	const char	*text = "Before.\n\n# The *Guide*\n\nWelcome.\n\n"
			    "## Install\n\nType `make`.\n\n### Debian ###\n\n"
			    "apt.\n\nUsage\n-----\n\nRun.\n\n# End\n\nBye.\n";

	(void)state;
	cut(text, NULL);
	assert_int_equal(chunks_len, 6);
	expect_chunk(text, 0, "Before.", "");
	expect_chunk(text, 1, "# The *Guide*\n\nWelcome.", "The Guide");
	expect_chunk(text, 2, "## Install\n\nType `make`.",
	    "The Guide > Install");
	expect_chunk(text, 3, "### Debian ###\n\napt.",
	    "The Guide > Install > Debian");
	expect_chunk(text, 4, "Usage\n-----\n\nRun.", "The Guide > Usage");
	expect_chunk(text, 5, "# End\n\nBye.", "End");
}

static void
test_headings_stay_with_what_follows_them(void **state)
{
	const char	*text = "# Guide\n\n## Install\n\n### Debian\n\napt.\n\n"
			    "## Empty\n\n## Next\n\n---\n\ntext\n\n# Last\n";

	(void)state;
	cut(text, NULL);
	assert_int_equal(chunks_len, 3);
	expect_chunk(text, 0, "# Guide\n\n## Install\n\n### Debian\n\napt.",
	    "Guide > Install > Debian");
	expect_chunk(text, 1, "## Empty\n\n## Next\n\n---\n\ntext",
	    "Guide > Next");
	expect_chunk(text, 2, "# Last", "Last");
}

static void
test_front_matter_goes_with_the_first_section(void **state)
{
	const char	*text = "---\ntitle: X\n---\n# A\n\ntext\n\n# B\n\nb";

	(void)state;
	cut(text, NULL);
	assert_int_equal(chunks_len, 2);
	expect_chunk(text, 0, "---\ntitle: X\n---\n# A\n\ntext", "A");
	expect_chunk(text, 1, "# B\n\nb", "B");
}

static void
test_marks_in_code_are_no_headings(void **state)
{
	const char	*text = "# A\n\n```sh\n# comment\nmake\n```\n";

	(void)state;
	cut(text, NULL);
	assert_int_equal(chunks_len, 1);
	expect_chunk(text, 0, "# A\n\n```sh\n# comment\nmake\n```", "A");
}

static void
test_text_without_content_gives_no_chunk(void **state)
{
	static const char *const	texts[] = {
		"", " ", "\n\n\r\n\t", "\xc2\xa0\n\xe3\x80\x80",
		"\xef\xbb\xbf"
	};
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cut(texts[i], NULL);
		assert_int_equal(chunks_len, 0);
	}
}

static void
test_paragraphs_are_kept_whole_and_cut_between(void **state)
{
	char	text[8000] = "";
	size_t	i;

	(void)state;
	for (i = 0; i < 12; i++) {
		repeat(text, sizeof(text), "Begin. ", 1);
		repeat(text, sizeof(text), "Some words stand here. ", 17);
		repeat(text, sizeof(text), "Finish.\n\n", 1);
	}
	cut(text, &(struct chunker_options){ .no_overlap = 1 });
	assert_int_equal(chunks_len, 4);
	for (i = 0; i < chunks_len; i++) {
		assert_true(begins_with(text, &chunks[i], "Begin."));
		assert_true(ends_with(text, &chunks[i], "Finish."));
	}
}

static void
test_a_paragraph_somewhat_over_the_target_is_not_cut(void **state)
{
	char	text[8000] = "Start. ";

	(void)state;
	repeat(text, sizeof(text), "Some words stand here. ", 78);
	cut(text, NULL);
	assert_int_equal(chunks_len, 1);
}

static void
test_a_long_paragraph_is_cut_at_sentences_into_even_parts(void **state)
{
	char	text[20000] = "";
	size_t	i, len;

	(void)state;
	repeat(text, sizeof(text), "Dr. Who has words of his own. ", 300);
	cut(text, &(struct chunker_options){ .no_overlap = 1 });
	assert_true(chunks_len >= 7 && chunks_len <= 9);
	for (i = 0; i < chunks_len; i++) {
		len = chunks[i].end - chunks[i].start;
		assert_true(len > 800 && len <= 1500);
		assert_true(begins_with(text, &chunks[i], "Dr. Who"));
		assert_true(ends_with(text, &chunks[i], "own."));
	}
}

static void
test_no_crumbs_are_left_at_the_end_of_a_section(void **state)
{
	char	text[8000] = "# A\n\n";
	size_t	i;

	(void)state;
	repeat(text, sizeof(text), "Words that make up a sentence here. ", 34);
	repeat(text, sizeof(text), "\n\nA last line.\n\n# B\n\nb", 1);
	cut(text, NULL);
	assert_int_equal(chunks_len, 2);
	assert_true(ends_with(text, &chunks[0], "A last line."));

	text[0] = '\0';
	repeat(text, sizeof(text), "Words that make up a sentence here. ", 75);
	cut(text, NULL);
	for (i = 0; i < chunks_len; i++)
		assert_true(chunks[i].end - chunks[i].start > 700);
}

static void
test_overlap_repeats_whole_sentences_of_a_paragraph(void **state)
{
	char	text[20000] = "";
	size_t	i;

	(void)state;
	repeat(text, sizeof(text), "There are some words of its own. ", 200);
	cut(text, &(struct chunker_options){ .overlap = 80 });
	assert_true(chunks_len > 3);
	for (i = 1; i < chunks_len; i++) {
		assert_true(begins_with(text, &chunks[i], "There are"));
		assert_int_equal(chunks[i - 1].end - chunks[i].start, 65);
	}
	cut(text, &(struct chunker_options){ .overlap = 20 });
	for (i = 1; i < chunks_len; i++)
		assert_true(chunks[i].start > chunks[i - 1].end);
}

static void
test_overlap_does_not_cross_headings_code_or_lists(void **state)
{
	char	text[20000] = "";
	size_t	i;

	(void)state;
	repeat(text, sizeof(text), "# H\n\nShort. And end.\n\n", 3);
	repeat(text, sizeof(text), "```\n", 1);
	repeat(text, sizeof(text), "code. More.\n", 500);
	repeat(text, sizeof(text), "```\n\n", 1);
	repeat(text, sizeof(text), "- An item. Of a list.\n", 200);
	cut(text, NULL);
	assert_true(chunks_len > 6);
	for (i = 1; i < chunks_len; i++)
		assert_true(chunks[i].start >= chunks[i - 1].end);
}

static void
test_code_and_tables_are_kept_whole_while_they_fit(void **state)
{
	char	text[20000] = "";
	size_t	i, whole = 0;

	(void)state;
	for (i = 0; i < 4; i++) {
		repeat(text, sizeof(text), "Some words here. ", 25);
		repeat(text, sizeof(text), "\n\n```\n", 1);
		repeat(text, sizeof(text), "call(it);\n", 170);
		repeat(text, sizeof(text), "```\n\n", 1);
		repeat(text, sizeof(text), "| a | b |\n|---|---|\n", 1);
		repeat(text, sizeof(text), "| one | two |\n", 140);
		repeat(text, sizeof(text), "\n", 1);
	}
	cut(text, NULL);
	for (i = 0; i < chunks_len; i++) {
		whole += ends_with(text, &chunks[i], "```");
		whole += ends_with(text, &chunks[i], "two |");
	}
	assert_int_equal(whole, 8);
	assert_true(chunks_len <= 12);
}

static void
test_code_too_long_is_cut_at_lines_preferably_empty_ones(void **state)
{
	char	text[20000] = "```c\n";
	size_t	i;

	(void)state;
	for (i = 0; i < 20; i++) {
		repeat(text, sizeof(text), "int\nfunction(void)\n{\n", 1);
		repeat(text, sizeof(text), "\tcall(it);\n", 30);
		repeat(text, sizeof(text), "}\n\n", 1);
	}
	repeat(text, sizeof(text), "```\n", 1);
	cut(text, NULL);
	assert_true(chunks_len > 4);
	for (i = 1; i < chunks_len; i++)
		assert_true(begins_with(text, &chunks[i], "int\n"));
}

static void
test_the_indent_of_code_is_kept_at_a_cut(void **state)
{
	char	text[20000] = "```c\n";
	size_t	i;

	(void)state;
	repeat(text, sizeof(text), "\t\tcall(it);\n", 500);
	cut(text, NULL);
	assert_true(chunks_len > 4);
	for (i = 1; i < chunks_len; i++)
		assert_true(begins_with(text, &chunks[i], "\t\tcall"));
}

static void
test_an_indent_alone_is_no_chunk(void **state)
{
	char	text[400] = "Some words stand here to fill the chunk.\n\n";

	(void)state;
	repeat(text, sizeof(text), "n\n\n", 1);
	repeat(text, sizeof(text), " ", 35);
	repeat(text, sizeof(text), "k", 100);
	cut(text, &(struct chunker_options){ .target = 73, .max = 101,
	    .overlap = 18 });
	assert_int_equal(chunks_len, 3);
	assert_true(ends_with(text, &chunks[0], "\n\nn"));
	assert_true(begins_with(text, &chunks[1], "n\n\n "));
	assert_true(ends_with(text, &chunks[1], "k"));
	assert_true(begins_with(text, &chunks[2], "k"));
}

static void
test_lists_are_cut_between_items_of_the_top(void **state)
{
	char	text[20000] = "These are all:\n\n";
	size_t	i;

	(void)state;
	for (i = 0; i < 30; i++) {
		repeat(text, sizeof(text), "- Top item that says a little\n", 1);
		repeat(text, sizeof(text), "  - nested one that adds some\n", 3);
	}
	cut(text, NULL);
	assert_true(chunks_len >= 3);
	assert_true(begins_with(text, &chunks[0], "These are all:\n\n- Top"));
	for (i = 1; i < chunks_len; i++)
		assert_true(begins_with(text, &chunks[i], "- Top"));
}

static void
test_an_introduction_stays_with_what_it_introduces(void **state)
{
	char	text[20000] = "";

	(void)state;
	repeat(text, sizeof(text), "Some words here. ", 70);
	repeat(text, sizeof(text), "\n\nThen do as follows:\n\n```\n", 1);
	repeat(text, sizeof(text), "call(it);\n", 60);
	repeat(text, sizeof(text), "```\n\n", 1);
	repeat(text, sizeof(text), "Some words here. ", 80);
	cut(text, &(struct chunker_options){ .no_overlap = 1 });
	assert_int_equal(chunks_len, 3);
	assert_true(begins_with(text, &chunks[1], "Then do as follows:"));
}

static void
test_text_without_sentences_is_cut_at_lines_then_blanks(void **state)
{
	char	text[20000] = "";
	size_t	i;

	(void)state;
	repeat(text, sizeof(text), "a line of a log with no end\n", 300);
	cut(text, NULL);
	assert_true(chunks_len >= 6);
	for (i = 0; i < chunks_len; i++)
		assert_true(begins_with(text, &chunks[i], "a line"));

	text[0] = '\0';
	repeat(text, sizeof(text), "word ", 2000);
	cut(text, NULL);
	assert_true(chunks_len >= 7);
	for (i = 0; i < chunks_len; i++) {
		assert_true(begins_with(text, &chunks[i], "word"));
		assert_true(ends_with(text, &chunks[i], "word"));
	}
}

static void
test_text_without_blanks_is_cut_between_characters(void **state)
{
	char	text[20000] = "x";
	size_t	i, at = 0;

	(void)state;
	repeat(text, sizeof(text), "\xe6\x97\xa5", 3000);
	cut(text, NULL);
	for (i = 0; i < chunks_len; i++) {
		assert_int_equal(chunks[i].start, at);
		assert_true(utf8_is_valid(text + chunks[i].start,
		    chunks[i].end - chunks[i].start));
		at = chunks[i].end;
	}
	assert_int_equal(at, strlen(text));
}

static void
test_plain_text_has_no_headings_of_hashes(void **state)
{
	const char	*text = "# one\n\n# two\n";

	(void)state;
	cut(text, &(struct chunker_options){ .syntax = MARKDOWN_PLAIN });
	assert_int_equal(chunks_len, 1);
	expect_chunk(text, 0, "# one\n\n# two", "");
}

static void
test_long_headings_are_shortened_in_the_path(void **state)
{
	char	text[4000] = "";
	size_t	i;

	(void)state;
	for (i = 1; i <= 6; i++) {
		repeat(text, sizeof(text), "#", i);
		repeat(text, sizeof(text), " ", 1);
		repeat(text, sizeof(text), "\xc3\xa9", 200);
		repeat(text, sizeof(text), "\n", 1);
	}
	repeat(text, sizeof(text), "text", 1);
	cut(text, NULL);
	assert_true(chunks_len >= 1);
	i = strlen(chunks[chunks_len - 1].heading);
	assert_true(i > 600 && i < CHUNKER_PATH_SIZE);
	assert_true(utf8_is_text(chunks[chunks_len - 1].heading, i));
}

static void
test_impossible_options_are_put_right(void **state)
{
	char	text[20000] = "";
	size_t	i;

	(void)state;
	repeat(text, sizeof(text), "Some words stand here. ", 500);
	cut(text, &(struct chunker_options){ .target = 1, .max = 1,
	    .overlap = 100000 });
	for (i = 0; i < chunks_len; i++)
		assert_true(chunks[i].end - chunks[i].start <= 80);
	cut(text, &(struct chunker_options){ .target = 200,
	    .max = 100000000 });
	for (i = 0; i < chunks_len; i++)
		assert_true(chunks[i].end - chunks[i].start <= 800);
	cut(text, &(struct chunker_options){ .target = SIZE_MAX,
	    .max = SIZE_MAX, .overlap = SIZE_MAX });
	assert_int_equal(chunks_len, 1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(
		    test_each_section_is_a_chunk_under_its_headings),
		cmocka_unit_test(test_headings_stay_with_what_follows_them),
		cmocka_unit_test(test_front_matter_goes_with_the_first_section),
		cmocka_unit_test(test_marks_in_code_are_no_headings),
		cmocka_unit_test(test_text_without_content_gives_no_chunk),
		cmocka_unit_test(
		    test_paragraphs_are_kept_whole_and_cut_between),
		cmocka_unit_test(
		    test_a_paragraph_somewhat_over_the_target_is_not_cut),
		cmocka_unit_test(
		    test_a_long_paragraph_is_cut_at_sentences_into_even_parts),
		cmocka_unit_test(
		    test_no_crumbs_are_left_at_the_end_of_a_section),
		cmocka_unit_test(
		    test_overlap_repeats_whole_sentences_of_a_paragraph),
		cmocka_unit_test(
		    test_overlap_does_not_cross_headings_code_or_lists),
		cmocka_unit_test(
		    test_code_and_tables_are_kept_whole_while_they_fit),
		cmocka_unit_test(
		    test_code_too_long_is_cut_at_lines_preferably_empty_ones),
		cmocka_unit_test(test_the_indent_of_code_is_kept_at_a_cut),
		cmocka_unit_test(test_an_indent_alone_is_no_chunk),
		cmocka_unit_test(test_lists_are_cut_between_items_of_the_top),
		cmocka_unit_test(
		    test_an_introduction_stays_with_what_it_introduces),
		cmocka_unit_test(
		    test_text_without_sentences_is_cut_at_lines_then_blanks),
		cmocka_unit_test(
		    test_text_without_blanks_is_cut_between_characters),
		cmocka_unit_test(test_plain_text_has_no_headings_of_hashes),
		cmocka_unit_test(test_long_headings_are_shortened_in_the_path),
		cmocka_unit_test(test_impossible_options_are_put_right)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
