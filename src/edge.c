/*
 * The guard at the socket: one state machine per connection.
 *
 *   HEADER -> (BODY ->) ANSWER -> FLUSH -> HEADER ...
 *                                       -> LINGER -> closed
 *
 * A refusal goes from HEADER straight to FLUSH. edge_enter() alone changes
 * the state; edge_advance() runs the current one until it has to wait for the
 * socket, for a timer or for the layers above.
 *
 * Kore is kept away from the socket's input: evt.handle is ours, and
 * CONN_IS_BUSY is always set, so that http_response() does not start Kore's
 * own reader. Kore gets a cleaned block that never announces a body
 * (handover.h), hence none of its 408, 411 and 413 code runs. Output stays
 * Kore's, through edge_write(), which takes CONN_CLOSE_EMPTY away: Kore's
 * close() with unread input would reset the connection and the client would
 * lose the answer. We shut down our side and read on for a while instead.
 *
 * Events are edge-triggered: KORE_EVENT_READ stays set while there may be
 * more to read (inbuf.h), and who stops before the end must come back by
 * edge_again().
 *
 * Lifetimes: struct edge is the connection's hdlr_extra, freed by Kore after
 * the turn in which the connection was given up; edge_disconnected() frees
 * what it owns. A body is the request's http_body and freed with the request.
 * Nothing here runs inside http_process() but edge_finished(), which
 * therefore creates no request.
 *
 * Deliberately missing: TLS, HTTP/2, chunked bodies, upgrades.
 */
#include <sys/socket.h>

#include <string.h>

#include "edge.h"
#include "edgebody.h"
#include "handover.h"
#include "header.h"
#include "inbuf.h"
#include "refusal.h"

#define EDGE_TICK_MS		250
#define EDGE_GRACE_MS		5000	/* to answer after a client's FIN */
#define EDGE_STALL_MS		60000	/* queued output and nobody takes it */
#define EDGE_BODIES_MAX		(192 * 1024 * 1024)	/* all of a worker */
#define EDGE_LINGER_MS		30000	/* at most, */
#define EDGE_SILENCE_MS		2000	/* and with nothing coming in */

enum edge_state {
	EDGE_HEADER,	/* between requests, or in the middle of a header */
	EDGE_BODY,	/* Kore's request sleeps until its body is here */
	EDGE_ANSWER,	/* the request is with the layers above */
	EDGE_FLUSH,	/* answered, but the socket has not taken all of it */
	EDGE_LINGER	/* our side is shut, what comes in is thrown away */
};

struct edge {
	LIST_ENTRY(edge)	 list;		/* in edges */
	struct connection	*c;
	struct kore_timer	*again;		/* set by edge_again() */
	enum edge_state		 state;
	struct http_request	*req;		/* in BODY and ANSWER */
	struct header_facts	 facts;		/* about that request */
	enum error_id		 refusal;	/* of that request */
	struct inbuf		 in;		/* read but not used yet */
	u_int64_t		 since_ms;	/* first byte; LINGER: start */
	u_int64_t		 deadline_ms;	/* of the state, or 0 */
	u_int64_t		 wrote_ms;	/* last sign of a reader */
	int			 is_streaming;	/* FIN means gone */
	int			 is_closing;	/* after this answer */
};

static void	edge_enter(struct edge *, enum edge_state);
static void	edge_event(void *, int);
static int	edge_is_gone(struct edge *);
static int	edge_write(struct connection *, size_t, size_t *);
static void	edge_disconnected(struct connection *);
static void	edge_advance(struct edge *);
static int	edge_read_header(struct edge *);
static void	edge_take_header(struct edge *, size_t);
static void	edge_begin(struct edge *, struct http_request *);
static int	edge_read_body(struct edge *);
static size_t	edge_bodies(void);
static void	edge_pass(struct edge *, enum error_id);
static void	edge_refuse(struct edge *, enum error_id, size_t);
static int	edge_flush(struct edge *);
static int	edge_linger(struct edge *);
static void	edge_again(struct edge *);
static void	edge_resume(void *, u_int64_t);
static void	edge_tick(void *, u_int64_t);
static void	edge_expire(struct edge *);
static void	edge_make_room(void);
static struct edge	*edge_of(const struct http_request *);

/* Each returns whether to go on, in whatever state it has left behind. */
static int	(*const edge_steps[])(struct edge *) = {
	[EDGE_HEADER] = edge_read_header,
	[EDGE_BODY] = edge_read_body,
	[EDGE_ANSWER] = NULL,
	[EDGE_FLUSH] = edge_flush,
	[EDGE_LINGER] = edge_linger,
};

