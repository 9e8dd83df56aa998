/*
 * Answers: their life and their readers. What they do is in pipeline.c.
 *
 * An answer lives until it is stored (or given up) and its last reader has
 * gone. When the last reader leaves earlier, the answer goes on and is kept
 * (CHAT_KEEP_GOING), unless that reader was its only purpose (is_sole). A
 * remote one, which others write, ends with its last reader.
 *
 * A reader that is slow holds the model back, but only while no other reader
 * is faster: then the log alone grows.
 */
#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>

#include "answer.h"
#include "config.h"
#include "log.h"
#include "pipeline.h"
#include "uistream.h"

#define ANSWERS_PER_USER	8	/* running, in this worker; chat_open()
					   counts those of all workers */
#define ANSWERS_MAX		2000	/* running, in this worker */
#define ANSWER_AHEAD_HIGH	(256 * 1024)	/* bytes not read by anyone */
#define ANSWER_AHEAD_LOW	(64 * 1024)
#define ANSWER_MSG_STOP		(KORE_MSG_APP_BASE + 1)

/* What goes to the other workers. */
struct answer_stop_message {
	char	user_id[40];
	char	conversation_id[TOKEN_ID_LEN + 1];
};

static void	answer_stop_heard(struct kore_msg *, const void *);
static void	answer_free(struct answer *);

static TAILQ_HEAD(, answer)	answers = TAILQ_HEAD_INITIALIZER(answers);

void
answer_init(void)
{
	if (!kore_msg_register(ANSWER_MSG_STOP, answer_stop_heard))
		fatal("answer: cannot register its message");
}

static size_t
answer_count(const char *user_id)
{
	const struct answer	*a;
	size_t			 n = 0;

	TAILQ_FOREACH(a, &answers, list)
		if (!a->is_stored && !a->is_remote && (user_id == NULL ||
		    strcmp(a->user_id, user_id) == 0))
			n++;

	return (n);
}

size_t
answer_running(void)
{
	return (answer_count(NULL));
}

static int
answer_copy_ids(struct answer *a, const json_t *ids)
{
	const json_t	*id;
	size_t		 i;

	if (ids == NULL)
		return (0);
	a->document_ids = calloc(json_array_size(ids) + 1, sizeof(char *));
	if (a->document_ids == NULL)
		return (-1);
	json_array_foreach(ids, i, id) {
		a->document_ids[i] = strdup(json_string_value(id));
		if (a->document_ids[i] == NULL)
			return (-1);
		a->document_ids_len++;
	}

	return (0);
}

static struct answer *
answer_new(const char *user_id)
{
	struct answer	*a;

	if ((a = calloc(1, sizeof(*a))) == NULL ||
	    (a->user_id = strdup(user_id)) == NULL ||
	    (a->sources = json_array()) == NULL)
		fatal("answer: no memory");
	TAILQ_INIT(&a->readers);
	TAILQ_INSERT_TAIL(&answers, a, list);
	transcript_init(&a->transcript);
	retrieval_init(&a->retrieval);
	passages_init(&a->joined);
	buffer_init(&a->log);
	buffer_init(&a->rewritten);
	buffer_init(&a->text);
	cite_init(&a->cite, NULL, 0);
	llm_options_init(&a->options);

	return (a);
}

enum error_id
answer_start(const struct answer_question *q, struct answer_reader *reader)
{
	struct answer	*a = NULL;

	if (answer_count(q->ask.user_id) >= ANSWERS_PER_USER ||
	    answer_running() >= ANSWERS_MAX)
		return (ERROR_TOO_MANY_STREAMS);
	if (q->ask.asked != NULL)
		a = answer_find(q->ask.user_id, q->ask.asked);
	/* Of a remote one only the database knows whether it still runs. */
	if (a != NULL && !a->is_remote)
		return (ERROR_ANSWER_RUNNING);

	a = answer_new(q->ask.user_id);
	a->is_stateless = q->is_stateless;
	a->turns = q->turns == NULL ? NULL : json_deep_copy(q->turns);
	if (q->options != NULL) {
		a->options = *q->options;
		a->options.stop = a->stop = json_deep_copy(q->options->stop);
	}
	(void)kore_strlcpy(a->request_id, q->request_id,
	    sizeof(a->request_id));
	a->options.request_id = a->request_id;
	if ((a->question = strdup(q->ask.text)) == NULL ||
	    (q->instructions != NULL &&
	    (a->instructions = strdup(q->instructions)) == NULL) ||
	    answer_copy_ids(a, q->document_ids) == -1)
		fatal("answer: no memory");

	answer_attach(a, reader);
	pipeline_begin(a, &q->ask);

	return (ERROR_NONE);
}

