/*
 * Asynchronous queries through kore_pgsql, its defects fenced in.
 *
 * kore_pgsql keeps the pool and hands out connections. What it cannot be
 * trusted with is done here:
 *
 *  - Waiting. Kore lets newcomers pass those who wait and does not tell them
 *    of failures; our line is first-come, bounded, with a deadline.
 *  - Connecting. PQconnectdb blocks, so it runs as a job; the linker redirects
 *    Kore's own call (__wrap_PQconnectdb) to the connections got that way.
 *  - Reading. Kore's event handler dies of a closed connection and can spin;
 *    each connection gets db_event() as its handler instead, and stays in the
 *    event loop's set for its life: Kore would put it in for each statement.
 *  - Giving up. Kore's clean-up cancels by a blocking call. A query whose
 *    asker has gone flies on without him (its flight outlives it), and its
 *    connection then goes back to the pool.
 *
 * A query:   IDLE -> WAITING -> RUNNING -> FINISHED -> (reset) IDLE
 * A connection: connecting (job) -> stashed -> borrowed by a flight <-> free;
 *		 dropped when something comes on a free one, or is amiss
 *
 * Statements that statement.h calls hot are prepared while connecting. Behind
 * a pooler that deals transactions out over connections this cannot work: the
 * first statement that is missed there ends it for good, and is sent again.
 *
 * Deliberately missing: transactions over several statements (what must be
 * atomic is one statement).
 */
#include <sys/types.h>
#include <sys/queue.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>
#include <kore/http.h>
#include <kore/pgsql.h>

#include "db.h"
#include "dbconnect.h"
#include "dbfigure.h"
#include "dbvalues.h"
#include "log.h"
#include "metrics.h"
#include "sqlstate.h"

#define DB_NAME			"lectern"
#define DB_WAITING_MAX		2048	/* queries in line per worker: a
					   burst of all its answers */
#define DB_WAIT_MS		8000	/* for a connection, database up */
#define DB_WAIT_DOWN_MS		1000	/* the same while it is known away */
#define DB_RUN_MS		10000	/* a statement; the server's own limit
					   is shorter */
#define DB_RETRY_MS		250	/* between failed connects, with queries
					   in line */
#define DB_PROBE_MS		1000	/* the same with none */
#define DB_SWOLLEN		(1024 * 1024) /* bytes through a connection
					   after which it is not kept */
#define DB_FLIGHTS_MAX		64

/* A statement on its way; outlives a query that was cancelled. */
struct db_flight {
	struct kore_pgsql	 pgsql;
	struct db_query		*query;		/* NULL: nobody waits */
	int			 is_unfit;	/* only to be dropped */
	PGresult		*result;	/* the last one that came */
	struct db_values	*values;	/* of one sent prepared */
	u_int64_t		 deadline;
	size_t			 sent;		/* bytes of parameters */
	int			 is_used;
};

TAILQ_HEAD(db_line, db_query);

static struct db_line	 db_waiting;
static u_int32_t	 db_waiting_count;
static struct db_flight	 db_flights[DB_FLIGHTS_MAX];
static PGconn		*db_stash[DB_FLIGHTS_MAX];	/* connected, unused */
static u_int32_t	 db_stash_count;
static u_int32_t	 db_pooled;	/* connections that Kore holds */
static u_int32_t	 db_flying;	/* of these, busy */
static u_int32_t	 db_connecting;
static u_int32_t	 db_max;
static u_int64_t	 db_retry_at;	/* no connect before, after a failure */
static int		 db_up = 1;	/* benefit of the doubt at start */
static int		 db_prepares;	/* until a pooler is noticed */
static int		 db_is_open;	/* the schema is known to fit */
static int		 db_is_shut;	/* the schema is known not to, so far */
static char		*db_conninfo;

static void		 db_pump(void);
static int		 db_depart(struct db_query *);
static int		 db_send_flight(struct db_flight *,
			    struct db_query *);
static int		 db_send_again(struct db_flight *);
static void		 db_land(struct db_flight *, enum error_id);
static void		 db_finish(struct db_query *, enum error_id);
static int		 db_is_swollen(const struct db_flight *);
static void		 db_drop(struct db_flight *);
static void		 db_event(void *, int);
static void		 db_callback(struct kore_pgsql *, void *);
static void		 db_hurry(void);
static void		 db_connected(PGconn *);

PGconn	*__wrap_PQconnectdb(const char *);
void	 __wrap_PQreset(PGconn *);

u_int32_t
db_connections_max(void)
{
	return (pgsql_conn_max);
}

