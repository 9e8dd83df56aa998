/*
 * Conversations.
 *
 *	GET    /api/conversations	list_find -> list_found
 *	GET    /api/conversations/ID	get_find -> get_found (-> get_broken ->
 *					get_find, when an answer was left
 *					by a process that is gone)
 *	PATCH  /api/conversations/ID	rename_store -> rename_stored
 *	DELETE /api/conversations/ID	drop_find -> drop_found
 *
 * ID is the conversation's id or the id its client gave it. Only their owner
 * sees them; the rule stands in each statement. What is shown of a branched
 * conversation is the path that ends in the newest message, or with ?message=
 * the one through that. Export is convexport.c's.
 */
#include <string.h>

#include "answer.h"
#include "input.h"
#include "message.h"
#include "paging.h"
#include "reply.h"
#include "utf8.h"

#define CONVERSATION_TITLE_MAX	400	/* bytes */

/* Columns of conversation_list.sql, conversation_rename.sql and _get.sql. */
enum {
	COLUMN_ID, COLUMN_CLIENT_ID, COLUMN_TITLE, COLUMN_CREATED,
	COLUMN_UPDATED, COLUMN_CURSOR, COLUMN_MESSAGE = COLUMN_CURSOR
};

enum { FIRST, SECOND, THIRD };

/* The context of GET /api/conversations/ID. */
struct conversation_view {
	int	is_asked;	/* for the path through a message */
	int	is_mended;	/* broken answers have been closed */
};

int	conversation_list(struct http_request *);
int	conversation_one(struct http_request *);

static enum step	list_find(struct request *);
static enum step	list_found(struct request *);
static enum step	get_find(struct request *);
static enum step	get_found(struct request *);
static enum step	get_broken(struct request *);
static enum step	rename_store(struct request *);
static enum step	rename_stored(struct request *);
static enum step	drop_find(struct request *);
static enum step	drop_found(struct request *);
static const char	*conversation_id(struct request *, char *, size_t);
static json_t		*conversation_json(const struct db_query *, int);

static const struct request_step	list_steps[] = {
	[FIRST] = REQUEST_STEP(list_find),
	[SECOND] = REQUEST_STEP(list_found)
};
static const struct request_step	get_steps[] = {
	[FIRST] = REQUEST_STEP(get_find),
	[SECOND] = REQUEST_STEP(get_found),
	[THIRD] = REQUEST_STEP(get_broken)
};
static const struct request_step	rename_steps[] = {
	[FIRST] = REQUEST_STEP(rename_store),
	[SECOND] = REQUEST_STEP(rename_stored)
};
static const struct request_step	drop_steps[] = {
	[FIRST] = REQUEST_STEP(drop_find),
	[SECOND] = REQUEST_STEP(drop_found)
};

static const struct request_plan	list_plan = {
	.name = "GET /api/conversations",
	.steps = list_steps, .steps_len = 2,
	.data_len = sizeof(struct paging)
};
static const struct request_plan	get_plan = {
	.name = "GET /api/conversations/ID",
	.steps = get_steps, .steps_len = 3,
	.data_len = sizeof(struct conversation_view)
};
static const struct request_plan	rename_plan = {
	.name = "PATCH /api/conversations/ID",
	.steps = rename_steps, .steps_len = 2
};
static const struct request_plan	drop_plan = {
	.name = "DELETE /api/conversations/ID",
	.steps = drop_steps, .steps_len = 2
};

int
conversation_list(struct http_request *http)
{
	return (request_run(http, &list_plan));
}

int
conversation_one(struct http_request *http)
{
	switch (http->method) {
	case HTTP_METHOD_PATCH:
		return (request_run(http, &rename_plan));
	case HTTP_METHOD_DELETE:
		return (request_run(http, &drop_plan));
	default:
		return (request_run(http, &get_plan));
	}
}

static enum step
list_find(struct request *r)
{
	struct paging	*page = r->data;

	if (paging_read(r, page) == STEP_DONE)
		return (STEP_DONE);

	return (db_send(r, SECOND, STATEMENT_CONVERSATION_LIST,
	    DB_TEXT(r->who.user_id), DB_TEXT(page->q),
	    DB_TEXT(page->cursor_us), DB_TEXT(page->cursor_id),
	    DB_INT(page->limit + 1)));
}

static enum step
list_found(struct request *r)
{
	const struct paging	*page = r->data;
	json_t			*list = json_array();
	int			 i;

	for (i = 0; i < db_rows(&r->db) && i < page->limit; i++)
		json_array_append_new(list, conversation_json(&r->db, i));

	return (reply_json(r, 200, json_pack("{s:o, s:o}", "conversations",
	    list, "nextCursor", paging_next(page, &r->db, COLUMN_CURSOR,
	    COLUMN_ID))));
}

