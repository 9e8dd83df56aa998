/*
 * What a document holds: the text that was read from it, and the bytes as
 * they were uploaded.
 *
 *	GET /api/documents/ID/text	FIND -> FOUND (-> SENT)
 *	GET /api/documents/ID/original	FIND -> FOUND (-> SENT)
 *
 * Whole or one range of bytes. What fits into a slice is the answer of one
 * statement. The rest goes out slice by slice behind a head that has told the
 * length: the next one is read when the one before has left, so that a reader
 * costs one slice of memory however slow he is. When a document changes (or
 * goes) in between, the connection ends short of that length, rather than with
 * bytes of two documents.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge.h"
#include "intake.h"
#include "percent.h"
#include "range.h"
#include "reply.h"

#define CONTENTS_ID_LEN		32
#define CONTENTS_VERSION_SIZE	72
/* Comes as hex: libpq needs thrice of it, for a moment. */
#define CONTENTS_SLICE		(256 * 1024)
#define CONTENTS_TEXT_TYPE	"text/plain; charset=utf-8"
#define CONTENTS_READING						\
	"The document is still being read; try again in a moment"

int	document_text(struct http_request *);
int	document_original(struct http_request *);

struct contents_slice;

/* The context of both routes. */
struct contents {
	char			 document[CONTENTS_ID_LEN + 2];
	int			 is_original;
	struct range		 range;
	int64_t			 at, stop;	/* bytes that are to be sent */
	char			 version[CONTENTS_VERSION_SIZE];
	struct request		*request;	/* once it streams */
	struct db_query		 db;		/* reads the next slice */
	struct contents_slice	*slice;		/* in the send queue */
};

/* Outlives its request, if the connection does. */
struct contents_slice {
	struct contents	*contents;	/* NULL: nobody waits for its end */
	u_int8_t	*bytes;		/* PQfreemem() */
};

/* Columns of document_bytes.sql. */
enum {
	BYTES_STATUS, BYTES_ERROR, BYTES_MEDIA_TYPE, BYTES_NAME, BYTES_SIZE,
	BYTES_START, BYTES_STOP, BYTES_VERSION, BYTES_SLICE
};

enum { CONTENTS_FIND, CONTENTS_FOUND, CONTENTS_SENT };

static enum step	contents_find(struct request *);
static enum step	contents_found(struct request *);
static enum step	contents_sent(struct request *);
static enum step	contents_missing(struct request *);
static enum step	contents_reply(struct request *, int, const char *,
			    u_int8_t *, size_t);
static const char	*contents_head(struct request *);
static void		contents_attach(struct request *);
static void		contents_queue(struct contents *, u_int8_t *, size_t);
static void		contents_next(struct contents *);
static void		contents_came(struct db_query *, void *);
static int		contents_left(struct netbuf *);
static void		contents_break(struct contents *);
static void		contents_free(void *);

static const struct request_step	contents_steps[] = {
	[CONTENTS_FIND] = REQUEST_STEP(contents_find),
	[CONTENTS_FOUND] = REQUEST_STEP(contents_found),
	[CONTENTS_SENT] = REQUEST_STEP(contents_sent)
};

static const struct request_plan	text_plan = {
	.name = "GET /api/documents/ID/text",
	.steps = contents_steps, .steps_len = 3,
	.data_len = sizeof(struct contents), .data_free = contents_free
};
static const struct request_plan	original_plan = {
	.name = "GET /api/documents/ID/original",
	.steps = contents_steps, .steps_len = 3,
	.data_len = sizeof(struct contents), .data_free = contents_free
};

int
document_text(struct http_request *http)
{
	return (request_run(http, &text_plan));
}

int
document_original(struct http_request *http)
{
	return (request_run(http, &original_plan));
}

static enum step
contents_find(struct request *r)
{
	struct contents	*c = r->data;
	struct range	*range = &c->range;

	c->is_original = r->plan == &original_plan;
	if (request_segment(r, 2, c->document, sizeof(c->document)) == NULL ||
	    strlen(c->document) != CONTENTS_ID_LEN)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));
	/* We give out no validators, so an If-Range never holds. */
	if (request_header(r, "if-range") == NULL)
		*range = range_read(request_header(r, "range"));

	return (db_send(r, CONTENTS_FOUND, STATEMENT_DOCUMENT_BYTES,
	    DB_TEXT(c->document), DB_TEXT(r->who.user_id),
	    DB_BOOL(c->is_original),
	    range->has_first ? DB_INT(range->first) : DB_NULL,
	    range->has_last ? DB_INT(range->last) : DB_NULL,
	    DB_INT(CONTENTS_SLICE), DB_NULL));
}

static enum step
contents_found(struct request *r)
{
	struct contents	*c = r->data;
	const char	*type;
	char		 head[96];
	u_int8_t	*bytes;
	size_t		 len;
	int		 is_part = c->range.has_first || c->range.has_last;

	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));
	if (db_is_null(&r->db, 0, BYTES_SIZE))
		return (contents_missing(r));

	c->at = db_int(&r->db, 0, BYTES_START);
	c->stop = db_int(&r->db, 0, BYTES_STOP);
	reply_header(r, "accept-ranges", "bytes");
	if (is_part && c->at >= c->stop) {
		(void)snprintf(head, sizeof(head), "bytes */%" PRId64,
		    db_int(&r->db, 0, BYTES_SIZE));
		reply_header(r, "content-range", head);
		return (request_fail(r, ERROR_BAD_RANGE));
	}
	if ((bytes = db_bytes(&r->db, 0, BYTES_SLICE, &len)) == NULL)
		return (request_fail(r, ERROR_INTERNAL));
	if (is_part) {
		(void)snprintf(head, sizeof(head), "bytes %" PRId64 "-%" PRId64
		    "/%" PRId64, c->at, c->stop - 1,
		    db_int(&r->db, 0, BYTES_SIZE));
		reply_header(r, "content-range", head);
	}
	type = contents_head(r);

	return (contents_reply(r, is_part ? 206 : 200, type, bytes, len));
}

