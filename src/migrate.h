/*
 * The schema: SQL scripts compiled in, applied in order, each in a
 * transaction of its own. Any number of instances may start at once.
 */
#ifndef LECTERN_MIGRATE_H
#define LECTERN_MIGRATE_H

#include <stddef.h>

#include "dbsync.h"
#include "takeover.h"

/*
 * Brings the database to this program's version. Blocking; for commands and
 * job threads. 0, or -1 with one sentence in `why`: the database is away,
 * holds a newer schema, or one that was applied in another form (drift).
 * `takeover` says afterwards which accounts of another program were found in
 * the database.
 */
int	migrate_run(const char *conninfo, struct takeover *takeover, char *why,
	    size_t why_len)
	    __attribute__((warn_unused_result));

/* 1, with a sentence in `why`, when the server is older than what we need. */
int	migrate_is_old(struct dbsync *, char *why, size_t why_len);

/* The version that this program brings; what schema_version.sql must say. */
int	migrate_version(void);

#endif
