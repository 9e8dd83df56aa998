/*
 * Lists in pages. A cursor is "microseconds.id" of the last row shown, or
 * "key.id" in a list with an order of its own; the statement takes one row
 * more than wanted, which tells whether another page follows.
 */
#include <stdlib.h>
#include <string.h>

#include "paging.h"
#include "percent.h"
#include "utf8.h"

#define PAGING_LIMIT		50
#define PAGING_LIMIT_MAX	100
#define PAGING_DIGITS_MAX	18
#define PAGING_KEY_MAX		320
#define PAGING_ID_MIN		1	/* of accounts taken over */
#define PAGING_ID_MAX		36
#define PAGING_SORT_SIZE	32
#define PAGING_WORDS_TEXT						\
	"q is at most 200 bytes of text"

/*
 * A parameter of the query: 1, 0 when absent, -1 when it cannot be one of
 * ours, which includes being too long.
 */
static int
paging_query(const struct request *r, const char *name, char *out,
    size_t size)
{
	const char	*query = r->http->query_string;

	if (query == NULL)
		return (0);
	switch (percent_get(query, strlen(query), name, out, size, NULL)) {
	case PERCENT_OK:
		return (1);
	case PERCENT_ABSENT:
		return (0);
	default:
		return (-1);
	}
}

static enum step
paging_limit(struct request *r, struct paging *p)
{
	char	 number[16], *end = number;
	int	 is_there;

	p->limit = PAGING_LIMIT;
	is_there = paging_query(r, "limit", number, sizeof(number));
	if (is_there == 0)
		return (STEP_NEXT);
	if (is_there == 1)
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
	size_t	 digits, most;
	char	*id;

	digits = strspn(p->cursor, p->sort == NULL ? "0123456789" :
	    "0123456789abcdef");
	most = p->sort == NULL ? PAGING_DIGITS_MAX : PAGING_KEY_MAX;
	/* A title may have an empty key. */
	if ((digits == 0 && p->sort == NULL) || digits > most ||
	    p->cursor[digits] != '.')
		return (-1);
	id = p->cursor + digits + 1;
	if (strlen(id) < PAGING_ID_MIN || strlen(id) > PAGING_ID_MAX ||
	    id[strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_")] != '\0')
		return (-1);

	p->cursor[digits] = '\0';
	p->cursor_us = p->cursor;
	p->cursor_id = id;

	return (0);
}

static enum step
paging_sort(struct request *r, struct paging *p, const char *const *names)
{
	char		 sort[PAGING_SORT_SIZE];
	const char	*name = sort;
	int		 is_there;

	if (names == NULL)
		return (STEP_NEXT);
	is_there = paging_query(r, "sort", sort, sizeof(sort));
	if (is_there == 0)
		return (STEP_NEXT);
	if (is_there == -1)
		name = "";
	if (*name == '-') {
		p->is_descending = 1;
		name++;
	}
	for (; *names != NULL && p->sort == NULL; names++)
		if (strcmp(*names, name) == 0)
			p->sort = *names;
	if (p->sort == NULL)
		return (request_fail_field(r, ERROR_VALIDATION, "sort",
		    "This list has no such order"));

	return (STEP_NEXT);
}

enum step
paging_read(struct request *r, struct paging *p)
{
	return (paging_read_sorted(r, p, NULL));
}

enum step
paging_read_sorted(struct request *r, struct paging *p,
    const char *const *names)
{
	int	is_there;

	memset(p, 0, sizeof(*p));
	if (paging_limit(r, p) == STEP_DONE ||
	    paging_sort(r, p, names) == STEP_DONE)
		return (STEP_DONE);

	switch (paging_query(r, "q", p->words, sizeof(p->words))) {
	case 1:
		p->q = p->words;
		break;
	case -1:
		return (request_fail_field(r, ERROR_VALIDATION, "q",
		    PAGING_WORDS_TEXT));
	}
	if (p->q != NULL && !utf8_is_text(p->q, strlen(p->q)))
		return (request_fail_field(r, ERROR_BAD_TEXT, "q", NULL));
	is_there = paging_query(r, "cursor", p->cursor, sizeof(p->cursor));
	if (is_there == -1 || (is_there == 1 && paging_cursor(p) == -1))
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
