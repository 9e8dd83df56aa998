/*
 * The database's side of an answer.
 *
 *	open -> (check) -> close -> again after 0.25, 0.5, 1 ... 16 s, about
 *	half a minute in all -> given up, in the log
 *	admit -> spend, when nothing is stored
 *
 * What an answer tells while it runs is answerlog.c's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answerlog.h"
#include "config.h"
#include "log.h"
#include "transcript.h"
#include "utf8.h"

#define TRANSCRIPT_HISTORY	20	/* earlier messages that are wanted */
#define TRANSCRIPT_TITLE_MAX	80	/* bytes, made of a question */
#define TRANSCRIPT_ATTEMPTS	8
#define TRANSCRIPT_RETRY_MS	250
#define TRANSCRIPT_RUNNING_MAX	8	/* answers of a user, everywhere */

/* Columns of chat_open.sql. */
enum {
	OPEN_OUTCOME, OPEN_CONVERSATION, OPEN_CLIENT, OPEN_HISTORY,
	OPEN_IS_FIRST, OPEN_DOCUMENTS
};
/* Of chat_take.sql, which begins as the other does. */
enum { TAKE_DOCUMENTS = 1 };

/* What chat_open() and chat_take.sql say against a question. */
static const struct {
	const char	*outcome;
	enum error_id	 error;
} transcript_outcomes[] = {
	{ "missing", ERROR_CONVERSATION_NOT_FOUND },
	{ "running", ERROR_ANSWER_RUNNING },
	{ "busy", ERROR_TOO_MANY_STREAMS },
	{ "daily", ERROR_CHAT_DAILY },
	{ "collection", ERROR_COLLECTION_NOT_FOUND }
};

static void	transcript_opened(struct db_query *, void *);
static void	transcript_admitted(struct db_query *, void *);
static void	transcript_spent(struct db_query *, void *);
static void	transcript_checked(struct db_query *, void *);
static void	transcript_send_close(struct transcript *);
static void	transcript_closed(struct db_query *, void *);
static void	transcript_again(void *, u_int64_t);

void
transcript_init(struct transcript *t)
{
	memset(t, 0, sizeof(*t));
	db_query_init(&t->db);
}

static void
transcript_drop_values(struct transcript *t)
{
	free(t->text);
	free(t->citations);
	free(t->status);
	free(t->code);
	free(t->model);
	free(t->usage);
	t->text = t->citations = t->status = t->code = t->model =
	    t->usage = NULL;
}

void
transcript_free(struct transcript *t)
{
	db_query_cancel(&t->db);
	if (t->retry != NULL)
		kore_timer_remove(t->retry);
	t->retry = NULL;
	json_decref(t->history);
	json_decref(t->documents);
	t->history = t->documents = NULL;
	transcript_drop_values(t);
}

/* A title: the question's first line, cut between two words. */
static void
transcript_title(const char *question, char out[TRANSCRIPT_TITLE_MAX + 4])
{
	size_t	from, len, cut;

	from = utf8_skip_blanks(question, strlen(question), 0);
	len = strcspn(question + from, "\r\n");
	if (len > TRANSCRIPT_TITLE_MAX) {
		cut = utf8_floor(question + from, len, TRANSCRIPT_TITLE_MAX);
		for (len = cut; len > cut / 2 &&
		    question[from + len - 1] != ' '; len--)
			continue;
		if (len <= cut / 2)
			len = cut;
		len = utf8_trim_end(question + from, 0, len);
		memcpy(out, question + from, len);
		memcpy(out + len, "\xe2\x80\xa6", 4);
		return;
	}
	len = utf8_trim_end(question + from, 0, len);
	memcpy(out, question + from, len);
	out[len] = '\0';
}

