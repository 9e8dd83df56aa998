/*
 * One conversation as a file.
 *
 *	GET /api/conversations/ID/export?format=md | json
 *		find -> found -> mended -> part -> (streams) sent
 *
 * Markdown has the path that ends in the newest message (or goes through
 * ?message=), JSON has all branches. However long it is, a few messages are
 * held at a time: the next ones are read when the client has taken the ones
 * before. When they cannot be read the connection breaks, so that nobody takes
 * a part for the whole. Answers that were left by a process that is gone are
 * closed before.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "config.h"
#include "convmarkdown.h"
#include "filename.h"
#include "message.h"
#include "percent.h"
#include "reply.h"
#include "sse.h"
#include "utf8.h"

#define CONVEXPORT_PART		16	/* messages that are held */
#define CONVEXPORT_NAME_SIZE	121	/* of a file, without its ending */

int	convexport_make(struct http_request *);

struct convexport {
	struct request	*request;
	struct sse	 sse;
	struct db_query	 db;		/* reads the next part */
	struct buffer	 out;
	size_t		 sent;		/* bytes of it */
	size_t		 notes;		/* footnotes so far */
	size_t		 messages;	/* so far */
	int		 is_json;
	int		 is_last;	/* nothing follows `out` */
	char		 conversation[TOKEN_ID_LEN + 1];
	char		 leaf[TOKEN_ID_LEN + 1]; /* "": no message */
	char		 last[TOKEN_ID_LEN + 1]; /* "": the first part */
	int64_t		 place;		/* of the last */
};

/* Columns of conversation_find.sql and conversation_part.sql. */
enum {
	FIND_ID, FIND_CLIENT_ID, FIND_TITLE, FIND_CREATED, FIND_UPDATED,
	FIND_LEAF
};
enum { PART_PLACE, PART_MESSAGE };

#define CONVEXPORT_PARAMS	6

enum { EXPORT_FIND, EXPORT_FOUND, EXPORT_MENDED, EXPORT_PART, EXPORT_SENT };

static enum step	convexport_find(struct request *);
static enum step	convexport_found(struct request *);
static enum step	convexport_mended(struct request *);
static enum step	convexport_part(struct request *);
static enum step	convexport_sent(struct request *);
static void		convexport_name(struct request *);
static void		convexport_head(struct convexport *,
			    const struct db_query *);
static void		convexport_params(const struct convexport *,
			    struct db_param [CONVEXPORT_PARAMS]);
static void		convexport_render(struct convexport *,
			    const struct db_query *);
static int		convexport_push(struct convexport *);
static void		convexport_came(struct db_query *, void *);
static void		convexport_drained(void *);
static void		convexport_free(void *);

static const struct request_step	convexport_steps[] = {
	[EXPORT_FIND] = REQUEST_STEP(convexport_find),
	[EXPORT_FOUND] = REQUEST_STEP(convexport_found),
	[EXPORT_MENDED] = REQUEST_STEP(convexport_mended),
	[EXPORT_PART] = REQUEST_STEP(convexport_part),
	[EXPORT_SENT] = REQUEST_STEP(convexport_sent)
};
static const struct request_plan	convexport_plan = {
	.name = "GET /api/conversations/ID/export",
	.steps = convexport_steps, .steps_len = 5,
	.data_len = sizeof(struct convexport), .data_free = convexport_free
};

int
convexport_make(struct http_request *http)
{
	return (request_run(http, &convexport_plan));
}

