/*
 * A growing byte buffer; see buffer.h.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

#define BUFFER_FIRST	256	/* bytes of the first allocation */

void
buffer_init(struct buffer *b)
{
	memset(b, 0, sizeof(*b));
}

void
buffer_free(struct buffer *b)
{
	free(b->data);
	buffer_init(b);
}

void
buffer_clear(struct buffer *b)
{
	b->len = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

static int
buffer_reserve(struct buffer *b, size_t more)
{
	char	*data;
	size_t	 size;

	if (b->has_failed || more >= SIZE_MAX / 2 - b->len) {
		b->has_failed = 1;
		return (-1);
	}
	if (b->len + more < b->size)
		return (0);

	size = b->size == 0 ? BUFFER_FIRST : b->size;
	while (size <= b->len + more)
		size *= 2;

	if ((data = realloc(b->data, size)) == NULL) {
		b->has_failed = 1;
		return (-1);
	}
	b->data = data;
	b->size = size;

	return (0);
}

void
buffer_add(struct buffer *b, const void *data, size_t len)
{
	if (len == 0 || buffer_reserve(b, len) == -1)
		return;

	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buffer_add_text(struct buffer *b, const char *text)
{
	buffer_add(b, text, strlen(text));
}

void
buffer_cut(struct buffer *b, size_t len)
{
	if (len >= b->len)
		return;

	b->len = len;
	b->data[len] = '\0';
}

void
buffer_drop(struct buffer *b, size_t len)
{
	if (len == 0)
		return;
	if (len >= b->len) {
		buffer_clear(b);
		return;
	}

	memmove(b->data, b->data + len, b->len - len);
	buffer_cut(b, b->len - len);
}

const char *
buffer_text(const struct buffer *b)
{
	return (b->data == NULL ? "" : b->data);
}
