/*
 * Taking over accounts. The work is SQL (sql/takeover/, compiled in through
 * assets/takeover): two scripts around the first migration, which turn the
 * quickstart's tables into ours, and a statement a program that reads its
 * accounts in one form, to be stored by user_import.sql.
 *
 * Whoever has an address here already keeps it. Sessions are not taken over:
 * the quickstart has their tokens in clear, better-auth signs them with
 * another key.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "assets.h"
#include "takeover.h"

/* Columns of the statements that read, in user_import.sql's order. */
enum { COLUMN_ID, COLUMN_EMAIL, COLUMNS = 9 };

/* Whether there are accounts of better-auth, and of the quickstart. */
static const char	takeover_look[] =
    "select exists (select from pg_attribute"
    " where attrelid = to_regclass('account')"
    " and attname in ('providerId', 'provider_id'))"
    " and exists (select from pg_attribute"
    " where attrelid = to_regclass('\"user\"') and attname = 'email'),"
    " exists (select from pg_attribute"
    " where attrelid = to_regclass('users') and attname = 'password_hash')";

static int	takeover_read(struct dbsync *, struct dbsync *,
		    const u_int8_t *, struct takeover *);
static int	takeover_put(struct dbsync *, const PGresult *, int,
		    struct takeover *);

int
takeover_before(struct dbsync *db)
{
	return (dbsync_script(db,
	    (const char *)asset_takeover_before_sql));
}

int
takeover_after(struct dbsync *db, struct takeover *takeover)
{
	if (dbsync_script(db, (const char *)asset_takeover_after_sql) == -1 ||
	    dbsync_sql(db, "select count(*) from users", NULL, 0) == -1)
		return (-1);
	takeover->taken = dbsync_int(db, 0, 0);
	if (dbsync_sql(db, takeover_look, NULL, 0) == -1)
		return (-1);
	if (!dbsync_bool(db, 0, 0))
		return (0);

	return (takeover_read(db, db, asset_takeover_read_better_auth_sql,
	    takeover));
}

int
takeover_copy(struct dbsync *from, struct dbsync *to,
    struct takeover *takeover, int *found)
{
	int	has_better_auth, has_quickstart;

	if (dbsync_begin(from) == -1 || dbsync_script(from,
	    "set transaction read only; set local timezone = 'UTC'") == -1 ||
	    dbsync_sql(from, takeover_look, NULL, 0) == -1)
		return (-1);
	has_better_auth = dbsync_bool(from, 0, 0);
	has_quickstart = dbsync_bool(from, 0, 1);
	*found = has_better_auth || has_quickstart;
	if (dbsync_begin(to) == -1 ||
	    (has_quickstart && takeover_read(from, to,
	    asset_takeover_read_quickstart_sql, takeover) == -1) ||
	    (has_better_auth && takeover_read(from, to,
	    asset_takeover_read_better_auth_sql, takeover) == -1)) {
		dbsync_rollback(to);
		return (-1);
	}
	dbsync_rollback(from);

	return (dbsync_commit(to));
}

static int
takeover_read(struct dbsync *from, struct dbsync *to, const u_int8_t *sql,
    struct takeover *takeover)
{
	PGresult	*rows;
	int		 row, ret = 0;

	if (dbsync_sql(from, (const char *)sql, NULL, 0) == -1)
		return (-1);
	/* Kept while they are stored; both may be one database. */
	rows = from->result;
	from->result = NULL;
	for (row = 0; row < PQntuples(rows) && ret == 0; row++)
		ret = takeover_put(to, rows, row, takeover);
	PQclear(rows);

	return (ret);
}

static int
takeover_put(struct dbsync *to, const PGresult *rows, int row,
    struct takeover *takeover)
{
	struct db_param	params[COLUMNS];
	int		i;

	for (i = 0; i < COLUMNS; i++)
		params[i] = PQgetisnull(rows, row, i) ? DB_NULL :
		    DB_TEXT(PQgetvalue(rows, row, i));
	if (dbsync_run(to, STATEMENT_USER_IMPORT, params, COLUMNS) == -1)
		return (-1);
	if (dbsync_rows(to) == 1) {
		takeover->taken++;
		return (0);
	}
	takeover->left_out++;
	if (takeover->tell != NULL)
		takeover->tell(PQgetvalue(rows, row, COLUMN_EMAIL));

	return (0);
}
