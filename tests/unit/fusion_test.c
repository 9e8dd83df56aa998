/* links: src/fusion.c src/words.c src/utf8.c -lutf8proc -lm */
#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fusion.h"

static void
ranks_by_the_weighted_sum(void **state)
{
	struct fusion_item	items[] = {
		{ .chunk = 1, .lexical = 10, .vector = 0.2 },
		{ .chunk = 2, .lexical = 5, .vector = 0.9 },
		{ .chunk = 3, .lexical = 0, .vector = 1 }
	};

	(void)state;
	fusion_rank(items, 3, 0.5, 0.2);
	assert_int_equal(items[0].chunk, 2);
	assert_true(fabs(items[0].score - (0.25 + 0.5 * 0.875)) < 1e-9);
	/* Equal scores: by number. */
	assert_int_equal(items[1].chunk, 1);
	assert_int_equal(items[2].chunk, 3);
}

static void
a_weight_of_nothing_keeps_the_order_of_words(void **state)
{
	struct fusion_item	items[] = {
		{ .chunk = 1, .lexical = 1, .vector = 0.9 },
		{ .chunk = 2, .lexical = 3, .vector = 0.1 },
		{ .chunk = 3, .lexical = 2, .vector = NAN }
	};

	(void)state;
	fusion_rank(items, 3, 0, 0);
	assert_int_equal(items[0].chunk, 2);
	assert_int_equal(items[1].chunk, 3);
	assert_int_equal(items[2].chunk, 1);
}

static void
where_one_side_found_nothing_the_other_is_the_order(void **state)
{
	struct fusion_item	vectors[] = {
		{ .chunk = 1, .lexical = 0, .vector = 0.3 },
		{ .chunk = 2, .lexical = 0, .vector = 0.6 }
	};
	struct fusion_item	words[] = {
		{ .chunk = 1, .lexical = 2, .vector = NAN },
		{ .chunk = 2, .lexical = 4, .vector = NAN }
	};

	(void)state;
	fusion_rank(vectors, 2, 0.1, 0.1);
	assert_int_equal(vectors[0].chunk, 2);
	assert_true(vectors[0].score > 0.5);
	fusion_rank(words, 2, 0.9, 0);
	assert_int_equal(words[0].chunk, 2);
	assert_true(fabs(words[0].score - 1) < 1e-9);
}

static void
a_passage_without_vector_is_judged_by_its_words(void **state)
{
	struct fusion_item	items[] = {
		{ .chunk = 1, .lexical = 10, .vector = NAN },
		{ .chunk = 2, .lexical = 4, .vector = 0.9 }
	};

	(void)state;
	fusion_rank(items, 2, 0.5, 0.1);
	assert_int_equal(items[0].chunk, 1);
	assert_true(fabs(items[0].score - 1) < 1e-9);
}

static void
equal_passages_and_no_passages_do_no_harm(void **state)
{
	struct fusion_item	items[] = {
		{ .chunk = 2, .lexical = 1, .vector = 1 },
		{ .chunk = 1, .lexical = 1, .vector = 1 }
	};

	(void)state;
	fusion_rank(items, 0, 0.5, 0);
	fusion_rank(items, 2, 0.5, 1);
	assert_int_equal(items[0].chunk, 1);
	assert_false(isnan(items[0].score));
}

static int
same(const char *a, const char *b)
{
	struct fusion_sketch	one, two;

	fusion_sketch(&one, a, strlen(a));
	fusion_sketch(&two, b, strlen(b));

	return (fusion_is_same(&one, &two));
}

#define LAMP	"The lamp stands on the table by the window and burns oil "   \
	"from the font below, which holds enough for a whole winter night "  \
	"when the wick is trimmed and the glass is clean and dry"

static void
copies_are_found_in_whatever_form(void **state)
{
	(void)state;
	assert_true(same(LAMP, LAMP));
	assert_true(same(LAMP, "  " LAMP "!\n"));
	assert_true(same("Trim the WICK.", "trim the wick"));
	assert_true(same("", ""));
}

static void
other_texts_are_not_copies(void **state)
{
	(void)state;
	assert_false(same(LAMP, "The boat lies at the pier and waits for the "
	    "tide, which comes twice a day and lifts it over the bar"));
	assert_false(same("Trim the wick", "Trim the sail"));
	assert_false(same(LAMP, ""));
	/* One of them says more. */
	assert_false(same(LAMP, LAMP ". The boat lies at the pier and waits "
	    "for the tide, which comes twice a day and lifts it over the "
	    "bar, so that the crew may sleep until the bell is rung"));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(ranks_by_the_weighted_sum),
		cmocka_unit_test(a_weight_of_nothing_keeps_the_order_of_words),
		cmocka_unit_test(
		    where_one_side_found_nothing_the_other_is_the_order),
		cmocka_unit_test(
		    a_passage_without_vector_is_judged_by_its_words),
		cmocka_unit_test(equal_passages_and_no_passages_do_no_harm),
		cmocka_unit_test(copies_are_found_in_whatever_form),
		cmocka_unit_test(other_texts_are_not_copies)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
