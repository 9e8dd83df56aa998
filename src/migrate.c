/*
 * Migrations: sql/migrations/NNNN_name.sql, compiled in through
 * assets/migrations (a link to it) and listed below. Append-only: a script
 * that has run anywhere is never edited, and its checksum stands guard.
 *
 * migrate_run -> one transaction a script:
 *	lock, look at what was applied, refuse drift and newer schemas,
 *	apply the next script, record it
 * until nothing is left. The lock is the transaction's, so that a pooler in
 * transaction mode may stand between and a killed program leaves none behind.
 *
 * The first script takes over what the quickstart or better-auth have left
 * in the database (takeover.c).
 *
 * Deliberately missing: ways back. A backup is the way back.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "assets.h"
#include "dbsync.h"
#include "migrate.h"

#define MIGRATE_POSTGRES_MIN	15	/* older ones were never tried */

struct migrate_script {
	const char	*name;	/* the file's, without .sql */
	const u_int8_t	*sql;	/* NUL-terminated by kodev */
};

/* In order: the version is the place in this list, from 1. */
static const struct migrate_script	migrate_scripts[] = {
	{ "0001_accounts", asset_0001_accounts_sql },
	{ "0002_documents", asset_0002_documents_sql },
	{ "0003_chat", asset_0003_chat_sql },
	{ "0004_mail", asset_0004_mail_sql },
	{ "0005_limits", asset_0005_limits_sql },
	{ "0006_two_factor", asset_0006_two_factor_sql },
	{ "0007_takeover", asset_0007_takeover_sql },
	{ "0008_api_keys", asset_0008_api_keys_sql },
	{ "0009_housekeeping", asset_0009_housekeeping_sql },
	{ "0010_attempts", asset_0010_attempts_sql },
	{ "0011_index", asset_0011_index_sql },
	{ "0012_documents", asset_0012_documents_sql },
	{ "0013_vectors", asset_0013_vectors_sql },
	{ "0014_answers", asset_0014_answers_sql },
	{ "0015_conversations", asset_0015_conversations_sql },
	{ "0016_administration", asset_0016_administration_sql },
	{ "0017_races", asset_0017_races_sql },
	{ "0018_clocks", asset_0018_clocks_sql },
};

#define MIGRATE_VERSION							\
	((int)(sizeof(migrate_scripts) / sizeof(migrate_scripts[0])))

/* The lock's key is as good as any; it only has to stay the same. */
static const char	migrate_prepare[] =
    "select pg_advisory_xact_lock(5431987120436);"
    "create table if not exists schema_migrations ("
    " version integer constraint schema_migrations_pkey primary key,"
    " name text not null,"
    " checksum text not null,"
    " applied_at timestamptz not null default now());"
    "comment on table schema_migrations is 'Scripts that this database has"
    " seen; the checksum is the SHA-256 of the script.'";

/* the encoding in every row, and what was applied */
static const char	migrate_look[] =
    "select e.encoding, m.version, m.name, m.checksum"
    " from (select current_setting('server_encoding') as encoding) e"
    " left join schema_migrations m on true order by m.version";

/* $1 version, $2 name, $3 script */
static const char	migrate_record[] =
    "insert into schema_migrations (version, name, checksum) values"
    " ($1::text::integer, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))";

/* $1 script, $2 checksum */
static const char	migrate_compare[] =
    "select encode(sha256(convert_to($1, 'UTF8')), 'hex') = $2";

static int	migrate_step(struct dbsync *, struct takeover *, char *,
		    size_t);
static void	migrate_why(struct dbsync *, const char *, char *, size_t);
static int	migrate_row(struct dbsync *, PGresult *, int, char *,
		    size_t);
static int	migrate_check(struct dbsync *, int *, char *, size_t);
static int	migrate_is_same(struct dbsync *, int, const char *);
static int	migrate_apply(struct dbsync *, int, struct takeover *);

int
migrate_version(void)
{
	return (MIGRATE_VERSION);
}

int
migrate_run(const char *conninfo, struct takeover *takeover, char *why,
    size_t why_len)
{
	struct dbsync	db;
	int		ret = -1;

	why[0] = '\0';
	memset(takeover, 0, sizeof(*takeover));
	if (dbsync_open(&db, conninfo) == -1)
		migrate_why(&db, "The database does not answer", why,
		    why_len);
	else if (migrate_is_old(&db, why, why_len))
		ret = -1;
	else
		while ((ret = migrate_step(&db, takeover, why,
		    why_len)) == 1)
			;
	dbsync_close(&db);

	return (ret);
}

int
migrate_is_old(struct dbsync *db, char *why, size_t why_len)
{
	const int	version = PQserverVersion(db->connection);

	if (version >= MIGRATE_POSTGRES_MIN * 10000)
		return (0);
	(void)snprintf(why, why_len, "The database is Postgres %d; "
	    "version %d or newer is needed", version / 10000,
	    MIGRATE_POSTGRES_MIN);

	return (1);
}

