/*
 * Expired sessions, links, challenges, API keys and limits, mails that are done
 * with, old audit rows, devices and (when asked to) conversations: removed by
 * one SQL function, in small batches.
 *
 *	idle -> (timer, requests were served) sweeping -> idle
 *	sweeping with a full batch -> (short timer) sweeping
 *
 * Every worker of every instance asks; an advisory lock in the function lets
 * one through at a time. A worker that has served nobody since its last sweep
 * does not ask, so that an idle database may go to sleep.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "config.h"
#include "db.h"
#include "housekeeping.h"
#include "log.h"
#include "metrics.h"
#include "request.h"

#define HOUSEKEEPING_BATCH	500	/* rows of each kind */
#define HOUSEKEEPING_PAUSE_MS	200	/* between full batches */

/* The sweeper of this worker. */
static struct {
	struct db_query	 db;
	u_int32_t	 seen;		/* request_statements() at the last */
	int64_t		 removed;	/* rows, in this sweep */
	u_int64_t	 since;		/* when this batch was asked for */
	int		 is_busy;
} housekeeping;

static void	housekeeping_tick(void *, u_int64_t);
static void	housekeeping_sweep(void *, u_int64_t);
static void	housekeeping_swept(struct db_query *, void *);
static int	housekeeping_count(const struct db_query *);

void
housekeeping_init(void)
{
	db_query_init(&housekeeping.db);
	kore_timer_add(housekeeping_tick,
	    (u_int64_t)config.housekeeping_seconds * 1000, NULL, 0);
}

static void
housekeeping_tick(void *unused, u_int64_t now)
{
	if (housekeeping.is_busy ||
	    request_statements() == housekeeping.seen)
		return;
	housekeeping.seen = request_statements();
	housekeeping.removed = 0;
	housekeeping_sweep(unused, now);
}

static void
housekeeping_sweep(void *unused, u_int64_t now)
{
	const struct db_param	params[] = {
		DB_INT(HOUSEKEEPING_BATCH), DB_INT(config.retain_audit_days),
		DB_INT(config.retain_chat_days)
	};

	(void)unused;
	(void)now;
	housekeeping.is_busy = 1;
	housekeeping.since = kore_time_ms();
	db_query_reset(&housekeeping.db);
	db_query_start(&housekeeping.db, STATEMENT_HOUSEKEEPING, params, 3,
	    housekeeping_swept, NULL);
}

static void
housekeeping_swept(struct db_query *query, void *unused)
{
	(void)unused;
	/* A failure is left to the next time. */
	if (query->error != ERROR_NONE) {
		metrics_add(METRIC_SWEEPS_FAILED, 1);
	} else if (housekeeping_count(query)) {
		kore_timer_add(housekeeping_sweep, HOUSEKEEPING_PAUSE_MS,
		    NULL, KORE_TIMER_ONESHOT);
		return;
	}
	housekeeping.is_busy = 0;
	if (housekeeping.removed > 0)
		log_event(LOG_LEVEL_INFO, "housekeeping: %" PRId64
		    " rows removed", housekeeping.removed);
}

/* Takes a batch's result to the books. 1: there may be more of some kind. */
static int
housekeeping_count(const struct db_query *query)
{
	int64_t	rows;
	int	i, is_full = 0;

	/* Another instance is at it. */
	if (db_rows(query) == 0)
		return (0);
	metrics_add(METRIC_SWEEPS, 1);
	metrics_add(METRIC_SWEEP_MS, kore_time_ms() - housekeeping.since);
	metrics_set(METRIC_SWEEP_AT, (uint64_t)time(NULL));
	for (i = 0; i < db_rows(query); i++) {
		rows = db_int(query, i, 1);
		metrics_swept(db_text(query, i, 0), (uint64_t)rows);
		housekeeping.removed += rows;
		is_full |= rows >= HOUSEKEEPING_BATCH;
	}

	return (is_full);
}
