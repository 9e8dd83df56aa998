/* links: src/uistream.c src/jsontext.c src/utf8.c src/buffer.c -ljansson */
/*
 * The parts of the UI message stream, byte for byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "uistream.h"

static struct buffer	out;

static int
clean(void **state)
{
	(void)state;
	buffer_free(&out);

	return (0);
}

static json_t *
citation(void)
{
	return (json_pack("{s:i, s:s, s:s, s:i, s:i, s:s, s:s}", "n", 2,
	    "documentId", "d", "title", "T \"x\"", "start", 5, "end", 9,
	    "quote", "four", "sha256", "ab"));
}

static void
test_each_part_is_one_event_of_compact_json(void **state)
{
	(void)state;
	uistream_start(&out, "m1", json_pack("{s:s}", "conversationId", "c"));
	uistream_status(&out, "searching");
	uistream_step_start(&out);
	uistream_text_start(&out);
	uistream_step_finish(&out);
	uistream_finish(&out, "stop", NULL);
	uistream_abort(&out);
	uistream_error(&out, "No");
	uistream_done(&out);
	assert_string_equal(buffer_text(&out),
	    "data: {\"type\":\"start\",\"messageId\":\"m1\","
	    "\"messageMetadata\":{\"conversationId\":\"c\"}}\n\n"
	    "data: {\"type\":\"data-status\",\"data\":{\"state\":"
	    "\"searching\"},\"transient\":true}\n\n"
	    "data: {\"type\":\"start-step\"}\n\n"
	    "data: {\"type\":\"text-start\",\"id\":\"answer\"}\n\n"
	    "data: {\"type\":\"finish-step\"}\n\n"
	    "data: {\"type\":\"finish\",\"finishReason\":\"stop\"}\n\n"
	    "data: {\"type\":\"abort\"}\n\n"
	    "data: {\"type\":\"error\",\"errorText\":\"No\"}\n\n"
	    "data: [DONE]\n\n");
}

static void
test_text_is_escaped_so_that_it_stays_one_line(void **state)
{
	(void)state;
	uistream_text(&out, "a\"b\n\xc3\xa9\x01", 7);
	assert_string_equal(buffer_text(&out),
	    "data: {\"type\":\"text-delta\",\"id\":\"answer\",\"delta\":"
	    "\"a\\\"b\\n\xc3\xa9\\u0001\"}\n\n");
}

static void
test_text_that_is_not_utf8_is_left_out(void **state)
{
	(void)state;
	uistream_text(&out, "\xc3", 1);
	assert_int_equal(out.len, 0);
}

static void
test_a_source_names_its_place_and_no_empty_field(void **state)
{
	json_t	*c = citation();

	(void)state;
	uistream_source(&out, c);
	assert_string_equal(buffer_text(&out),
	    "data: {\"type\":\"source-document\",\"sourceId\":\"2\","
	    "\"mediaType\":\"text/plain\",\"title\":\"T \\\"x\\\"\","
	    "\"providerMetadata\":{\"lectern\":{\"documentId\":\"d\","
	    "\"start\":5,\"end\":9,\"sha256\":\"ab\"}}}\n\n");
	assert_null(strstr(buffer_text(&out), "null"));
	json_decref(c);
}

static void
test_the_end_of_a_text_carries_its_citations_if_there_are_any(void **state)
{
	json_t	*c = citation(), *list = json_array();

	(void)state;
	json_array_append_new(list, uistream_text_citation(c, 3, 17));
	uistream_text_end(&out, list);
	assert_non_null(strstr(buffer_text(&out), "\"citations\":[{\"source\":"
	    "{\"type\":\"source\",\"sourceType\":\"document\",\"id\":\"2\""));
	assert_non_null(strstr(buffer_text(&out),
	    "\"startIndex\":3,\"endIndex\":17,\"citedText\":\"four\"}]}"));
	buffer_clear(&out);
	uistream_text_end(&out, json_array());
	uistream_text_end(&out, NULL);
	assert_string_equal(buffer_text(&out),
	    "data: {\"type\":\"text-end\",\"id\":\"answer\"}\n\n"
	    "data: {\"type\":\"text-end\",\"id\":\"answer\"}\n\n");
	json_decref(c);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_teardown(
		    test_each_part_is_one_event_of_compact_json, clean),
		cmocka_unit_test_teardown(
		    test_text_is_escaped_so_that_it_stays_one_line, clean),
		cmocka_unit_test_teardown(
		    test_text_that_is_not_utf8_is_left_out, clean),
		cmocka_unit_test_teardown(
		    test_a_source_names_its_place_and_no_empty_field, clean),
		cmocka_unit_test_teardown(
		    test_the_end_of_a_text_carries_its_citations_if_there_are_any,
		    clean),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
