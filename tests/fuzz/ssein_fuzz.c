/* links: src/ssein.c src/buffer.c */
/*
 * Server-sent events: any bytes in any pieces give the same events as the
 * same bytes at once. The first byte chooses the size of the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ssein.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
gather(void *arg, const char *data, size_t len)
{
	buffer_add(arg, data, len);
	buffer_add(arg, "|", 1);

	return (0);
}

static void
read_in_pieces(const char *text, size_t len, size_t piece, struct buffer *out)
{
	struct ssein	s;
	size_t		at, n;

	buffer_init(out);
	ssein_init(&s, gather, out);
	for (at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		if (ssein_feed(&s, text + at, n) == -1)
			break;
	}
	(void)ssein_finish(&s);
	ssein_free(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buffer	whole, pieces;

	if (len < 2)
		return (0);
	read_in_pieces((const char *)data + 1, len - 1, len, &whole);
	read_in_pieces((const char *)data + 1, len - 1, 1 + data[0] % 32u,
	    &pieces);
	if (whole.len != pieces.len || (whole.len > 0 &&
	    memcmp(whole.data, pieces.data, whole.len) != 0))
		abort();
	buffer_free(&whole);
	buffer_free(&pieces);

	return (0);
}
