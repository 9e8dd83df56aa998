/*
 * OpenAI's API.
 *
 *	POST /v1/chat/completions	read -> opened -> stream | whole
 *	GET  /v1/models			list -> listed
 *	GET  /v1/models/ID		find -> found
 *
 * The same answers as in POST /api/chat, of the same documents; but nothing
 * of them is stored, and one whose caller leaves stops at once. What went
 * before the question the caller brings along. The model is "lectern", or
 * "lectern/NAME" for a collection of the caller's.
 *
 * The request reads the answer's text itself (a stateless answer has no log)
 * and frames it as it goes out, no more than the client takes.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answer.h"
#include "citation.h"
#include "config.h"
#include "daily.h"
#include "edge.h"
#include "input.h"
#include "openairequest.h"
#include "openaiwire.h"
#include "percent.h"
#include "reply.h"
#include "sse.h"
#include "utf8.h"

#define OPENAI_PIECE_MAX	16384	/* bytes of text in one chunk */
#define OPENAI_CREATED		1767225600 /* of the model for all documents:
					   clients want some date */
#define OPENAI_MODELS		"/v1/models/"

int	openai_chat(struct http_request *);
int	openai_models(struct http_request *);
int	openai_model(struct http_request *);

struct openai {
	struct request		*request;
	struct openairequest	 ask;
	struct openaiwire	 wire;
	struct answer_reader	 reader;	/* offset: text framed so far */
	struct sse		 sse;
	struct buffer		 out;		/* framed */
	size_t			 sent;		/* bytes of it */
	int			 is_begun;	/* the head is out, or it waits
						   for the whole answer */
	int			 is_told;	/* the end is framed */
};

/* What goes behind the text; the strings and arrays are owned here. */
struct openai_end {
	struct openaiwire_end	 wire;
	struct buffer		 sources;
	json_t			*annotations;
};

enum { CHAT_READ, CHAT_OPENED, CHAT_STREAM, CHAT_WHOLE };
enum { MODELS_LIST, MODELS_LISTED };
enum { MODEL_FIND, MODEL_FOUND };

static enum step	openai_read(struct request *);
static enum step	openai_opened(struct request *);
static enum step	openai_stream(struct request *);
static enum step	openai_whole(struct request *);
static enum step	openai_list(struct request *);
static enum step	openai_listed(struct request *);
static enum step	openai_find(struct request *);
static enum step	openai_found(struct request *);
static enum step	openai_refuse(struct request *, enum error_id);
static int		openai_push(struct openai *);
static void		openai_notify(void *);
static void		openai_drained(void *);
static void		openai_free(void *);

static const struct request_step	chat_steps[] = {
	[CHAT_READ] = REQUEST_STEP(openai_read),
	[CHAT_OPENED] = REQUEST_STEP(openai_opened),
	[CHAT_STREAM] = REQUEST_STEP(openai_stream),
	[CHAT_WHOLE] = REQUEST_STEP(openai_whole)
};
static const struct request_step	models_steps[] = {
	[MODELS_LIST] = REQUEST_STEP(openai_list),
	[MODELS_LISTED] = REQUEST_STEP(openai_listed)
};
static const struct request_step	model_steps[] = {
	[MODEL_FIND] = REQUEST_STEP(openai_find),
	[MODEL_FOUND] = REQUEST_STEP(openai_found)
};

static const struct request_plan	chat_plan = {
	.name = "POST /v1/chat/completions", .steps = chat_steps,
	.steps_len = sizeof(chat_steps) / sizeof(chat_steps[0]),
	.data_len = sizeof(struct openai), .data_free = openai_free
};
static const struct request_plan	models_plan = {
	.name = "GET /v1/models", .steps = models_steps,
	.steps_len = sizeof(models_steps) / sizeof(models_steps[0])
};
static const struct request_plan	model_plan = {
	.name = "GET /v1/models/ID", .steps = model_steps,
	.steps_len = sizeof(model_steps) / sizeof(model_steps[0])
};

int
openai_chat(struct http_request *http)
{
	return (request_run(http, &chat_plan));
}

int
openai_models(struct http_request *http)
{
	return (request_run(http, &models_plan));
}

int
openai_model(struct http_request *http)
{
	return (request_run(http, &model_plan));
}

/* ---- POST /v1/chat/completions ------------------------------------------- */

static enum step
openai_read(struct request *r)
{
	struct openai			*o = r->data;
	struct openairequest_refusal	 refusal;
	struct answer_question		 q;
	enum error_id			 error;

	o->request = r;
	if (input_json(r, NULL, 0, NULL) == STEP_DONE)
		return (STEP_DONE);
	if (openairequest_read(&o->ask, r->body, &refusal) == -1)
		return (request_fail_field(r, refusal.is_no_model ?
		    ERROR_NO_MODEL : ERROR_VALIDATION, refusal.param,
		    refusal.message));

	o->reader.is_sole = 1;
	o->reader.notify = openai_notify;
	o->reader.arg = o;
	memset(&q, 0, sizeof(q));
	q.ask.user_id = r->who.user_id;
	q.ask.text = buffer_text(&o->ask.question);
	q.ask.collection = o->ask.collection;
	q.document_ids = o->ask.document_ids;
	q.turns = o->ask.turns;
	q.instructions = o->ask.instructions.len == 0 ? NULL :
	    buffer_text(&o->ask.instructions);
	q.options = &o->ask.options;
	q.request_id = r->id;
	q.is_stateless = 1;
	if ((error = answer_start(&q, &o->reader)) != ERROR_NONE)
		return (openai_refuse(r, error));

	return (request_wait(r, CHAT_OPENED));
}

