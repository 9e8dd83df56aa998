/*
 * Asking.
 *
 *	POST /api/chat			read -> opened -> stream | whole
 *	GET  /api/chat/ID/stream	resume -> found -> stream
 *	POST /api/chat/ID/stop		stop -> stop_found
 *
 * A question comes as {message, conversationId?, documentIds?} or as the AI
 * SDK's useChat sends it. The answer goes out as a UI message stream, or
 * whole as JSON when Accept asks for that. Refusals that are known before
 * the answer begins have their status; later ones are parts of the stream.
 *
 * The request only reads: the answer is an object of its own (answer.h), of
 * this worker or of another one. Of what useChat sends the last question is
 * taken; the conversation so far is the one in the database. Where the
 * question belongs in it the client tells by the message before it and, when
 * one is edited or answered anew, by messageId: so branches come about.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "answerfollow.h"
#include "daily.h"
#include "edge.h"
#include "input.h"
#include "reply.h"
#include "sse.h"
#include "utf8.h"

#define CHAT_DOCUMENTS_MAX	1000
#define CHAT_MESSAGES_MAX	2000
#define CHAT_COLLECTION_MAX	400	/* bytes of its name */

int	chat_create(struct http_request *);
int	chat_resume(struct http_request *);
int	chat_stop(struct http_request *);

/* What the body says; all borrows from it. */
struct chat_body {
	const char	*message;
	const char	*conversation_id;
	json_t		*document_ids;
	const char	*collection;	/* id or name */
	const char	*parent_id;	/* message that the question follows */
	const char	*client_id;	/* useChat's id */
	json_t		*messages;
	const char	*message_id;	/* edited, or answered anew */
	const char	*trigger;
};

struct chat {
	struct request		*request;
	struct chat_body	 body;
	char			*question;	/* joined text parts, owned */
	const char		*question_id;	/* useChat's, of the body */
	const char		*parent_id;	/* what it follows, as well */
	struct answer_reader	 reader;
	struct sse		 sse;
	int			 is_json;	/* the answer goes out whole */
	int			 is_begun;	/* waits for the end */
};

static const struct input_field	chat_fields[] = {
	{ .name = "message", .type = INPUT_STRING, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct chat_body, message),
	  .max = TRANSCRIPT_QUESTION_MAX },
	{ .name = "conversationId", .type = INPUT_STRING,
	  .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct chat_body, conversation_id), .min = 1,
	  .max = TRANSCRIPT_CLIENT_ID_MAX },
	{ .name = "documentIds", .type = INPUT_ARRAY, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct chat_body, document_ids),
	  .max = CHAT_DOCUMENTS_MAX },
	{ .name = "collection", .type = INPUT_STRING, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct chat_body, collection), .min = 1,
	  .max = CHAT_COLLECTION_MAX },
	{ .name = "parentId", .type = INPUT_STRING, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct chat_body, parent_id), .min = 1,
	  .max = TRANSCRIPT_CLIENT_ID_MAX },
	{ .name = "id", .type = INPUT_STRING, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct chat_body, client_id), .min = 1,
	  .max = TRANSCRIPT_CLIENT_ID_MAX },
	{ .name = "messages", .type = INPUT_ARRAY, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct chat_body, messages), .min = 1,
	  .max = CHAT_MESSAGES_MAX },
	{ .name = "messageId", .type = INPUT_STRING, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct chat_body, message_id), .min = 1,
	  .max = TRANSCRIPT_CLIENT_ID_MAX },
	{ .name = "trigger", .type = INPUT_STRING, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct chat_body, trigger), .max = 64 },
};

enum { CHAT_READ, CHAT_OPENED, CHAT_STREAM, CHAT_WHOLE };
enum { RESUME_FIND, RESUME_FOUND, RESUME_STREAM };
enum { STOP_FIND, STOP_FOUND };

static enum step	chat_read(struct request *);
static enum step	chat_opened(struct request *);
static enum step	chat_stream(struct request *);
static enum step	chat_whole(struct request *);
static enum step	resume_find(struct request *);
static enum step	resume_found(struct request *);
static enum step	resume_begin(struct request *, struct answer *);
static enum step	stop_find(struct request *);
static enum step	stop_found(struct request *);
static enum step	chat_question(struct request *);
static enum step	chat_begin_stream(struct request *, u_int8_t);
static int		chat_push(struct chat *);
static void		chat_notify(void *);
static void		chat_drained(void *);
static void		chat_free(void *);

