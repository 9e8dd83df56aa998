/*
 * A request's body as it arrives, in a kore_buf that grows by doubling and
 * only when bytes are there for it: announcing 20 MiB costs the server
 * nothing.
 */
#include <string.h>

#include "edge.h"
#include "edgebody.h"

#define EDGEBODY_FIRST	16384
#define EDGEBODY_SMALL	65536	/* cheaper read than its connection closed */

size_t
edgebody_limit(const struct http_request *req)
{
	struct kore_handler_params	*p;
	u_int64_t			 limit;
	int				 error;

	TAILQ_FOREACH(p, &req->hdlr->params, list) {
		if (p->method != req->method || strcmp(p->name, "@body") != 0)
			continue;
		limit = kore_strtonum64(p->validator->arg, 0, &error);
		if (error == KORE_RESULT_OK)
			return (limit);
		kore_log(LOG_ERR, "validator %s is no number of bytes",
		    p->validator->name);
	}

	return (http_body_max);
}

int
edgebody_is_vain(struct http_request *req, u_int64_t announced)
{
	const struct kore_auth	*auth = req->hdlr->auth;
	const char		*value;

	/* The names of kore.conf; its `visitor` lets everybody in. */
	return (announced > EDGEBODY_SMALL && auth != NULL &&
	    (strcmp(auth->name, "session") == 0 ||
	    strcmp(auth->name, "person") == 0) &&
	    !http_request_header(req, "cookie", &value) &&
	    !http_request_header(req, "authorization", &value));
}

size_t
edgebody_len(const struct http_request *req)
{
	return (req->http_body == NULL ? 0 : req->http_body->offset);
}

int
edgebody_has_room(const struct http_request *req, size_t more)
{
	const struct kore_buf	*body = req->http_body;

	return (body != NULL && body->length - body->offset >= more);
}

u_int8_t *
edgebody_room(struct http_request *req, size_t announced, size_t more,
    size_t *room)
{
	struct kore_buf	*body = req->http_body;
	size_t		 size;

	if (body == NULL) {
		size = MIN(announced, MAX(more, EDGEBODY_FIRST));
		body = req->http_body = kore_buf_alloc(size);
	} else if (!edgebody_has_room(req, more)) {
		size = MIN(announced,
		    MAX(body->offset + more, body->length * 2));
		body->data = kore_realloc(body->data, size);
		body->length = size;
	}
	*room = body->length - body->offset;

	return (body->data + body->offset);
}

void
edgebody_add(struct http_request *req, size_t n)
{
	req->http_body->offset += n;
	req->http_body_length = req->http_body->offset;
}

const u_int8_t *
edge_body(struct http_request *req, size_t *len)
{
	static const u_int8_t	nothing[1];

	*len = edgebody_len(req);

	return (req->http_body == NULL ? nothing : req->http_body->data);
}

void
edge_body_release(struct http_request *req)
{
	if (req->http_body != NULL)
		kore_buf_free(req->http_body);
	req->http_body = NULL;
	req->http_body_length = 0;
}
