/*
 * Accounts that another program has left: the quickstart's FastAPI code or
 * better-auth. In place when a database is migrated for the first time, or
 * copied from another one.
 */
#ifndef LECTERN_TAKEOVER_H
#define LECTERN_TAKEOVER_H

#include <stdint.h>

#include "dbsync.h"

/* What was taken over. */
struct takeover {
	int64_t	taken;
	int64_t	left_out;	/* address or id taken, or the id too long */
	void	(*tell)(const char *email); /* each left out; or NULL */
};

/*
 * Around the first migration, in its transaction. 0, or -1: the database
 * failed, or dbsync_why() says in our words what stands in the way.
 */
int	takeover_before(struct dbsync *) __attribute__((warn_unused_result));
int	takeover_after(struct dbsync *, struct takeover *)
	    __attribute__((warn_unused_result));

/*
 * Copies what the first database holds into the second, a Lectern, in a
 * transaction of it. 0; -1 with `error` set in the one that failed. When
 * `from` holds no accounts of either program *found is 0.
 */
int	takeover_copy(struct dbsync *from, struct dbsync *to,
	    struct takeover *, int *found)
	    __attribute__((warn_unused_result));

#endif
