/* links: src/openairequest.c src/openaiwire.c src/jsontext.c src/llmwire.c src/utf8.c src/buffer.c -ljansson -lm */
/*
 * What OpenAI's clients may ask, and what is refused by which name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "openairequest.h"

static struct openairequest		request;
static struct openairequest_refusal	refusal;
static json_t				*body;

/* Reads a question with these fields behind it. */
static int
read_with(const char *fields)
{
	struct buffer	text;
	int		ret;

	buffer_init(&text);
	buffer_add_text(&text, "{\"model\":\"lectern\",\"messages\":["
	    "{\"role\":\"user\",\"content\":\"Why?\"}]");
	buffer_add_text(&text, fields);
	buffer_add_text(&text, "}");
	body = json_loads(buffer_text(&text), JSON_ALLOW_NUL, NULL);
	assert_non_null(body);
	buffer_free(&text);
	ret = openairequest_read(&request, body, &refusal);

	return (ret);
}

static int
clean(void **state)
{
	(void)state;
	openairequest_free(&request);
	json_decref(body);
	body = NULL;

	return (0);
}

static void
test_what_is_not_said_is_left_to_the_model(void **state)
{
	(void)state;
	assert_int_equal(read_with(",\"stop\":null,\"temperature\":null"), 0);
	assert_string_equal(buffer_text(&request.question), "Why?");
	assert_int_equal(json_array_size(request.turns), 0);
	assert_int_equal(request.instructions.len, 0);
	assert_null(request.options.stop);
	assert_int_equal(request.options.max_tokens, 0);
	assert_true(request.options.temperature !=
	    request.options.temperature);
	assert_false(request.is_stream);
	assert_null(request.collection);
}

static void
test_options_are_taken_and_the_younger_limit_wins(void **state)
{
	(void)state;
	assert_int_equal(read_with(",\"stream\":true,\"stream_options\":"
	    "{\"include_usage\":true},\"max_tokens\":5,"
	    "\"max_completion_tokens\":9,\"temperature\":2,\"stop\":\"x\","
	    "\"collection\":\"c\",\"documentIds\":[\"a\"]"), 0);
	assert_true(request.is_stream && request.has_usage);
	assert_int_equal(request.options.max_tokens, 9);
	assert_true(request.options.temperature == 2);
	assert_int_equal(json_array_size(request.options.stop), 1);
	assert_string_equal(request.collection, "c");
	assert_int_equal(json_array_size(request.document_ids), 1);
}

static void
test_later_messages_of_the_same_field_do_not_shift_roles(void **state)
{
	(void)state;
	assert_int_equal(read_with(",\"messages\":["
	    "{\"role\":\"system\",\"content\":\"A\"},"
	    "{\"role\":\"user\",\"content\":\"q\"},"
	    "{\"role\":\"assistant\",\"content\":null},"
	    "{\"role\":\"assistant\",\"content\":\"a\\n\\nSources:\\n\\n- [1]"
	    " [x](y)\\n\"},"
	    "{\"role\":\"developer\",\"content\":\"B\"},"
	    "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"w\"}"
	    "]}]"), 0);
	assert_string_equal(buffer_text(&request.instructions), "A\n\nB");
	assert_string_equal(buffer_text(&request.question), "w");
	assert_int_equal(json_array_size(request.turns), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(
	    request.turns, 1), "text")), "a");
}

static void
test_refusals_name_the_parameter(void **state)
{
	static const char	*const bad[][2] = {
		{ ",\"n\":2", "n" },
		{ ",\"temperature\":-0.1", "temperature" },
		{ ",\"temperature\":\"1\"", "temperature" },
		{ ",\"max_tokens\":1000001", "max_tokens" },
		{ ",\"stop\":[\"a\",5]", "stop" },
		{ ",\"stop\":{}", "stop" },
		{ ",\"tools\":{}", "tools" },
		{ ",\"functions\":[1]", "functions" },
		{ ",\"tool_choice\":\"required\"", "tool_choice" },
		{ ",\"top_logprobs\":2", "top_logprobs" },
		{ ",\"audio\":{\"voice\":\"x\"}", "audio" },
		{ ",\"messages\":[{\"role\":\"user\",\"content\":"
		    "[{\"type\":\"text\"}]}]", "messages[0].content[0]" },
		{ ",\"messages\":[{\"role\":\"user\",\"content\":"
		    "\"a\\u0000b\"}]", "messages[0].content" },
		{ ",\"collection\":\"\"", "collection" },
		{ ",\"documentIds\":\"a\"", "documentIds" }
	};
	size_t	i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_with(bad[i][0]), -1);
		assert_string_equal(refusal.param, bad[i][1]);
		assert_true(strlen(refusal.message) > 10);
		assert_false(refusal.is_no_model);
		(void)clean(state);
	}
}

static void
test_only_our_models_are_known(void **state)
{
	assert_int_equal(read_with(",\"model\":\"lectern/Some name\""), 0);
	assert_string_equal(request.collection, "Some name");
	assert_true(request.is_model_collection);
	(void)clean(state);
	assert_int_equal(read_with(",\"model\":\"lectern/a\","
	    "\"collection\":\"b\""), -1);
	assert_string_equal(refusal.param, "collection");
	(void)clean(state);
	assert_int_equal(read_with(",\"model\":\"lecterns\""), -1);
	assert_true(refusal.is_no_model);
	(void)clean(state);
	assert_int_equal(read_with(",\"model\":\"lectern\\u0000\""), -1);
	assert_true(refusal.is_no_model);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test_teardown(
		    test_what_is_not_said_is_left_to_the_model, clean),
		cmocka_unit_test_teardown(
		    test_options_are_taken_and_the_younger_limit_wins, clean),
		cmocka_unit_test_teardown(
		    test_later_messages_of_the_same_field_do_not_shift_roles,
		    clean),
		cmocka_unit_test(test_refusals_name_the_parameter),
		cmocka_unit_test_teardown(test_only_our_models_are_known,
		    clean),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