void
db_init(const char *conninfo, int prepares)
{
	db_prepares = prepares;
	TAILQ_INIT(&db_waiting);
	if ((db_conninfo = strdup(conninfo)) == NULL)
		fatal("db: no memory");
	db_max = pgsql_conn_max;
	if (db_max == 0 || db_max > DB_FLIGHTS_MAX)
		fatalx("pgsql_conn_max in kore.conf must be 1 to %d",
		    DB_FLIGHTS_MAX);
	metrics_set(METRIC_DB_CONNECTIONS_MAX, db_max);
	if (!kore_pgsql_register(DB_NAME, conninfo))
		fatalx("db: cannot register the database");
}

void
db_open(void)
{
	db_is_open = 1;
	db_is_shut = 0;
	db_pump();
}

void
db_shut(void)
{
	struct db_query	*query;

	db_is_shut = 1;
	/* The next tick refuses them. */
	TAILQ_FOREACH(query, &db_waiting, list)
		query->deadline = 0;
}

int
db_is_up(void)
{
	return (db_up && db_is_open);
}

void
db_figures(u_int32_t *open, u_int32_t *waiting)
{
	*open = db_pooled + db_stash_count;
	*waiting = db_waiting_count;
}

void
db_tick(u_int64_t now)
{
	struct db_query	*query, *next;
	u_int32_t	 i;

	for (query = TAILQ_FIRST(&db_waiting); query != NULL; query = next) {
		next = TAILQ_NEXT(query, list);
		if (query->deadline > now)
			continue;
		TAILQ_REMOVE(&db_waiting, query, list);
		db_waiting_count--;
		db_finish(query, db_is_up() ? ERROR_BUSY : ERROR_DATABASE);
		/* `done` may have changed the line */
		next = TAILQ_FIRST(&db_waiting);
	}

	for (i = 0; i < DB_FLIGHTS_MAX; i++) {
		if (db_flights[i].is_used && db_flights[i].deadline <= now) {
			if (!db_flights[i].is_unfit)
				log_event(LOG_LEVEL_WARN,
				    "db: a statement never ended");
			db_drop(&db_flights[i]);
			db_land(&db_flights[i], ERROR_DATABASE);
		}
	}

	db_stash_count = dbconnect_prune(db_stash, db_stash_count);
	db_pump();
}

void
db_query_init(struct db_query *query)
{
	memset(query, 0, sizeof(*query));
}

void
db_query_start(struct db_query *query, enum statement statement,
    const struct db_param *params, size_t count,
    void (*done)(struct db_query *, void *), void *arg)
{
	if (query->state != DB_IDLE)
		fatal("db: query started twice (%s)",
		    statement_name(statement));

	query->statement = statement;
	query->done = done;
	query->arg = arg;
	query->error = ERROR_NONE;
	query->sqlstate[0] = '\0';
	query->state = DB_WAITING;
	query->values = dbvalues_copy(params, count);
	query->sent = 0;
	query->since = kore_time_ms();
	query->deadline = query->since +
	    (db_up ? DB_WAIT_MS : DB_WAIT_DOWN_MS);

	/* Refusals come from the next tick, like every other answer. */
	if (db_is_shut || db_waiting_count >= DB_WAITING_MAX)
		query->deadline = 0;
	TAILQ_INSERT_TAIL(&db_waiting, query, list);
	db_waiting_count++;

	db_pump();
}

void
db_query_reset(struct db_query *query)
{
	if (query->state == DB_WAITING || query->state == DB_RUNNING)
		fatal("db: reset of a query under way");
	PQclear(query->result);
	query->result = NULL;
	query->state = DB_IDLE;
	query->error = ERROR_NONE;
	query->sqlstate[0] = '\0';
}

void
db_query_cancel(struct db_query *query)
{
	if (query->state == DB_WAITING) {
		TAILQ_REMOVE(&db_waiting, query, list);
		db_waiting_count--;
	} else if (query->state == DB_RUNNING) {
		query->flight->query = NULL;
		query->flight = NULL;
	}
	free(query->values);
	query->values = NULL;
	query->state = DB_FINISHED;
	db_query_reset(query);
}

/* Lets waiting queries depart while connections are at hand. */
static void
db_pump(void)
{
	struct db_query		*query;
	u_int32_t		 left, wanted;

	if (!db_is_open)
		return;
	while ((query = TAILQ_FIRST(&db_waiting)) != NULL) {
		if (query->deadline == 0 ||
		    (db_flying >= db_pooled && db_stash_count == 0))
			break;
		TAILQ_REMOVE(&db_waiting, query, list);
		db_waiting_count--;
		left = db_pooled - db_flying + db_stash_count;
		if (!db_depart(query)) {
			TAILQ_INSERT_HEAD(&db_waiting, query, list);
			db_waiting_count++;
			/* Each failure costs a connection; else it is ours. */
			if (db_pooled - db_flying + db_stash_count >= left)
				break;
		}
	}

	if (kore_time_ms() < db_retry_at)
		return;
	/* While it is away one connect at a time asks whether it is back. */
	wanted = db_up ? db_waiting_count : 1;
	while (db_pooled + db_stash_count + db_connecting < db_max &&
	    db_connecting < wanted) {
		if (!dbconnect_start(db_conninfo, db_prepares, db_connected))
			return;
		db_connecting++;
	}
}

