/*
 * Network byte order throughout, as the database's binary format has it.
 */
#include <arpa/inet.h>

#include <endian.h>
#include <string.h>

#include "copyrow.h"

#define COPYROW_BIGINT	20	/* pg_type.oid of bigint: never changes */

void
copyrow_begin(struct buffer *buffer, uint16_t fields)
{
	fields = htons(fields);
	buffer_add(buffer, &fields, sizeof(fields));
}

static void
copyrow_number(struct buffer *buffer, uint32_t number)
{
	number = htonl(number);
	buffer_add(buffer, &number, sizeof(number));
}

void
copyrow_null(struct buffer *buffer)
{
	copyrow_number(buffer, UINT32_MAX);
}

void
copyrow_int(struct buffer *buffer, int32_t number)
{
	copyrow_number(buffer, 4);
	copyrow_number(buffer, (uint32_t)number);
}

void
copyrow_bigint(struct buffer *buffer, uint64_t number)
{
	number = htobe64(number);
	copyrow_bytes(buffer, &number, sizeof(number));
}

void
copyrow_bytes(struct buffer *buffer, const void *bytes, size_t len)
{
	copyrow_number(buffer, (uint32_t)len);
	buffer_add(buffer, bytes, len);
}

void
copyrow_bigints(struct buffer *buffer, const uint64_t *numbers, size_t count)
{
	size_t	opened, i;

	opened = copyrow_open(buffer);
	copyrow_number(buffer, count == 0 ? 0 : 1);	/* dimensions */
	copyrow_number(buffer, 0);			/* no nulls */
	copyrow_number(buffer, COPYROW_BIGINT);
	if (count > 0) {
		copyrow_number(buffer, (uint32_t)count);
		copyrow_number(buffer, 1);		/* first index */
	}
	for (i = 0; i < count; i++)
		copyrow_bigint(buffer, numbers[i]);
	copyrow_end(buffer, opened);
}

size_t
copyrow_open(struct buffer *buffer)
{
	copyrow_number(buffer, 0);

	return (buffer->len);
}

void
copyrow_end(struct buffer *buffer, size_t opened)
{
	const uint32_t	len = htonl((uint32_t)(buffer->len - opened));

	if (!buffer->has_failed)
		memcpy(buffer->data + opened - sizeof(len), &len,
		    sizeof(len));
}
