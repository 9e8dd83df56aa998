/*
 * Text to numbers and back, without a copy of what is large.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lexicalrows.h"

void
lexicalrows_number(struct buffer *array, int64_t number)
{
	char	digits[32];

	(void)snprintf(digits, sizeof(digits), "%s%" PRId64,
	    array->len == 0 ? "{" : ",", number);
	buffer_add_text(array, digits);
}

const char *
lexicalrows_array(struct buffer *array)
{
	buffer_add_text(array, array->len == 0 ? "{}" : "}");

	return (buffer_text(array));
}

void
lexicalrows_ranges(struct scorer *s, const char *text,
    void (*range)(struct scorer *, uint32_t, uint32_t))
{
	char		*end;
	unsigned long	 first, last;

	while (*text != '\0') {
		first = strtoul(text, &end, 10);
		if (*end != '-')
			return;
		last = strtoul(end + 1, &end, 10);
		range(s, (uint32_t)first, (uint32_t)last);
		text = *end == ',' ? end + 1 : end;
	}
}

int
lexicalrows_bytes(const struct db_query *rows, int row, int column,
    uint8_t *out, size_t max)
{
	size_t	len = db_length(rows, row, column);

	if (len > max)
		return (-1);
	memcpy(out, db_text(rows, row, column), len);

	return ((int)len);
}