static enum step
openai_opened(struct request *r)
{
	struct openai	*o = r->data;
	struct answer	*a = o->reader.answer;

	if (a->state == ANSWER_REFUSED)
		return (openai_refuse(r, a->error));

	o->wire.id = a->transcript.answer_id;
	o->wire.model = o->ask.model;
	o->wire.created = (int64_t)time(NULL);
	o->wire.has_usage = o->ask.has_usage;
	o->is_begun = 1;
	if (o->ask.is_stream) {
		openaiwire_begin(&o->out, &o->wire);
		sse_open(&o->sse, r, openai_drained, o);
		if (openai_push(o))
			return (request_next(r, CHAT_STREAM));
		return (request_wait(r, CHAT_STREAM));
	}
	if (a->state == ANSWER_OVER)
		return (request_next(r, CHAT_WHOLE));
	edge_streaming(r->http);

	return (request_wait(r, CHAT_WHOLE));
}

/* Before the answer has begun, or in place of a whole one. */
static enum step
openai_refuse(struct request *r, enum error_id error)
{
	const struct openai	*o = r->data;

	if (error == ERROR_CHAT_DAILY) {
		/* Until midnight (UTC): nothing for a client to wait for. */
		reply_header(r, "x-should-retry", "false");
		return (daily_fail(r, error));
	}
	if (error == ERROR_COLLECTION_NOT_FOUND)
		return (o->ask.is_model_collection ?
		    request_fail_field(r, ERROR_NO_MODEL, "model", NULL) :
		    request_fail_field(r, error, "collection", NULL));

	return (request_fail(r, error));
}

/* Entered when all of it has been sent. */
static enum step
openai_stream(struct request *r)
{
	struct openai	*o = r->data;

	sse_end(&o->sse);

	return (STEP_DONE);
}

/* What it failed by; ERROR_NONE: it is whole. */
static enum error_id
openai_error(const struct answer *a)
{
	/* Nobody but the end of the server stops an answer of this kind. */
	if (a->error == ERROR_NONE && strcmp(a->status, "stopped") == 0)
		return (ERROR_BUSY);

	return (a->error);
}

static struct openaiwire_usage
openai_usage(const struct answer *a)
{
	struct openaiwire_usage	usage;

	answer_tokens(a, &usage.input_tokens, &usage.output_tokens);

	return (usage);
}

/* An annotation for each marker whose citation holds. */
static json_t *
openai_annotations(const struct answer *a)
{
	const struct cite	*c = &a->cite;
	const struct cite_mark	*m;
	const json_t		*citation;
	json_t			*list = json_array();
	uint32_t		 character;
	size_t			 i, at = 0, n = 0, start;

	for (i = 0; i < c->marks_len; i++) {
		m = &c->marks[i];
		for (; at < m->at; n++)
			at += utf8_decode(c->text.data, c->text.len, at,
			    &character);
		start = n;
		for (; at < m->end; n++)
			at += utf8_decode(c->text.data, c->text.len, at,
			    &character);
		citation = citation_find(&a->found[m->passage], m,
		    a->citations);
		if (citation != NULL)
			json_array_append_new(list, openaiwire_annotation(
			    citation, start, n, config.public_url));
	}

	return (list);
}

static void
openai_end(struct openai_end *end, const struct answer *a)
{
	buffer_init(&end->sources);
	openaiwire_sources(&end->sources, a->citations, config.public_url);
	end->annotations = openai_annotations(a);
	end->wire.sources = buffer_text(&end->sources);
	end->wire.annotations = end->annotations;
	end->wire.citations = a->citations;
	end->wire.is_answered = answer_has_answered(a);
	end->wire.reason = a->reason == NULL ? "stop" :
	    strcmp(a->reason, "content-filter") == 0 ? "content_filter" :
	    a->reason;
}

static void
openai_end_free(struct openai_end *end)
{
	buffer_free(&end->sources);
	json_decref(end->annotations);
}

static enum step
openai_whole(struct request *r)
{
	struct openai		*o = r->data;
	const struct answer	*a = o->reader.answer;
	struct openaiwire_usage	 usage = openai_usage(a);
	struct openai_end	 end;
	json_t			*whole;

	if (openai_error(a) != ERROR_NONE) {
		r->retry_after_s = a->retry_after_s;
		return (request_fail(r, openai_error(a)));
	}
	openai_end(&end, a);
	whole = openaiwire_whole(&o->wire, buffer_text(&a->cite.text),
	    &end.wire, &usage);
	openai_end_free(&end);
	if (whole == NULL)
		return (request_fail(r, ERROR_INTERNAL));

	return (reply_json(r, 200, whole));
}

