/*
 * Status lines and dates.
 *
 * Kore knows fewer statuses than we use and some by the names of RFC 2616.
 * The phrase cannot be given to it, so the first thing that a response queues,
 * which is its header block, passes the hook below on its way.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "error.h"
#include "wire.h"

/* "HTTP/1.1 200 ", what stands before the phrase. */
#define WIRE_STATUS_LEN		13

void	__wrap_net_send_queue(struct connection *, const void *, size_t);
void	__real_net_send_queue(struct connection *, const void *, size_t);

/* The next bytes queued are a header block of this status; 0: they are not. */
static int	wire_status;

void
wire_response(struct http_request *req, int status, const void *data,
    size_t len)
{
	wire_status = status;
	http_response(req, status, data, len);
	/* Without a connection nothing was queued. */
	wire_status = 0;
}

void
wire_response_stream(struct http_request *req, int status, void *data,
    size_t len, int (*sent)(struct netbuf *))
{
	wire_status = status;
	http_response_stream(req, status, data, len, sent, NULL);
	wire_status = 0;
}

void
__wrap_net_send_queue(struct connection *c, const void *data, size_t len)
{
	const char	*phrase, *eol;

	if (wire_status == 0) {
		__real_net_send_queue(c, data, len);
		return;
	}
	phrase = error_reason(wire_status);
	wire_status = 0;
	eol = memmem(data, len, "\r\n", 2);
	if (eol == NULL || eol - (const char *)data < WIRE_STATUS_LEN)
		fatal("wire: a response without a status line");
	__real_net_send_queue(c, data, WIRE_STATUS_LEN);
	__real_net_send_queue(c, phrase, strlen(phrase));
	__real_net_send_queue(c, eol, len - (size_t)(eol - (const char *)data));
}

const char *
wire_date(void)
{
	static char	date[32];
	static time_t	made;
	struct tm	tm;
	time_t		now = time(NULL);

	if (now != made) {
		gmtime_r(&now, &tm);
		(void)strftime(date, sizeof(date),
		    "%a, %d %b %Y %H:%M:%S GMT", &tm);
		made = now;
	}

	return (date);
}
