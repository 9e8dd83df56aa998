/*
 * The database, asynchronously: kore_pgsql with its defects fenced in.
 *
 * A query waits first-come for a connection (bounded queue, deadline), runs,
 * and its result is taken over so that the connection goes back at once. The
 * caller hears exactly once, from the event loop, never from inside
 * db_query_start(). Connections are opened on a thread, never in the loop.
 */
#ifndef LECTERN_DB_H
#define LECTERN_DB_H

#include <sys/types.h>
#include <sys/queue.h>

#include <stdint.h>

#include <libpq-fe.h>

#include "error.h"
#include "statement.h"

enum db_kind { DB_KIND_NULL, DB_KIND_TEXT, DB_KIND_BYTES, DB_KIND_INT };

struct db_param {
	enum db_kind	 kind;
	const void	*data;		/* TEXT: NUL-terminated; BYTES: len */
	size_t		 len;		/* BYTES only */
	int64_t		 number;	/* INT only, sent as text */
};

/* Parameters; db_query_start() copies the values. TEXT of NULL is null. */
#define DB_NULL		((struct db_param){ .kind = DB_KIND_NULL })
#define DB_TEXT(s)	((struct db_param){ .kind = DB_KIND_TEXT, .data = (s) })
#define DB_INT(n)	((struct db_param){ .kind = DB_KIND_INT,	\
			    .number = (n) })
#define DB_BOOL(b)	DB_TEXT((b) ? "t" : "f")
#define DB_BYTES(p, l)	((struct db_param){ .kind = DB_KIND_BYTES,	\
			    .data = (p), .len = (l) })

enum db_state { DB_IDLE, DB_WAITING, DB_RUNNING, DB_FINISHED };

struct db_query {
	enum db_state		 state;
	enum error_id		 error;	/* ERROR_NONE: result is valid */
	char			 sqlstate[6]; /* "" unless told by the server */
	PGresult		*result; /* owned, see db_text() */
	enum statement		 statement;
	struct db_values	*values; /* copied parameters, until sent */
	struct db_flight	*flight; /* while DB_RUNNING, see db.c */
	u_int64_t		 deadline; /* kore_time_ms() clock */
	u_int64_t		 since;	/* the same: in line */
	u_int64_t		 sent;	/* the same: on its way, 0: never */
	const char		*asker;	/* the request's id, or NULL */
	void			(*done)(struct db_query *, void *);
	void			*arg;
	TAILQ_ENTRY(db_query)	 list;	/* the waiting line */
};

/* Connections that a worker may have, as kore.conf says. */
u_int32_t	db_connections_max(void);
/*
 * Once per worker, from kore_worker_configure(). `prepares`: a connection is
 * ours alone, so that statements can be prepared on it.
 */
void	db_init(const char *conninfo, int prepares);
/*
 * The schema is known to fit (db_open) or could not be made to (db_shut, until
 * db_open). At the start neither is known: queries wait in line. While shut,
 * every query fails with ERROR_DATABASE. Called by lectern.c.
 */
void	db_open(void);
void	db_shut(void);
/* Housekeeping (deadlines, reconnecting), about ten times a second. */
void	db_tick(u_int64_t now);
/* False from a failed connect until one succeeds. */
int	db_is_up(void);
/* For /metrics and /ready: connections open, queries waiting. */
void	db_figures(u_int32_t *open, u_int32_t *waiting);

void	db_query_init(struct db_query *);
/*
 * Starts a statement. `done` is called later with query->error set; a full
 * queue, a missed deadline or a lost connection are ERROR_BUSY/DATABASE.
 * The query must stay in place until `done` ran or it was cancelled, and must
 * be idle: db_query_reset() makes a finished one idle again.
 */
void	db_query_start(struct db_query *, enum statement,
	    const struct db_param *, size_t,
	    void (*)(struct db_query *, void *), void *);
/* Drops the result; the query may be started again. */
void	db_query_reset(struct db_query *);
/* Forgets the query in any state; `done` will not be called. Idempotent. */
void	db_query_cancel(struct db_query *);

/*
 * Results. Rows and columns from 0; text is NUL-terminated and owned by it. Of
 * a binary statement (statement.h) only integers and bytes can be read, the
 * latter by db_text() and db_length().
 */
int		 db_rows(const struct db_query *);
const char	*db_text(const struct db_query *, int row, int column);
size_t		 db_length(const struct db_query *, int row, int column);
int		 db_is_null(const struct db_query *, int row, int column);
int64_t		 db_int(const struct db_query *, int row, int column);
double		 db_double(const struct db_query *, int row, int column);
int		 db_bool(const struct db_query *, int row, int column);
/* A bytea column decoded. The caller frees with PQfreemem(); NULL: no memory */
u_int8_t	*db_bytes(const struct db_query *, int row, int column,
		    size_t *);

#endif
