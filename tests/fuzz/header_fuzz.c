/* links: src/header.c src/span.c src/utf8.c src/error.c */
/*
 * Whatever header_clean() accepts must be harmless for Kore's parser, and
 * header_scan() must find the same end however the bytes arrive.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "header.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int is_true)
{
	if (!is_true)
		abort();
}

static void
check_scan(const uint8_t *data, size_t size)
{
	enum header_scan	whole, pieces = HEADER_SCAN_MORE;
	size_t			end = 0, pos = 0, len;

	whole = header_scan(data, size, &end);
	for (len = 0; len <= size && pieces == HEADER_SCAN_MORE; len++)
		pieces = header_scan(data, len, &pos);
	check(whole == pieces);
	check(whole != HEADER_SCAN_END || end == pos);
}

static void
check_block(const char *block, size_t len, const struct header_facts *facts)
{
	size_t		i, lines = 0, hosts = 0;

	check(len >= 4 && memcmp(block + len - 4, "\r\n\r\n", 4) == 0);
	for (i = 0; i < len; i++) {
		if (block[i] == '\r') {
			check(i + 1 < len && block[i + 1] == '\n');
			check(i + 4 >= len || block[i + 2] != '\r');
			lines++;
			if (i + 8 < len &&
			    strncmp(block + i + 2, "host: ", 6) == 0)
				hosts++;
		} else if (block[i] == '\n') {
			check(i > 0 && block[i - 1] == '\r');
		} else {
			check(block[i] >= ' ' && block[i] <= '~');
		}
	}
	/* One more for the request line, one for the empty line. */
	check(lines <= HEADER_LINES_MAX + 2);
	check(hosts == 1);
	check(facts->method != NULL);
	check(facts->has_body || facts->content_length == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct header_facts	 facts;
	char			*out;
	size_t			 len;

	check_scan(data, size);
	check(header_leading(data, size) <= size);

	/* Exactly the room that the interface promises to suffice. */
	out = malloc(HEADER_CLEAN_MAX(size));
	check(out != NULL);
	switch (header_clean(data, size, out, HEADER_CLEAN_MAX(size), &len,
	    &facts)) {
	case ERROR_NONE:
		check(len <= HEADER_CLEAN_MAX(size));
		check_block(out, len, &facts);
		break;
	case ERROR_HEADER_TOO_LARGE:
		abort();
	default:
		break;
	}
	free(out);

	return (0);
}
