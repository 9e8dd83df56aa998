/* links: src/chunker.c src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/utf8.c */
/*
 * Chunks of any text: random ones keep every promise, large ones take no time
 * that grows with their square.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "chunker.h"
#include "utf8.h"

/* A random text made of what texts are made of. */
static size_t
dice(char *out, size_t size)
{
	static const char *const	pieces[] = {
		"\n", "\n\n", "\n\n", "\r\n", "\r", " ", "    ", "\t", "# ",
		"## ", "#### ", "- ", "1. ", "> ", "```\n", "---\n", "===\n",
		"| a | b |\n", "|---|---|\n", "<div>\n", "<!--", "Dr. ",
		"A sentence of some words. ", "Is it?\n", "word ", "\xc3\xa9",
		"\xe6\x97\xa5\xe6\x9c\xac\xe3\x80\x82", "\xf0\x9f\x98\x80",
		"\xc2\xa0", "\xe3\x80\x80", "abcdefghijklmnopqrstuvwxyz",
		"N.\n\n                    indented", "word\n\n\t\t\tword"
	};
	const char			*piece;
	size_t				 len = 0, times;
	int				 count;

	for (count = (int)(random() % 60); count > 0; count--) {
		piece = pieces[(size_t)random() %
		    (sizeof(pieces) / sizeof(pieces[0]))];
		times = random() % 8 == 0 ? (size_t)random() % 30 : 1;
		for (; times > 0; times--) {
			if (len + strlen(piece) >= size)
				return (len);
			memcpy(out + len, piece, strlen(piece));
			len += strlen(piece);
		}
	}

	return (len);
}

/* What every chunking promises, for a valid text. */
static void
expect_promises(const char *text, size_t len,
    const struct chunker_options *options, size_t max, size_t overlap)
{
	struct chunker	c = chunker_open(text, len, options);
	struct chunk	chunk;
	size_t		ordinal = 0, start = 0, end = 0;

	while (chunker_next(&c, &chunk)) {
		assert_int_equal(chunk.ordinal, ordinal++);
		assert_true(chunk.start < chunk.end && chunk.end <= len);
		assert_true(chunk.end - chunk.start <= max);
		assert_true(ordinal == 1 || chunk.start > start);
		assert_true(chunk.end > end);
		assert_true(chunk.start >= end || end - chunk.start <= overlap);
		assert_true(utf8_is_valid(text + chunk.start,
		    chunk.end - chunk.start));
		assert_true(utf8_skip_blanks(text, chunk.end, chunk.start) <
		    chunk.end);
		assert_int_equal(utf8_trim_end(text, chunk.start, chunk.end),
		    chunk.end);
		/* What lies between two chunks is blank. */
		if (chunk.start > end)
			assert_int_equal(utf8_skip_blanks(text, chunk.start,
			    end), chunk.start);
		assert_true(strlen(chunk.heading) < CHUNKER_PATH_SIZE);
		assert_true(utf8_is_text(chunk.heading,
		    strlen(chunk.heading)));
		start = chunk.start;
		end = chunk.end;
	}
	assert_int_equal(utf8_skip_blanks(text, len, end), len);
	assert_false(chunker_next(&c, &chunk));
}

static void
test_any_text_keeps_all_promises_at_any_size(void **state)
{
	char			text[4000];
	struct chunker_options	options;
	size_t			len;
	int			round;

	(void)state;
	for (round = 0; round < 20000; round++) {
		len = dice(text, sizeof(text));
		options = (struct chunker_options){
			.target = 64 + (size_t)random() % 300,
			.syntax = round % 4 == 0 ? MARKDOWN_PLAIN :
			    MARKDOWN_FULL
		};
		options.max = options.target * 5 / 4 +
		    (size_t)random() % options.target;
		options.overlap = 1 + (size_t)random() % (options.target / 4);
		options.no_overlap = round % 3 == 0;
		expect_promises(text, len, &options, options.max,
		    options.no_overlap ? 0 : options.overlap);
		expect_promises(text, len, NULL, CHUNKER_MAX,
		    CHUNKER_OVERLAP);
	}
}

/* Processor time of cutting a text made of one piece. */
static double
seconds_for(const char *begin, const char *piece, char *text, size_t size)
{
	struct chunker	c;
	struct chunk	chunk;
	size_t		len = strlen(begin), piece_len = strlen(piece);
	clock_t		started;

	memcpy(text, begin, len);
	for (; len + piece_len <= size; len += piece_len)
		memcpy(text + len, piece, piece_len);

	started = clock();
	c = chunker_open(text, len, NULL);
	while (chunker_next(&c, &chunk))
		continue;

	return ((double)(clock() - started) / CLOCKS_PER_SEC);
}

static void
test_time_does_not_grow_with_the_square_of_any_text(void **state)
{
	static const char *const	texts[][2] = {
		{ "", "a" }, { "", "#" }, { "", "\n" }, { "", "`" },
		{ "", " " }, { "", "\r" }, { "", "[" }, { "", "|" },
		{ "", ". " }, { "", "> " }, { "", "<" }, { "", "a\n" },
		{ "", "# a\n" }, { "", "# a\nb\n" }, { "", "a\n\n" },
		{ "", "- a\n" }, { "", "Dr. A. " }, { "", "a\n-\n" },
		{ "", "\xc2\xa0" }, { "", "\xe6\x97\xa5" }, { "```\n", "a\n" },
		{ "```\n", "\n" }, { "<!--", "-" }, { "---\na: b\n", "c" },
		{ "|a|b|\n|-|-|\n", "|c|d|\n" }, { "a.", ")" },
		{ "# ", "[" }, { "# ", "* " }, { "# ", "`*" }
	};
	const size_t			size = 2u << 20;
	char				*text;
	size_t				i;

	(void)state;
	text = malloc(size);
	assert_non_null(text);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (seconds_for(texts[i][0], texts[i][1], text, size) > 5)
			fail_msg("2 MiB of \"%s\" take too long",
			    texts[i][1]);
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_any_text_keeps_all_promises_at_any_size),
		cmocka_unit_test(
		    test_time_does_not_grow_with_the_square_of_any_text)
	};

	srandom(1);

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
