/* links: src/markdown.c src/mdline.c src/mdinline.c src/utf8.c */
/*
 * Any bytes as a text: blocks in order that hold every byte that is no
 * blank, and headings that fit their buffer.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "markdown.h"
#include "utf8.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_blocks(const char *text, size_t len, enum markdown_syntax syntax)
{
	struct markdown		m = markdown_open(text, len, syntax);
	struct markdown_block	block;
	char			heading[24];
	size_t			behind = 0, heading_len;
	int			is_text = utf8_is_text(text, len);

	while (markdown_next(&m, &block)) {
		assert(block.start >= behind && block.end > block.start);
		assert(block.end <= len);
		assert(utf8_skip_blanks(text, block.start, behind) ==
		    block.start);
		assert(utf8_trim_end(text, block.start, block.end) ==
		    block.end);
		if (block.kind != MARKDOWN_HEADING) {
			behind = block.end;
			continue;
		}
		assert(block.level >= 1 && block.level <= 6);
		heading_len = markdown_heading_text(text + block.start,
		    block.end - block.start, heading, sizeof(heading));
		assert(heading_len == strlen(heading));
		assert(heading_len < sizeof(heading));
		assert(!is_text || utf8_is_text(heading, heading_len));
		behind = block.end;
	}
	assert(utf8_skip_blanks(text, len, behind) == len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char	title[16];

	check_blocks((const char *)data, len, MARKDOWN_FULL);
	check_blocks((const char *)data, len, MARKDOWN_PLAIN);
	assert(markdown_title((const char *)data, len, MARKDOWN_FULL, title,
	    sizeof(title)) == strlen(title));

	return (0);
}