static LIST_HEAD(, edge)	edges;

void
edge_init(void)
{
	LIST_INIT(&edges);
	inbuf_init();
	handover_init();
	kore_timer_add(edge_tick, EDGE_TICK_MS, NULL, 0);
}

void
edge_connect(struct connection *c)
{
	struct edge	*e;

	edge_make_room();
	e = kore_calloc(1, sizeof(*e));
	e->c = e->in.c = c;
	e->wrote_ms = kore_time_ms();
	LIST_INSERT_HEAD(&edges, e, list);

	c->proto = CONN_PROTO_HTTP;
	c->http_timeout = 0;
	c->idle_timer.length = UINT64_MAX;
	c->hdlr_extra = e;
	c->disconnect = edge_disconnected;
	c->write = edge_write;
	c->evt.handle = edge_event;
	c->evt.flags = KORE_EVENT_WRITE;
	edge_enter(e, EDGE_HEADER);
}

static void
edge_disconnected(struct connection *c)
{
	struct edge	*e = c->hdlr_extra;

	LIST_REMOVE(e, list);
	if (e->again != NULL)
		kore_timer_remove(e->again);
	e->again = NULL;
	inbuf_consume(&e->in, e->in.len);
}

static void
edge_enter(struct edge *e, enum edge_state state)
{
	u_int64_t	now = kore_time_ms();

	e->state = state;
	e->deadline_ms = 0;
	switch (state) {
	case EDGE_HEADER:
		memset(&e->facts, 0, sizeof(e->facts));
		e->since_ms = 0;
		e->deadline_ms = now + 1000 * (http_keepalive_time != 0 ?
		    (u_int64_t)http_keepalive_time : http_header_timeout);
		break;
	case EDGE_BODY:
		e->deadline_ms = now + 1000 * (u_int64_t)http_body_timeout;
		break;
	case EDGE_ANSWER:
		if (e->in.is_peer_done)
			e->deadline_ms = now + EDGE_GRACE_MS;
		break;
	case EDGE_FLUSH:
		e->req = NULL;
		break;
	case EDGE_LINGER:
		e->since_ms = now;
		e->deadline_ms = now + EDGE_SILENCE_MS;
		break;
	}
}

static int
edge_is_open(const struct edge *e)
{
	return (e->c->state != CONN_STATE_DISCONNECTING);
}

static void
edge_event(void *arg, int error)
{
	struct connection	*c = arg;
	struct edge		*e = c->hdlr_extra;

	if (!edge_is_open(e))
		return;
	if (error && edge_is_gone(e)) {
		kore_connection_disconnect(c);
		return;
	}
	if ((c->evt.flags & KORE_EVENT_WRITE) &&
	    !TAILQ_EMPTY(&c->send_queue)) {
		e->wrote_ms = kore_time_ms();
		if (!net_send_flush(c))
			kore_connection_disconnect(c);
	}
	if (edge_is_open(e))
		edge_advance(e);
}

/* The socket is in trouble, or the client has ended its side of it. */
static int
edge_is_gone(struct edge *e)
{
	if (!inbuf_half_closed(&e->in))
		return (1);
	if (e->state == EDGE_ANSWER) {
		if (e->is_streaming)
			return (1);
		if (e->deadline_ms == 0)
			e->deadline_ms = kore_time_ms() + EDGE_GRACE_MS;
	}

	return (0);
}

static int
edge_write(struct connection *c, size_t len, size_t *written)
{
	struct edge	*e = c->hdlr_extra;

	if (c->flags & CONN_CLOSE_EMPTY) {
		c->flags &= ~CONN_CLOSE_EMPTY;
		e->is_closing = 1;
	}
	if (!net_write(c, len, written))
		return (KORE_RESULT_ERROR);
	if (c->evt.flags & KORE_EVENT_WRITE)
		e->wrote_ms = kore_time_ms();

	return (KORE_RESULT_OK);
}

static void
edge_advance(struct edge *e)
{
	inbuf_start(&e->in);
	while (edge_is_open(e) && edge_steps[e->state] != NULL &&
	    edge_steps[e->state](e))
		;
	if (edge_is_open(e) && inbuf_stop(&e->in))
		edge_again(e);
}

