/*
 * Connecting on a thread: PQconnectdb waits for names, sockets and the
 * server's good will.
 */
#ifndef LECTERN_DBCONNECT_H
#define LECTERN_DBCONNECT_H

#include <sys/types.h>

#include <libpq-fe.h>

/*
 * Connects, and with `prepares` prepares the hot statements. `done` is called
 * from the event loop with a connection of any status, which is the
 * caller's. `conninfo` must last. 0: too much to do at the moment.
 */
int	dbconnect_start(const char *conninfo, int prepares,
	    void (*done)(PGconn *));
/* 1 when the hot statements were prepared on this connection. */
int	dbconnect_has_prepared(const PGconn *);
/*
 * Whether a pooled connection may be used: an idle one has no business being
 * readable (it would be the server's farewell) or inside a transaction.
 */
int	dbconnect_is_fit(PGconn *);
/* Ends those that are not; the others come to the front: how many they are. */
u_int32_t
	dbconnect_prune(PGconn **, u_int32_t);

#endif