static enum step
get_find(struct request *r)
{
	struct conversation_view	*view = r->data;
	char				 id[TRANSCRIPT_CLIENT_ID_MAX + 1];
	char				 buf[TRANSCRIPT_CLIENT_ID_MAX + 1];
	const char			*message;

	if (conversation_id(r, id, sizeof(id)) == NULL)
		return (request_fail(r, ERROR_CONVERSATION_NOT_FOUND));
	message = request_query(r, "message", buf, sizeof(buf));
	if (message != NULL && !utf8_is_text(message, strlen(message)))
		return (request_fail(r, ERROR_MESSAGE_NOT_FOUND));
	view->is_asked = message != NULL;

	return (db_send(r, SECOND, STATEMENT_CONVERSATION_GET,
	    DB_TEXT(r->who.user_id), DB_TEXT(id), DB_TEXT(message)));
}

static enum step
get_found(struct request *r)
{
	struct conversation_view	*view = r->data;
	json_t				*conversation, *messages;
	char				 id[TOKEN_ID_LEN + 1];
	int				 i, rows = db_rows(&r->db);

	if (rows == 0)
		return (request_fail(r, ERROR_CONVERSATION_NOT_FOUND));
	if (view->is_asked &&
	    db_is_null(&r->db, 0, COLUMN_MESSAGE + MESSAGE_ID))
		return (request_fail(r, ERROR_MESSAGE_NOT_FOUND));
	for (i = 0; i < rows && !view->is_mended; i++)
		if (db_bool(&r->db, i, COLUMN_MESSAGE + MESSAGE_IS_DEAD))
			break;
	if (i < rows && !view->is_mended) {
		(void)kore_strlcpy(id, db_text(&r->db, 0, COLUMN_ID),
		    sizeof(id));
		return (db_send(r, THIRD, STATEMENT_ANSWER_BREAK_OFF,
		    DB_TEXT(id)));
	}

	messages = json_array();
	for (i = 0; i < rows; i++)
		if (!db_is_null(&r->db, i, COLUMN_MESSAGE + MESSAGE_ID))
			json_array_append_new(messages,
			    message_json(&r->db, i, COLUMN_MESSAGE));
	conversation = conversation_json(&r->db, 0);
	json_object_set_new(conversation, "messages", messages);

	return (reply_json(r, 200, json_pack("{s:o}", "conversation",
	    conversation)));
}

/* What the dead answers had told is theirs now: once more. */
static enum step
get_broken(struct request *r)
{
	struct conversation_view	*view = r->data;

	view->is_mended = 1;

	return (request_next(r, FIRST));
}

static enum step
rename_store(struct request *r)
{
	static const struct input_field	fields[] = {
		{ .name = "title", .type = INPUT_STRING,
		  .flags = INPUT_REQUIRED, .min = 1,
		  .max = CONVERSATION_TITLE_MAX }
	};
	const char			*title = NULL;
	char				 id[TRANSCRIPT_CLIENT_ID_MAX + 1];

	if (input_json(r, fields, 1, &title) == STEP_DONE)
		return (STEP_DONE);
	if (utf8_skip_blanks(title, strlen(title), 0) == strlen(title))
		return (request_fail_field(r, ERROR_VALIDATION, "title",
		    "title must not be blank"));
	if (conversation_id(r, id, sizeof(id)) == NULL)
		return (request_fail(r, ERROR_CONVERSATION_NOT_FOUND));

	return (db_send(r, SECOND, STATEMENT_CONVERSATION_RENAME,
	    DB_TEXT(r->who.user_id), DB_TEXT(id), DB_TEXT(title)));
}

static enum step
rename_stored(struct request *r)
{
	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_CONVERSATION_NOT_FOUND));

	return (reply_json(r, 200, json_pack("{s:o}", "conversation",
	    conversation_json(&r->db, 0))));
}

static enum step
drop_find(struct request *r)
{
	char	id[TRANSCRIPT_CLIENT_ID_MAX + 1];

	if (conversation_id(r, id, sizeof(id)) == NULL)
		return (request_fail(r, ERROR_CONVERSATION_NOT_FOUND));

	return (db_send(r, SECOND, STATEMENT_CONVERSATION_DELETE,
	    DB_TEXT(r->who.user_id), DB_TEXT(id)));
}

static enum step
drop_found(struct request *r)
{
	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_CONVERSATION_NOT_FOUND));
	/* Nobody will read an answer that is still being written for it. */
	answer_stop_elsewhere(r->who.user_id, db_text(&r->db, 0, 0));

	return (reply_empty(r, 204));
}

/* The ID of the path, or NULL when no conversation can have it. */
static const char *
conversation_id(struct request *r, char *buf, size_t size)
{
	const char	*id = request_segment(r, 2, buf, size);

	if (id == NULL || !utf8_is_text(id, strlen(id)))
		return (NULL);

	return (id);
}

static json_t *
conversation_json(const struct db_query *db, int row)
{
	char	created[25], updated[25];

	reply_date(db_int(db, row, COLUMN_CREATED), created);
	reply_date(db_int(db, row, COLUMN_UPDATED), updated);

	return (json_pack("{s:s, s:s?, s:s, s:s, s:s}",
	    "id", db_text(db, row, COLUMN_ID),
	    "clientId", db_is_null(db, row, COLUMN_CLIENT_ID) ? NULL :
	    db_text(db, row, COLUMN_CLIENT_ID),
	    "title", db_text(db, row, COLUMN_TITLE),
	    "createdAt", created, "updatedAt", updated));
}