static int
edge_read_header(struct edge *e)
{
	struct inbuf	*in = &e->in;
	size_t		 len;

	len = header_leading(in->buf, in->len);
	if (len > 0)
		inbuf_consume(in, len);
	if (in->len > 0 && e->since_ms == 0) {
		e->since_ms = kore_time_ms();
		e->deadline_ms = e->since_ms +
		    1000 * (u_int64_t)http_header_timeout;
	}

	len = MIN(in->len, http_header_max);
	switch (header_scan(in->buf, len, &in->scanned)) {
	case HEADER_SCAN_END:
		edge_take_header(e, in->scanned);
		return (1);
	case HEADER_SCAN_NUL:
		edge_refuse(e, ERROR_BAD_NUL, len);
		return (1);
	case HEADER_SCAN_BARE:
		edge_refuse(e, ERROR_BAD_LINE_END, len);
		return (1);
	case HEADER_SCAN_MORE:
		break;
	}
	if (len == http_header_max) {
		edge_refuse(e, memchr(in->buf, '\n', len) == NULL ?
		    ERROR_URI_TOO_LONG : ERROR_HEADER_TOO_LARGE, len);
		return (1);
	}

	if (inbuf_fill(in) > 0)
		return (1);
	if (in->is_eof)
		kore_connection_disconnect(e->c);

	return (0);
}

static void
edge_take_header(struct edge *e, size_t len)
{
	struct http_request	*req;
	enum error_id		 error;

	req = handover_request(e->c, e->in.buf, len, &e->facts, &error);
	if (error != ERROR_NONE) {
		edge_refuse(e, error, len);
		return;
	}
	inbuf_consume(&e->in, len);
	e->is_closing = e->facts.wants_close || e->facts.is_http10 ||
	    http_keepalive_time == 0;

	if (req != NULL) {
		edge_begin(e, req);
	} else {
		e->is_closing |= e->facts.content_length > 0;
		edge_enter(e, EDGE_FLUSH);
	}
}

static void
edge_begin(struct edge *e, struct http_request *req)
{
	req->onfree = edge_finished;
	e->req = req;
	e->refusal = ERROR_NONE;
	e->is_streaming = 0;
	if (e->is_closing)
		handover_close(req);
	if (e->facts.content_length == 0) {
		edge_enter(e, EDGE_ANSWER);
		return;
	}
	if (e->facts.content_length > edgebody_limit(req)) {
		edge_pass(e, ERROR_TOO_LARGE);
		return;
	}
	if (edgebody_is_vain(req, e->facts.content_length)) {
		edge_pass(e, ERROR_UNAUTHORIZED);
		return;
	}

	req->flags &= ~HTTP_REQUEST_COMPLETE;
	http_request_sleep(req);
	edge_enter(e, EDGE_BODY);
	if (e->facts.expects_continue && e->in.len == 0)
		handover_continue(e->c);
}

static int
edge_read_body(struct edge *e)
{
	u_int8_t	*dst;
	size_t		 left, more, room, n;

	left = e->facts.content_length - edgebody_len(e->req);
	if (left == 0) {
		edge_pass(e, ERROR_NONE);
		return (0);
	}
	more = MIN(left, MAX(e->in.len, 1));
	if (!edgebody_has_room(e->req, more) &&
	    edge_bodies() > EDGE_BODIES_MAX) {
		edge_pass(e, ERROR_BUSY);
		return (0);
	}

	dst = edgebody_room(e->req, e->facts.content_length, more, &room);
	if (e->in.len > 0) {
		n = more;
		memcpy(dst, e->in.buf, n);
		inbuf_consume(&e->in, n);
	} else {
		n = inbuf_recv(&e->in, dst, room);
		if (n == 0 && e->in.is_eof)
			kore_connection_disconnect(e->c);
	}
	edgebody_add(e->req, n);

	return (n > 0);
}

/* Memory of all bodies, asked for whenever one wants to grow. */
static size_t
edge_bodies(void)
{
	const struct edge	*e;
	size_t			 sum = 0;

	LIST_FOREACH(e, &edges, list) {
		if (e->req != NULL && e->req->http_body != NULL)
			sum += e->req->http_body->length;
	}

	return (sum);
}

/* Lets the request run, with its body or with the reason why there is none. */
static void
edge_pass(struct edge *e, enum error_id refusal)
{
	struct http_request	*req = e->req;

	e->refusal = refusal;
	if (refusal != ERROR_NONE) {
		edge_body_release(req);
		if (!e->is_closing)
			handover_close(req);
		e->is_closing = 1;
	}
	req->flags |= HTTP_REQUEST_COMPLETE;
	http_request_wakeup(req);
	edge_enter(e, EDGE_ANSWER);
}

/* Answers a request that no layer above will see; `len` bytes of its head. */
static void
edge_refuse(struct edge *e, enum error_id error, size_t len)
{
	u_int64_t	now = kore_time_ms();

	refusal_send(e->c, error, e->facts.method,
	    e->since_ms == 0 ? 0 : now - e->since_ms, e->in.buf, len);
	e->is_closing = 1;
	edge_enter(e, EDGE_FLUSH);
}

