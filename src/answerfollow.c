/*
 * Following: the log in the database is asked for what is new, once for all
 * remote answers of this worker, and framed anew.
 *
 *	idle -> (one is followed) waiting -> (0.3 s) asking -> waiting
 *	each answer: start -> text so far and sources -> ... -> the stored end
 *
 * The batches are found by number. When the answer is closed they are gone,
 * and the message itself says the rest. One that falls silent may have lost
 * its worker: after a while its conversation is looked through for that.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <kore/kore.h>

#include "answerfollow.h"
#include "db.h"
#include "uistream.h"

#define ANSWERFOLLOW_POLL_MS	300
#define ANSWERFOLLOW_MAX	256	/* answers, in this worker */
#define ANSWERFOLLOW_SILENT	40	/* polls, about 12 s */

/* Columns of answer_follow.sql. */
enum {
	FOLLOW_ID, FOLLOW_SEQ, FOLLOW_TEXT, FOLLOW_CITATIONS, FOLLOW_STATUS,
	FOLLOW_ERROR, FOLLOW_MODEL, FOLLOW_USAGE
};

static struct {
	struct kore_timer	*timer;		/* NULL: idle */
	struct db_query		 db;
	struct db_query		 silent;	/* looking for dead workers */
	unsigned		 polls;		/* without news */
} follow;

static void	answerfollow_tick(void *, u_int64_t);
static void	answerfollow_ask(void);
static void	answerfollow_look(void);
static void	answerfollow_heard(struct db_query *, void *);
static void	answerfollow_looked(struct db_query *, void *);
static void	answerfollow_row(struct answer *, const struct db_query *,
		    int);
static void	answerfollow_close(struct answer *, const struct db_query *,
		    int);

void
answerfollow_init(void)
{
	db_query_init(&follow.db);
	db_query_init(&follow.silent);
}

/* Those that are followed and not at their end. */
static struct answer *
answerfollow_next(struct answer *a)
{
	for (a = a == NULL ? answer_first() : answer_next(a); a != NULL;
	    a = answer_next(a))
		if (a->is_remote && a->state != ANSWER_OVER)
			break;

	return (a);
}

struct answer *
answerfollow_start(const char *user_id, const char *conversation_id,
    const char *client_id, const char *answer_id)
{
	struct answer	*a = NULL;
	unsigned	 count = 0;

	while ((a = answerfollow_next(a)) != NULL)
		count++;
	if (count >= ANSWERFOLLOW_MAX)
		return (NULL);

	a = answer_remote(user_id, conversation_id, client_id, answer_id);
	uistream_start(&a->log, answer_id, json_pack("{s:s}",
	    "conversationId", conversation_id));
	uistream_status(&a->log, "writing");
	uistream_step_start(&a->log);
	uistream_text_start(&a->log);
	follow.polls = 0;
	if (follow.timer == NULL)
		follow.timer = kore_timer_add(answerfollow_tick,
		    ANSWERFOLLOW_POLL_MS, NULL, 0);
	if (follow.db.state == DB_IDLE)
		answerfollow_ask();

	return (a);
}

static void
answerfollow_tick(void *arg, u_int64_t now)
{
	(void)arg;
	(void)now;
	if (answerfollow_next(NULL) == NULL) {
		/* A timer may not remove itself while it runs. */
		follow.timer->flags |= KORE_TIMER_ONESHOT;
		follow.timer = NULL;
		return;
	}
	if (follow.db.state == DB_IDLE)
		answerfollow_ask();
	if (++follow.polls % ANSWERFOLLOW_SILENT == 0 &&
	    follow.silent.state == DB_IDLE)
		answerfollow_look();
}

static void
answerfollow_ask(void)
{
	struct answer	*a = NULL;
	json_t		*list = json_array();
	char		*text;

	while ((a = answerfollow_next(a)) != NULL)
		json_array_append_new(list, json_pack("{s:s, s:i, s:s}",
		    "id", a->transcript.answer_id, "seq", a->kept.seq,
		    "user", a->user_id));
	text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	if (text != NULL)
		db_query_start(&follow.db, STATEMENT_ANSWER_FOLLOW,
		    (struct db_param []){ DB_TEXT(text) }, 1,
		    answerfollow_heard, NULL);
	free(text);
}

