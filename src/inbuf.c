/*
 * Reading from a client's socket, which Kore has made non-blocking and
 * edge-triggered: KORE_EVENT_READ in the connection's event flags means that
 * there may be something to read, and is cleared only when the socket is
 * known to be empty.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "inbuf.h"

#define INBUF_FIRST	1024
#define INBUF_BUDGET	(1024 * 1024)	/* then it is another's turn */

static u_int8_t		*shared;

void
inbuf_init(void)
{
	shared = kore_malloc(INBUF_MAX);
}

void
inbuf_start(struct inbuf *in)
{
	in->budget = INBUF_BUDGET;
}

int
inbuf_stop(struct inbuf *in)
{
	if (in->buf == shared && in->len > 0) {
		in->size = MAX(INBUF_FIRST, in->len);
		in->buf = kore_malloc(in->size);
		memcpy(in->buf, shared, in->len);
	} else if (in->buf == shared) {
		in->buf = NULL;
	}

	return (in->budget == 0 && (in->c->evt.flags & KORE_EVENT_READ));
}

size_t
inbuf_fill(struct inbuf *in)
{
	size_t	n;

	if (in->buf == NULL) {
		in->buf = shared;
		in->size = INBUF_MAX;
	} else if (in->len == in->size) {
		in->size = MIN(in->size * 2, INBUF_MAX);
		in->buf = kore_realloc(in->buf, in->size);
	}
	n = inbuf_recv(in, in->buf + in->len, in->size - in->len);
	/* After 0 the connection, and with it the buffer, may be gone. */
	if (n > 0)
		in->len += n;

	return (n);
}

size_t
inbuf_discard(struct inbuf *in)
{
	return (inbuf_recv(in, shared, INBUF_MAX));
}

size_t
inbuf_recv(struct inbuf *in, void *dst, size_t len)
{
	struct connection	*c = in->c;
	ssize_t			 n;

	len = MIN(len, in->budget);
	if (!(c->evt.flags & KORE_EVENT_READ) || len == 0)
		return (0);
	do {
		n = recv(c->fd, dst, len, 0);
	} while (n == -1 && errno == EINTR);

	if (n == -1) {
		c->evt.flags &= ~KORE_EVENT_READ;
		if (errno != EAGAIN)
			kore_connection_disconnect(c);
		return (0);
	}
	if (n == 0) {
		c->evt.flags &= ~KORE_EVENT_READ;
		in->is_eof = 1;
		return (0);
	}
	/* A short read has emptied the socket: the next byte is an event. */
	if ((size_t)n < len && !in->is_peer_done)
		c->evt.flags &= ~KORE_EVENT_READ;
	in->budget -= (size_t)n;

	return ((size_t)n);
}

void
inbuf_consume(struct inbuf *in, size_t n)
{
	in->len -= n;
	in->scanned = 0;
	if (in->len > 0) {
		memmove(in->buf, in->buf + n, in->len);
		return;
	}
	if (in->buf != shared)
		kore_free(in->buf);
	in->buf = NULL;
	in->size = 0;
}

int
inbuf_half_closed(struct inbuf *in)
{
	struct pollfd	pfd;

	pfd.fd = in->c->fd;
	pfd.events = 0;
	pfd.revents = 0;
	if (poll(&pfd, 1, 0) == -1 ||
	    (pfd.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
		return (0);
	in->is_peer_done = 1;
	in->c->evt.flags |= KORE_EVENT_READ;

	return (1);
}
