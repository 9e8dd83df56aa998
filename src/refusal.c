/*
 * What the guard answers by itself, before there is a request: no route is
 * known, so every refusal has the one form of the API.
 */
#include <sys/random.h>

#include <stdio.h>
#include <string.h>

#include "log.h"
#include "refusal.h"

static void	refusal_id(char [25]);

void
refusal_send(struct connection *c, enum error_id error, const char *method,
    u_int64_t ms)
{
	const struct error_info	*info = error_info(error);
	char			 id[25], head[512], body[512];
	int			 head_len, body_len;

	refusal_id(id);
	/* Codes and messages are ours and hold nothing to escape. */
	body_len = snprintf(body, sizeof(body),
	    "{\"message\":\"%s\",\"code\":\"%s\",\"requestId\":\"%s\"}",
	    info->message, info->code, id);
	head_len = snprintf(head, sizeof(head),
	    "HTTP/1.1 %d %s\r\n"
	    "connection: close\r\n"
	    "content-type: application/json\r\n"
	    "content-length: %d\r\n"
	    "cache-control: no-store\r\n"
	    "x-content-type-options: nosniff\r\n"
	    "x-request-id: %s\r\n"
	    "%s\r\n",
	    info->status, error_reason(info->status), body_len, id,
	    info->status == 503 ? "retry-after: 2\r\n" : "");

	net_send_queue(c, head, (size_t)head_len);
	if (method == NULL || strcmp(method, "HEAD") != 0)
		net_send_queue(c, body, (size_t)body_len);
	log_request(id, "edge", method == NULL ? "-" : method, info->status,
	    ms, NULL);
}

static void
refusal_id(char id[25])
{
	unsigned char	random[12] = { 0 };
	size_t		i;

	/* Never short for so few bytes; a bad id would do no harm. */
	if (getrandom(random, sizeof(random), 0) == -1)
		kore_log(LOG_WARNING, "getrandom: %s", errno_s);
	for (i = 0; i < sizeof(random); i++)
		(void)snprintf(id + 2 * i, 3, "%02x", random[i]);
}
