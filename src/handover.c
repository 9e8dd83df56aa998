/*
 * A cleaned header block becomes one of Kore's requests, through Kore's own
 * parser. What that refuses all the same (no such route or domain, too many
 * requests) it answers with an empty page: those bytes are swallowed here on
 * their way to the socket, and only the status in them is taken notice of.
 */
#include <string.h>

#include "handover.h"

static struct http_request	*handover_parse(struct connection *,
				    const char *, size_t, enum error_id *);
static int	handover_swallow(struct connection *, size_t, size_t *);
static struct http_request	*handover_last(struct connection *);
static enum error_id		 handover_error(void);

/* Of the page that was swallowed last, or 0. */
static int	swallowed_status;

/* Where header_clean() writes to. */
static char	*clean;
static size_t	 clean_size;

void
handover_init(void)
{
	clean_size = HEADER_CLEAN_MAX((size_t)http_header_max);
	clean = kore_malloc(clean_size);
}

struct http_request *
handover_request(struct connection *c, const u_int8_t *block, size_t len,
    struct header_facts *facts, enum error_id *error)
{
	size_t	clean_len;

	*error = header_clean(block, len, clean, clean_size, &clean_len,
	    facts);
	if (*error != ERROR_NONE)
		return (NULL);

	return (handover_parse(c, clean, clean_len, error));
}

static struct http_request *
handover_parse(struct connection *c, const char *block, size_t len,
    enum error_id *error)
{
	int			(*write)(struct connection *, size_t, size_t *);
	struct http_request	*req, *former;
	struct netbuf		 nb;

	/* A freed request stays in the list while a task of it runs. */
	former = handover_last(c);
	memset(&nb, 0, sizeof(nb));
	nb.owner = c;
	nb.type = NETBUF_RECV;
	nb.buf = kore_malloc(len);
	memcpy(nb.buf, block, len);
	nb.s_off = nb.b_len = nb.m_len = len;

	c->flags |= CONN_IS_BUSY;
	swallowed_status = 0;
	write = c->write;
	c->write = handover_swallow;
	(void)http_header_recv(&nb);
	c->write = write;
	/* NULL if the request has taken it. */
	kore_free(nb.buf);

	*error = ERROR_NONE;
	req = handover_last(c);
	if (req != former && !(req->flags & HTTP_REQUEST_DELETE))
		return (req);
	if (TAILQ_EMPTY(&c->send_queue))
		*error = handover_error();

	return (NULL);
}

static int
handover_swallow(struct connection *c, size_t len, size_t *written)
{
	const u_int8_t	*page = c->snb->buf;

	/* "HTTP/1.1 404 ..."; Kore would close the connection after it. */
	if (len > 12)
		swallowed_status = (page[9] - '0') * 100 +
		    (page[10] - '0') * 10 + (page[11] - '0');
	c->flags &= ~CONN_CLOSE_EMPTY;
	*written = len;

	return (KORE_RESULT_OK);
}

static struct http_request *
handover_last(struct connection *c)
{
	struct http_request	*req, *last = NULL;

	TAILQ_FOREACH(req, &c->http_requests, olist)
		last = req;

	return (last);
}

static enum error_id
handover_error(void)
{
	switch (swallowed_status) {
	case HTTP_STATUS_NOT_FOUND:
		return (ERROR_NOT_FOUND);
	case HTTP_STATUS_METHOD_NOT_ALLOWED:
		return (ERROR_METHOD_NOT_ALLOWED);
	case HTTP_STATUS_SERVICE_UNAVAILABLE:
		return (ERROR_BUSY);
	default:
		return (ERROR_BAD_HEADER);
	}
}

void
handover_continue(struct connection *c)
{
	static const char	go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

	net_send_queue(c, go_on, sizeof(go_on) - 1);
	if (!net_send_flush(c))
		kore_connection_disconnect(c);
}

/* http_response() looks for this header, as if the client had sent it. */
void
handover_close(struct http_request *req)
{
	static char		 name[] = "connection", value[] = "close";
	struct http_header	*hdr;

	hdr = kore_pool_get(&http_header_pool);
	hdr->header = name;
	hdr->value = value;
	TAILQ_INSERT_TAIL(&req->req_headers, hdr, list);
}
