/*
 * From the operator's DATABASE_URL to what libpq connects with.
 */
#ifndef LECTERN_CONNINFO_H
#define LECTERN_CONNINFO_H

#include <stddef.h>

/*
 * A libpq connection string of the URI with our time limits and, for remote
 * hosts, a verified certificate. The caller frees it. NULL: one sentence that
 * holds no secret is in `why`.
 */
char	*conninfo_make(const char *url, char *why, size_t why_len)
	    __attribute__((warn_unused_result));

/* Whether a value of `options` changes nothing: our own, or a provider's name
 * of the host, which TLS tells as well ("endpoint=..."). */
int	conninfo_is_ours(const char *options);

#endif
