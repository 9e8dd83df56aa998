/* links: src/pagetext.c src/buffer.c -ljansson */
/*
 * Pages with the texts of a language.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pagetext.h"

static int
expand(const char *source, struct buffer *out, json_t **used, char *bad)
{
	json_t	*texts = json_pack("{s:s, s:s}", "page.a", "One",
		    "page.b", "<b> & \"two\" it's");
	int	 ret;

	*used = json_object();
	buffer_init(out);
	ret = pagetext_expand(source, strlen(source), "de", "0123", texts,
	    *used, out, bad);
	json_decref(texts);

	return (ret);
}

static void
check(const char *source, const char *expected)
{
	struct buffer	 out;
	json_t		*used;
	char		 bad[PAGETEXT_KEY_MAX];

	assert_int_equal(expand(source, &out, &used, bad), 0);
	assert_string_equal(buffer_text(&out), expected);
	buffer_free(&out);
	json_decref(used);
}

static void
refused(const char *source, const char *key)
{
	struct buffer	 out;
	json_t		*used;
	char		 bad[PAGETEXT_KEY_MAX];

	assert_int_equal(expand(source, &out, &used, bad), -1);
	assert_string_equal(bad, key);
	buffer_free(&out);
	json_decref(used);
}

static void
test_texts_are_put_in_and_escaped(void **state)
{
	(void)state;
	check("<p>{{page.a}}</p>{{page.a}}", "<p>One</p>One");
	check("<i title=\"{{page.b}}\">",
	    "<i title=\"&lt;b&gt; &amp; &quot;two&quot; it&#39;s\">");
	check("<html lang=\"{{language}}\">", "<html lang=\"de\">");
	check("{ {page.a} } { {{page.a}} }", "{ {page.a} } { One }");
	check("", "");
	check("{", "{");
}

static void
test_addresses_of_assets_get_the_version(void **state)
{
	(void)state;
	check("<a href=\"/assets/x.css\"> /assets/y",
	    "<a href=\"/assets/0123/x.css\"> /assets/y");
	check("\"/assets/", "\"/assets/");
}

static void
test_a_key_that_is_not_there_is_told(void **state)
{
	(void)state;
	refused("a {{page.c}} b", "page.c");
	refused("a {{page.a", "page.a");
	refused("a {{page.a}", "page.a");
	refused("{{}}", "");
}

static void
test_the_keys_that_were_used_are_told(void **state)
{
	struct buffer	 out;
	json_t		*used;
	char		 bad[PAGETEXT_KEY_MAX];

	(void)state;
	assert_int_equal(expand("{{page.b}} {{language}}", &out, &used, bad),
	    0);
	assert_int_equal(json_object_size(used), 1);
	assert_non_null(json_object_get(used, "page.b"));
	buffer_free(&out);
	json_decref(used);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_texts_are_put_in_and_escaped),
		cmocka_unit_test(test_addresses_of_assets_get_the_version),
		cmocka_unit_test(test_a_key_that_is_not_there_is_told),
		cmocka_unit_test(test_the_keys_that_were_used_are_told),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
