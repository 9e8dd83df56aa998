/*
 * What the guard answers by itself, before there is a request.
 */
#ifndef LECTERN_REFUSAL_H
#define LECTERN_REFUSAL_H

#include <sys/types.h>

#include <kore/kore.h>

#include "error.h"

/*
 * Queues a whole JSON answer on the connection and writes its log line. What
 * there is of the request's head, good or bad, tells whose page asks (CORS)
 * and whether it is for better-auth, whose errors have no requestId.
 * `method` may be NULL (unknown); "HEAD" gets no body. `ms` is the time spent
 * on the request so far. Flushing and closing are the caller's.
 */
void	refusal_send(struct connection *, enum error_id, const char *method,
	    u_int64_t ms, const u_int8_t *head, size_t head_len);

#endif
