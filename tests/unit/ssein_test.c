/* links: src/ssein.c src/buffer.c */
/*
 * Reading server-sent events: whatever the pieces, the same events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ssein.h"

struct heard {
	char	text[4096];	/* the events, each followed by '|' */
	int	stop_after;	/* events until the callback says -1; 0: never */
	int	count;
};

static int
hear(void *arg, const char *data, size_t len)
{
	struct heard	*h = arg;

	assert_int_equal(strlen(data), len);
	assert_true(strlen(h->text) + len + 2 < sizeof(h->text));
	strcat(h->text, data);
	strcat(h->text, "|");
	h->count++;

	return (h->count == h->stop_after ? -1 : 0);
}

static void
expect(const char *stream, const char *events)
{
	struct ssein	s;
	struct heard	h;
	size_t		len = strlen(stream), step, at, n;

	for (step = 1; step <= len; step++) {
		memset(&h, 0, sizeof(h));
		ssein_init(&s, hear, &h);
		for (at = 0; at < len; at += n) {
			n = len - at < step ? len - at : step;
			assert_int_equal(ssein_feed(&s, stream + at, n), 0);
		}
		assert_int_equal(ssein_finish(&s), 0);
		assert_string_equal(h.text, events);
		ssein_free(&s);
	}
}

static void
test_every_way_to_end_a_line_is_understood(void **state)
{
	(void)state;
	expect("data: a\n\ndata: b\n\n", "a|b|");
	expect("data: a\r\n\r\ndata: b\r\n\r\n", "a|b|");
	expect("data: a\r\rdata: b\r\r", "a|b|");
	expect("data: a\r\n\ndata: b\n\r\n", "a|b|");
}

static void
test_data_lines_of_one_event_are_joined(void **state)
{
	(void)state;
	expect("data: a\ndata: b\n\n", "a\nb|");
	expect("data\ndata:\ndata: \n\n", "\n\n|");
}

static void
test_one_blank_after_the_colon_is_dropped_and_no_more(void **state)
{
	(void)state;
	expect("data:a\n\ndata:  b\n\n", "a| b|");
}

static void
test_comments_and_other_fields_say_nothing(void **state)
{
	(void)state;
	expect(": ping\n\nevent: x\nid: 7\nretry: 10\ndata: a\ndatax: b\n\n",
	    "a|");
	expect("\n\n\n: only comments\n\n", "");
}

static void
test_a_byte_order_mark_is_skipped_at_the_start_only(void **state)
{
	(void)state;
	expect("\xef\xbb\xbf" "data: a\n\n", "a|");
	expect("data: a\n\n\xef\xbb\xbf" "data: b\n\n", "a|");
}

static void
test_an_event_cut_off_at_the_end_is_told(void **state)
{
	(void)state;
	expect("data: a\n\ndata: [DONE]", "a|[DONE]|");
	expect("data: a\n\ndata: [DONE]\n", "a|[DONE]|");
}

static void
test_an_endless_line_is_refused_for_ever(void **state)
{
	struct ssein	s;
	struct heard	h = { .count = 0 };
	char		block[4096];
	size_t		sent = 0;

	(void)state;
	memset(block, 'x', sizeof(block));
	ssein_init(&s, hear, &h);
	while (ssein_feed(&s, block, sizeof(block)) == 0) {
		sent += sizeof(block);
		assert_true(sent <= SSEIN_EVENT_MAX);
	}
	assert_int_equal(ssein_feed(&s, "data: a\n\n", 9), -1);
	assert_int_equal(ssein_finish(&s), -1);
	assert_int_equal(h.count, 0);
	ssein_free(&s);
}

static void
test_an_endless_event_of_short_lines_is_refused(void **state)
{
	struct ssein	s;
	struct heard	h = { .count = 0 };
	size_t		i;

	(void)state;
	ssein_init(&s, hear, &h);
	for (i = 0; ssein_feed(&s, "data: 0123456789\n", 17) == 0; i++)
		assert_true(i * 10 <= SSEIN_EVENT_MAX);
	ssein_free(&s);
}

static void
test_a_callback_can_end_the_reading(void **state)
{
	struct ssein	s;
	struct heard	h = { .stop_after = 1 };

	(void)state;
	ssein_init(&s, hear, &h);
	assert_int_equal(ssein_feed(&s, "data: a\n\ndata: b\n\n", 18), -1);
	assert_int_equal(h.count, 1);
	assert_int_equal(ssein_finish(&s), -1);
	ssein_free(&s);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_every_way_to_end_a_line_is_understood),
		cmocka_unit_test(test_data_lines_of_one_event_are_joined),
		cmocka_unit_test(
		    test_one_blank_after_the_colon_is_dropped_and_no_more),
		cmocka_unit_test(test_comments_and_other_fields_say_nothing),
		cmocka_unit_test(
		    test_a_byte_order_mark_is_skipped_at_the_start_only),
		cmocka_unit_test(test_an_event_cut_off_at_the_end_is_told),
		cmocka_unit_test(test_an_endless_line_is_refused_for_ever),
		cmocka_unit_test(
		    test_an_endless_event_of_short_lines_is_refused),
		cmocka_unit_test(test_a_callback_can_end_the_reading),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