struct answer *
answer_remote(const char *user_id, const char *conversation_id,
    const char *client_id, const char *answer_id)
{
	struct answer		*a = answer_new(user_id);
	struct transcript	*t = &a->transcript;

	a->is_remote = 1;
	a->state = ANSWER_WRITING;
	(void)kore_strlcpy(t->conversation_id, conversation_id,
	    sizeof(t->conversation_id));
	(void)kore_strlcpy(t->client_id, client_id, sizeof(t->client_id));
	(void)kore_strlcpy(t->answer_id, answer_id, sizeof(t->answer_id));

	return (a);
}

static void
answer_free(struct answer *a)
{
	size_t	i;

	TAILQ_REMOVE(&answers, a, list);
	llm_cancel(a->llm);
	transcript_free(&a->transcript);
	cite_free(&a->cite);
	free(a->passages);
	passages_free(&a->joined);
	retrieval_free(&a->retrieval);
	buffer_free(&a->log);
	buffer_free(&a->rewritten);
	buffer_free(&a->text);
	json_decref(a->turns);
	json_decref(a->stop);
	json_decref(a->sources);
	json_decref(a->citations);
	for (i = 0; i < a->document_ids_len; i++)
		free(a->document_ids[i]);
	free(a->document_ids);
	free(a->instructions);
	free(a->search);
	free(a->user_id);
	free(a->question);
	free(a);
}

void
answer_release(struct answer *a)
{
	if (a->is_stored && TAILQ_EMPTY(&a->readers))
		answer_free(a);
}

void
answer_attach(struct answer *a, struct answer_reader *reader)
{
	reader->answer = a;
	reader->offset = 0;
	reader->behind = 0;
	TAILQ_INSERT_TAIL(&a->readers, reader, list);
}

void
answer_detach(struct answer_reader *reader)
{
	struct answer	*a = reader->answer;

	if (a == NULL)
		return;
	reader->answer = NULL;
	TAILQ_REMOVE(&a->readers, reader, list);
	if (TAILQ_EMPTY(&a->readers)) {
		if (a->is_remote)
			a->is_stored = 1;
		else if (reader->is_sole || !config.chat_keep_going)
			answer_stop(a);
		else
			answer_has_room(a);
	}
	answer_release(a);
}

void
answer_notify(struct answer *a)
{
	struct answer_reader	*reader;

	TAILQ_FOREACH(reader, &a->readers, list)
		reader->notify(reader->arg);
	answer_has_room(a);
}

/* Holds the model back, or lets it go on, by how far the log is read. */
void
answer_has_room(struct answer *a)
{
	const struct answer_reader	*reader;
	size_t				 least = SIZE_MAX;

	TAILQ_FOREACH(reader, &a->readers, list)
		if (reader->behind < least)
			least = reader->behind;
	if (least == SIZE_MAX)
		least = 0;
	if (a->llm == NULL)
		return;

	if (!a->is_paused && least > ANSWER_AHEAD_HIGH) {
		a->is_paused = 1;
		llm_pause(a->llm);
	} else if (a->is_paused && least < ANSWER_AHEAD_LOW) {
		a->is_paused = 0;
		llm_resume(a->llm);
	}
}

struct answer *
answer_find(const char *user_id, const char *conversation)
{
	struct answer	*a, *remote = NULL;

	TAILQ_FOREACH(a, &answers, list) {
		if (a->state != ANSWER_OVER && a->state != ANSWER_REFUSED &&
		    a->state != ANSWER_OPENING &&
		    strcmp(a->user_id, user_id) == 0 &&
		    (strcmp(a->transcript.conversation_id,
		    conversation) == 0 || strcmp(a->transcript.client_id,
		    conversation) == 0)) {
			if (!a->is_remote)
				return (a);
			/* A former one, whose end is not known here yet? */
			remote = a;
		}
	}

	return (remote);
}

struct answer *
answer_by_id(const char *id)
{
	struct answer	*a;

	TAILQ_FOREACH(a, &answers, list)
		if (strcmp(a->transcript.answer_id, id) == 0)
			return (a);

	return (NULL);
}

