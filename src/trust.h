/*
 * Which origins are trusted, and what CORS tells them. By the configuration
 * alone, so that the guard's refusals can say it too.
 */
#ifndef LECTERN_TRUST_H
#define LECTERN_TRUST_H

#include <stddef.h>

#define TRUST_ORIGIN_MAX	300	/* room for an origin and its NUL */

/* One response header. */
struct trust_header {
	const char	*name;
	const char	*value;
};

/* 1 for the own origin and those of FRONTEND_URL; `len` bytes of a URL. */
int	trust_is_origin(const char *, size_t len);
/*
 * The CORS headers of an answer to a request with this Origin (NULL: none);
 * returns how many of `out` are filled. The values live as long as `origin`.
 */
size_t	trust_headers(const char *origin, struct trust_header out[4]);

#endif
