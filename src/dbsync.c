/*
 * Blocking libpq behind one handle. The event loop's side is db.c, which
 * shares the parameters (struct db_param) and the verdicts (sqlstate.c).
 *
 * Deliberately missing: a pool (whoever works for long opens one connection
 * and closes it, so that a database may go to sleep) and reconnecting (the
 * caller's work begins anew anyway).
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dbsync.h"
#include "sqlstate.h"

#define DBSYNC_PARAMS_MAX	16
#define DBSYNC_CONNECT_S	"10"
#define DBSYNC_COPY_BYTES	65536	/* handed over at once */

static int	dbsync_take(struct dbsync *, PGresult *);
static void	dbsync_quiet(void *, const char *);

int
dbsync_open(struct dbsync *db, const char *conninfo)
{
	/* What conninfo says comes later and therefore wins. */
	const char	*names[] = { "connect_timeout", "dbname", NULL };
	const char	*values[] = { DBSYNC_CONNECT_S, conninfo, NULL };

	memset(db, 0, sizeof(*db));
	db->connection = PQconnectdbParams(names, values, 1);
	if (PQstatus(db->connection) != CONNECTION_OK) {
		db->error = ERROR_DATABASE;
		return (-1);
	}
	(void)PQsetNoticeProcessor(db->connection, dbsync_quiet, NULL);
	if (PQsetClientEncoding(db->connection, "UTF8") != 0) {
		db->error = ERROR_DATABASE;
		return (-1);
	}

	return (0);
}

void
dbsync_close(struct dbsync *db)
{
	PQclear(db->result);
	PQfinish(db->connection);
	memset(db, 0, sizeof(*db));
}

int
dbsync_run(struct dbsync *db, enum statement statement,
    const struct db_param *params, size_t count)
{
	return (dbsync_sql(db, statement_sql(statement), params, count));
}

int
dbsync_sql(struct dbsync *db, const char *sql, const struct db_param *params,
    size_t count)
{
	char		 numbers[DBSYNC_PARAMS_MAX][24];
	const char	*values[DBSYNC_PARAMS_MAX];
	int		 lengths[DBSYNC_PARAMS_MAX];
	int		 formats[DBSYNC_PARAMS_MAX];
	size_t		 i;

	if (count > DBSYNC_PARAMS_MAX)
		abort();
	for (i = 0; i < count; i++) {
		values[i] = NULL;
		lengths[i] = 0;
		formats[i] = params[i].kind == DB_KIND_BYTES;
		switch (params[i].kind) {
		case DB_KIND_NULL:
			break;
		case DB_KIND_INT:
			(void)snprintf(numbers[i], sizeof(numbers[i]),
			    "%" PRId64, params[i].number);
			values[i] = numbers[i];
			break;
		case DB_KIND_BYTES:
			/* NULL would be SQL's null. */
			values[i] = params[i].len == 0 ? "" : params[i].data;
			lengths[i] = (int)params[i].len;
			break;
		case DB_KIND_TEXT:
			values[i] = params[i].data;
			break;
		}
	}

	return (dbsync_take(db, PQexecParams(db->connection, sql, (int)count,
	    NULL, values, lengths, formats, 0)));
}

int
dbsync_script(struct dbsync *db, const char *sql)
{
	return (dbsync_take(db, PQexec(db->connection, sql)));
}

int
dbsync_copy(struct dbsync *db, const char *sql, const void *rows, size_t len)
{
	/* Signature, no flags, no extension; and the end of the rows. */
	static const char	head[19] = "PGCOPY\n\377\r\n";
	static const char	tail[2] = "\377\377";
	PGresult		*result;
	const char		*at = rows;
	size_t			 n;
	int			 is_sent;

	result = PQexec(db->connection, sql);
	if (PQresultStatus(result) != PGRES_COPY_IN)
		return (dbsync_take(db, result));
	PQclear(result);
	is_sent = PQputCopyData(db->connection, head, sizeof(head)) == 1;
	for (; is_sent && len > 0; at += n, len -= n) {
		n = len < DBSYNC_COPY_BYTES ? len : DBSYNC_COPY_BYTES;
		is_sent = PQputCopyData(db->connection, at, (int)n) == 1;
	}
	if (is_sent)
		is_sent = PQputCopyData(db->connection, tail,
		    sizeof(tail)) == 1;
	if (PQputCopyEnd(db->connection, is_sent ? NULL : "broken off") != 1)
		is_sent = 0;
	result = PQgetResult(db->connection);
	while (PQresultStatus(result) == PGRES_COPY_IN) {
		PQclear(result);
		result = PQgetResult(db->connection);
	}
	if (dbsync_take(db, result) == -1)
		is_sent = 0;
	while ((result = PQgetResult(db->connection)) != NULL)
		PQclear(result);

	return (is_sent ? 0 : -1);
}

int
dbsync_begin(struct dbsync *db)
{
	/* Between statements, documents are extracted. */
	return (dbsync_script(db, "begin; set local statement_timeout = 0; "
	    "set local idle_in_transaction_session_timeout = '15min'"));
}

int
dbsync_commit(struct dbsync *db)
{
	if (dbsync_script(db, "commit") == -1)
		return (-1);
	/* A failed transaction is "committed" by rolling it back. */
	if (strcmp(PQcmdStatus(db->result), "COMMIT") != 0) {
		db->error = ERROR_INTERNAL;
		return (-1);
	}

	return (0);
}

void
dbsync_rollback(struct dbsync *db)
{
	enum error_id	error = db->error;

	/* The error that led here is the one to tell. */
	(void)!dbsync_script(db, "rollback");
	db->error = error;
}

int
dbsync_rows(const struct dbsync *db)
{
	return (PQntuples(db->result));
}

const char *
dbsync_text(const struct dbsync *db, int row, int column)
{
	return (PQgetvalue(db->result, row, column));
}

int
dbsync_is_null(const struct dbsync *db, int row, int column)
{
	return (PQgetisnull(db->result, row, column));
}

int64_t
dbsync_int(const struct dbsync *db, int row, int column)
{
	return (strtoll(dbsync_text(db, row, column), NULL, 10));
}

int
dbsync_bool(const struct dbsync *db, int row, int column)
{
	return (dbsync_text(db, row, column)[0] == 't');
}

u_int8_t *
dbsync_bytes(const struct dbsync *db, int row, int column, size_t *len)
{
	return (PQunescapeBytea(
	    (const unsigned char *)dbsync_text(db, row, column), len));
}

void
dbsync_why(const struct dbsync *db, char *out, size_t out_size)
{
	const char	*words;

	words = db->result == NULL ? NULL :
	    PQresultErrorField(db->result, PG_DIAG_MESSAGE_PRIMARY);
	if (words == NULL)
		words = PQerrorMessage(db->connection);
	(void)snprintf(out, out_size, "%.*s", (int)strcspn(words, "\n"),
	    words);
}

/* Keeps a result as the latest one and judges it. */
static int
dbsync_take(struct dbsync *db, PGresult *result)
{
	const char	*state;

	PQclear(db->result);
	db->result = result;
	db->error = ERROR_NONE;
	db->sqlstate[0] = '\0';

	switch (PQresultStatus(result)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		return (0);
	default:
		break;
	}
	state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	(void)snprintf(db->sqlstate, sizeof(db->sqlstate), "%s",
	    state == NULL ? "" : state);
	db->error = sqlstate_error(db->sqlstate);

	return (-1);
}

/* Notices ("word is too long to be indexed") are for nobody. */
static void
dbsync_quiet(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}