/* There is no text: not yet, or never. */
static enum step
contents_missing(struct request *r)
{
	if (strcmp(db_text(&r->db, 0, BYTES_STATUS), "failed") == 0)
		return (request_fail_field(r, ERROR_DOCUMENT_NOT_FOUND, NULL,
		    db_text(&r->db, 0, BYTES_ERROR)));

	return (request_fail_field(r, ERROR_BUSY, NULL, CONTENTS_READING));
}

/* The media type; an original is to be saved, whatever it is. */
static const char *
contents_head(struct request *r)
{
	struct contents	*c = r->data;
	char		 name[PERCENT_ENCODED_SIZE(INTAKE_TITLE_SIZE)];
	char		 head[sizeof(name) + 32];
	const char	*file = db_text(&r->db, 0, BYTES_NAME);

	if (!c->is_original)
		return (CONTENTS_TEXT_TYPE);
	if (percent_encode(file, strlen(file), name, sizeof(name)) == -1)
		(void)snprintf(name, sizeof(name), "document");
	(void)snprintf(head, sizeof(head), "attachment; filename*=UTF-8''%s",
	    name);
	reply_header(r, "content-disposition", head);

	return (db_text(&r->db, 0, BYTES_MEDIA_TYPE));
}

/* Takes the bytes: all that is wanted, or its first slice. */
static enum step
contents_reply(struct request *r, int status, const char *type,
    u_int8_t *bytes, size_t len)
{
	struct contents	*c = r->data;
	enum step	 step;

	if ((int64_t)len == c->stop - c->at) {
		step = reply_bytes(r, status, type, bytes, len);
		PQfreemem(bytes);
		return (step);
	}
	(void)snprintf(c->version, sizeof(c->version), "%s",
	    db_text(&r->db, 0, BYTES_VERSION));
	reply_sized_head(r, status, type, (size_t)(c->stop - c->at));
	if (r->http->method == HTTP_METHOD_HEAD || !request_is_alive(r)) {
		PQfreemem(bytes);
		return (STEP_DONE);
	}
	contents_attach(r);
	contents_queue(c, bytes, len);

	return (request_wait(r, CONTENTS_SENT));
}

/* From here on the context is called from outside of the steps. */
static void
contents_attach(struct request *r)
{
	struct contents	*c = r->data;

	db_query_reset(&r->db);
	db_query_init(&c->db);
	c->request = r;
}

/* All has left, or the connection has ended. */
static enum step
contents_sent(struct request *r)
{
	(void)r;

	return (STEP_DONE);
}

/* ---- slice by slice ------------------------------------------------------ */

static void
contents_queue(struct contents *c, u_int8_t *bytes, size_t len)
{
	struct connection	*connection = c->request->http->owner;
	struct contents_slice	*slice;
	struct netbuf		*nb;

	if ((slice = calloc(1, sizeof(*slice))) == NULL)
		fatal("contents: no memory");
	slice->contents = c;
	slice->bytes = bytes;
	c->slice = slice;
	c->at += (int64_t)len;

	net_send_stream(connection, bytes, len, contents_left, &nb);
	nb->extra = slice;
	if (!net_send_flush(connection))
		kore_connection_disconnect(connection);
}

/* A slice has left, or its connection is being taken down. */
static int
contents_left(struct netbuf *nb)
{
	struct contents_slice	*slice = nb->extra;
	struct contents		*c = slice->contents;

	PQfreemem(slice->bytes);
	free(slice);
	if (c == NULL)
		return (KORE_RESULT_OK);
	c->slice = NULL;
	if (!request_is_alive(c->request))
		return (KORE_RESULT_OK);
	if (c->at < c->stop)
		contents_next(c);
	else
		request_wake(c->request);

	return (KORE_RESULT_OK);
}

static void
contents_next(struct contents *c)
{
	const struct db_param	params[] = {
		DB_TEXT(c->document), DB_TEXT(c->request->who.user_id),
		DB_BOOL(c->is_original), DB_INT(c->at), DB_INT(c->stop - 1),
		DB_INT(CONTENTS_SLICE), DB_TEXT(c->version)
	};

	db_query_reset(&c->db);
	db_query_start(&c->db, STATEMENT_DOCUMENT_BYTES, params,
	    sizeof(params) / sizeof(params[0]), contents_came, c);
}

static void
contents_came(struct db_query *db, void *arg)
{
	struct contents	*c = arg;
	u_int8_t	*bytes = NULL;
	size_t		 len = 0;

	if (!request_is_alive(c->request))
		return;
	if (db->error == ERROR_NONE && db_rows(db) == 1 &&
	    !db_is_null(db, 0, BYTES_SLICE))
		bytes = db_bytes(db, 0, BYTES_SLICE, &len);
	if (bytes == NULL || len == 0 || (int64_t)len > c->stop - c->at) {
		PQfreemem(bytes);
		contents_break(c);
		return;
	}
	db_query_reset(db);
	contents_queue(c, bytes, len);
}

/* The promised bytes cannot be had: the client must notice. */
static void
contents_break(struct contents *c)
{
	kore_connection_disconnect(c->request->http->owner);
}

static void
contents_free(void *data)
{
	struct contents	*c = data;

	db_query_cancel(&c->db);
	if (c->slice != NULL)
		c->slice->contents = NULL;
	c->slice = NULL;
}
