/* links: src/pagetext.c src/escape.c src/buffer.c -ljansson */
/*
 * A page's source with texts put in: no byte of a text reaches the page but
 * escaped, and what the source does not ask for is not put in.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pagetext.h"

#define HOSTILE	"<b>&\"'"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int is_true)
{
	if (!is_true)
		abort();
}

static size_t
count(const char *text, size_t len, const char *wanted)
{
	const char	*p = text;
	size_t		 n = 0, wanted_len = strlen(wanted);

	while ((p = memmem(p, len - (size_t)(p - text), wanted,
	    wanted_len)) != NULL) {
		p += wanted_len;
		n++;
	}

	return (n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char	*source = (const char *)data;
	struct buffer	 out;
	json_t		*texts, *used;
	char		 bad[PAGETEXT_KEY_MAX];
	size_t		 asked;

	/* Pages are text, and compiled in. */
	if (size == 0 || memchr(data, '\0', size) != NULL)
		return (0);
	texts = json_pack("{s:s}", "a.b", HOSTILE);
	used = json_object();
	check(texts != NULL && used != NULL);
	buffer_init(&out);
	if (pagetext_expand(source, size, "en", "0123456789abcdef", texts,
	    used, &out, bad) == 0) {
		asked = count(source, size, "{{a.b}}");
		check(count(out.data, out.len, HOSTILE) ==
		    count(source, size, HOSTILE));
		check(json_object_size(used) == (asked > 0));
		check(count(out.data, out.len, "&lt;b&gt;&amp;") >= asked);
	} else {
		check(memchr(bad, '\0', sizeof(bad)) != NULL);
	}
	buffer_free(&out);
	json_decref(texts);
	json_decref(used);

	return (0);
}
