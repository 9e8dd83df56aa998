/*
 * One encoder a worker, as a job on the thread that waits for other servers:
 *
 *	asleep -> (kick or timer) running -> asleep
 *
 * It sleeps until the next document is due (the end point is to be tried
 * again, another encoder's claim ends); while nothing waits, nothing asks the
 * database. When a run has found that another model serves, all workers hear
 * of it (vectors.c).
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>

#include "config.h"
#include "embedder.h"
#include "job.h"
#include "log.h"
#include "vectors.h"

#define EMBEDDER_MSG_CHANGED	(KORE_MSG_APP_BASE + 6)
#define EMBEDDER_TROUBLE_MS	5000		/* the database failed */
#define EMBEDDER_WAIT_MAX	86400000	/* a timer's longest wait */

/* What the job carries; `encoder` is a copy, taken over afterwards. */
struct embedder_run {
	struct encoder	 encoder;
	const char	*conninfo;
	int64_t		 wait_ms;	/* until the next piece; -1: none */
	int		 has_failed;	/* the database */
};

static struct {
	struct encoder		 encoder;
	const char		*conninfo;
	struct kore_timer	*timer;		/* while asleep, or NULL */
	int			 is_running;
	int			 is_kicked;	/* while running */
	enum encoder_state	 told;		/* to the log */
	int			 was_failing;	/* the end point, told */
} embedder;

static void	embedder_run(void);
static void	embedder_heard(struct kore_msg *, const void *);
static void	embedder_work(void *);
static void	embedder_done(void *, void *);
static void	embedder_tell(void);
static void	embedder_sleep(int64_t);
static void	embedder_due(void *, u_int64_t);

void
embedder_start(const char *conninfo)
{
	embedder.conninfo = conninfo;
	if (!kore_msg_register(EMBEDDER_MSG_CHANGED, embedder_heard))
		log_event(LOG_LEVEL_WARN, "embeddings: cannot hear the "
		    "other workers");
	embedder_run();
}

void
embedder_kick(void)
{
	embedder_run();
}

enum encoder_state
embedder_state(void)
{
	return (embedder.encoder.state);
}

int
embedder_is_failing(void)
{
	return (embedder.was_failing);
}

/* Another worker has found that another model serves. */
static void
embedder_heard(struct kore_msg *msg, const void *data)
{
	(void)msg;
	(void)data;
	vectors_refresh();
}

static void
embedder_run(void)
{
	struct embedder_run	*run;

	if (embedder.conninfo == NULL)
		return;
	if (embedder.is_running) {
		embedder.is_kicked = 1;
		return;
	}
	if (embedder.timer != NULL) {
		kore_timer_remove(embedder.timer);
		embedder.timer = NULL;
	}
	if ((run = calloc(1, sizeof(*run))) == NULL) {
		embedder_sleep(EMBEDDER_TROUBLE_MS);
		return;
	}
	run->encoder = embedder.encoder;
	run->conninfo = embedder.conninfo;
	/* `arg` is not looked at, but NULL would say that nobody waits. */
	if (job_start(JOB_CALL, embedder_work, run, embedder_done,
	    &embedder) == NULL) {
		free(run);
		embedder_sleep(EMBEDDER_TROUBLE_MS);
		return;
	}
	embedder.is_running = 1;
	embedder.is_kicked = 0;
}

/* On the thread. */
static void
embedder_work(void *arg)
{
	struct embedder_run	*run = arg;
	struct dbsync		 db;
	int			 ret = -1;

	run->wait_ms = -1;
	if (dbsync_open(&db, run->conninfo) == 0) {
		do {
			ret = encoder_step(&run->encoder, &db, &run->wait_ms);
			/* Told as soon as it is so, not when all is done. */
		} while (ret == 1 && !run->encoder.is_changed);
		if (ret == 1)
			run->wait_ms = 0;
	}
	run->has_failed = ret == -1;
	dbsync_close(&db);
}

/* Back in the event loop. */
static void
embedder_done(void *input, void *arg)
{
	struct embedder_run	*run = input;
	int64_t			 wait_ms = run->wait_ms;
	int			 has_failed = run->has_failed;

	(void)arg;
	embedder.encoder = run->encoder;
	free(run);
	embedder.is_running = 0;
	embedder_tell();
	if (embedder.encoder.is_changed) {
		embedder.encoder.is_changed = 0;
		vectors_refresh();
		kore_msg_send(KORE_MSG_WORKER_ALL, EMBEDDER_MSG_CHANGED, NULL,
		    0);
	} else if (!vectors_is_on()) {
		/* Another instance may have done the work. */
		vectors_refresh();
	}

	if (has_failed)
		embedder_sleep(EMBEDDER_TROUBLE_MS);
	else if (embedder.is_kicked || wait_ms == 0)
		embedder_run();
	else if (wait_ms > 0)
		embedder_sleep(wait_ms);
}

/* To the log, once at each change. */
static void
embedder_tell(void)
{
	static const char *const	words[] = {
		[ENCODER_OFF] = "",
		[ENCODER_NO_PGVECTOR] = "pgvector is not installed where the "
		    "database runs; searching is lexical",
		[ENCODER_DENIED] = "this role may not create the extension "
		    "vector; searching is lexical until somebody who may does",
		[ENCODER_ON] = ""
	};
	const struct encoder	*encoder = &embedder.encoder;
	int			 is_failing = encoder->failures > 0;

	if (encoder->state != embedder.told) {
		embedder.told = encoder->state;
		if (words[encoder->state][0] != '\0')
			log_event(LOG_LEVEL_WARN, "embeddings: %s",
			    words[encoder->state]);
	}
	if (is_failing == embedder.was_failing)
		return;
	embedder.was_failing = is_failing;
	if (is_failing)
		log_event(LOG_LEVEL_WARN, "embeddings: passages wait for the "
		    "end point (%s)", encoder->why);
	else
		log_event(LOG_LEVEL_INFO, "embeddings: passages are taken "
		    "again");
}

static void
embedder_sleep(int64_t ms)
{
	if (ms > EMBEDDER_WAIT_MAX)
		ms = EMBEDDER_WAIT_MAX;
	embedder.timer = kore_timer_add(embedder_due, (u_int64_t)ms, NULL,
	    KORE_TIMER_ONESHOT);
}

/* Kore frees a timer that fired once. */
static void
embedder_due(void *arg, u_int64_t now)
{
	(void)arg;
	(void)now;
	embedder.timer = NULL;
	embedder_run();
}