static enum step
convexport_find(struct request *r)
{
	struct convexport	*c = r->data;
	char			 id[TRANSCRIPT_CLIENT_ID_MAX + 1];
	char			 buf[TRANSCRIPT_CLIENT_ID_MAX + 1];
	char			 format[8];
	const char		*asked, *message;

	c->request = r;
	db_query_init(&c->db);
	buffer_init(&c->out);
	asked = request_query(r, "format", format, sizeof(format));
	if (asked == NULL || (strcmp(asked, "md") != 0 &&
	    strcmp(asked, "json") != 0))
		return (request_fail_field(r, ERROR_VALIDATION, "format",
		    "format is md or json"));
	c->is_json = strcmp(asked, "json") == 0;
	if (request_segment(r, 2, id, sizeof(id)) == NULL ||
	    !utf8_is_text(id, strlen(id)))
		return (request_fail(r, ERROR_CONVERSATION_NOT_FOUND));
	message = request_query(r, "message", buf, sizeof(buf));
	if (message != NULL && !utf8_is_text(message, strlen(message)))
		return (request_fail(r, ERROR_MESSAGE_NOT_FOUND));

	return (db_send(r, EXPORT_FOUND, STATEMENT_CONVERSATION_FIND,
	    DB_TEXT(r->who.user_id), DB_TEXT(id), DB_TEXT(message)));
}

static enum step
convexport_found(struct request *r)
{
	struct convexport	*c = r->data;
	char			 buf[TRANSCRIPT_CLIENT_ID_MAX + 1];

	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_CONVERSATION_NOT_FOUND));
	if (db_is_null(&r->db, 0, FIND_LEAF) &&
	    request_query(r, "message", buf, sizeof(buf)) != NULL)
		return (request_fail(r, ERROR_MESSAGE_NOT_FOUND));
	convexport_name(r);
	if (r->http->method == HTTP_METHOD_HEAD)
		return (reply_head(r, c->is_json ? "application/json" :
		    "text/markdown; charset=utf-8"));

	(void)kore_strlcpy(c->conversation, db_text(&r->db, 0, FIND_ID),
	    sizeof(c->conversation));
	if (!db_is_null(&r->db, 0, FIND_LEAF))
		(void)kore_strlcpy(c->leaf, db_text(&r->db, 0, FIND_LEAF),
		    sizeof(c->leaf));
	convexport_head(c, &r->db);

	return (db_send(r, EXPORT_MENDED, STATEMENT_ANSWER_BREAK_OFF,
	    DB_TEXT(c->conversation)));
}

static enum step
convexport_mended(struct request *r)
{
	struct convexport	*c = r->data;
	struct db_param		 params[CONVEXPORT_PARAMS];

	convexport_params(c, params);

	return (db_send_params(r, EXPORT_PART, STATEMENT_CONVERSATION_PART,
	    params, CONVEXPORT_PARAMS));
}

/* From here on the context is called from outside of the steps. */
static enum step
convexport_part(struct request *r)
{
	struct convexport	*c = r->data;

	convexport_render(c, &r->db);
	db_query_reset(&r->db);
	sse_open_as(&c->sse, r, c->is_json ? "application/json" :
	    "text/markdown; charset=utf-8", convexport_drained, c);
	if (convexport_push(c))
		return (request_next(r, EXPORT_SENT));

	return (request_wait(r, EXPORT_SENT));
}

static enum step
convexport_sent(struct request *r)
{
	struct convexport	*c = r->data;

	sse_end(&c->sse);

	return (STEP_DONE);
}

/* The title as the name of a file; it is to be saved. */
static void
convexport_name(struct request *r)
{
	const struct convexport	*c = r->data;
	char			 clean[CONVEXPORT_NAME_SIZE];
	char			 name[PERCENT_ENCODED_SIZE(sizeof(clean))];
	char			 head[sizeof(name) + 96];

	(void)filename_clean(clean, sizeof(clean),
	    db_text(&r->db, 0, FIND_TITLE));
	if (percent_encode(clean, strlen(clean), name, sizeof(name)) <= 0)
		(void)snprintf(name, sizeof(name), "conversation");
	(void)snprintf(head, sizeof(head), "attachment; "
	    "filename=\"conversation.%s\"; filename*=UTF-8''%s.%s",
	    c->is_json ? "json" : "md", name, c->is_json ? "json" : "md");
	reply_header(r, "content-disposition", head);
	reply_header(r, "cache-control", "no-store");
}

