/* links: src/analyze.c src/language.c src/utf8.c -lutf8proc -lstemmer -lpthread */
/*
 * Any bytes in any language: tokens lie in the text, in order, and are the
 * same in number for every language.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "analyze.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct seen {
	size_t	len, count, end;
};

static void
token(void *arg, const struct analyze_token *t)
{
	struct seen	*seen = arg;

	if (t->start >= t->end || t->end > seen->len || t->end < seen->end)
		abort();
	seen->end = t->end;
	seen->count++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct analyzer	analyzer;
	struct seen	seen, first = { 0 };
	int		n;

	for (n = 0; n < LANGUAGE_COUNT; n++) {
		seen.len = len;
		seen.count = seen.end = 0;
		if (analyzer_open(&analyzer, (enum language)n) == 0)
			analyze_text(&analyzer, (const char *)data, len,
			    token, &seen);
		analyzer_close(&analyzer);
		if (n == 0)
			first = seen;
		else if (seen.count != first.count)
			abort();
	}
	(void)language_detect((const char *)data, len, 0);

	return (0);
}
