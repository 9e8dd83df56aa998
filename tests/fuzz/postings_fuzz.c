/* links: src/postings.c src/buffer.c */
/*
 * Blocks and directories of any bytes: told broken, or in order and bounded;
 * what was read as good is good when written again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "postings.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct posting		postings[POSTINGS_BLOCK_MAX];
	static struct posting		again[POSTINGS_BLOCK_MAX];
	static struct postings_entry	entries[POSTINGS_BYTES_MAX];
	struct postings_entry		entry;
	struct buffer			buffer = { 0 };
	size_t				n;
	int				i, count;

	count = postings_decode(data, len, postings, POSTINGS_BLOCK_MAX);
	for (i = 1; i < count; i++)
		if (postings[i].chunk <= postings[i - 1].chunk)
			abort();
	if (count > 0) {
		n = postings_encode(&buffer, postings, (size_t)count, &entry);
		if (postings_decode(buffer.data, buffer.len, again,
		    POSTINGS_BLOCK_MAX) != (int)n ||
		    memcmp(postings, again, n * sizeof(*again)) != 0)
			abort();
		buffer_free(&buffer);
	}
	count = postings_entries(data, len, entries, POSTINGS_BYTES_MAX);
	for (i = 0; i < count; i++)
		if (entries[i].last < entries[i].first ||
		    entries[i].bounds_len > POSTINGS_BOUNDS_MAX)
			abort();

	return (0);
}
