/* links: src/llmwire.c src/jsontext.c src/utf8.c src/buffer.c -ljansson -lm */
/*
 * The words of chat completions: what is asked, and what is understood of
 * replies in every dialect.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "llmwire.h"

static const struct llm_message	hello = { .role = "user", .text = "Hi" };

static void
asks_for_what_is_set_alone(void **state)
{
	struct llm_options	 options;
	json_t			*stop = json_pack("[s,s]", "END", "\n\n");
	char			*body;

	(void)state;
	body = llmwire_request("m", &hello, 1, NULL);
	assert_string_equal(body, "{\"model\":\"m\",\"messages\":[{\"role\":"
	    "\"user\",\"content\":\"Hi\"}],\"stream\":true,\"stream_options\":"
	    "{\"include_usage\":true}}");
	free(body);
	llm_options_init(&options);
	options.max_tokens = 16;
	options.temperature = 0;
	options.stop = stop;
	body = llmwire_request("m", &hello, 1, &options);
	assert_non_null(strstr(body, "\"max_tokens\":16,\"temperature\":0.0,"
	    "\"stop\":[\"END\",\"\\n\\n\"]}"));
	free(body);
	json_decref(stop);
}

static void
refuses_texts_that_are_not_utf8(void **state)
{
	const struct llm_message	bad = { "user", "caf\xe9" };

	(void)state;
	assert_null(llmwire_request("m", &bad, 1, NULL));
}

static void
expect_text(const char *data, const char *text)
{
	struct llmwire_chunk	chunk;

	assert_int_equal(llmwire_read(&chunk, data, strlen(data)),
	    LLMWIRE_CHUNK);
	if (text == NULL) {
		assert_null(chunk.text);
	} else {
		assert_non_null(chunk.text);
		assert_string_equal(chunk.text, text);
		assert_int_equal(chunk.len, strlen(text));
	}
	llmwire_free(&chunk);
}

static void
reads_the_text_of_the_first_choice(void **state)
{
	(void)state;
	expect_text("{\"choices\":[{\"delta\":{\"content\":\"a\"}}]}", "a");
	expect_text("{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}"
	    "},{\"index\":0,\"delta\":{\"content\":\"a\"}}]}", "a");
	expect_text("{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}"
	    "}]}", NULL);
	expect_text("{\"choices\":[{\"delta\":{\"content\":null}}]}", NULL);
	expect_text("{\"choices\":[{\"delta\":{\"content\":7}}]}", NULL);
	expect_text("{\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}",
	    NULL);
	expect_text("{\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}"
	    "}]}", NULL);
	expect_text("{\"choices\":[{\"delta\":\"text\"}]}", NULL);
	expect_text("{\"choices\":[]}", NULL);
	expect_text("{\"choices\":{}}", NULL);
	expect_text("{\"error\":null,\"choices\":[{\"delta\":{\"content\":"
	    "\"a\"}}]}", "a");
	expect_text("{}", NULL);
}

static void
mends_characters_that_were_cut(void **state)
{
	(void)state;
	expect_text("{\"choices\":[{\"delta\":{\"content\":\"a\xf0\x9f\"}}]}",
	    "a\xef\xbf\xbd");
	expect_text("{\"choices\":[{\"delta\":{\"content\":\"a\\ud83d\"}}]}",
	    "a\xef\xbf\xbd");
	expect_text("{\"choices\":[{\"delta\":{\"content\":\"\\uDE00b\"}}]}",
	    "\xef\xbf\xbd" "b");
	expect_text("{\"choices\":[{\"delta\":{\"content\":"
	    "\"\\ud83d\\ude00\\ud83d\"}}]}",
	    "\xf0\x9f\x98\x80\xef\xbf\xbd");
	expect_text("{\"choices\":[{\"delta\":{\"content\":"
	    "\"\\\\ud83d\\ud83d\"}}]}", "\\ud83d\xef\xbf\xbd");
}

static void
reads_the_reason_and_the_usage(void **state)
{
	static const char	data[] = "{\"choices\":[{\"delta\":{},"
				    "\"finish_reason\":\"length\"}],\"usage\":"
				    "{\"prompt_tokens\":3,"
				    "\"completion_tokens\":4}}";
	static const char *const bad[] = { "\"many\"", "null", "[]", "{}",
	    "{\"prompt_tokens\":\"3\",\"completion_tokens\":4}",
	    "{\"prompt_tokens\":-3,\"completion_tokens\":4}",
	    "{\"prompt_tokens\":3e18,\"completion_tokens\":4}" };
	struct llmwire_chunk	chunk;
	char			text[128];
	size_t			i;

	(void)state;
	assert_int_equal(llmwire_read(&chunk, data, sizeof(data) - 1),
	    LLMWIRE_CHUNK);
	assert_string_equal(chunk.reason, "length");
	assert_true(chunk.usage.is_known);
	assert_int_equal(chunk.usage.input_tokens, 3);
	assert_int_equal(chunk.usage.total_tokens, 7);
	llmwire_free(&chunk);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "{\"usage\":%s}", bad[i]);
		assert_int_equal(llmwire_read(&chunk, text, strlen(text)),
		    LLMWIRE_CHUNK);
		assert_false(chunk.usage.is_known);
		llmwire_free(&chunk);
	}
}

static void
expect_kind(const char *data, enum llmwire_kind kind, long status)
{
	struct llmwire_chunk	chunk;

	assert_int_equal(llmwire_read(&chunk, data, strlen(data)), kind);
	assert_int_equal(chunk.status, status);
	llmwire_free(&chunk);
}

static void
tells_errors_from_garbage_and_the_end(void **state)
{
	(void)state;
	expect_kind("[DONE]", LLMWIRE_DONE, 0);
	expect_kind("[DONE] ", LLMWIRE_DONE, 0);
	expect_kind("{\"error\":{\"message\":\"no\"}}", LLMWIRE_ERROR, 0);
	expect_kind("{\"error\":{\"code\":429}}", LLMWIRE_ERROR, 429);
	expect_kind("{\"error\":{\"code\":\"429\"}}", LLMWIRE_ERROR, 0);
	expect_kind("{\"error\":{\"code\":7}}", LLMWIRE_ERROR, 0);
	expect_kind("{\"error\":\"no\"}", LLMWIRE_ERROR, 0);
	expect_kind("{\"object\":\"error\",\"code\":503}", LLMWIRE_ERROR, 503);
	expect_kind("{\"choices\":[", LLMWIRE_GARBAGE, 0);
	expect_kind("[1]", LLMWIRE_GARBAGE, 0);
	expect_kind("hello", LLMWIRE_GARBAGE, 0);
	expect_kind("", LLMWIRE_GARBAGE, 0);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(asks_for_what_is_set_alone),
		cmocka_unit_test(refuses_texts_that_are_not_utf8),
		cmocka_unit_test(reads_the_text_of_the_first_choice),
		cmocka_unit_test(mends_characters_that_were_cut),
		cmocka_unit_test(reads_the_reason_and_the_usage),
		cmocka_unit_test(tells_errors_from_garbage_and_the_end)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
