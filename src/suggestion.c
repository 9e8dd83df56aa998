/*
 * What could be asked: for an empty page.
 *
 *	GET /api/suggestions	suggestion_find -> suggestion_found
 *
 * A suggestion is a heading of one of the reader's newest documents (of the
 * library, for a reader without any), so that an answer to it exists. The
 * words of the question are the client's, in its language. Deliberately
 * missing: a model's own ideas, which cost a call for a page that is often
 * left at once.
 */
#include "reply.h"

#define SUGGESTION_MAX	4

int	suggestion_list(struct http_request *);

/* Columns of suggestion_list.sql. */
enum { COLUMN_DOCUMENT, COLUMN_TITLE, COLUMN_HEADING };

enum { SUGGESTION_FIND, SUGGESTION_FOUND };

static enum step	suggestion_find(struct request *);
static enum step	suggestion_found(struct request *);

static const struct request_step	suggestion_steps[] = {
	[SUGGESTION_FIND] = REQUEST_STEP(suggestion_find),
	[SUGGESTION_FOUND] = REQUEST_STEP(suggestion_found)
};
static const struct request_plan	suggestion_plan = {
	.name = "GET /api/suggestions",
	.steps = suggestion_steps, .steps_len = 2
};

int
suggestion_list(struct http_request *http)
{
	return (request_run(http, &suggestion_plan));
}

static enum step
suggestion_find(struct request *r)
{
	return (db_send(r, SUGGESTION_FOUND, STATEMENT_SUGGESTION_LIST,
	    DB_TEXT(r->who.user_id), DB_INT(SUGGESTION_MAX)));
}

static enum step
suggestion_found(struct request *r)
{
	json_t	*list = json_array();
	int	 i;

	for (i = 0; i < db_rows(&r->db); i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:o}",
		    "documentId", db_text(&r->db, i, COLUMN_DOCUMENT),
		    "title", db_text(&r->db, i, COLUMN_TITLE),
		    "heading", db_is_null(&r->db, i, COLUMN_HEADING) ?
		    json_null() : json_string(db_text(&r->db, i,
		    COLUMN_HEADING))));

	return (reply_json(r, 200, json_pack("{s:o}", "suggestions", list)));
}
