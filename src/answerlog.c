/*
 * The log of running answers.
 *
 *	idle -> (an answer runs) waiting -> (half a second) beating -> waiting
 *	waiting without answers -> idle, so that an idle database may sleep
 *
 * One statement a beat for all answers of the worker, at most one under way:
 * it says that the worker lives, appends what each answer has told since the
 * last beat, and hears which of them somebody wants stopped. An answer holds
 * no connection. While the database is away the text gathers here; a batch
 * whose fate is unknown goes out again as it was, under the same number.
 *
 * Framing is not kept, only text and sources: whoever reads on frames anew.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <kore/kore.h>

#include "answer.h"
#include "answerlog.h"
#include "db.h"
#include "token.h"

#define ANSWERLOG_BEAT_MS	500
#define ANSWERLOG_BATCH_MAX	(4 * 1024 * 1024)	/* bytes of text */

static struct {
	char			 worker[TOKEN_ID_LEN + 1];
	struct kore_timer	*timer;		/* NULL: idle */
	struct db_query		 db;
} answerlog;

static void	answerlog_tick(void *, u_int64_t);
static void	answerlog_beat(void);
static void	answerlog_beaten(struct db_query *, void *);

void
answerlog_init(void)
{
	token_id(answerlog.worker);
	db_query_init(&answerlog.db);
}

const char *
answerlog_worker(void)
{
	return (answerlog.worker);
}

void
answerlog_run(void)
{
	if (answerlog.timer == NULL)
		answerlog.timer = kore_timer_add(answerlog_tick,
		    ANSWERLOG_BEAT_MS, NULL, 0);
}

static int
answerlog_is_kept(const struct answer *a)
{
	return (!a->is_stateless && !a->is_remote && !a->is_stored &&
	    a->state != ANSWER_OPENING && a->state != ANSWER_REFUSED);
}

static void
answerlog_tick(void *arg, u_int64_t now)
{
	struct answer	*a;
	size_t		 running = 0;

	(void)arg;
	(void)now;
	for (a = answer_first(); a != NULL; a = answer_next(a))
		running += !a->is_stateless && !a->is_remote && !a->is_stored;
	if (running == 0) {
		/* A timer may not remove itself while it runs. */
		answerlog.timer->flags |= KORE_TIMER_ONESHOT;
		answerlog.timer = NULL;
		return;
	}
	if (answerlog.db.state == DB_IDLE)
		answerlog_beat();
}

/* The sources that belong to a batch; a new array. */
static json_t *
answerlog_sources(const struct answer *a)
{
	json_t	*list = json_array();
	size_t	 i;

	for (i = a->kept.sources; i < a->kept.sources_sent; i++)
		json_array_append(list, json_array_get(a->sources, i));

	return (list);
}

/* Adds what the answer has to say to the batch; the bytes of its text. */
static size_t
answerlog_add(struct answer *a, json_t *batch)
{
	struct answer_kept	*k = &a->kept;
	json_t			*entry;

	if (k->text_sent == k->text && k->sources_sent == k->sources) {
		if (a->told == k->text &&
		    json_array_size(a->sources) == k->sources)
			return (0);
		k->seq++;
		k->text_sent = a->told;
		k->sources_sent = json_array_size(a->sources);
	}
	k->is_under_way = 1;
	/* The filter lets out whole characters only. */
	entry = json_pack("{s:s, s:i, s:o, s:s%}",
	    "id", a->transcript.answer_id, "seq", k->seq,
	    "sources", answerlog_sources(a),
	    "text", k->text_sent == 0 ? "" : a->cite.text.data + k->text,
	    k->text_sent - k->text);
	if (entry != NULL)
		json_array_append_new(batch, entry);

	return (k->text_sent - k->text);
}

static void
answerlog_beat(void)
{
	struct answer	*a;
	json_t		*batch = json_array(), *ids = json_array();
	char		*batch_text, *ids_text;
	size_t		 bytes = 0;

	for (a = answer_first(); a != NULL; a = answer_next(a)) {
		a->kept.is_under_way = 0;
		if (!answerlog_is_kept(a))
			continue;
		json_array_append_new(ids,
		    json_string(a->transcript.answer_id));
		if (bytes < ANSWERLOG_BATCH_MAX)
			bytes += answerlog_add(a, batch);
	}
	batch_text = json_dumps(batch, JSON_COMPACT);
	ids_text = json_dumps(ids, JSON_COMPACT);
	if (batch_text != NULL && ids_text != NULL)
		db_query_start(&answerlog.db, STATEMENT_ANSWER_BEAT,
		    (struct db_param []){ DB_TEXT(answerlog.worker),
		    DB_TEXT(batch_text), DB_TEXT(ids_text) }, 3,
		    answerlog_beaten, NULL);
	free(batch_text);
	free(ids_text);
	json_decref(batch);
	json_decref(ids);
}

static void
answerlog_beaten(struct db_query *db, void *arg)
{
	struct answer	*a;
	int		 row;

	(void)arg;
	if (db->error == ERROR_NONE) {
		for (a = answer_first(); a != NULL; a = answer_next(a)) {
			if (!a->kept.is_under_way)
				continue;
			a->kept.text = a->kept.text_sent;
			a->kept.sources = a->kept.sources_sent;
		}
		for (row = 0; row < db_rows(db); row++) {
			a = answer_by_id(db_text(db, row, 0));
			if (a != NULL && !a->is_remote)
				answer_stop(a);
		}
	}
	db_query_reset(db);
}
