/*
 * One reader a worker, as a long job with a connection of its own:
 *
 *	asleep -> (kick or timer) running -> asleep
 *
 * A kick while it runs makes it look once more, and asks the other workers
 * to look, so that a long document does not hold up the rest. It leaves with
 * the time of the next job (a retry, a purge, the end of another reader's
 * claim), for which one timer is set; with the database away, it tries again
 * later.
 */
#include <sys/types.h>

#include <stdlib.h>

#include <kore/kore.h>

#include "dbsync.h"
#include "embedder.h"
#include "indexer.h"
#include "job.h"
#include "log.h"
#include "reader.h"

#define INDEXER_MSG_KICK	(KORE_MSG_APP_BASE + 2)
#define INDEXER_TROUBLE_MS	5000		/* after a failure */
#define INDEXER_WAIT_MAX	86400000	/* a timer's longest wait */

/* What the job carries. */
struct indexer_run {
	const char	*conninfo;
	int64_t		 wait_ms;	/* until the next job; -1: none */
	int		 has_failed;
};

static const char		*indexer_conninfo;
static int			 indexer_is_running;
static int			 indexer_is_kicked;	/* while running */
static int			 indexer_was_failing;
static struct kore_timer	*indexer_timer;

static void	indexer_start(void);
static void	indexer_heard(struct kore_msg *, const void *);
static void	indexer_work(void *);
static void	indexer_done(void *, void *);
static void	indexer_sleep(int64_t);
static void	indexer_due(void *, u_int64_t);

void
indexer_init(const char *conninfo)
{
	indexer_conninfo = conninfo;
	if (!kore_msg_register(INDEXER_MSG_KICK, indexer_heard))
		log_event(LOG_LEVEL_WARN, "indexer: cannot hear the others");
	indexer_start();
}

void
indexer_kick(void)
{
	if (indexer_is_running)
		kore_msg_send(KORE_MSG_WORKER_ALL, INDEXER_MSG_KICK, NULL, 0);
	indexer_start();
}

/* Another worker is busy and something waits. */
static void
indexer_heard(struct kore_msg *msg, const void *data)
{
	(void)msg;
	(void)data;
	indexer_start();
}

static void
indexer_start(void)
{
	struct indexer_run	*run;

	if (indexer_conninfo == NULL)
		return;
	if (indexer_is_running) {
		indexer_is_kicked = 1;
		return;
	}
	if (indexer_timer != NULL) {
		kore_timer_remove(indexer_timer);
		indexer_timer = NULL;
	}
	if ((run = calloc(1, sizeof(*run))) == NULL) {
		indexer_sleep(INDEXER_TROUBLE_MS);
		return;
	}
	run->conninfo = indexer_conninfo;
	/* `arg` is not looked at, but NULL would say that nobody waits. */
	if (job_start(JOB_LONG, indexer_work, run, indexer_done,
	    &indexer_is_running) == NULL) {
		free(run);
		indexer_sleep(INDEXER_TROUBLE_MS);
		return;
	}
	indexer_is_running = 1;
	indexer_is_kicked = 0;
}

/* On the thread. */
static void
indexer_work(void *arg)
{
	struct indexer_run	*run = arg;
	struct dbsync		 db;
	int			 ret = -1;

	if (dbsync_open(&db, run->conninfo) == 0) {
		do {
			ret = reader_step(&db, &run->wait_ms);
		} while (ret == 1);
	}
	run->has_failed = ret == -1;
	dbsync_close(&db);
}

/* Back in the event loop. */
static void
indexer_done(void *input, void *arg)
{
	struct indexer_run	*run = input;
	int64_t			 wait_ms = run->wait_ms;
	int			 has_failed = run->has_failed;

	(void)arg;
	free(run);
	indexer_is_running = 0;
	/* What was read wants vectors, what was forgotten has some. */
	embedder_kick();
	if (has_failed != indexer_was_failing) {
		indexer_was_failing = has_failed;
		log_event(LOG_LEVEL_WARN, has_failed ?
		    "indexer: the database failed; documents wait" :
		    "indexer: the database is back");
	}

	if (has_failed)
		indexer_sleep(INDEXER_TROUBLE_MS);
	else if (indexer_is_kicked)
		indexer_start();
	else if (wait_ms >= 0)
		indexer_sleep(wait_ms);
}

static void
indexer_sleep(int64_t ms)
{
	if (ms > INDEXER_WAIT_MAX)
		ms = INDEXER_WAIT_MAX;
	indexer_timer = kore_timer_add(indexer_due, (u_int64_t)ms, NULL,
	    KORE_TIMER_ONESHOT);
}

/* Kore frees a timer that fired once. */
static void
indexer_due(void *arg, u_int64_t now)
{
	(void)arg;
	(void)now;
	indexer_timer = NULL;
	indexer_start();
}
