/*
 * Expired sessions, links, limits, mails that are done with, old audit rows
 * and devices: removed by one SQL function, in small batches.
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

#include <kore/kore.h>
#include <kore/http.h>

#include "config.h"
#include "db.h"
#include "housekeeping.h"
#include "log.h"
#include "request.h"

#define HOUSEKEEPING_BATCH	500	/* rows of each kind */
#define HOUSEKEEPING_PAUSE_MS	200	/* between full batches */

/* The sweeper of this worker. */
static struct {
	struct db_query	 db;
	u_int32_t	 seen;		/* request_statements() at the last */
	int64_t		 removed;	/* rows, in this sweep */
	int		 is_busy;
} housekeeping;

static void	housekeeping_tick(void *, u_int64_t);
static void	housekeeping_sweep(void *, u_int64_t);
static void	housekeeping_swept(struct db_query *, void *);

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
		DB_INT(HOUSEKEEPING_BATCH), DB_INT(config.retain_audit_days)
	};

	(void)unused;
	(void)now;
	housekeeping.is_busy = 1;
	db_query_reset(&housekeeping.db);
	db_query_start(&housekeeping.db, STATEMENT_HOUSEKEEPING, params, 2,
	    housekeeping_swept, NULL);
}

static void
housekeeping_swept(struct db_query *query, void *unused)
{
	(void)unused;
	/* A failure is left to the next time. */
	if (query->error == ERROR_NONE) {
		housekeeping.removed += db_int(query, 0, 0);
		if (db_bool(query, 0, 1)) {
			kore_timer_add(housekeeping_sweep,
			    HOUSEKEEPING_PAUSE_MS, NULL, KORE_TIMER_ONESHOT);
			return;
		}
	}
	housekeeping.is_busy = 0;
	if (housekeeping.removed > 0)
		log_event(LOG_LEVEL_INFO, "housekeeping: %" PRId64
		    " rows removed", housekeeping.removed);
}
