/*
 * `lectern check`: what an operator runs after changing the environment, and
 * first of all when something does not work.
 *
 *	configuration	every variable and kore.conf, as the server would read
 *			them
 *	database	a connection
 *	migrations, pgvector, mail, model, embeddings, rerank
 *			as probe.c asks
 *
 * A line each: `name ok`, `name off` (not configured) or `name FAILED`, and
 * why. What was asked for and does not answer fails; what was not asked for
 * is off. Nothing is changed and no mail is sent.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "config.h"
#include "conninfo.h"
#include "dbsync.h"
#include "migrate.h"
#include "probe.h"
#include "route.h"

static void	check_say(const char *, enum probe_verdict, const char *);
static void	check_tell(const struct probe *);
static void	check_database(void);
static void	check_schema(struct dbsync *);
static void	check_pgvector(struct dbsync *);

static int	check_failures;

int
check_main(void)
{
	static void	(*const asks[])(struct probe *) = {
		probe_mail, probe_model, probe_embeddings, probe_rerank
	};
	struct probe	probe;
	char		why[PROBE_WHY_MAX];
	size_t		i;

	if (config_read(1, why, sizeof(why)) == -1 ||
	    route_check(why, sizeof(why)) == -1) {
		/* The rest would be guessing. */
		check_say("configuration", PROBE_FAILED, why);
		return (1);
	}
	check_say("configuration", PROBE_OK, "");
	check_database();
	for (i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		asks[i](&probe);
		check_tell(&probe);
	}

	return (check_failures > 0);
}

static void
check_say(const char *name, enum probe_verdict verdict, const char *why)
{
	static const char * const	words[] = {
		[PROBE_OK] = "ok", [PROBE_OFF] = "off",
		[PROBE_FAILED] = "FAILED"
	};

	(void)printf("%-14s %s%s%s\n", name, words[verdict],
	    *why == '\0' ? "" : ": ", why);
	if (verdict == PROBE_FAILED)
		check_failures++;
}

static void
check_tell(const struct probe *probe)
{
	check_say(probe->name, probe->verdict, probe->why);
}

static void
check_database(void)
{
	struct dbsync	 db;
	char		*conninfo, why[PROBE_WHY_MAX];

	conninfo = conninfo_make(config.database_url, why, sizeof(why));
	if (conninfo == NULL) {
		check_say("database", PROBE_FAILED, why);
		return;
	}
	if (dbsync_open(&db, conninfo) == -1)
		dbsync_why(&db, why, sizeof(why));
	else if (!migrate_is_old(&db, why, sizeof(why)))
		why[0] = '\0';
	if (why[0] == '\0') {
		check_say("database", PROBE_OK, "");
		check_schema(&db);
		check_pgvector(&db);
	} else {
		check_say("database", PROBE_FAILED, why);
		check_say("migrations", PROBE_FAILED, "not known");
		check_say("pgvector", config.embed_url == NULL ? PROBE_OFF :
		    PROBE_FAILED, "not known");
	}
	dbsync_close(&db);
	free(conninfo);
}

static void
check_schema(struct dbsync *db)
{
	struct probe	probe;
	int		is_known;

	is_known = dbsync_run(db, STATEMENT_SCHEMA_VERSION, NULL, 0) == 0 &&
	    dbsync_rows(db) == 1;
	probe_schema(&probe, is_known ? dbsync_int(db, 0, 0) : -1);
	check_tell(&probe);
}

static void
check_pgvector(struct dbsync *db)
{
	struct probe	probe;

	if (dbsync_run(db, STATEMENT_VECTOR_EXTENSION, NULL, 0) == -1) {
		check_say("pgvector", config.embed_url == NULL ? PROBE_OFF :
		    PROBE_FAILED, "the database does not say");
		return;
	}
	probe_pgvector(&probe,
	    dbsync_is_null(db, 0, 0) ? NULL : dbsync_text(db, 0, 0),
	    dbsync_is_null(db, 0, 1) ? NULL : dbsync_text(db, 0, 1),
	    dbsync_bool(db, 0, 2));
	check_tell(&probe);
}
