/*
 * The statements of a worker, counted and timed. A slow one is named with the
 * request that asked for it, never with its parameters.
 */
#include <sys/types.h>

#include <string.h>

#include <kore/kore.h>

#include "dbfigure.h"
#include "log.h"
#include "metrics.h"

void
dbfigure_ended(const struct db_query *query)
{
	const u_int64_t	now = kore_time_ms(), ms = now - query->since;
	const u_int64_t	wait = query->sent == 0 ? ms :
			    query->sent - query->since;

	metrics_add(METRIC_DB_STATEMENTS, 1);
	metrics_time(TIMING_DB_WAIT, wait);
	if (query->sent != 0)
		metrics_time(TIMING_DB_RUN, now - query->sent);
	if (query->error != ERROR_NONE &&
	    strcmp(query->sqlstate, "23505") != 0)
		metrics_add(query->error == ERROR_DATABASE ?
		    METRIC_DB_ERRORS_AWAY : query->error == ERROR_BUSY ?
		    METRIC_DB_ERRORS_BUSY : METRIC_DB_ERRORS_STATEMENT, 1);
	if (ms >= DBFIGURE_SLOW_MS)
		log_statement(query->asker, statement_name(query->statement),
		    wait, ms);
}
