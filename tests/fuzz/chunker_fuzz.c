/* links: src/chunker.c src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/utf8.c */
/*
 * Any bytes as a text, at sizes chosen by the first two: chunks in order,
 * none too long or blank, that hold every byte that is no blank, and that
 * end between characters when the text is UTF-8.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "chunker.h"
#include "utf8.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct chunker_options	 options = { 0 };
	const char		*text;
	struct chunker		 c;
	struct chunk		 chunk;
	size_t			 ordinal = 0, start = 0, end = 0;
	int			 is_text;

	if (len < 2)
		return (0);
	options.target = CHUNKER_TARGET_MIN + data[0];
	options.max = options.target * 5 / 4 + data[1];
	options.overlap = options.target / 4;
	options.no_overlap = data[1] % 2;
	options.syntax = data[1] % 3 == 0 ? MARKDOWN_PLAIN : MARKDOWN_FULL;
	text = (const char *)data + 2;
	len -= 2;
	is_text = utf8_is_text(text, len);

	c = chunker_open(text, len, &options);
	while (chunker_next(&c, &chunk)) {
		assert(chunk.ordinal == ordinal++);
		assert(chunk.start < chunk.end && chunk.end <= len);
		assert(chunk.end - chunk.start <= options.max);
		assert(ordinal == 1 || chunk.start > start);
		assert(chunk.end > end);
		assert(chunk.start >= end || (!options.no_overlap &&
		    end - chunk.start <= options.overlap));
		assert(chunk.start <= end || utf8_skip_blanks(text,
		    chunk.start, end) == chunk.start);
		assert(utf8_trim_end(text, chunk.start, chunk.end) ==
		    chunk.end);
		assert(strlen(chunk.heading) < CHUNKER_PATH_SIZE);
		assert(!is_text || (utf8_is_text(text + chunk.start,
		    chunk.end - chunk.start) && utf8_is_text(chunk.heading,
		    strlen(chunk.heading))));
		start = chunk.start;
		end = chunk.end;
	}
	assert(utf8_skip_blanks(text, len, end) == len);

	return (0);
}