static const struct request_step	create_steps[] = {
	[CHAT_READ] = REQUEST_STEP(chat_read),
	[CHAT_OPENED] = REQUEST_STEP(chat_opened),
	[CHAT_STREAM] = REQUEST_STEP(chat_stream),
	[CHAT_WHOLE] = REQUEST_STEP(chat_whole)
};
static const struct request_step	resume_steps[] = {
	[RESUME_FIND] = REQUEST_STEP(resume_find),
	[RESUME_FOUND] = REQUEST_STEP(resume_found),
	[RESUME_STREAM] = REQUEST_STEP(chat_stream)
};
static const struct request_step	stop_steps[] = {
	[STOP_FIND] = REQUEST_STEP(stop_find),
	[STOP_FOUND] = REQUEST_STEP(stop_found)
};

static const struct request_plan	create_plan = {
	.name = "POST /api/chat", .steps = create_steps,
	.steps_len = sizeof(create_steps) / sizeof(create_steps[0]),
	.data_len = sizeof(struct chat), .data_free = chat_free
};
static const struct request_plan	resume_plan = {
	.name = "GET /api/chat/ID/stream", .steps = resume_steps,
	.steps_len = sizeof(resume_steps) / sizeof(resume_steps[0]),
	.data_len = sizeof(struct chat), .data_free = chat_free
};
static const struct request_plan	stop_plan = {
	.name = "POST /api/chat/ID/stop", .steps = stop_steps,
	.steps_len = sizeof(stop_steps) / sizeof(stop_steps[0])
};

int
chat_create(struct http_request *http)
{
	return (request_run(http, &create_plan));
}

int
chat_resume(struct http_request *http)
{
	return (request_run(http, &resume_plan));
}

int
chat_stop(struct http_request *http)
{
	return (request_run(http, &stop_plan));
}

/* ---- POST /api/chat ------------------------------------------------------ */

static enum step
chat_read(struct request *r)
{
	struct chat		*c = r->data;
	const char		*accept = request_header(r, "accept");
	struct answer_question	 q;
	enum error_id		 error;

	c->request = r;
	if (input_json(r, chat_fields, sizeof(chat_fields) /
	    sizeof(chat_fields[0]), &c->body) == STEP_DONE ||
	    chat_question(r) == STEP_DONE)
		return (STEP_DONE);

	c->is_json = (accept != NULL &&
	    strstr(accept, "application/json") != NULL &&
	    strstr(accept, "text/event-stream") == NULL);
	c->reader.is_sole = c->is_json;
	c->reader.notify = chat_notify;
	c->reader.arg = c;

	memset(&q, 0, sizeof(q));
	q.ask.user_id = r->who.user_id;
	q.ask.text = c->question;
	q.ask.asked = c->body.messages != NULL ? c->body.client_id :
	    c->body.conversation_id;
	q.ask.may_create = (c->body.messages != NULL);
	q.ask.is_again = (c->body.trigger != NULL &&
	    strcmp(c->body.trigger, "regenerate-message") == 0);
	q.ask.replaces = c->body.messages != NULL ? c->body.message_id : NULL;
	q.ask.parent = c->parent_id;
	q.ask.client_message = c->question_id;
	q.ask.collection = c->body.collection;
	q.document_ids = c->body.document_ids;
	q.request_id = r->id;
	if ((error = answer_start(&q, &c->reader)) != ERROR_NONE)
		return (request_fail(r, error));

	return (request_wait(r, CHAT_OPENED));
}

static enum step
chat_opened(struct request *r)
{
	struct chat	*c = r->data;

	if (c->reader.answer->state == ANSWER_REFUSED)
		return (daily_fail(r, c->reader.answer->error));
	if (!c->is_json)
		return (chat_begin_stream(r, CHAT_STREAM));

	c->is_begun = 1;
	if (c->reader.answer->state == ANSWER_OVER)
		return (request_next(r, CHAT_WHOLE));
	/* Nobody else reads it: when its client goes, the work stops. */
	edge_streaming(r->http);

	return (request_wait(r, CHAT_WHOLE));
}

static enum step
chat_begin_stream(struct request *r, u_int8_t state)
{
	struct chat	*c = r->data;

	c->is_begun = 1;
	sse_open(&c->sse, r, chat_drained, c);
	if (chat_push(c))
		return (request_next(r, state));

	return (request_wait(r, state));
}

/* Entered when all of the log has been sent. */
static enum step
chat_stream(struct request *r)
{
	struct chat	*c = r->data;

	sse_end(&c->sse);

	return (STEP_DONE);
}

