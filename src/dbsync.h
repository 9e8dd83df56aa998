/*
 * The database, blocking: for job threads and commands, never for the event
 * loop. A connection of one's own, one result at a time, transactions as
 * straight code.
 */
#ifndef LECTERN_DBSYNC_H
#define LECTERN_DBSYNC_H

#include "db.h"

struct dbsync {
	PGconn		*connection;
	PGresult	*result;	/* of the latest statement, owned */
	enum error_id	 error;		/* of the latest call */
	char		 sqlstate[6];	/* "" unless the server said one */
};

/*
 * Connects (within ten seconds unless conninfo says otherwise). 0, or -1 with
 * `error` set; dbsync_close() is due in both cases.
 */
int	dbsync_open(struct dbsync *, const char *conninfo)
	    __attribute__((warn_unused_result));
void	dbsync_close(struct dbsync *);

/*
 * Runs one statement; its rows replace the former result and last until the
 * next call. 0, or -1 with `error` and `sqlstate` set.
 */
int	dbsync_run(struct dbsync *, enum statement, const struct db_param *,
	    size_t) __attribute__((warn_unused_result));
/* The same with SQL from elsewhere (migrations, BEGIN and COMMIT). */
int	dbsync_sql(struct dbsync *, const char *, const struct db_param *,
	    size_t) __attribute__((warn_unused_result));
/* A script of several statements, without parameters. */
int	dbsync_script(struct dbsync *, const char *)
	    __attribute__((warn_unused_result));

/*
 * COPY ... FROM STDIN (FORMAT BINARY): `sql` and rows as copyrow.h makes
 * them, without the format's head and tail.
 */
int	dbsync_copy(struct dbsync *, const char *, const void *, size_t)
	    __attribute__((warn_unused_result));

/*
 * A transaction; inside it the server's statement timeout is off, since work
 * here takes as long as it takes. Rollback never fails: what cannot be rolled
 * back is a dead connection.
 */
int	dbsync_begin(struct dbsync *) __attribute__((warn_unused_result));
int	dbsync_commit(struct dbsync *) __attribute__((warn_unused_result));
void	dbsync_rollback(struct dbsync *);

/* Rows and columns from 0; text is NUL-terminated, "" for null. */
int		 dbsync_rows(const struct dbsync *);
const char	*dbsync_text(const struct dbsync *, int row, int column);
int		 dbsync_is_null(const struct dbsync *, int row, int column);
int64_t		 dbsync_int(const struct dbsync *, int row, int column);
int		 dbsync_bool(const struct dbsync *, int row, int column);
/* A bytea column; the caller frees with PQfreemem(). NULL: no memory. */
u_int8_t	*dbsync_bytes(const struct dbsync *, int row, int column,
		    size_t *len) __attribute__((warn_unused_result));

/*
 * What went wrong at the latest call, one line in the database's words: for
 * the operator's terminal, never for a client or a log.
 */
void		 dbsync_why(const struct dbsync *, char *, size_t);

#endif