struct answer *
answer_first(void)
{
	return (TAILQ_FIRST(&answers));
}

struct answer *
answer_next(struct answer *a)
{
	return (TAILQ_NEXT(a, list));
}

void
answer_stop(struct answer *a)
{
	pipeline_stop(a);
}

/* A remote one goes on without us; its readers may come back elsewhere. */
static void
answer_leave(struct answer *a)
{
	if (a->state == ANSWER_OVER)
		return;
	uistream_done(&a->log);
	a->state = ANSWER_OVER;
	a->is_stored = 1;
	answer_notify(a);
}

void
answer_stop_all(void)
{
	struct answer	*a, *next;

	for (a = TAILQ_FIRST(&answers); a != NULL; a = next) {
		next = TAILQ_NEXT(a, list);
		if (a->is_remote)
			answer_leave(a);
		else
			pipeline_stop(a);
	}
}

void
answer_stop_elsewhere(const char *user_id, const char *conversation_id)
{
	struct answer_stop_message	message;

	memset(&message, 0, sizeof(message));
	(void)kore_strlcpy(message.user_id, user_id, sizeof(message.user_id));
	(void)kore_strlcpy(message.conversation_id, conversation_id,
	    sizeof(message.conversation_id));
	kore_msg_send(KORE_MSG_WORKER_ALL, ANSWER_MSG_STOP, &message,
	    sizeof(message));
}

static void
answer_stop_here(const char *user_id)
{
	struct answer	*a, *next;

	for (a = TAILQ_FIRST(&answers); a != NULL; a = next) {
		next = TAILQ_NEXT(a, list);
		if (!a->is_remote && strcmp(a->user_id, user_id) == 0)
			pipeline_stop(a);
	}
}

/* To the others by a message that names no conversation. */
void
answer_stop_user(const char *user_id)
{
	answer_stop_here(user_id);
	answer_stop_elsewhere(user_id, "");
}

static void
answer_stop_heard(struct kore_msg *msg, const void *data)
{
	struct answer_stop_message	 message;
	struct answer			*a;

	if (msg->length != sizeof(message))
		return;
	memcpy(&message, data, sizeof(message));
	if (message.conversation_id[0] == '\0') {
		answer_stop_here(message.user_id);
		return;
	}
	a = answer_find(message.user_id, message.conversation_id);
	if (a != NULL && !a->is_remote)
		pipeline_stop(a);
}

int
answer_has_answered(const struct answer *a)
{
	return (strcmp(a->status, "complete") == 0 ||
	    strcmp(a->status, "stopped") == 0);
}

json_t *
answer_usage(const struct answer *a)
{
	if (!a->usage.is_known)
		return (NULL);

	return (json_pack("{s:I, s:I, s:I}",
	    "inputTokens", (json_int_t)a->usage.input_tokens,
	    "outputTokens", (json_int_t)a->usage.output_tokens,
	    "totalTokens", (json_int_t)a->usage.total_tokens));
}

void
answer_tell_end(struct answer *a, const char *model, json_t *usage,
    const char *error)
{
	json_t		*metadata;
	const char	*reason = a->reason == NULL ? "stop" : a->reason;

	metadata = json_pack("{s:s, s:s, s:b, s:s*, s:o*}",
	    "conversationId", a->transcript.conversation_id,
	    "status", a->status, "answered", answer_has_answered(a),
	    "model", model, "usage", usage);
	if (strcmp(a->status, "failed") == 0) {
		uistream_error(&a->log, error);
		reason = "error";
	}
	if (strcmp(a->status, "stopped") == 0) {
		uistream_abort(&a->log);
		json_decref(metadata);
	} else
		uistream_finish(&a->log, reason, metadata);
	uistream_done(&a->log);
}

/* Three bytes and a half a token: between English prose and code. */
static int64_t
answer_estimate(int64_t bytes)
{
	return (bytes == 0 ? 0 : bytes * 2 / 7 + 1);
}

void
answer_tokens(const struct answer *a, int64_t *input, int64_t *output)
{
	*input = a->usage.is_known ? a->usage.input_tokens :
	    answer_estimate(a->prompt_bytes);
	*output = a->usage.is_known ? a->usage.output_tokens :
	    answer_estimate((int64_t)a->cite.text.len);
}
