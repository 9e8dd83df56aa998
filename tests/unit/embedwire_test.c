/* links: src/embedwire.c -ljansson -lm */
#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "embedwire.h"

static const char *const	texts[] = { "lamp", "boat" };

static void
asks_in_each_form(void **state)
{
	char	*body;

	(void)state;
	body = embedwire_request(EMBEDWIRE_OPENAI, "m", 0, texts, 2);
	assert_string_equal(body, "{\"model\":\"m\",\"input\":[\"lamp\","
	    "\"boat\"],\"encoding_format\":\"float\"}");
	free(body);
	body = embedwire_request(EMBEDWIRE_OLLAMA, "m", 64, texts, 1);
	assert_string_equal(body, "{\"model\":\"m\",\"input\":[\"lamp\"],"
	    "\"truncate\":true,\"dimensions\":64}");
	free(body);
	body = embedwire_request(EMBEDWIRE_TEI, "m", 64, texts, 1);
	assert_string_equal(body,
	    "{\"inputs\":[\"lamp\"],\"truncate\":true}");
	free(body);
}

static void
text_that_is_not_utf8_is_not_sent(void **state)
{
	const char	*bad[] = { "\xff" };

	(void)state;
	assert_null(embedwire_request(EMBEDWIRE_TEI, "m", 0, bad, 1));
}

static int
read_two(const char *reply, struct embedwire_vectors *vectors)
{
	const char	*why;

	return (embedwire_reply(reply, strlen(reply), 2, vectors, &why));
}

static void
reads_each_form(void **state)
{
	static const char *const	replies[] = {
		"[[1,2],[3,4.5]]",
		"{\"model\":\"m\",\"embeddings\":[[1,2],[3,4.5]]}",
		"{\"data\":[{\"index\":1,\"embedding\":[3,4.5]},"
		    "{\"index\":0,\"embedding\":[1,2]}]}"
	};
	struct embedwire_vectors	vectors;
	size_t				i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(read_two(replies[i], &vectors), 0);
		assert_int_equal(vectors.count, 2);
		assert_int_equal(vectors.dimensions, 2);
		assert_true(fabsf(vectors.values[0] - 1) < 1e-6F);
		assert_true(fabsf(vectors.values[3] - 4.5F) < 1e-6F);
		embedwire_free(&vectors);
	}
}

static void
a_reply_is_taken_whole_or_not_at_all(void **state)
{
	static const char *const	replies[] = {
		"", "no", "{}", "[]", "null", "[1,2]",
		"[[1,2]]", "[[1,2],[3,4],[5,6]]",	/* not two */
		"[[1,2],[3]]", "[[],[]]",		/* lengths */
		"[[1,2],[3,\"4\"]]", "[[1,2],[3,null]]",
		"[[1,2],[0,0]]",			/* no direction */
		"[[1,2],[1e30,4]]", "[[1,2],[1e999,4]]",
		"[[1,2],{\"index\":0,\"embedding\":[3,4]}]",
		"[[1,2],{\"index\":7,\"embedding\":[3,4]}]"
	};
	struct embedwire_vectors	vectors;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
		assert_int_equal(read_two(replies[i], &vectors), -1);
		assert_null(vectors.values);
	}
}

static void
rerank_asks_and_reads_both_forms(void **state)
{
	double	scores[2];
	char	*body;

	(void)state;
	body = embedwire_rerank_request(0, "m", "q", texts, 2);
	assert_string_equal(body, "{\"model\":\"m\",\"query\":\"q\","
	    "\"documents\":[\"lamp\",\"boat\"],\"top_n\":2}");
	free(body);
	body = embedwire_rerank_request(1, "m", "q", texts, 1);
	assert_string_equal(body, "{\"query\":\"q\",\"texts\":[\"lamp\"],"
	    "\"truncate\":true}");
	free(body);

#define READ(reply)	embedwire_rerank_reply(reply, strlen(reply), scores, 2)
	assert_int_equal(READ("{\"results\":[{\"index\":1,"
	    "\"relevance_score\":0.9}]}"), 0);
	assert_true(scores[1] > 0.8 && scores[0] < -1e9);
	assert_int_equal(READ("[{\"index\":0,\"score\":-3},"
	    "{\"index\":1,\"score\":2}]"), 0);
	assert_true(scores[0] < scores[1]);
	assert_int_equal(READ("[]"), -1);
	assert_int_equal(READ("[{\"index\":2,\"score\":1}]"), -1);
	assert_int_equal(READ("[{\"index\":0,\"score\":1},"
	    "{\"index\":0,\"score\":1}]"), -1);
	assert_int_equal(READ("{\"results\":3}"), -1);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(asks_in_each_form),
		cmocka_unit_test(text_that_is_not_utf8_is_not_sent),
		cmocka_unit_test(reads_each_form),
		cmocka_unit_test(a_reply_is_taken_whole_or_not_at_all),
		cmocka_unit_test(rerank_asks_and_reads_both_forms)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
