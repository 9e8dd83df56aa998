/* links: src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/utf8.c */
/*
 * Any bytes as a passage: sentences in order, without blanks around them,
 * that leave out no letter.
 */
#include <assert.h>
#include <ctype.h>
#include <stddef.h>
#include <stdint.h>

#include "sentence.h"
#include "utf8.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* A heading's anchor, "{#install}", is the one thing of letters unsaid. */
static void
check_unsaid(const char *text, size_t from, size_t to)
{
	size_t	i;

	for (i = from; i < to && text[i] != '{'; i++)
		assert(!isalpha((unsigned char)text[i]));
}

static void
check_sentences(const char *text, size_t len, enum markdown_syntax syntax)
{
	struct sentence_reader	r = sentence_open(text, len, syntax);
	struct sentence		s;
	size_t			behind = 0;

	while (sentence_next(&r, &s)) {
		assert(s.start >= behind && s.end > s.start && s.end <= len);
		check_unsaid(text, behind, s.start);
		assert(utf8_skip_blanks(text, len, s.start) == s.start);
		assert(utf8_trim_end(text, s.start, s.end) == s.end);
		behind = s.end;
	}
	check_unsaid(text, behind, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char	*text = (const char *)data;
	size_t		 end;

	check_sentences(text, len, MARKDOWN_FULL);
	check_sentences(text, len, MARKDOWN_PLAIN);
	end = sentence_end(text, len, 0);
	assert(end <= len);
	assert(end > 0 || utf8_skip_blanks(text, len, 0) == len);

	return (0);
}
