/*
 * Server-sent events, the sending side.
 *
 * Kore queues without a bound and tells nobody when a queue has drained, so
 * each write looks at what is queued already, and one timer, which runs while
 * there are streams, looks at those that were full. The same timer sends now
 * and then a comment on streams that were silent, so that no proxy takes them
 * for dead.
 */
#include <sys/types.h>
#include <sys/queue.h>

#include <stdio.h>
#include <string.h>

#include "edge.h"
#include "reply.h"
#include "sse.h"

#define SSE_QUEUE_HIGH		(256 * 1024)	/* bytes; then refuse */
#define SSE_QUEUE_LOW		(64 * 1024)	/* bytes; then take again */
#define SSE_HEARTBEAT_MS	15000
#define SSE_WATCH_MS		50	/* the full ones */
#define SSE_SILENCE_MS		1000	/* the others */
#define SSE_COMMENT		": keep-alive\n\n"

TAILQ_HEAD(sse_list, sse);

static void	 sse_watch(void *, u_int64_t);
static void	 sse_break_silence(u_int64_t);

static struct sse_list		 flowing = TAILQ_HEAD_INITIALIZER(flowing);
static struct sse_list		 full = TAILQ_HEAD_INITIALIZER(full);
static size_t			 streams_count;
static struct kore_timer	*watch;
static u_int64_t		 listened_at;	/* for silence, ms */

static void
sse_enter(struct sse *s, struct request *r, void (*drained)(void *), void *arg)
{
	memset(s, 0, sizeof(*s));
	s->request = r;
	s->drained = drained;
	s->arg = arg;
	s->last = kore_time_ms();
	s->is_plain = edge_is_http10(r->http);
	TAILQ_INSERT_TAIL(&flowing, s, list);
	streams_count++;
	if (watch == NULL)
		watch = kore_timer_add(sse_watch, SSE_WATCH_MS, NULL, 0);
}

void
sse_open(struct sse *s, struct request *r, void (*drained)(void *), void *arg)
{
	sse_enter(s, r, drained, arg);
	/* Asked for by the documents of the protocol. */
	if (r->face != FACE_OPENAI)
		reply_header(r, "x-vercel-ai-ui-message-stream", "v1");
	reply_stream_head(r, "text/event-stream");
}

void
sse_open_as(struct sse *s, struct request *r, const char *type,
    void (*drained)(void *), void *arg)
{
	sse_enter(s, r, drained, arg);
	s->is_silent = 1;
	reply_stream_head(r, type);
}

static void
sse_set_full(struct sse *s, int is_full)
{
	if (s->is_full == is_full)
		return;
	TAILQ_REMOVE(s->is_full ? &full : &flowing, s, list);
	s->is_full = is_full;
	TAILQ_INSERT_TAIL(is_full ? &full : &flowing, s, list);
}

static size_t
sse_queued(const struct sse *s)
{
	const struct netbuf	*nb;
	size_t			 len = 0;

	TAILQ_FOREACH(nb, &s->request->http->owner->send_queue, list)
		len += nb->b_len - nb->s_off;

	return (len);
}

static void
sse_send(struct sse *s, const char *data, size_t len)
{
	struct connection	*c = s->request->http->owner;
	char			 size[20];
	int			 n;

	if (s->is_plain)
		net_send_queue(c, data, len);
	else {
		n = snprintf(size, sizeof(size), "%zx\r\n", len);
		net_send_queue(c, size, (size_t)n);
		net_send_queue(c, data, len);
		net_send_queue(c, "\r\n", 2);
	}
	s->last = kore_time_ms();
	if (!net_send_flush(c))
		kore_connection_disconnect(c);
}

size_t
sse_write(struct sse *s, const char *data, size_t len)
{
	size_t	queued;

	if (!request_is_alive(s->request))
		return (len);
	queued = sse_queued(s);
	if (len > 0 && queued >= SSE_QUEUE_HIGH) {
		sse_set_full(s, 1);
		return (0);
	}
	if (len > SSE_QUEUE_HIGH - queued) {
		len = SSE_QUEUE_HIGH - queued;
		sse_set_full(s, 1);
	}
	if (len > 0)
		sse_send(s, data, len);

	return (len);
}

void
sse_end(struct sse *s)
{
	struct connection	*c;

	if (request_is_alive(s->request) && !s->is_plain) {
		c = s->request->http->owner;
		net_send_queue(c, "0\r\n\r\n", 5);
		if (!net_send_flush(c))
			kore_connection_disconnect(c);
	}
	sse_close(s);
}

void
sse_close(struct sse *s)
{
	if (s->request == NULL)
		return;
	s->request = NULL;
	TAILQ_REMOVE(s->is_full ? &full : &flowing, s, list);
	streams_count--;
}

size_t
sse_count(void)
{
	return (streams_count);
}

static void
sse_watch(void *arg, u_int64_t now)
{
	struct sse	*s, *next;

	(void)arg;
	for (s = TAILQ_FIRST(&full); s != NULL; s = next) {
		/* A reader that drains may close its own stream, no other. */
		next = TAILQ_NEXT(s, list);
		if (request_is_alive(s->request) &&
		    sse_queued(s) < SSE_QUEUE_LOW) {
			sse_set_full(s, 0);
			s->drained(s->arg);
		}
	}
	if (now >= listened_at + SSE_SILENCE_MS)
		sse_break_silence(now);

	if (streams_count == 0) {
		/* A timer may not remove itself while it runs. */
		watch->flags |= KORE_TIMER_ONESHOT;
		watch = NULL;
	}
}

static void
sse_break_silence(u_int64_t now)
{
	struct sse	*s;

	listened_at = now;
	TAILQ_FOREACH(s, &flowing, list)
		if (!s->is_silent && now >= s->last + SSE_HEARTBEAT_MS &&
		    request_is_alive(s->request))
			sse_send(s, SSE_COMMENT, strlen(SSE_COMMENT));
}
