/*
 * A database on a network is reached through PgBouncer on a private Unix
 * socket: it waits where kore_pgsql would block, verifies the server, and
 * comes back by itself. A small process of this program, kept running by the
 * parent, starts it, starts it again, and says in our log what is wrong.
 */
#ifndef LECTERN_POOLER_H
#define LECTERN_POOLER_H

#include <stddef.h>

enum pooler_result {
	POOLER_FAILED,		/* one sentence is in `why` */
	POOLER_UNNEEDED,	/* the database is a Unix socket away */
	POOLER_MISSING,		/* PgBouncer is not installed */
	POOLER_STARTED
};

/*
 * By the connection string that conninfo_make() has made. POOLER_STARTED: the
 * string to use in its place is in `pooled`, which the caller frees. Only in
 * the single-threaded parent. `servers_max`: connections to the database.
 */
enum pooler_result	pooler_start(const char *conninfo,
			    unsigned int servers_max, char **pooled,
			    char *why, size_t)
			    __attribute__((warn_unused_result));
/*
 * For PgBouncer's own figures: the connection string of its console, or NULL
 * when none was started.
 */
const char	*pooler_console(void);

#endif
