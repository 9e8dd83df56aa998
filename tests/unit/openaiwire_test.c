/* links: src/openaiwire.c src/jsontext.c src/buffer.c -ljansson */
/*
 * OpenAI's words: chunks, errors, sources.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "openaiwire.h"

static struct buffer		out;
static const struct openaiwire	wire = {
	.id = "x", .model = "lectern/a\"b", .created = 7
};

static int
clean(void **state)
{
	(void)state;
	buffer_free(&out);

	return (0);
}

/* The only event in the buffer, parsed. */
static json_t *
event(void)
{
	json_t	*value;

	assert_int_equal(strncmp(buffer_text(&out), "data: ", 6), 0);
	assert_string_equal(buffer_text(&out) + out.len - 2, "\n\n");
	value = json_loadb(out.data + 6, out.len - 8, JSON_ALLOW_NUL, NULL);
	assert_non_null(value);

	return (value);
}

static void
test_a_piece_of_text_is_a_chunk_whatever_is_in_it(void **state)
{
	static const char	text[] = "a\"b\\\n\t\b\f\r\v\x01\x7f\xc3\xa9\0z";
	json_t			*value;
	const json_t		*content;

	(void)state;
	openaiwire_text(&out, &wire, text, sizeof(text) - 1);
	assert_null(memchr(out.data, '\n', out.len - 2));
	value = event();
	assert_string_equal(json_string_value(json_object_get(value, "id")),
	    "chatcmpl-x");
	assert_string_equal(json_string_value(json_object_get(value,
	    "model")), "lectern/a\"b");
	assert_int_equal(json_integer_value(json_object_get(value,
	    "created")), 7);
	content = json_object_get(json_object_get(json_array_get(
	    json_object_get(value, "choices"), 0), "delta"), "content");
	assert_int_equal(json_string_length(content), sizeof(text) - 1);
	assert_memory_equal(json_string_value(content), text,
	    sizeof(text) - 1);
	assert_null(json_object_get(value, "usage"));
	json_decref(value);
}

static void
test_every_chunk_says_that_the_usage_is_not_known_yet(void **state)
{
	struct openaiwire	 asked = wire;
	json_t			*value;

	(void)state;
	asked.has_usage = 1;
	openaiwire_text(&out, &asked, "a", 1);
	value = event();
	assert_true(json_is_null(json_object_get(value, "usage")));
	json_decref(value);
	buffer_clear(&out);
	openaiwire_begin(&out, &asked);
	value = event();
	assert_true(json_is_null(json_object_get(value, "usage")));
	json_decref(value);
	buffer_clear(&out);
	openaiwire_usage(&out, &asked, &(struct openaiwire_usage){ 3, 4 });
	value = event();
	assert_int_equal(json_integer_value(json_object_get(json_object_get(
	    value, "usage"), "total_tokens")), 7);
	assert_int_equal(json_array_size(json_object_get(value, "choices")),
	    0);
	json_decref(value);
}

static void
error_is(int status, const char *code, const char *type, const char *wanted)
{
	json_t		*value = openaiwire_error(status, code, NULL, "No");
	const json_t	*error = json_object_get(value, "error");

	assert_string_equal(json_string_value(json_object_get(error,
	    "type")), type);
	if (wanted == NULL)
		assert_true(json_is_null(json_object_get(error, "code")));
	else
		assert_string_equal(json_string_value(json_object_get(error,
		    "code")), wanted);
	assert_true(json_is_null(json_object_get(error, "param")));
	json_decref(value);
}

static void
test_errors_have_the_type_of_their_status(void **state)
{
	(void)state;
	error_is(400, "BAD_REQUEST", "invalid_request_error", "bad_request");
	error_is(401, "UNAUTHORIZED", "authentication_error",
	    "invalid_api_key");
	error_is(403, "FORBIDDEN", "permission_error", "forbidden");
	error_is(404, NULL, "invalid_request_error", NULL);
	error_is(429, NULL, "rate_limit_error", "rate_limit_exceeded");
	error_is(503, "BUSY", "server_error", "busy");
}

static json_t *
citations(void)
{
	return (json_pack("[{s:i, s:s, s:s, s:i, s:i}, {s:i, s:s, s:s, s:i, "
	    "s:i}, {s:i, s:s, s:s, s:i, s:i}]",
	    "n", 1, "documentId", "d1", "title", "A [b]\nc", "start", 1,
	    "end", 2,
	    "n", 1, "documentId", "d1", "title", "A [b]\nc", "start", 3,
	    "end", 4,
	    "n", 2, "documentId", "d2", "title", "E", "start", 5, "end", 6));
}

static void
test_sources_are_a_line_for_each_number(void **state)
{
	json_t	*list = citations(), *none = json_array();

	(void)state;
	openaiwire_sources(&out, none, "https://x");
	assert_int_equal(out.len, 0);
	openaiwire_sources(&out, list, "https://x");
	assert_string_equal(buffer_text(&out), "\n\nSources:\n\n"
	    "- [1] [A \\[b\\] c](https://x/documents/d1#1-2)\n"
	    "- [2] [E](https://x/documents/d2#5-6)\n");
	json_decref(list);
	json_decref(none);
}

static void
test_sources_are_taken_off_again(void **state)
{
	json_t		*list = citations();
	const size_t	 len = strlen("Sources:\n\nText.");

	(void)state;
	buffer_add_text(&out, "Sources:\n\nText.");
	assert_int_equal(openaiwire_without_sources(out.data, out.len), len);
	openaiwire_sources(&out, list, "https://x");
	assert_int_equal(openaiwire_without_sources(out.data, out.len), len);
	assert_int_equal(openaiwire_without_sources("", 0), 0);
	json_decref(list);
}

static void
test_the_end_tells_sources_before_the_reason(void **state)
{
	json_t				*list = citations();
	const struct openaiwire_end	 end = {
		.sources = "", .annotations = list, .citations = list,
		.is_answered = 1, .reason = "stop"
	};

	(void)state;
	openaiwire_end(&out, &wire, &end);
	assert_non_null(strstr(buffer_text(&out), "\"annotations\":[{"));
	assert_null(strstr(buffer_text(&out), "\"content\""));
	assert_non_null(strstr(buffer_text(&out),
	    "\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}"));
	json_decref(list);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_teardown(
		    test_a_piece_of_text_is_a_chunk_whatever_is_in_it, clean),
		cmocka_unit_test_teardown(
		    test_every_chunk_says_that_the_usage_is_not_known_yet,
		    clean),
		cmocka_unit_test(test_errors_have_the_type_of_their_status),
		cmocka_unit_test_teardown(
		    test_sources_are_a_line_for_each_number, clean),
		cmocka_unit_test_teardown(test_sources_are_taken_off_again,
		    clean),
		cmocka_unit_test_teardown(
		    test_the_end_tells_sources_before_the_reason, clean),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
