/*
 * The table of statements. kodev compiles assets/sql/x.sql (a link to
 * sql/queries) into asset_x_sql; a file without an entry in statement.h is
 * dead weight, an entry without a file does not compile.
 */
#include <sys/types.h>

#include <stdlib.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "assets.h"
#include "statement.h"

static const struct {
	const u_int8_t	*sql;	/* NUL-terminated by kodev */
	const char	*name;	/* the file's, without .sql */
} statement_table[] = {
#define STATEMENT_ENTRY(name, file)					\
	[STATEMENT_##name] = { asset_##file##_sql, #file },
	STATEMENT_LIST(STATEMENT_ENTRY)
#undef STATEMENT_ENTRY
};

const char *
statement_sql(enum statement statement)
{
	if (statement >= STATEMENT_COUNT)
		abort();

	return ((const char *)statement_table[statement].sql);
}

const char *
statement_name(enum statement statement)
{
	if (statement >= STATEMENT_COUNT)
		abort();

	return (statement_table[statement].name);
}

int
statement_is_hot(enum statement statement)
{
	switch (statement) {
	case STATEMENT_SESSION_FIND:
	case STATEMENT_SEARCH_SCOPE:
	case STATEMENT_SEARCH_CHOSEN:
	case STATEMENT_SEARCH_TERMS:
	case STATEMENT_SEARCH_HEADS:
	case STATEMENT_SEARCH_BLOCKS:
	case STATEMENT_SEARCH_PASSAGES:
	case STATEMENT_CHAT_OPEN:
	case STATEMENT_PASSAGES_JOIN:
	case STATEMENT_CHAT_CHECK:
	case STATEMENT_CHAT_CLOSE:
	case STATEMENT_TITLE_SET:
	case STATEMENT_ANSWER_BEAT:
		return (1);
	default:
		return (0);
	}
}

int
statement_is_binary(enum statement statement)
{
	return (statement == STATEMENT_SEARCH_HEADS ||
	    statement == STATEMENT_SEARCH_BLOCKS);
}
