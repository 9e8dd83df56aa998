/*
 * What a finished query brought: the accessors of db.h.
 */
#include <sys/types.h>

#include <stdlib.h>

#include "db.h"

int
db_rows(const struct db_query *query)
{
	return (query->result == NULL ? 0 : PQntuples(query->result));
}

const char *
db_text(const struct db_query *query, int row, int column)
{
	return (PQgetvalue(query->result, row, column));
}

size_t
db_length(const struct db_query *query, int row, int column)
{
	return ((size_t)PQgetlength(query->result, row, column));
}

int
db_is_null(const struct db_query *query, int row, int column)
{
	return (PQgetisnull(query->result, row, column));
}

/* An integer of any size in network order. */
static int64_t
db_int_binary(const struct db_query *query, int row, int column)
{
	const unsigned char	*at = (const unsigned char *)
				    db_text(query, row, column);
	size_t			 len = db_length(query, row, column), i;
	uint64_t		 number;

	number = len > 0 && (at[0] & 0x80) ? UINT64_MAX : 0;
	for (i = 0; i < len; i++)
		number = number << 8 | at[i];

	return ((int64_t)number);
}

int64_t
db_int(const struct db_query *query, int row, int column)
{
	if (PQfformat(query->result, column) == 1)
		return (db_int_binary(query, row, column));

	return (strtoll(db_text(query, row, column), NULL, 10));
}

double
db_double(const struct db_query *query, int row, int column)
{
	return (strtod(db_text(query, row, column), NULL));
}

int
db_bool(const struct db_query *query, int row, int column)
{
	return (db_text(query, row, column)[0] == 't');
}

u_int8_t *
db_bytes(const struct db_query *query, int row, int column, size_t *len)
{
	return (PQunescapeBytea(
	    (const unsigned char *)db_text(query, row, column), len));
}
