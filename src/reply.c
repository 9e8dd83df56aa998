/*
 * The one way out. Header lines are gathered in r->head and handed to Kore as
 * one header, which spares two allocations a line; Kore writes the status
 * line, Connection and Content-Length.
 */
#include <sys/types.h>
#include <sys/mman.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "assetreply.h"
#include "config.h"
#include "edge.h"
#include "form.h"
#include "openaiwire.h"
#include "origin.h"
#include "reply.h"
#include "wire.h"

#include "assets.h"
#include "metrics.h"

/* Nothing inline, nothing from elsewhere; huggingface.co may frame us. */
#define REPLY_CSP							\
	"default-src 'none'; script-src 'self'; style-src 'self'; "	\
	"img-src 'self' data:; connect-src 'self'; font-src 'self'; "	\
	"form-action 'self'; base-uri 'none'; "				\
	"frame-ancestors 'self' https://huggingface.co"
/* What is no page runs and loads nothing, should a browser show it as one. */
#define REPLY_CSP_DATA							\
	"default-src 'none'; frame-ancestors 'none'; sandbox"
#define REPLY_TYPE_JSON		"application/json"
#define REPLY_TYPE_PAGE		"text/html; charset=utf-8"

static enum step	 reply_send(struct request *, int, const void *,
			    size_t);
static int		 reply_file_sent(struct netbuf *);
static void		 reply_common(struct request *, const char *);
static void		 reply_private(struct request *);
static void		 reply_flush_head(struct request *);
static json_t		*reply_error_body(struct request *, enum error_id,
			    const char *, const char *);

enum step
reply_json(struct request *r, int status, json_t *value)
{
	char		*text;
	enum step	 step;

	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(value);
	if (text == NULL)
		fatal("reply: cannot write JSON");
	step = reply_bytes(r, status, REPLY_TYPE_JSON, text, strlen(text));
	free(text);

	return (step);
}

enum step
reply_bytes(struct request *r, int status, const char *type,
    const void *data, size_t len)
{
	reply_common(r, type);

	return (reply_send(r, status, data, len));
}

enum step
reply_file(struct request *r, const char *type, int fd, size_t len)
{
	void	*data = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	int	 is_sent;

	(void)close(fd);
	if (data == MAP_FAILED)
		return (request_fail(r, ERROR_INTERNAL));
	reply_common(r, type);
	reply_flush_head(r);
	r->is_answered = 1;
	r->status = 200;
	/* Kore forgets what it does not queue without calling back. */
	is_sent = r->http->owner != NULL &&
	    r->http->method != HTTP_METHOD_HEAD;
	wire_response_stream(r->http, 200, data, len, reply_file_sent);
	if (!is_sent)
		(void)munmap(data, len);

	return (STEP_DONE);
}

enum step
reply_head(struct request *r, const char *type)
{
	r->http->flags |= HTTP_REQUEST_NO_CONTENT_LENGTH;

	return (reply_bytes(r, 200, type, NULL, 0));
}

/* Also called when the connection ends before. */
static int
reply_file_sent(struct netbuf *nb)
{
	(void)munmap(nb->buf, nb->m_len);

	return (KORE_RESULT_OK);
}

enum step
reply_empty(struct request *r, int status)
{
	reply_common(r, NULL);

	return (reply_send(r, status, NULL, 0));
}

enum step
reply_redirect(struct request *r, const char *location)
{
	reply_header(r, "location", location);

	return (reply_empty(r, 302));
}

void
reply_header(struct request *r, const char *name, const char *value)
{
	if (strpbrk(value, "\r\n") != NULL)
		return;
	buffer_add_text(&r->head, "\r\n");
	buffer_add_text(&r->head, name);
	buffer_add_text(&r->head, ": ");
	buffer_add_text(&r->head, value);
}

enum step
reply_error(struct request *r, enum error_id error, const char *field,
    const char *message)
{
	const struct error_info	*info = error_info(error);
	char			 seconds[16];

	metrics_error(error);
	if (info->status == 503 || info->status == 429) {
		(void)snprintf(seconds, sizeof(seconds), "%u",
		    r->retry_after_s != 0 ? r->retry_after_s :
		    info->status == 503 ? 2 : 10);
		reply_header(r, "retry-after", seconds);
	}
	if (r->face == FACE_FORM && error != ERROR_METHOD_NOT_ALLOWED)
		return (form_refuse(r, error));
	if (r->face == FACE_PAGE || r->face == FACE_FORM)
		return (assetreply_page(r, info->status, "error.html"));
	reply_header(r, "cache-control", "no-store");

	return (reply_json(r, info->status,
	    reply_error_body(r, error, field, message)));
}

