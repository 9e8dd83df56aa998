/* links: src/markdown.c src/mdline.c src/mdinline.c src/utf8.c */
/*
 * The block structure of texts: known ones block by block, random ones by
 * what must hold for all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "markdown.h"
#include "utf8.h"

struct want {
	enum markdown_kind	 kind;
	int			 level;
	const char		*text;
};

#define EXPECT(syntax, in, ...)						\
	expect(syntax, in, (const struct want []){ __VA_ARGS__ },	\
	    sizeof((const struct want []){ __VA_ARGS__ }) /		\
	    sizeof(struct want))
#define FULL(in, ...)	EXPECT(MARKDOWN_FULL, in, __VA_ARGS__)
#define PLAIN(in, ...)	EXPECT(MARKDOWN_PLAIN, in, __VA_ARGS__)
#define PARAGRAPH(t)	{ MARKDOWN_PARAGRAPH, 0, t }
#define HEADING(l, t)	{ MARKDOWN_HEADING, l, t }
#define ITEM(l, t)	{ MARKDOWN_LIST_ITEM, l, t }
#define CODE(t)		{ MARKDOWN_CODE, 0, t }
#define TABLE(t)	{ MARKDOWN_TABLE, 0, t }
#define QUOTE(t)	{ MARKDOWN_QUOTE, 0, t }
#define HTML(t)		{ MARKDOWN_HTML, 0, t }
#define BREAK(t)	{ MARKDOWN_BREAK, 0, t }

static void
expect(enum markdown_syntax syntax, const char *in, const struct want *want,
    size_t want_len)
{
	struct markdown		m = markdown_open(in, strlen(in), syntax);
	struct markdown_block	block;
	size_t			i;

	for (i = 0; i < want_len; i++) {
		assert_true(markdown_next(&m, &block));
		assert_int_equal(block.end - block.start,
		    strlen(want[i].text));
		assert_memory_equal(in + block.start, want[i].text,
		    strlen(want[i].text));
		assert_int_equal(block.kind, want[i].kind);
		assert_int_equal(block.level, want[i].level);
	}
	assert_false(markdown_next(&m, &block));
	assert_false(markdown_next(&m, &block));
}

static void
test_headings_of_both_kinds_have_their_level(void **state)
{
	(void)state;
	FULL("# One\n###### Six ##\n  ## Two\nText\nUnder\n===\n\nDash\n--\n",
	    HEADING(1, "# One"), HEADING(6, "###### Six ##"),
	    HEADING(2, "## Two"), HEADING(1, "Text\nUnder\n==="),
	    HEADING(2, "Dash\n--"));
	FULL("#\n#tag\n####### seven", HEADING(1, "#"),
	    PARAGRAPH("#tag\n####### seven"));
}

static void
test_a_long_paragraph_is_no_heading_whatever_is_drawn_below(void **state)
{
	char	text[300], paragraph[250];
	size_t	i;

	(void)state;
	for (i = 0; i < 40; i++)
		memcpy(paragraph + i * 6, "words ", 6);
	paragraph[i * 6 - 1] = '\0';
	(void)snprintf(text, sizeof(text), "%s\n---\n", paragraph);
	FULL(text, PARAGRAPH(paragraph), BREAK("---"));
}

static void
test_paragraphs_end_at_blank_lines_and_before_other_blocks(void **state)
{
	(void)state;
	FULL("one\ntwo\n\n\nthree\n# four\nfive\n- six\nseven\n***\n",
	    PARAGRAPH("one\ntwo"), PARAGRAPH("three"), HEADING(1, "# four"),
	    PARAGRAPH("five"), ITEM(1, "- six\nseven"), BREAK("***"));
	FULL("It was in\n1984. Then\n1. came", PARAGRAPH("It was in\n"
	    "1984. Then"), ITEM(1, "1. came"));
	FULL(" \t\n  indented\n   two  \n \n", PARAGRAPH("indented\n   two"));
}

static void
test_all_line_ends_count_and_blank_lines_may_hold_any_blank(void **state)
{
	(void)state;
	FULL("# a\rb\r\rc\r\nd\r\n\r\ne\xc2\xa0\n\xc2\xa0\xe3\x80\x80\nf",
	    HEADING(1, "# a"), PARAGRAPH("b"), PARAGRAPH("c\r\nd"),
	    PARAGRAPH("e"), PARAGRAPH("f"));
	FULL("\xef\xbb\xbf# Title", HEADING(1, "# Title"));
	expect(MARKDOWN_FULL, "", NULL, 0);
	expect(MARKDOWN_FULL, "\n \r\n\t\r\xc2\xa0", NULL, 0);
}

static void
test_fenced_code_hides_what_looks_like_blocks(void **state)
{
	(void)state;
	FULL("```sh\n# no\n\n- no\n~~~\n````\nafter", CODE("```sh\n# no\n\n"
	    "- no\n~~~\n````"), PARAGRAPH("after"));
	FULL("~~~\n```\n~~~~\n", CODE("~~~\n```\n~~~~"));
	FULL("text\n```\nopen\n\n", PARAGRAPH("text"), CODE("```\nopen"));
	FULL("```span``` here", PARAGRAPH("```span``` here"));
}

static void
test_indented_code_keeps_its_indent_and_does_not_end_a_paragraph(void **state)
{
	(void)state;
	FULL("    a\n\n      b\nc\n    d\n\n\te", CODE("    a\n\n      b"),
	    PARAGRAPH("c\n    d"), CODE("\te"));
}

static void
test_list_items_are_blocks_of_their_own_with_their_level(void **state)
{
	(void)state;
	FULL("- a\n- b\n  more\nlazy\n  * c\n    1. d\n+ e\n\n10) f\n",
	    ITEM(1, "- a"), ITEM(1, "- b\n  more\nlazy"), ITEM(2, "* c"),
	    ITEM(3, "1. d"), ITEM(1, "+ e"), ITEM(1, "10) f"));
	FULL("\xe2\x80\xa2 dot\n\xe2\x80\xa2tight\n-no\n", ITEM(1,
	    "\xe2\x80\xa2 dot"), ITEM(1, "\xe2\x80\xa2tight\n-no"));
}

static void
test_a_list_item_keeps_its_paragraphs_and_its_code(void **state)
{
	(void)state;
	FULL("1. a\n\n   b\n\n   ```\n   - no\n\n   # no\n   ```\n2. c\n\nd",
	    ITEM(1, "1. a\n\n   b\n\n   ```\n   - no\n\n   # no\n   ```"),
	    ITEM(1, "2. c"), PARAGRAPH("d"));
	FULL("- ```\n  - no\n  ```\n- b", ITEM(1, "- ```\n  - no\n  ```"),
	    ITEM(1, "- b"));
}

static void
test_tables_need_a_delimiter_row_that_fits(void **state)
{
	(void)state;
	FULL("intro\n| a | b |\n|---|:-:|\n| 1 | 2 |\nx | y\n\nend",
	    PARAGRAPH("intro"),
	    TABLE("| a | b |\n|---|:-:|\n| 1 | 2 |\nx | y"),
	    PARAGRAPH("end"));
	FULL("a | b\n-|-\n1 | 2", TABLE("a | b\n-|-\n1 | 2"));
	FULL("a | b | c\n-|-\n", PARAGRAPH("a | b | c\n-|-"));
	FULL("| a \\| b |\n|---|\n# h", TABLE("| a \\| b |\n|---|"),
	    HEADING(1, "# h"));
}

static void
test_quotes_go_on_lazily(void **state)
{
	(void)state;
	FULL("> a\n>> b\nlazy\n# h\n> c\n\n> d", QUOTE("> a\n>> b\nlazy"),
	    HEADING(1, "# h"), QUOTE("> c"), QUOTE("> d"));
}

static void
test_breaks_are_told_from_lists_and_underlines(void **state)
{
	(void)state;
	FULL("* * *\n- - -\n___\n--\n**", BREAK("* * *"), BREAK("- - -"),
	    BREAK("___"), PARAGRAPH("--\n**"));
}

static void
test_html_blocks_end_as_their_kind_says(void **state)
{
	(void)state;
	FULL("<div>\n# no\n\n# yes\n<!-- a\n\n# no\n--> b\nc\n",
	    HTML("<div>\n# no"), HEADING(1, "# yes"),
	    HTML("<!-- a\n\n# no\n--> b"), PARAGRAPH("c"));
	FULL("<PRE>\n\n# no\n</Pre>\n<b>bold</b> text\n", HTML("<PRE>\n\n"
	    "# no\n</Pre>"), PARAGRAPH("<b>bold</b> text"));
	FULL("<script>never closed\n\n# no", HTML("<script>never closed\n\n"
	    "# no"));
}

static void
test_front_matter_stands_at_the_start_only(void **state)
{
	(void)state;
	FULL("---\ntitle: x\ntags: [a]\n---\n# A", { MARKDOWN_FRONT_MATTER, 0,
	    "---\ntitle: x\ntags: [a]\n---" }, HEADING(1, "# A"));
	FULL("---\n\ntext\n\n---\n", BREAK("---"), PARAGRAPH("text"),
	    BREAK("---"));
	FULL("a\n\n---\nb: c\n---\n", PARAGRAPH("a"), BREAK("---"),
	    HEADING(2, "b: c\n---"));
}

static void
test_plain_text_has_paragraphs_lists_and_underlined_headings_only(
    void **state)
{
	(void)state;
	PLAIN("# no\n\n    no code\n\n```\n\n> no\n\n| a |\n|---|\n",
	    PARAGRAPH("# no"), PARAGRAPH("no code"), PARAGRAPH("```"),
	    PARAGRAPH("> no"), PARAGRAPH("| a |\n|---|"));
	PLAIN("TITLE\n=====\n\n- a\n- b\n\na-b\n-\n=====\nx",
	    HEADING(1, "TITLE\n====="), ITEM(1, "- a"), ITEM(1, "- b"),
	    PARAGRAPH("a-b\n-"), BREAK("====="), PARAGRAPH("x"));
}

static void
test_heading_text_is_free_of_markup(void **state)
{
	static const char *const	cases[][2] = {
		{ "# Plain", "Plain" },
		{ "## Closed ##  ", "Closed" },
		{ "# C#", "C#" },
		{ "#", "" },
		{ "Under\nlined\n-----", "Under lined" },
		{ "# *Emphasis* and **strong** __too__",
		    "Emphasis and strong too" },
		{ "# snake_case and 2 * 3", "snake_case and 2 * 3" },
		{ "# Run `kodev *args*` now", "Run kodev *args* now" },
		{ "# A [link](http://x/y_z) here", "A link here" },
		{ "# [![alt](i.png) more](u) [ref][r] [1] a[0]",
		    "alt more ref [1] a[0]" },
		{ "# Install {#install}", "Install" },
		{ "# Set {x}", "Set {x}" },
		{ "# <a id=\"x\"></a>Tag 1 < 2", "Tag 1 < 2" },
		{ "# \\*not\\* em", "*not* em" },
		{ "#   many \t blanks  ", "many blanks" },
		{ "# ~~old~~ ~5", "old ~5" }
	};
	char				out[100];
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(markdown_heading_text(cases[i][0],
		    strlen(cases[i][0]), out, sizeof(out)),
		    strlen(cases[i][1]));
		assert_string_equal(out, cases[i][1]);
	}
}

static void
test_heading_text_is_cut_between_characters(void **state)
{
	const char	*heading = "# ab\xe2\x82\xac" "cd";
	char		 out[16];
	size_t		 size;

	(void)state;
	for (size = 1; size <= 16; size++) {
		assert_true(markdown_heading_text(heading, strlen(heading),
		    out, size) < size);
		assert_true(utf8_is_text(out, strlen(out)));
		assert_int_equal(strlen(out), size < 3 ? size - 1 :
		    size < 6 ? 2 : size < 8 ? size - 1 : 7);
	}
}

static void
test_the_title_is_the_first_top_heading_or_stands_in_front_matter(
    void **state)
{
	static const char *const	cases[][2] = {
		{ "## Sub\n\n# *Top*\n\n# Later", "Top" },
		{ "#\n\n# Second", "Second" },
		{ "---\ntitle: 'Front'\n---\n## Sub", "Front" },
		{ "---\ntitle: Front\n---\n# Top", "Top" },
		{ "---\nother: Front\n---\n", "" },
		{ "```\n# no\n```\ntext", "" },
		{ "Under\n=====\n", "Under" },
		{ "", "" }
	};
	char				out[100];
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(markdown_title(cases[i][0],
		    strlen(cases[i][0]), MARKDOWN_FULL, out, sizeof(out)),
		    strlen(cases[i][1]));
		assert_string_equal(out, cases[i][1]);
	}
	assert_int_equal(markdown_title("# a", 3, MARKDOWN_PLAIN, out,
	    sizeof(out)), 0);
}

/* A random text made of what Markdown is made of. */
static size_t
dice(char *out, size_t size)
{
	static const char *const	pieces[] = {
		"\n", "\n", "\n", "\n\n", "\r\n", "\r", " ", "  ", "    ",
		"\t", "#", "##", "# ", "- ", "* ", "1. ", "> ", "```", "~~~",
		"---", "===", "|", "|-|", "a|b", "<div>", "<!--", "-->",
		"word", "Two words.", "\xc3\xa9", "\xc2\xa0", "\xe2\x80\xa2",
		"[x](y)", "`", "*", "_", "\\", "title: t", "\xef\xbb\xbf"
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

static void
test_blocks_of_any_text_are_in_order_and_hold_every_byte(void **state)
{
	char			text[512], title[16];
	struct markdown		m;
	struct markdown_block	block;
	size_t			len, behind;
	int			round;

	(void)state;
	for (round = 0; round < 100000; round++) {
		len = dice(text, sizeof(text));
		m = markdown_open(text, len, round % 4 == 0 ?
		    MARKDOWN_PLAIN : MARKDOWN_FULL);
		behind = 0;
		while (markdown_next(&m, &block)) {
			assert_true(block.start >= behind);
			assert_true(block.end > block.start);
			assert_true(block.end <= len);
			assert_int_equal(utf8_skip_blanks(text, block.start,
			    behind), block.start);
			assert_int_equal(utf8_trim_end(text, block.start,
			    block.end), block.end);
			if (block.kind != MARKDOWN_CODE)
				assert_int_equal(utf8_skip_blanks(text, len,
				    block.start), block.start);
			assert_int_equal(block.level > 0,
			    block.kind == MARKDOWN_HEADING ||
			    block.kind == MARKDOWN_LIST_ITEM);
			if (block.kind == MARKDOWN_HEADING)
				assert_true(block.level <= 6);
			behind = block.end;
		}
		assert_int_equal(utf8_skip_blanks(text, len, behind), len);
		assert_true(markdown_title(text, len, MARKDOWN_FULL, title,
		    sizeof(title)) < sizeof(title));
		assert_true(utf8_is_text(title, strlen(title)));
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_headings_of_both_kinds_have_their_level),
		cmocka_unit_test(
	test_a_long_paragraph_is_no_heading_whatever_is_drawn_below),
		cmocka_unit_test(
		    test_paragraphs_end_at_blank_lines_and_before_other_blocks),
		cmocka_unit_test(
	test_all_line_ends_count_and_blank_lines_may_hold_any_blank),
		cmocka_unit_test(test_fenced_code_hides_what_looks_like_blocks),
		cmocka_unit_test(
	test_indented_code_keeps_its_indent_and_does_not_end_a_paragraph),
		cmocka_unit_test(
		    test_list_items_are_blocks_of_their_own_with_their_level),
		cmocka_unit_test(
		    test_a_list_item_keeps_its_paragraphs_and_its_code),
		cmocka_unit_test(test_tables_need_a_delimiter_row_that_fits),
		cmocka_unit_test(test_quotes_go_on_lazily),
		cmocka_unit_test(
		    test_breaks_are_told_from_lists_and_underlines),
		cmocka_unit_test(test_html_blocks_end_as_their_kind_says),
		cmocka_unit_test(test_front_matter_stands_at_the_start_only),
		cmocka_unit_test(
	test_plain_text_has_paragraphs_lists_and_underlined_headings_only),
		cmocka_unit_test(test_heading_text_is_free_of_markup),
		cmocka_unit_test(test_heading_text_is_cut_between_characters),
		cmocka_unit_test(
	test_the_title_is_the_first_top_heading_or_stands_in_front_matter),
		cmocka_unit_test(
		    test_blocks_of_any_text_are_in_order_and_hold_every_byte)
	};

	srandom(1);

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