static enum step
chat_whole(struct request *r)
{
	struct chat		*c = r->data;
	const struct answer	*a = c->reader.answer;
	json_t			*usage;

	if (a->error != ERROR_NONE) {
		r->retry_after_s = a->retry_after_s;
		return (request_fail(r, a->error));
	}
	usage = answer_usage(a);

	return (reply_json(r, 200, json_pack(
	    "{s:s, s:s, s:s, s:O, s:b, s:o}",
	    "conversationId", a->transcript.conversation_id,
	    "messageId", a->transcript.answer_id,
	    "text", buffer_text(&a->text),
	    "citations", a->citations,
	    "answered", answer_has_answered(a),
	    "usage", usage == NULL ? json_null() : usage)));
}

/* ---- GET /api/chat/ID/stream --------------------------------------------- */

static enum step
resume_find(struct request *r)
{
	struct chat	*c = r->data;
	struct answer	*a;
	char		 id[TRANSCRIPT_CLIENT_ID_MAX + 1];

	c->request = r;
	if (request_segment(r, 2, id, sizeof(id)) == NULL ||
	    !utf8_is_text(id, strlen(id)))
		return (reply_empty(r, 204));
	if ((a = answer_find(r->who.user_id, id)) != NULL)
		return (resume_begin(r, a));

	return (db_send(r, RESUME_FOUND, STATEMENT_ANSWER_FIND,
	    DB_TEXT(r->who.user_id), DB_TEXT(id)));
}

/* Another worker writes it, or nobody does. */
static enum step
resume_found(struct request *r)
{
	struct answer	*a;
	const char	*answer_id;

	if (db_rows(&r->db) == 0)
		return (reply_empty(r, 204));
	answer_id = db_text(&r->db, 0, 2);
	/* It may have begun here, or been followed, while we looked. */
	if ((a = answer_by_id(answer_id)) == NULL &&
	    (a = answerfollow_start(r->who.user_id, db_text(&r->db, 0, 0),
	    db_is_null(&r->db, 0, 1) ? "" : db_text(&r->db, 0, 1),
	    answer_id)) == NULL)
		return (request_fail(r, ERROR_BUSY));

	return (resume_begin(r, a));
}

static enum step
resume_begin(struct request *r, struct answer *a)
{
	struct chat	*c = r->data;

	c->reader.notify = chat_notify;
	c->reader.arg = c;
	answer_attach(a, &c->reader);

	return (chat_begin_stream(r, RESUME_STREAM));
}

/* ---- POST /api/chat/ID/stop ---------------------------------------------- */

static enum step
stop_find(struct request *r)
{
	struct answer	*a;
	char		 id[TRANSCRIPT_CLIENT_ID_MAX + 1];

	if (request_segment(r, 2, id, sizeof(id)) == NULL ||
	    !utf8_is_text(id, strlen(id)))
		return (request_fail(r, ERROR_CONVERSATION_NOT_FOUND));
	a = answer_find(r->who.user_id, id);
	if (a != NULL && !a->is_remote) {
		answer_stop(a);
		return (reply_json(r, 200, json_pack("{s:b}", "stopped", 1)));
	}

	return (db_send(r, STOP_FOUND, STATEMENT_CHAT_STOP,
	    DB_TEXT(r->who.user_id), DB_TEXT(id)));
}

static enum step
stop_found(struct request *r)
{
	int	is_running;

	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_CONVERSATION_NOT_FOUND));
	is_running = db_bool(&r->db, 0, 1);
	/* Of this instance: at once. The others see it in the database. */
	if (is_running)
		answer_stop_elsewhere(r->who.user_id, db_text(&r->db, 0, 0));

	return (reply_json(r, 200, json_pack("{s:b}", "stopped",
	    is_running)));
}

/* ---- the question -------------------------------------------------------- */

/* The text of a UI message: its text parts, or `content` of older clients. */
static int
chat_message_text(const json_t *message, struct buffer *out)
{
	const json_t	*part, *text;
	const char	*type;
	size_t		 i;

	text = json_object_get(message, "content");
	if (json_is_string(text))
		buffer_add(out, json_string_value(text),
		    json_string_length(text));
	json_array_foreach(json_object_get(message, "parts"), i, part) {
		type = json_string_value(json_object_get(part, "type"));
		text = json_object_get(part, "text");
		if (type == NULL || strcmp(type, "text") != 0 ||
		    !json_is_string(text))
			continue;
		if (out->len > 0)
			buffer_add(out, "\n", 1);
		buffer_add(out, json_string_value(text),
		    json_string_length(text));
	}

	return (out->has_failed ? -1 : 0);
}