static void
answerfollow_heard(struct db_query *db, void *arg)
{
	struct answer	*a;
	int		 row;

	(void)arg;
	/* A failure is left to the next time. */
	for (row = 0; db->error == ERROR_NONE && row < db_rows(db); row++) {
		a = answer_by_id(db_text(db, row, FOLLOW_ID));
		if (a == NULL || !a->is_remote || a->state == ANSWER_OVER)
			continue;
		follow.polls = 0;
		answerfollow_row(a, db, row);
	}
	db_query_reset(db);
}

/* Closes those whose worker is dead; the next poll tells. */
static void
answerfollow_look(void)
{
	struct answer	*a = answerfollow_next(NULL);

	db_query_start(&follow.silent, STATEMENT_ANSWER_BREAK_OFF,
	    (struct db_param []){ answerfollow_next(a) == NULL ?
	    DB_TEXT(a->transcript.conversation_id) : DB_NULL }, 1,
	    answerfollow_looked, NULL);
}

static void
answerfollow_looked(struct db_query *db, void *arg)
{
	(void)arg;
	db_query_reset(db);
}

static json_t *
answerfollow_json(const struct db_query *db, int row, int column)
{
	return (db_is_null(db, row, column) ? NULL :
	    json_loads(db_text(db, row, column), 0, NULL));
}

static void
answerfollow_text(struct answer *a, const char *text, size_t len)
{
	buffer_add(&a->cite.text, text, len);
	if (len > 0)
		uistream_text(&a->log, text, len);
}

/* One batch of the log, or the end. */
static void
answerfollow_row(struct answer *a, const struct db_query *db, int row)
{
	json_t	*sources, *source;
	size_t	 i;

	if (db_is_null(db, row, FOLLOW_SEQ)) {
		answerfollow_close(a, db, row);
		return;
	}

	a->kept.seq = (int)db_int(db, row, FOLLOW_SEQ);
	sources = answerfollow_json(db, row, FOLLOW_CITATIONS);
	json_array_foreach(sources, i, source) {
		a->sources_told++;
		uistream_source(&a->log, source);
	}
	json_decref(sources);
	answerfollow_text(a, db_text(db, row, FOLLOW_TEXT),
	    db_length(db, row, FOLLOW_TEXT));
	answer_notify(a);
}

/* The word for it that lives as long as the program. */
static const char *
answerfollow_status(const char *status)
{
	static const char *const	all[] = {
		"complete", "stopped", "unanswered"
	};
	size_t				i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(status, all[i]) == 0)
			return (all[i]);

	return ("failed");
}

/* What the log did not say of the text, then its end, as stored. */
static void
answerfollow_close(struct answer *a, const struct db_query *db, int row)
{
	const struct buffer	*known = &a->cite.text;
	const char		*text = db_text(db, row, FOLLOW_TEXT);
	size_t			 len = db_length(db, row, FOLLOW_TEXT), i;
	json_t			*citation;

	a->citations = answerfollow_json(db, row, FOLLOW_CITATIONS);
	json_array_foreach(a->citations, i, citation)
		if (json_integer_value(json_object_get(citation, "n")) ==
		    (json_int_t)a->sources_told + 1) {
			a->sources_told++;
			uistream_source(&a->log, citation);
		}
	if (len > known->len && memcmp(text, buffer_text(known),
	    known->len) == 0)
		answerfollow_text(a, text + known->len, len - known->len);
	uistream_text_end(&a->log, NULL);
	json_array_foreach(a->citations, i, citation)
		uistream_citation(&a->log, citation);
	uistream_step_finish(&a->log);

	a->status = answerfollow_status(db_text(db, row, FOLLOW_STATUS));
	answer_tell_end(a, db_is_null(db, row, FOLLOW_MODEL) ? NULL :
	    db_text(db, row, FOLLOW_MODEL),
	    answerfollow_json(db, row, FOLLOW_USAGE),
	    error_text(db_is_null(db, row, FOLLOW_ERROR) ? "" :
	    db_text(db, row, FOLLOW_ERROR)));
	a->state = ANSWER_OVER;
	a->is_stored = 1;
	answer_notify(a);
}
