/*
 * PgBouncer's configuration for one database, as text.
 */
#ifndef LECTERN_POOLERCONF_H
#define LECTERN_POOLERCONF_H

#include <stddef.h>

#include "buffer.h"

/* The only port that there is: it names the socket in the directory. */
#define POOLERCONF_PORT		6432
#define POOLERCONF_DATABASE	"lectern"

/* As the operator gave them; NULL: not given. */
struct poolerconf {
	const char	*host;
	const char	*port;
	const char	*dbname;	/* NULL: named as the user */
	const char	*user;
	const char	*password;
	const char	*sslmode;
	const char	*sslrootcert;	/* paths */
	const char	*sslcert;
	const char	*sslkey;
	const char	*connect_timeout;	/* seconds */
	const char	*directory;	/* of the socket */
	unsigned int	 servers_max;	/* connections to the database */
};

/*
 * Appends the configuration. Returns 0, or -1 with one sentence (without a
 * value in it) in `why` when a value cannot be written: PgBouncer's file has
 * one line a value and no escape for the end of one.
 */
int	poolerconf_write(const struct poolerconf *, struct buffer *out,
	    char *why, size_t) __attribute__((warn_unused_result));

#endif