static int
edge_flush(struct edge *e)
{
	struct connection	*c = e->c;

	if (!net_send_flush(c))
		kore_connection_disconnect(c);
	if (!edge_is_open(e) || !TAILQ_EMPTY(&c->send_queue))
		return (0);
	if (!e->is_closing) {
		edge_enter(e, EDGE_HEADER);
		return (1);
	}

	inbuf_consume(&e->in, e->in.len);
	if (shutdown(c->fd, SHUT_WR) == -1) {
		kore_connection_disconnect(c);
		return (0);
	}
	edge_enter(e, EDGE_LINGER);

	return (1);
}

static int
edge_linger(struct edge *e)
{
	size_t	n;

	n = inbuf_discard(&e->in);
	if (n > 0)
		e->deadline_ms = MIN(kore_time_ms() + EDGE_SILENCE_MS,
		    e->since_ms + EDGE_LINGER_MS);
	else if (e->in.is_eof)
		kore_connection_disconnect(e->c);

	return (n > 0);
}

/* Comes back to this connection when the loop turns next, which is at once. */
static void
edge_again(struct edge *e)
{
	if (e->again == NULL)
		e->again = kore_timer_add(edge_resume, 0, e,
		    KORE_TIMER_ONESHOT);
}

static void
edge_resume(void *arg, u_int64_t now)
{
	struct edge	*e = arg;

	(void)now;
	/* Kore frees it after this. */
	e->again = NULL;
	edge_advance(e);
}

static void
edge_tick(void *arg, u_int64_t now)
{
	struct edge	*e, *next;

	(void)arg;
	for (e = LIST_FIRST(&edges); e != NULL; e = next) {
		next = LIST_NEXT(e, list);
		if (TAILQ_EMPTY(&e->c->send_queue))
			e->wrote_ms = now;
		if (now > e->wrote_ms + EDGE_STALL_MS)
			kore_connection_disconnect(e->c);
		else if (e->deadline_ms != 0 && now >= e->deadline_ms)
			edge_expire(e);
	}
}

static void
edge_expire(struct edge *e)
{
	if (e->state == EDGE_BODY) {
		edge_pass(e, ERROR_REQUEST_TIMEOUT);
	} else if (e->state == EDGE_HEADER && e->in.len > 0) {
		edge_refuse(e, ERROR_REQUEST_TIMEOUT, e->in.len);
		edge_advance(e);
	} else {
		kore_connection_disconnect(e->c);
	}
}

/*
 * Kore stops accepting when a worker is full. Before that, whoever has been
 * waited for longest gives way, so that silent clients lock nobody out.
 */
static void
edge_make_room(void)
{
	struct edge	*e, *oldest = NULL;

	if (worker_active_connections <
	    worker_max_connections - worker_max_connections / 16)
		return;
	LIST_FOREACH(e, &edges, list) {
		if (e->state == EDGE_HEADER && (oldest == NULL ||
		    e->deadline_ms < oldest->deadline_ms))
			oldest = e;
	}
	if (oldest != NULL)
		kore_connection_disconnect(oldest->c);
}

void
edge_finished(struct http_request *req)
{
	struct edge	*e;

	if ((e = edge_of(req)) == NULL || !edge_is_open(e))
		return;
	edge_enter(e, EDGE_FLUSH);
	if (!e->is_closing && TAILQ_EMPTY(&e->c->send_queue)) {
		edge_enter(e, EDGE_HEADER);
		if (e->in.len == 0 && !(e->c->evt.flags & KORE_EVENT_READ))
			return;
	}
	edge_again(e);
}

/* The connection's state, if this is the request it is busy with. */
static struct edge *
edge_of(const struct http_request *req)
{
	struct edge	*e;

	if (req->owner == NULL || req->owner->evt.handle != edge_event)
		return (NULL);
	e = req->owner->hdlr_extra;

	return (e->req == req ? e : NULL);
}

enum error_id
edge_refusal(struct http_request *req)
{
	const struct edge	*e = edge_of(req);

	return (e == NULL ? ERROR_NONE : e->refusal);
}

int
edge_is_http10(struct http_request *req)
{
	const struct edge	*e = edge_of(req);

	return (e != NULL && e->facts.is_http10);
}

void
edge_streaming(struct http_request *req)
{
	struct edge	*e;

	if ((e = edge_of(req)) == NULL)
		return;
	e->is_streaming = 1;
	e->deadline_ms = 0;
	if (e->in.is_peer_done)
		kore_connection_disconnect(e->c);
}
