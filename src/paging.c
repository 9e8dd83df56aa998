/*
 * Lists in pages. A cursor is "microseconds.id" of the last row shown; the
 * statement takes one row more than wanted, which tells whether another page
 * follows.
 */
#include <stdlib.h>
#include <string.h>

#include "paging.h"
#include "utf8.h"

#define PAGING_LIMIT		50
#define PAGING_LIMIT_MAX	100
#define PAGING_DIGITS_MAX	18
#define PAGING_ID_MAX		36

static enum step
paging_limit(struct request *r, struct paging *p)
{
	char	 number[16], *end;

	p->limit = PAGING_LIMIT;
	if (request_query(r, "limit", number, sizeof(number)) == NULL)
		return (STEP_NEXT);
	p->limit = strtol(number, &end, 10);
	if (end == number || *end != '\0' || p->limit < 1 ||
	    p->limit > PAGING_LIMIT_MAX)
		return (request_fail_field(r, ERROR_VALIDATION, "limit",
		    "limit is a number from 1 to 100"));

	return (STEP_NEXT);
}

static int
paging_cursor(struct paging *p)
{
	size_t	 digits = strspn(p->cursor, "0123456789");
	char	*id;

	if (digits == 0 || digits > PAGING_DIGITS_MAX ||
	    p->cursor[digits] != '.')
		return (-1);
	id = p->cursor + digits + 1;
	if (*id == '\0' || strlen(id) > PAGING_ID_MAX ||
	    id[strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-")] != '\0')
		return (-1);

	p->cursor[digits] = '\0';
	p->cursor_us = p->cursor;
	p->cursor_id = id;

	return (0);
}

enum step
paging_read(struct request *r, struct paging *p)
{
	memset(p, 0, sizeof(*p));
	if (paging_limit(r, p) == STEP_DONE)
		return (STEP_DONE);

	p->q = request_query(r, "q", p->words, sizeof(p->words));
	if (p->q != NULL && !utf8_is_text(p->q, strlen(p->q)))
		return (request_fail_field(r, ERROR_BAD_TEXT, "q", NULL));
	if (request_query(r, "cursor", p->cursor, sizeof(p->cursor)) != NULL &&
	    paging_cursor(p) == -1)
		return (request_fail_field(r, ERROR_VALIDATION, "cursor",
		    "This cursor is none of ours"));

	return (STEP_NEXT);
}

json_t *
paging_next(const struct paging *p, const struct db_query *db, int column_us,
    int column_id)
{
	int	last = (int)p->limit - 1;

	if (db_rows(db) <= p->limit)
		return (json_null());

	return (json_sprintf("%s.%s", db_text(db, last, column_us),
	    db_text(db, last, column_id)));
}
