/*
 * One POST of JSON to an end point that the operator has configured, and its
 * reply whole: for embeddings and reranking. http and https as the address
 * says, no redirects, bounded in time and in size.
 */
#ifndef LECTERN_UPSTREAM_H
#define LECTERN_UPSTREAM_H

#include <stddef.h>

struct upstream_ask {
	const char	*url;
	const char	*key;		/* bearer, or NULL */
	const char	*body;		/* JSON; NULL: a GET */
	const char	*request_id;	/* x-request-id, or NULL */
	long		 timeout_ms;	/* of the whole call */
};

struct upstream_reply {
	long		 status;	/* HTTP's; 0: no answer at all */
	long		 retry_after_s;	/* as the reply said; -1: it did not */
	const char	*body;		/* NUL behind; of a 200, else "" */
	size_t		 len;
	const char	*why;		/* for the log, when not a whole 200 */
};

struct upstream;

/*
 * Asks from the event loop; the ask is copied. `done` is called later, once;
 * the reply is valid during it. NULL: no memory, nothing will be told.
 */
struct upstream	*upstream_start(const struct upstream_ask *,
		    void (*done)(void *, const struct upstream_reply *),
		    void *arg);
/* The asker is gone: `done` will not be called. NULL is allowed. */
void		 upstream_cancel(struct upstream *);

/*
 * Asks and waits: for job threads and commands. Never fails otherwise than in
 * *reply. To be ended with upstream_free().
 */
struct upstream	*upstream_wait(const struct upstream_ask *,
		    struct upstream_reply *);
void		 upstream_free(struct upstream *);

/*
 * Connects to a server of http(s) or smtp(s), signs in where the address has
 * credentials, and leaves. 0, or -1 with a reason. Blocking.
 */
int		 upstream_greet(const char *url, int needs_tls, char *why,
		    size_t why_len);

#endif
