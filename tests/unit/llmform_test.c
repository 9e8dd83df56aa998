/* links: src/llmform.c src/llmwire.c src/jsontext.c src/utf8.c src/buffer.c -ljansson -lm */
/*
 * Reading chunks by their form: the same as parsing them, and not parsing
 * those that differ in their text alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "llmform.h"

#define HEAD	"{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{"
#define NOTE(text)	"{\"note\":{\"content\":\"" text "\"},"	\
			"\"choices\":[{\"index\":0,\"delta\":{"
#define TAIL	"},\"finish_reason\":null}]}"

/* by_form: 1 when the parser must not have been needed. */
static void
expect(struct llmform *form, const char *data, const char *text, int by_form)
{
	struct llmwire_chunk	chunk;

	assert_int_equal(llmform_read(form, &chunk, data, strlen(data)),
	    LLMWIRE_CHUNK);
	assert_int_equal(chunk.len, strlen(text));
	assert_memory_equal(chunk.text, text, chunk.len);
	assert_int_equal(chunk.root == NULL, by_form);
	llmwire_free(&chunk);
}

static void
parses_once_what_differs_in_its_text_alone(void **state)
{
	struct llmform	form;

	(void)state;
	llmform_init(&form);
	expect(&form, HEAD "\"content\":\"\"" TAIL, "", 0);
	expect(&form, HEAD "\"content\":\"one\"" TAIL, "one", 0);
	expect(&form, HEAD "\"content\":\" two\"" TAIL, " two", 1);
	expect(&form, HEAD "\"content\":\"\"" TAIL, "", 1);
	expect(&form, HEAD "\"content\":\"Gr\xc3\xb6\xc3\x9f" "e\"" TAIL,
	    "Gr\xc3\xb6\xc3\x9f" "e", 1);
	llmform_free(&form);
}

static void
leaves_odd_texts_to_the_parser(void **state)
{
	struct llmwire_chunk	chunk;
	struct llmform		form;
	static const char	cut[] = HEAD "\"content\":\"one" TAIL;

	(void)state;
	llmform_init(&form);
	expect(&form, HEAD "\"content\":\"one\"" TAIL, "one", 0);
	expect(&form, HEAD "\"content\":\"\\n\"" TAIL, "\n", 0);
	expect(&form, HEAD "\"content\":\"a\xf0\x9f\"" TAIL, "a\xef\xbf\xbd",
	    0);
	assert_int_equal(llmform_read(&form, &chunk, cut, strlen(cut)),
	    LLMWIRE_GARBAGE);
	llmwire_free(&chunk);
	/* More text, or something else that ends like it. */
	expect(&form, HEAD "\"content\":\"x\",\"content\":\"y\"" TAIL, "y", 0);
	llmform_free(&form);
}

static void
is_not_misled_by_another_string(void **state)
{
	struct llmform	form;

	(void)state;
	llmform_init(&form);
	expect(&form, NOTE("one") "\"content\":\"two\"" TAIL, "two", 0);
	expect(&form, NOTE("three") "\"content\":\"two\"" TAIL, "two", 0);
	llmform_free(&form);
}

static void
notices_an_end_that_carries_text(void **state)
{
	static const char	last[] = HEAD "\"content\":\"end\"},"
				    "\"finish_reason\":\"stop\"}]}";
	struct llmwire_chunk	chunk;
	struct llmform		form;
	int			i;

	(void)state;
	llmform_init(&form);
	expect(&form, HEAD "\"content\":\"one\"" TAIL, "one", 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(llmform_read(&form, &chunk, last,
		    strlen(last)), LLMWIRE_CHUNK);
		assert_string_equal(chunk.reason, "stop");
		assert_int_equal(chunk.len, 3);
		llmwire_free(&chunk);
	}
	llmform_free(&form);
}

static void
gives_up_on_chunks_that_all_differ(void **state)
{
	struct llmform	form;
	char		data[256];
	int		i;

	(void)state;
	llmform_init(&form);
	for (i = 0; i < 100; i++) {
		(void)snprintf(data, sizeof(data), HEAD "\"content\":\"one\""
		    "},\"time\":%d}]}", i);
		expect(&form, data, "one", 0);
	}
	assert_true(form.attempts < 10);
	llmform_free(&form);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(parses_once_what_differs_in_its_text_alone),
		cmocka_unit_test(leaves_odd_texts_to_the_parser),
		cmocka_unit_test(is_not_misled_by_another_string),
		cmocka_unit_test(notices_an_end_that_carries_text),
		cmocka_unit_test(gives_up_on_chunks_that_all_differ)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