/* ---- reading the answer -------------------------------------------------- */

/* Frames the end of the stream. */
static void
openai_tell_end(struct openai *o, const struct answer *a)
{
	const struct error_info	*error = error_info(openai_error(a));
	struct openaiwire_usage	 usage = openai_usage(a);
	struct openai_end	 end;

	o->is_told = 1;
	if (openai_error(a) != ERROR_NONE)
		openaiwire_fail(&o->out, openaiwire_error(error->status,
		    error->code, NULL, error->message));
	else {
		openai_end(&end, a);
		openaiwire_end(&o->out, &o->wire, &end.wire);
		openai_end_free(&end);
		if (o->wire.has_usage)
			openaiwire_usage(&o->out, &o->wire, &usage);
	}
	openaiwire_done(&o->out);
}

/* Frames what comes next; 0: there is nothing yet, or nothing more. */
static int
openai_frame(struct openai *o, const struct answer *a)
{
	const struct buffer	*text = &a->cite.text;
	const char		*piece;
	size_t			 len = text->len - o->reader.offset;

	if (len == 0) {
		if (a->state != ANSWER_OVER || o->is_told)
			return (0);
		openai_tell_end(o, a);
		return (1);
	}
	piece = text->data + o->reader.offset;
	if (len > OPENAI_PIECE_MAX)
		len = utf8_floor(piece, len, OPENAI_PIECE_MAX);
	openaiwire_text(&o->out, &o->wire, piece, len);
	o->reader.offset += len;

	return (1);
}

/* Sends what there is and the client takes; 1 when that was all of it. */
static int
openai_push(struct openai *o)
{
	const struct answer	*a = o->reader.answer;

	do {
		if (o->sent < o->out.len)
			o->sent += sse_write(&o->sse, o->out.data + o->sent,
			    o->out.len - o->sent);
		if (o->sent < o->out.len)
			break;
		buffer_clear(&o->out);
		o->sent = 0;
	} while (openai_frame(o, a));
	o->reader.behind = a->cite.text.len - o->reader.offset +
	    o->out.len - o->sent;

	return (o->is_told && o->out.len == 0);
}

/* There is more, or it is over. */
static void
openai_notify(void *arg)
{
	struct openai	*o = arg;

	if (!o->is_begun || (o->ask.is_stream ? openai_push(o) :
	    o->reader.answer->state == ANSWER_OVER))
		request_wake(o->request);
}

static void
openai_drained(void *arg)
{
	struct openai	*o = arg;

	if (openai_push(o))
		request_wake(o->request);
	answer_has_room(o->reader.answer);
}

static void
openai_free(void *data)
{
	struct openai	*o = data;

	sse_close(&o->sse);
	answer_detach(&o->reader);
	openairequest_free(&o->ask);
	buffer_free(&o->out);
}

/* ---- models -------------------------------------------------------------- */

static enum step
openai_list(struct request *r)
{
	return (db_send(r, MODELS_LISTED, STATEMENT_MODEL_LIST,
	    DB_TEXT(r->who.user_id), DB_TEXT(NULL)));
}

/* A row of the statement as a model. */
static json_t *
openai_model_json(const struct request *r, int row)
{
	return (openaiwire_model(db_text(&r->db, row, 0),
	    db_int(&r->db, row, 1)));
}

static enum step
openai_listed(struct request *r)
{
	json_t	*list = json_array();
	int	 i;

	json_array_append_new(list, openaiwire_model(NULL, OPENAI_CREATED));
	for (i = 0; i < db_rows(&r->db); i++)
		json_array_append_new(list, openai_model_json(r, i));

	return (reply_json(r, 200, json_pack("{s:s, s:o}",
	    "object", "list", "data", list)));
}

/* The id may hold slashes, encoded or not. */
static enum step
openai_find(struct request *r)
{
	static const size_t	 len = sizeof(OPENAIWIRE_MODEL) - 1;
	const char		*path = r->http->path +
				    sizeof(OPENAI_MODELS) - 1;
	char			 id[OPENAIREQUEST_NAME_MAX + 16];

	if (percent_decode(path, strlen(path), PERCENT_PLUS_LITERAL, id,
	    sizeof(id), NULL) != PERCENT_OK || !utf8_is_text(id, strlen(id)))
		return (request_fail(r, ERROR_NO_MODEL));
	if (strcmp(id, OPENAIWIRE_MODEL) == 0)
		return (reply_json(r, 200,
		    openaiwire_model(NULL, OPENAI_CREATED)));
	if (strncmp(id, OPENAIWIRE_MODEL "/", len + 1) != 0)
		return (request_fail_field(r, ERROR_NO_MODEL, "model", NULL));

	return (db_send(r, MODEL_FOUND, STATEMENT_MODEL_LIST,
	    DB_TEXT(r->who.user_id), DB_TEXT(id + len + 1)));
}

static enum step
openai_found(struct request *r)
{
	if (db_rows(&r->db) == 0)
		return (request_fail_field(r, ERROR_NO_MODEL, "model", NULL));

	return (reply_json(r, 200, openai_model_json(r, 0)));
}