/*
 * Sends a query on a free or stashed connection. 0: the connection was bad,
 * nothing was sent, the query should be tried on another. A bad one is not
 * freed here: its event may be the next that the event loop hands out.
 */
static int
db_depart(struct db_query *query)
{
	struct db_flight	*flight = NULL;
	struct pgsql_conn	*conn;
	u_int32_t		 i;

	for (i = 0; i < DB_FLIGHTS_MAX && flight == NULL; i++) {
		if (!db_flights[i].is_used)
			flight = &db_flights[i];
	}
	if (flight == NULL)
		fatal("db: more flights than connections");
	memset(flight, 0, sizeof(*flight));

	kore_pgsql_init(&flight->pgsql);
	kore_pgsql_bind_callback(&flight->pgsql, db_callback, flight);
	if (!kore_pgsql_setup(&flight->pgsql, DB_NAME, KORE_PGSQL_ASYNC)) {
		kore_pgsql_cleanup(&flight->pgsql);
		return (0);
	}
	flight->is_used = 1;
	db_flying++;

	conn = flight->pgsql.conn;
	flight->is_unfit = !dbconnect_is_fit(conn->db);
	if (!flight->is_unfit && conn->evt.handle != db_event) {
		conn->evt.handle = db_event;
		kore_platform_schedule_read(PQsocket(conn->db), conn);
	}
	if (flight->is_unfit || !db_send_flight(flight, query)) {
		flight->is_unfit = 1;	/* by its event, or the next tick */
		return (0);
	}
	flight->query = query;
	query->sent = kore_time_ms();
	flight->deadline = query->sent + DB_RUN_MS;
	query->flight = flight;
	query->state = DB_RUNNING;

	return (1);
}

/* Sends the statement, prepared where it is; takes the values. */
static int
db_send_flight(struct db_flight *flight, struct db_query *query)
{
	PGconn			*connection = flight->pgsql.conn->db;
	struct db_values	*values = query->values;
	int			 is_sent, is_binary =
				    statement_is_binary(query->statement);

	flight->sent = values->size;
	if (!db_prepares || !statement_is_hot(query->statement) ||
	    !dbconnect_has_prepared(connection)) {
		is_sent = PQsendQueryParams(connection,
		    statement_sql(query->statement), values->count, NULL,
		    values->text, values->lengths, values->formats, is_binary);
		if (is_sent)
			free(values);
	} else {
		is_sent = PQsendQueryPrepared(connection,
		    statement_name(query->statement), values->count,
		    values->text, values->lengths, values->formats, is_binary);
		if (is_sent)
			flight->values = values;
	}
	if (is_sent)
		query->values = NULL;
	return (is_sent);
}

/*
 * A prepared statement that the server does not know, or whose tables have
 * changed since: from now on nothing is prepared, and this one goes again.
 */
static int
db_send_again(struct db_flight *flight)
{
	struct db_values	*values = flight->values;
	const char		*state;
	int			 is_sent;

	if (values == NULL || flight->query == NULL || flight->result == NULL)
		return (0);
	state = PQresultErrorField(flight->result, PG_DIAG_SQLSTATE);
	if (state == NULL || (strcmp(state, "26000") != 0 &&
	    strcmp(state, "0A000") != 0))
		return (0);
	log_event(LOG_LEVEL_INFO, "db: statements are no longer prepared");
	db_prepares = 0;
	PQclear(flight->result);
	flight->result = NULL;
	is_sent = PQsendQueryParams(flight->pgsql.conn->db,
	    statement_sql(flight->query->statement), values->count, NULL,
	    values->text, values->lengths, values->formats,
	    statement_is_binary(flight->query->statement));
	free(values);
	flight->values = NULL;

	return (is_sent);
}

