/*
 * A stream of server-sent events to one client: head, bytes, heartbeat, end.
 * It takes bytes only as fast as the client reads them.
 */
#ifndef LECTERN_SSE_H
#define LECTERN_SSE_H

#include <sys/types.h>
#include <sys/queue.h>

#include "request.h"

struct sse {
	struct request	*request;	/* NULL: not open */
	void		(*drained)(void *); /* there is room again */
	void		*arg;
	u_int64_t	 last;		/* when something was sent */
	int		 is_full;	/* bytes were refused */
	int		 is_plain;	/* HTTP/1.0: no chunks */
	int		 is_silent;	/* no heartbeat */
	TAILQ_ENTRY(sse) list;
};

/*
 * Sends the head of the answer. `drained` is called from the event loop
 * after sse_write() has refused bytes. The struct must stay in place until
 * sse_close().
 */
void	sse_open(struct sse *, struct request *, void (*drained)(void *),
	    void *arg);
/* The same for a body of another type, which bears no heartbeat. */
void	sse_open_as(struct sse *, struct request *, const char *type,
	    void (*drained)(void *), void *arg);
/*
 * Sends events that are framed already, as many bytes as the client has room
 * for; returns their number. The rest must follow before anything else. A
 * client that has gone takes everything.
 */
size_t	sse_write(struct sse *, const char *, size_t)
	    __attribute__((warn_unused_result));
/* Sends the end of the body; the step then returns STEP_DONE. */
void	sse_end(struct sse *);
/* Forgets the request, which may be gone. Idempotent. */
void	sse_close(struct sse *);
/* Streams that are open in this worker. */
size_t	sse_count(void);

#endif