void
reply_stream_head(struct request *r, const char *type)
{
	r->http->flags |= HTTP_REQUEST_NO_CONTENT_LENGTH;
	reply_header(r, "cache-control", "no-cache, no-transform");
	reply_header(r, "x-accel-buffering", "no");
	if (!edge_is_http10(r->http))
		reply_header(r, "transfer-encoding", "chunked");
	reply_common(r, type);
	reply_flush_head(r);
	r->is_streaming = 1;
	r->is_answered = 1;
	r->status = 200;
	edge_streaming(r->http);
	wire_response(r->http, 200, NULL, 0);
	if (!net_send_flush(r->http->owner))
		kore_connection_disconnect(r->http->owner);
}

void
reply_sized_head(struct request *r, int status, const char *type, size_t len)
{
	char	number[24];

	r->http->flags |= HTTP_REQUEST_NO_CONTENT_LENGTH;
	(void)snprintf(number, sizeof(number), "%zu", len);
	reply_header(r, "content-length", number);
	reply_common(r, type);
	reply_flush_head(r);
	r->is_streaming = 1;
	r->is_answered = 1;
	r->status = status;
	edge_streaming(r->http);
	http_response(r->http, status, NULL, 0);
}

void
reply_date(int64_t ms, char out[25])
{
	struct tm	tm;
	time_t		seconds = (time_t)(ms / 1000);

	gmtime_r(&seconds, &tm);
	(void)snprintf(out, 25, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
	    ((unsigned)tm.tm_year + 1900) % 10000,
	    ((unsigned)tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100,
	    (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100,
	    (unsigned)tm.tm_sec % 100, (unsigned)(ms % 1000));
}

static enum step
reply_send(struct request *r, int status, const void *data, size_t len)
{
	reply_flush_head(r);
	r->is_answered = 1;
	r->status = status;
	wire_response(r->http, status, data, len);

	return (STEP_DONE);
}

/* What every reply carries. Each name is set once: Kore keeps duplicates. */
static void
reply_common(struct request *r, const char *type)
{
	if (type != NULL)
		reply_header(r, "content-type", type);
	if (type != NULL && strcmp(type, REPLY_TYPE_PAGE) == 0)
		reply_header(r, "content-security-policy", REPLY_CSP);
	else if (r->face != FACE_PAGE)
		reply_private(r);
	reply_header(r, "date", wire_date());
	reply_header(r, "x-content-type-options", "nosniff");
	reply_header(r, "referrer-policy", "same-origin");
	if (config.is_secure)
		reply_header(r, "strict-transport-security",
		    "max-age=31536000");
	origin_headers(r);
}

/*
 * Everything but pages and their files is somebody's: no cache on its way and
 * no browser keeps it, unless its route has said how.
 */
static void
reply_private(struct request *r)
{
	reply_header(r, "content-security-policy", REPLY_CSP_DATA);
	if (strstr(buffer_text(&r->head), "\r\ncache-control: ") == NULL)
		reply_header(r, "cache-control", "no-store");
}

/* The request id opens the block that the gathered lines follow. */
static void
reply_flush_head(struct request *r)
{
	struct buffer	block;

	buffer_init(&block);
	buffer_add_text(&block, r->id);
	buffer_add(&block, r->head.data, r->head.len);
	http_response_header(r->http, "x-request-id", buffer_text(&block));
	buffer_free(&block);
}

/* The error's body in the face of the route. */
static json_t *
reply_error_body(struct request *r, enum error_id error, const char *field,
    const char *message)
{
	const struct error_info	*info = error_info(error);
	json_t			*body;

	if (message == NULL)
		message = info->message;
	if (r->face == FACE_OPENAI)
		return (openaiwire_error(info->status, info->code, field,
		    message));

	body = json_pack("{s:s}", "message", message);
	if (info->code != NULL)
		json_object_set_new(body, "code", json_string(info->code));
	if (r->face == FACE_QUICKSTART)
		json_object_set_new(body, "detail", json_string(message));
	if (r->face == FACE_API) {
		json_object_set_new(body, "requestId", json_string(r->id));
		if (field != NULL)
			json_object_set_new(body, "field",
			    json_string(field));
	}

	return (body);
}