/* The event loop has something on a connection. */
static void
db_event(void *arg, int error)
{
	struct pgsql_conn	*conn = arg;
	struct db_flight	*flight = NULL;
	struct pollfd		 pfd;
	PGresult		*result;
	u_int32_t		 i;

	for (i = 0; i < DB_FLIGHTS_MAX && flight == NULL; i++) {
		if (db_flights[i].is_used && db_flights[i].pgsql.conn == conn)
			flight = &db_flights[i];
	}
	if (flight == NULL) {
		if (!dbconnect_is_fit(conn->db)) {
			kore_pgsql_handle(conn, 1);
			db_pooled--;
		}
		return;
	}
	if (flight->is_unfit) {
		db_drop(flight);
		db_land(flight, ERROR_NONE);
		return;
	}

	/* Edge-triggered: read until there is nothing left. */
	do {
		if (!PQconsumeInput(conn->db)) {
			error = 1;
			break;
		}
		while (!PQisBusy(conn->db)) {
			if ((result = PQgetResult(conn->db)) == NULL) {
				if (db_send_again(flight))
					break;
				if (db_is_swollen(flight)) {
					db_drop(flight);
				} else {
					kore_pgsql_cleanup(&flight->pgsql);
					db_flying--;
				}
				db_land(flight, ERROR_NONE);
				return;
			}
			PQclear(flight->result);
			flight->result = result;
		}
		pfd.fd = PQsocket(conn->db);
		pfd.events = POLLIN;
		pfd.revents = 0;
	} while (poll(&pfd, 1, 0) > 0 && !(pfd.revents & (POLLERR | POLLNVAL)));

	if (error) {
		db_drop(flight);
		db_land(flight, ERROR_DATABASE);
	}
}

/*
 * libpq's buffers grow to the largest statement or result and never shrink;
 * a new connection costs less than keeping a document's worth of memory.
 */
static int
db_is_swollen(const struct db_flight *flight)
{
	return (flight->sent > DB_SWOLLEN || (flight->result != NULL &&
	    PQresultMemorySize(flight->result) > DB_SWOLLEN));
}

/* Throws a borrowed connection away, without asking the server anything. */
static void
db_drop(struct db_flight *flight)
{
	kore_pgsql_handle(flight->pgsql.conn, 1);
	kore_pgsql_cleanup(&flight->pgsql);
	db_pooled--;
	db_flying--;
}

/* A flight has ended and its connection is back or gone. */
static void
db_land(struct db_flight *flight, enum error_id error)
{
	struct db_query	*query = flight->query;
	PGresult	*result = flight->result;
	const char	*state;

	flight->is_used = 0;
	flight->query = NULL;
	flight->result = NULL;
	free(flight->values);
	flight->values = NULL;

	if (query == NULL) {
		PQclear(result);
	} else {
		query->flight = NULL;
		query->result = result;
		switch (PQresultStatus(result)) {
		case PGRES_TUPLES_OK:
		case PGRES_COMMAND_OK:
			break;
		default:
			state = result == NULL ? NULL :
			    PQresultErrorField(result, PG_DIAG_SQLSTATE);
			if (state != NULL)
				(void)kore_strlcpy(query->sqlstate, state,
				    sizeof(query->sqlstate));
			if (error == ERROR_NONE || state != NULL)
				error = sqlstate_error(query->sqlstate);
			/* The code says enough; the text may hold data. */
			log_event(LOG_LEVEL_WARN, "db: %s failed (%s)",
			    statement_name(query->statement),
			    state == NULL ? "connection lost" : state);
		}
		db_finish(query, error);
	}
	db_pump();
}

static void
db_finish(struct db_query *query, enum error_id error)
{
	free(query->values);
	query->values = NULL;
	query->error = error;
	dbfigure_ended(query);
	query->state = DB_FINISHED;
	query->done(query, query->arg);
}

/* Kore's callback; everything is done in db_event() and around. */
static void
db_callback(struct kore_pgsql *pgsql, void *arg)
{
	(void)pgsql;
	(void)arg;
}

/* The database is known away: who waits has not long to wait. */
static void
db_hurry(void)
{
	struct db_query	*query;
	u_int64_t	 latest = kore_time_ms() + DB_WAIT_DOWN_MS;

	TAILQ_FOREACH(query, &db_waiting, list) {
		if (query->deadline > latest)
			query->deadline = latest;
	}
}

/* A connect has ended, well or not. */
static void
db_connected(PGconn *connection)
{
	db_connecting--;
	if (PQstatus(connection) == CONNECTION_OK) {
		if (!db_up)
			log_event(LOG_LEVEL_INFO, "db: the database is back");
		db_up = 1;
		db_retry_at = 0;
		db_stash[db_stash_count++] = connection;
	} else {
		PQfinish(connection);
		if (db_up)
			log_event(LOG_LEVEL_WARN,
			    "db: the database cannot be reached");
		/* With other connections alive this is only a full server. */
		db_up = db_pooled > 0;
		db_retry_at = kore_time_ms() + (db_waiting_count > 0 ?
		    DB_RETRY_MS : DB_PROBE_MS);
		if (!db_up)
			db_hurry();
	}
	db_pump();
}

/* Kore's own call, in pgsql_conn_create(): hand it what was connected. */
PGconn *
__wrap_PQconnectdb(const char *conninfo)
{
	(void)conninfo;
	if (db_stash_count == 0)
		return (NULL);
	db_pooled++;

	return (db_stash[--db_stash_count]);
}

/* Would block; nothing that we link has a reason to call it. */
void
__wrap_PQreset(PGconn *connection)
{
	(void)connection;
}