/* In the database's words, and what to do where that is clear. */
static void
migrate_why(struct dbsync *db, const char *what, char *why, size_t why_len)
{
	const char	*role = PQuser(db->connection);
	char		 words[256];

	dbsync_why(db, words, sizeof(words));
	/* PgBouncer's word for a database that it cannot reach. */
	if (strstr(words, "query_wait_timeout") != NULL)
		(void)snprintf(why, why_len, "The database does not answer; "
		    "lectern check says why");
	/* insufficient_privilege */
	else if (strcmp(db->sqlstate, "42501") == 0)
		(void)snprintf(why, why_len, "%s: %s; the role \"%s\" must "
		    "own the database, or may create in its schema public",
		    what, words, role == NULL ? "" : role);
	else
		(void)snprintf(why, why_len, "%s: %s", what, words);
}

/* One transaction. 1: a script was applied; 0: nothing left; -1: failed. */
static int
migrate_step(struct dbsync *db, struct takeover *takeover, char *why,
    size_t why_len)
{
	char	what[64];
	int	applied;

	if (dbsync_begin(db) == -1)
		return (-1);
	if (dbsync_script(db, migrate_prepare) == -1 ||
	    migrate_check(db, &applied, why, why_len) == -1) {
		if (why[0] == '\0')
			migrate_why(db, "The database could not be migrated",
			    why, why_len);
		dbsync_rollback(db);
		return (-1);
	}
	if (applied == MIGRATE_VERSION)
		return (dbsync_commit(db));

	if (migrate_apply(db, applied, takeover) == -1 ||
	    dbsync_commit(db) == -1) {
		(void)snprintf(what, sizeof(what), "Migration %s failed",
		    migrate_scripts[applied].name);
		migrate_why(db, what, why, why_len);
		dbsync_rollback(db);
		return (-1);
	}

	return (1);
}

/* Reads what was applied and refuses what does not fit this program. */
static int
migrate_check(struct dbsync *db, int *applied, char *why, size_t why_len)
{
	PGresult	*rows;
	int		 i, ret = -1;

	if (dbsync_sql(db, migrate_look, NULL, 0) == -1)
		return (-1);
	/* Kept while the comparisons run. */
	rows = db->result;
	db->result = NULL;

	*applied = PQgetisnull(rows, 0, 1) ? 0 : PQntuples(rows);
	if (strcmp(PQgetvalue(rows, 0, 0), "UTF8") != 0) {
		(void)snprintf(why, why_len, "The database's encoding is %s; "
		    "create it with UTF8", PQgetvalue(rows, 0, 0));
		goto out;
	}
	if (*applied > MIGRATE_VERSION) {
		(void)snprintf(why, why_len, "The database has schema %s, "
		    "newer than this program's %d; run the newer program",
		    PQgetvalue(rows, *applied - 1, 1), MIGRATE_VERSION);
		goto out;
	}
	for (i = 0, ret = 0; i < *applied && ret == 0; i++)
		ret = migrate_row(db, rows, i, why, why_len);
out:
	PQclear(rows);

	return (ret);
}

/* The i-th script, as this database remembers it. */
static int
migrate_row(struct dbsync *db, PGresult *rows, int i, char *why,
    size_t why_len)
{
	const char	*version = PQgetvalue(rows, i, 1);
	const char	*name = PQgetvalue(rows, i, 2);
	int		 is_same;

	if (strtol(version, NULL, 10) != i + 1) {
		(void)snprintf(why, why_len, "The database has migration %s "
		    "without %d before it; restore a backup", version, i + 1);
		return (-1);
	}
	if (strcmp(name, migrate_scripts[i].name) != 0) {
		(void)snprintf(why, why_len, "The database has migration %s "
		    "where this program has %s; it belongs to another "
		    "program or branch", name, migrate_scripts[i].name);
		return (-1);
	}
	is_same = migrate_is_same(db, i, PQgetvalue(rows, i, 3));
	if (is_same == 0)
		(void)snprintf(why, why_len, "Migration %s was applied to "
		    "this database in another form; restore the script that "
		    "ran there", name);

	return (is_same == 1 ? 0 : -1);
}

/* 1: the script's checksum is the recorded one; 0: not; -1: failed. */
static int
migrate_is_same(struct dbsync *db, int index, const char *checksum)
{
	struct db_param	params[] = {
		DB_TEXT((const char *)migrate_scripts[index].sql),
		DB_TEXT(checksum)
	};

	if (dbsync_sql(db, migrate_compare, params, 2) == -1)
		return (-1);

	return (dbsync_bool(db, 0, 0));
}

static int
migrate_apply(struct dbsync *db, int index, struct takeover *takeover)
{
	const struct migrate_script	*script = &migrate_scripts[index];
	struct db_param			 params[] = {
		DB_INT(index + 1), DB_TEXT(script->name),
		DB_TEXT((const char *)script->sql)
	};

	if ((index == 0 && takeover_before(db) == -1) ||
	    dbsync_script(db, (const char *)script->sql) == -1 ||
	    (index == 0 && takeover_after(db, takeover) == -1))
		return (-1);

	return (dbsync_sql(db, migrate_record, params, 3));
}
