/*
 * The one way out: every answer gets its common headers (request id, CORS,
 * security) here and its line in the log, in whatever face the route has.
 */
#ifndef LECTERN_REPLY_H
#define LECTERN_REPLY_H

#include "request.h"

/* Sends a JSON value and releases it. */
enum step	 reply_json(struct request *, int status, json_t *);
/* Sends bytes (copied). `type` NULL: no content type. */
enum step	 reply_bytes(struct request *, int status, const char *type,
		    const void *, size_t);
enum step	 reply_empty(struct request *, int status);
enum step	 reply_redirect(struct request *, const char *location);
/* Adds a response header; refuses (drops) values with CR, LF or NUL. */
void		 reply_header(struct request *, const char *, const char *);
/* The error in the face of the route; used by request_fail(). */
enum step	 reply_error(struct request *, enum error_id,
		    const char *field, const char *message);
/*
 * Sends a file's first `len` bytes (not 0) without reading them into memory,
 * and closes the descriptor in any case.
 */
enum step	 reply_file(struct request *, const char *type, int fd,
		    size_t len);
/* Answers HEAD where the length is not known without making the body. */
enum step	 reply_head(struct request *, const char *type);
/*
 * Sends the head of an answer of `len` bytes, which the caller puts into the
 * connection's send queue (none of them for HEAD). Sets r->is_streaming.
 */
void		 reply_sized_head(struct request *, int status,
		    const char *type, size_t len);
/*
 * Sends the head of a streamed answer (chunked, or until close for HTTP/1.0);
 * sse.c writes what follows. Sets r->streaming.
 */
void		 reply_stream_head(struct request *, const char *type);
/* JSON dates: ISO 8601 UTC, three fraction digits, from unix milliseconds. */
void		 reply_date(int64_t ms, char out[25]);

#endif