void
transcript_open(struct transcript *t, const struct transcript_question *q,
    void (*done)(void *), void *arg)
{
	char	conversation[TOKEN_ID_LEN + 1], question[TOKEN_ID_LEN + 1];
	char	title[TRANSCRIPT_TITLE_MAX + 4];

	token_id(conversation);
	token_id(question);
	token_id(t->answer_id);
	transcript_title(q->text, title);

	t->done = done;
	t->arg = arg;
	db_query_start(&t->db, STATEMENT_CHAT_OPEN, (struct db_param []){
	    DB_TEXT(q->user_id), DB_TEXT(q->asked), DB_BOOL(q->may_create),
	    DB_TEXT(conversation), DB_TEXT(question), DB_TEXT(t->answer_id),
	    DB_TEXT(q->text), DB_TEXT(title), DB_BOOL(q->is_again),
	    DB_INT(TRANSCRIPT_HISTORY), DB_TEXT(answerlog_worker()),
	    DB_TEXT(q->replaces), DB_TEXT(q->parent),
	    DB_TEXT(q->client_message), DB_TEXT(q->collection),
	    DB_INT(TRANSCRIPT_RUNNING_MAX), DB_INT(config.chat_daily) }, 17,
	    transcript_opened, t);
}

static enum error_id
transcript_outcome(const struct db_query *db)
{
	size_t	i;

	if (db->error != ERROR_NONE)
		return (db->error);
	if (db_rows(db) != 1)
		return (ERROR_INTERNAL);
	if (db_is_null(db, 0, OPEN_OUTCOME))
		return (ERROR_NONE);
	for (i = 0; i < sizeof(transcript_outcomes) /
	    sizeof(transcript_outcomes[0]); i++)
		if (strcmp(db_text(db, 0, OPEN_OUTCOME),
		    transcript_outcomes[i].outcome) == 0)
			return (transcript_outcomes[i].error);

	return (ERROR_INTERNAL);
}

static json_t *
transcript_list(const struct db_query *db, int column)
{
	return (db_is_null(db, 0, column) ? NULL :
	    json_loads(db_text(db, 0, column), 0, NULL));
}

static void
transcript_opened(struct db_query *db, void *arg)
{
	struct transcript	*t = arg;

	if ((t->error = transcript_outcome(db)) == ERROR_NONE) {
		(void)kore_strlcpy(t->conversation_id,
		    db_text(db, 0, OPEN_CONVERSATION),
		    sizeof(t->conversation_id));
		if (!db_is_null(db, 0, OPEN_CLIENT))
			(void)kore_strlcpy(t->client_id,
			    db_text(db, 0, OPEN_CLIENT), sizeof(t->client_id));
		t->history = transcript_list(db, OPEN_HISTORY);
		t->documents = transcript_list(db, OPEN_DOCUMENTS);
		t->is_first = db_bool(db, 0, OPEN_IS_FIRST);
	}
	db_query_reset(db);
	t->done(t->arg);
}

void
transcript_admit(struct transcript *t, const struct transcript_question *q,
    void (*done)(void *), void *arg)
{
	token_id(t->answer_id);
	t->done = done;
	t->arg = arg;
	db_query_start(&t->db, STATEMENT_CHAT_TAKE, (struct db_param []){
	    DB_TEXT(q->user_id), DB_INT(config.chat_daily),
	    DB_TEXT(q->collection) }, 3, transcript_admitted, t);
}

static void
transcript_admitted(struct db_query *db, void *arg)
{
	struct transcript	*t = arg;

	if ((t->error = transcript_outcome(db)) == ERROR_NONE)
		t->documents = transcript_list(db, TAKE_DOCUMENTS);
	db_query_reset(db);
	t->done(t->arg);
}

void
transcript_spend(struct transcript *t, const char *user_id,
    int64_t input_tokens, int64_t output_tokens, void (*ended)(void *),
    void *arg)
{
	t->ended = ended;
	t->arg = arg;
	db_query_start(&t->db, STATEMENT_CHAT_SPEND, (struct db_param []){
	    DB_TEXT(user_id), DB_INT(input_tokens), DB_INT(output_tokens) },
	    3, transcript_spent, t);
}

static void
transcript_spent(struct db_query *db, void *arg)
{
	struct transcript	*t = arg;

	db_query_reset(db);
	t->ended(t->arg);
}