/* A message's id, or NULL when it has none that we could know. */
static const char *
chat_message_id(const json_t *message)
{
	const json_t	*id = json_object_get(message, "id");
	size_t		 len = json_string_length(id);

	return (len > 0 && len <= TRANSCRIPT_CLIENT_ID_MAX &&
	    utf8_is_text(json_string_value(id), len) ? json_string_value(id) :
	    NULL);
}

/* The last question among useChat's messages, and where it belongs. */
static enum step
chat_last_question(struct request *r, const json_t *messages,
    struct buffer *out)
{
	struct chat	*c = r->data;
	const json_t	*message;
	const char	*role;
	size_t		 i;

	for (i = json_array_size(messages); i-- > 0;) {
		message = json_array_get(messages, i);
		role = json_string_value(json_object_get(message, "role"));
		if (role == NULL || strcmp(role, "user") != 0)
			continue;
		if (chat_message_text(message, out) == -1)
			return (request_fail(r, ERROR_INTERNAL));
		c->question_id = chat_message_id(message);
		if (i > 0)
			c->parent_id = chat_message_id(
			    json_array_get(messages, i - 1));
		break;
	}
	if (out->len == 0)
		return (request_fail_field(r, ERROR_VALIDATION, "messages",
		    "messages hold no question with text"));

	return (STEP_NEXT);
}

static enum step
chat_check_ids(struct request *r, const json_t *ids)
{
	const json_t	*id;
	size_t		 i;

	json_array_foreach(ids, i, id)
		if (!json_is_string(id))
			return (request_fail_field(r, ERROR_VALIDATION,
			    "documentIds", "documentIds are strings"));

	return (STEP_NEXT);
}

/* Fills c->question from either form of the body. */
static enum step
chat_question(struct request *r)
{
	struct chat	*c = r->data;
	struct buffer	 text;
	enum step	 step = STEP_NEXT;
	const char	*field = c->body.messages != NULL ? "messages" :
			    "message";

	buffer_init(&text);
	if (c->body.messages != NULL)
		step = chat_last_question(r, c->body.messages, &text);
	else if (c->body.message != NULL) {
		buffer_add_text(&text, c->body.message);
		c->parent_id = c->body.parent_id;
	}
	c->question = text.data;
	if (step == STEP_DONE)
		return (STEP_DONE);

	if (text.len == 0 ||
	    utf8_skip_blanks(text.data, text.len, 0) == text.len)
		return (request_fail_field(r, ERROR_VALIDATION, field,
		    "Ask something: the message is empty"));
	if (text.len > TRANSCRIPT_QUESTION_MAX)
		return (request_fail_field(r, ERROR_VALIDATION, field,
		    "The question is longer than 16 KiB"));
	if (!utf8_is_text(text.data, text.len))
		return (request_fail_field(r, ERROR_BAD_TEXT, field, NULL));
	if (c->body.messages != NULL && c->body.client_id == NULL)
		return (request_fail_field(r, ERROR_VALIDATION, "id",
		    "id is required with messages"));

	return (chat_check_ids(r, c->body.document_ids));
}

/* ---- reading the answer -------------------------------------------------- */

/* Sends what the log has and the client takes; 1 when that was all of it. */
static int
chat_push(struct chat *c)
{
	struct answer_reader	*reader = &c->reader;
	const struct answer	*a = reader->answer;
	size_t			 left = a->log.len - reader->offset;

	if (left > 0)
		reader->offset += sse_write(&c->sse,
		    a->log.data + reader->offset, left);
	reader->behind = a->log.len - reader->offset;

	/* Refused: who came back to it while its opening was under way. */
	return ((a->state == ANSWER_OVER || a->state == ANSWER_REFUSED) &&
	    reader->behind == 0);
}

/* There is more, or it is over. */
static void
chat_notify(void *arg)
{
	struct chat	*c = arg;

	if (!c->is_begun) {
		request_wake(c->request);
		return;
	}
	if (c->is_json ? c->reader.answer->state == ANSWER_OVER : chat_push(c))
		request_wake(c->request);
}

static void
chat_drained(void *arg)
{
	struct chat	*c = arg;

	if (chat_push(c))
		request_wake(c->request);
	answer_has_room(c->reader.answer);
}

static void
chat_free(void *data)
{
	struct chat	*c = data;

	sse_close(&c->sse);
	answer_detach(&c->reader);
	free(c->question);
}
