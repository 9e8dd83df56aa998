/*
 * timer -> job: `show pools` on the console -> gauges
 *
 * The console speaks the simple protocol alone and no SQL, so this is libpq on
 * a thread, with a connection of its own for each look: a Unix socket is
 * close.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>
#include <libpq-fe.h>

#include "job.h"
#include "metrics.h"
#include "poolerconf.h"
#include "poolerfigures.h"

#define POOLERFIGURES_MS	5000

enum poolerfigure {
	CLIENTS_ACTIVE, CLIENTS_WAITING, SERVERS_ACTIVE, SERVERS_IDLE,
	WAIT_S, POOLERFIGURES
};

/* Columns of `show pools` that make up a figure. */
static const struct {
	const char		*column;
	enum poolerfigure	 figure;
} poolerfigures_columns[] = {
	{ "cl_active", CLIENTS_ACTIVE }, { "cl_waiting", CLIENTS_WAITING },
	{ "sv_active", SERVERS_ACTIVE }, { "sv_idle", SERVERS_IDLE },
	{ "sv_used", SERVERS_IDLE }, { "sv_tested", SERVERS_IDLE },
	{ "sv_login", SERVERS_ACTIVE }, { "maxwait", WAIT_S }
};

struct poolerfigures {
	u_int64_t	 values[POOLERFIGURES];
	int		 is_known;
};

static const char	*poolerfigures_console;
static int		 poolerfigures_is_asking;

static void	poolerfigures_look(void *, u_int64_t);
static void	poolerfigures_ask(void *);
static void	poolerfigures_row(struct poolerfigures *, const PGresult *,
		    int);
static void	poolerfigures_take(void *, void *);

void
poolerfigures_init(const char *console)
{
	if (console == NULL || worker->id != KORE_WORKER_BASE)
		return;
	poolerfigures_console = console;
	kore_timer_add(poolerfigures_look, POOLERFIGURES_MS, NULL, 0);
	poolerfigures_look(NULL, 0);
}

static void
poolerfigures_look(void *unused, u_int64_t now)
{
	struct poolerfigures	*figures;

	(void)unused;
	(void)now;
	if (poolerfigures_is_asking ||
	    (figures = calloc(1, sizeof(*figures))) == NULL)
		return;
	if (job_start(JOB_SHORT, poolerfigures_ask, figures,
	    poolerfigures_take, NULL) == NULL)
		free(figures);
	else
		poolerfigures_is_asking = 1;
}

/* On a thread. */
static void
poolerfigures_ask(void *arg)
{
	struct poolerfigures	*figures = arg;
	PGconn			*console;
	PGresult		*pools;
	int			 row;

	console = PQconnectdbParams((const char *[]){ "dbname", NULL },
	    (const char *[]){ poolerfigures_console, NULL }, 1);
	pools = PQexec(console, "show pools");
	if (PQresultStatus(pools) == PGRES_TUPLES_OK) {
		figures->is_known = 1;
		for (row = 0; row < PQntuples(pools); row++)
			poolerfigures_row(figures, pools, row);
	}
	PQclear(pools);
	PQfinish(console);
}

static void
poolerfigures_row(struct poolerfigures *figures, const PGresult *pools,
    int row)
{
	const int	database = PQfnumber(pools, "database");
	size_t		i;
	int		column;

	if (database == -1 || strcmp(PQgetvalue(pools, row, database),
	    POOLERCONF_DATABASE) != 0)
		return;
	for (i = 0; i < sizeof(poolerfigures_columns) /
	    sizeof(poolerfigures_columns[0]); i++) {
		column = PQfnumber(pools, poolerfigures_columns[i].column);
		if (column != -1)
			figures->values[poolerfigures_columns[i].figure] +=
			    strtoull(PQgetvalue(pools, row, column), NULL, 10);
	}
}

static void
poolerfigures_take(void *arg, void *unused)
{
	struct poolerfigures	*figures = arg;

	(void)unused;
	poolerfigures_is_asking = 0;
	metrics_set(METRIC_POOLER_UP, (u_int64_t)figures->is_known);
	metrics_set(METRIC_POOLER_CLIENTS_ACTIVE,
	    figures->values[CLIENTS_ACTIVE]);
	metrics_set(METRIC_POOLER_CLIENTS_WAITING,
	    figures->values[CLIENTS_WAITING]);
	metrics_set(METRIC_POOLER_SERVERS_ACTIVE,
	    figures->values[SERVERS_ACTIVE]);
	metrics_set(METRIC_POOLER_SERVERS_IDLE,
	    figures->values[SERVERS_IDLE]);
	metrics_set(METRIC_POOLER_WAIT, figures->values[WAIT_S]);
	free(figures);
}
