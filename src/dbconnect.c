/*
 * New connections for db.c, made on job threads.
 *
 * Whether the hot statements could be prepared is remembered with the
 * connection itself (libpq's instance data), so that it is forgotten with it.
 */
#include <sys/types.h>

#include <poll.h>
#include <stdlib.h>

#include <libpq-events.h>

#include "dbconnect.h"
#include "job.h"
#include "statement.h"

struct dbconnect {
	const char	*conninfo;
	int		 prepares;
	PGconn		*connection;
	void		(*done)(PGconn *);
};

static void	dbconnect_work(void *);
static void	dbconnect_done(void *, void *);
static int	dbconnect_prepare(PGconn *);
static int	dbconnect_mark(PGEventId, void *, void *);

PGconn	*__real_PQconnectdb(const char *);

int
dbconnect_start(const char *conninfo, int prepares, void (*done)(PGconn *))
{
	struct dbconnect	*connect;

	if ((connect = calloc(1, sizeof(*connect))) == NULL)
		return (0);
	connect->conninfo = conninfo;
	connect->prepares = prepares;
	connect->done = done;
	if (job_start(JOB_SHORT, dbconnect_work, connect, dbconnect_done,
	    NULL) == NULL) {
		free(connect);
		return (0);
	}

	return (1);
}

int
dbconnect_has_prepared(const PGconn *connection)
{
	return (PQinstanceData(connection, dbconnect_mark) != NULL);
}

/* On a thread. db.c redirects PQconnectdb; this is the real one. */
static void
dbconnect_work(void *arg)
{
	struct dbconnect	*connect = arg;

	connect->connection = __real_PQconnectdb(connect->conninfo);
	if (connect->prepares &&
	    PQstatus(connect->connection) == CONNECTION_OK &&
	    PQregisterEventProc(connect->connection, dbconnect_mark,
	    "lectern", NULL) && dbconnect_prepare(connect->connection))
		(void)PQsetInstanceData(connect->connection, dbconnect_mark,
		    connect->connection);
}

static void
dbconnect_done(void *arg, void *unused)
{
	struct dbconnect	*connect = arg;

	(void)unused;
	connect->done(connect->connection);
	free(connect);
}

/* 1: every hot statement is prepared, under its file's name. */
static int
dbconnect_prepare(PGconn *connection)
{
	PGresult	*result;
	int		 i, is_good = 1;

	for (i = 0; i < STATEMENT_COUNT && is_good; i++) {
		if (!statement_is_hot((enum statement)i))
			continue;
		result = PQprepare(connection,
		    statement_name((enum statement)i),
		    statement_sql((enum statement)i), 0, NULL);
		is_good = PQresultStatus(result) == PGRES_COMMAND_OK;
		PQclear(result);
	}

	return (is_good);
}

/* Nothing to do at libpq's events; the function names our mark. */
static int
dbconnect_mark(PGEventId event, void *info, void *unused)
{
	(void)event;
	(void)info;
	(void)unused;

	return (1);
}

int
dbconnect_is_fit(PGconn *connection)
{
	struct pollfd	pfd;

	pfd.fd = PQsocket(connection);
	pfd.events = POLLIN;
	pfd.revents = 0;

	return (PQstatus(connection) == CONNECTION_OK && pfd.fd != -1 &&
	    PQtransactionStatus(connection) == PQTRANS_IDLE &&
	    poll(&pfd, 1, 0) == 0);
}

u_int32_t
dbconnect_prune(PGconn **connections, u_int32_t count)
{
	u_int32_t	i = 0;

	while (i < count) {
		if (dbconnect_is_fit(connections[i])) {
			i++;
		} else {
			PQfinish(connections[i]);
			connections[i] = connections[--count];
		}
	}

	return (count);
}