static void
convexport_head(struct convexport *c, const struct db_query *db)
{
	const char	*client_id = NULL;
	char		 created[25], updated[25], *text;
	json_t		*head;

	reply_date(db_int(db, 0, FIND_CREATED), created);
	reply_date(db_int(db, 0, FIND_UPDATED), updated);
	if (!c->is_json) {
		convmarkdown_head(&c->out, db_text(db, 0, FIND_TITLE),
		    created, config.public_url, c->conversation);
		return;
	}
	if (!db_is_null(db, 0, FIND_CLIENT_ID))
		client_id = db_text(db, 0, FIND_CLIENT_ID);
	head = json_pack("{s:s, s:s?, s:s, s:s, s:s}",
	    "id", c->conversation, "clientId", client_id,
	    "title", db_text(db, 0, FIND_TITLE),
	    "createdAt", created, "updatedAt", updated);
	text = json_dumps(head, JSON_COMPACT);
	json_decref(head);
	if (text == NULL)
		fatal("convexport: no memory");
	/* The messages are its last member. */
	buffer_add_text(&c->out, "{\"conversation\":");
	buffer_add(&c->out, text, strlen(text) - 1);
	buffer_add_text(&c->out, ",\"messages\":[");
	free(text);
}

/* ---- part by part -------------------------------------------------------- */

static void
convexport_params(const struct convexport *c,
    struct db_param params[CONVEXPORT_PARAMS])
{
	int	is_first = c->last[0] == '\0';

	params[0] = DB_TEXT(c->request->who.user_id);
	params[1] = DB_TEXT(c->conversation);
	params[2] = DB_TEXT(c->is_json ? NULL : c->leaf);
	params[3] = is_first ? DB_NULL : DB_INT(c->place);
	params[4] = is_first ? DB_NULL : DB_TEXT(c->last);
	params[5] = DB_INT(CONVEXPORT_PART);
}

/* Adds the rows to what is to be sent. */
static void
convexport_render(struct convexport *c, const struct db_query *db)
{
	json_t	*message;
	char	*text;
	int	 row, rows = db_rows(db);

	for (row = 0; row < rows; row++) {
		message = message_json(db, row, PART_MESSAGE);
		if (c->is_json) {
			text = json_dumps(message, JSON_COMPACT);
			if (text == NULL)
				fatal("convexport: no memory");
			buffer_add_text(&c->out, c->messages == 0 ? "\n" :
			    ",\n");
			buffer_add_text(&c->out, text);
			free(text);
		} else
			convmarkdown_message(&c->out, message,
			    config.public_url, &c->notes);
		json_decref(message);
		c->messages++;
	}
	if (rows > 0) {
		c->place = db_int(db, rows - 1, PART_PLACE);
		(void)kore_strlcpy(c->last, db_text(db, rows - 1,
		    PART_MESSAGE + MESSAGE_ID), sizeof(c->last));
	}
	c->is_last = rows < CONVEXPORT_PART;
	if (c->is_last && c->is_json)
		buffer_add_text(&c->out, "\n]}}\n");
}

/* Sends what the client takes; asks for more when that was all; 1: the end. */
static int
convexport_push(struct convexport *c)
{
	struct db_param	params[CONVEXPORT_PARAMS];

	c->sent += sse_write(&c->sse, c->out.data + c->sent,
	    c->out.len - c->sent);
	if (c->sent < c->out.len)
		return (0);
	if (c->is_last)
		return (1);
	if (c->db.state != DB_IDLE)
		return (0);
	buffer_clear(&c->out);
	c->sent = 0;
	convexport_params(c, params);
	db_query_start(&c->db, STATEMENT_CONVERSATION_PART, params,
	    CONVEXPORT_PARAMS, convexport_came, c);

	return (0);
}

static void
convexport_came(struct db_query *db, void *arg)
{
	struct convexport	*c = arg;

	if (!request_is_alive(c->request))
		return;
	if (db->error != ERROR_NONE) {
		kore_connection_disconnect(c->request->http->owner);
		return;
	}
	convexport_render(c, db);
	db_query_reset(db);
	convexport_drained(c);
}

static void
convexport_drained(void *arg)
{
	struct convexport	*c = arg;

	if (convexport_push(c))
		request_wake(c->request);
}

static void
convexport_free(void *data)
{
	struct convexport	*c = data;

	db_query_cancel(&c->db);
	sse_close(&c->sse);
	buffer_free(&c->out);
}