void
transcript_check(struct transcript *t, const char *user_id,
    json_t *citations, void (*done)(void *), void *arg)
{
	char	*text = json_dumps(citations, JSON_COMPACT);

	t->done = done;
	t->arg = arg;
	json_decref(t->history);
	t->history = json_incref(citations);
	db_query_start(&t->db, STATEMENT_CHAT_CHECK, (struct db_param []){
	    DB_TEXT(user_id), DB_TEXT(text == NULL ? "[]" : text) }, 2,
	    transcript_checked, t);
	free(text);
}

static void
transcript_checked(struct db_query *db, void *arg)
{
	struct transcript	*t = arg;
	json_t			*citations = t->history;
	size_t			 i = json_array_size(citations);
	int			 row;

	t->error = db->error;
	if (db->error == ERROR_NONE) {
		/* Rows come in order: from the last, both run down. */
		row = db_rows(db) - 1;
		while (i-- > 0)
			if (row >= 0 && db_int(db, row, 0) == (int64_t)i)
				row--;
			else
				json_array_remove(citations, i);
	}
	json_decref(citations);
	t->history = NULL;
	db_query_reset(db);
	t->done(t->arg);
}

static char *
transcript_copy(const char *text)
{
	return (text == NULL ? NULL : strdup(text));
}

void
transcript_close(struct transcript *t, const struct transcript_answer *a,
    void (*done)(void *), void (*ended)(void *), void *arg)
{
	t->done = done;
	t->ended = ended;
	t->arg = arg;
	t->attempts = 0;
	transcript_drop_values(t);
	t->text = strdup(a->text);
	t->citations = a->citations == NULL ? strdup("[]") :
	    json_dumps(a->citations, JSON_COMPACT);
	t->status = strdup(a->status);
	t->code = transcript_copy(a->error);
	t->model = transcript_copy(a->model);
	t->usage = a->usage == NULL ? NULL :
	    json_dumps(a->usage, JSON_COMPACT);
	t->input_tokens = a->input_tokens;
	t->output_tokens = a->output_tokens;
	transcript_send_close(t);
}

static void
transcript_send_close(struct transcript *t)
{
	t->attempts++;
	db_query_start(&t->db, STATEMENT_CHAT_CLOSE, (struct db_param []){
	    DB_TEXT(t->answer_id), DB_TEXT(t->text), DB_TEXT(t->citations),
	    DB_TEXT(t->status), DB_TEXT(t->code), DB_TEXT(t->model),
	    DB_TEXT(t->usage), DB_INT(t->input_tokens),
	    DB_INT(t->output_tokens) }, 9, transcript_closed, t);
}

/* Nothing may be done with it after its owner was told of the end. */
static void
transcript_closed(struct db_query *db, void *arg)
{
	struct transcript	*t = arg;
	enum error_id		 error = db->error;
	void			(*ended)(void *) = t->ended;
	void			*owner = t->arg;
	u_int64_t		 pause;

	t->error = error;
	if (error == ERROR_NONE && db_rows(db) == 0)
		log_event(LOG_LEVEL_INFO, "answer %s: its conversation has "
		    "been deleted meanwhile", t->answer_id);
	db_query_reset(db);

	if (error != ERROR_NONE && t->attempts < TRANSCRIPT_ATTEMPTS) {
		pause = (u_int64_t)TRANSCRIPT_RETRY_MS << (t->attempts - 1);
		t->retry = kore_timer_add(transcript_again, pause, t,
		    KORE_TIMER_ONESHOT);
		if (t->attempts == 1)
			t->done(owner);
		return;
	}
	if (error != ERROR_NONE)
		log_event(LOG_LEVEL_ERROR, "answer %s: not stored after %u "
		    "attempts, %zu bytes are lost", t->answer_id, t->attempts,
		    strlen(t->text));
	if (t->attempts == 1)
		t->done(owner);
	ended(owner);
}

static void
transcript_again(void *arg, u_int64_t now)
{
	struct transcript	*t = arg;

	(void)now;
	t->retry = NULL;
	transcript_send_close(t);
}
