/*
 * The guard at the socket. It reads every byte of every request itself,
 * passes cleaned header blocks (header.h) to Kore and bodies to the layers
 * above, keeps pipelined requests in order and the connection alive between
 * them, and owns all timeouts of a client's connection.
 *
 * Installed by `bind IP PORT edge_connect` in kore.conf; plain sockets only.
 * What it reads from there: http_header_max, http_header_timeout,
 * http_body_max, http_body_timeout, http_keepalive_time, and for the largest
 * body of one route a parameter named @body whose validator's text is the
 * number of bytes:
 *
 *	validator body_20_mib regex 20971520
 *	params post /api/documents {
 *		validate @body body_20_mib
 *	}
 *
 * The layers above answer by http_response() and may write to the connection
 * with net_send_queue() and net_send_flush(); CONN_IS_BUSY, CONN_CLOSE_EMPTY
 * and http_timeout are the guard's. The seccomp filter must allow shutdown(2).
 */
#ifndef LECTERN_EDGE_H
#define LECTERN_EDGE_H

#include <sys/types.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "error.h"

/* Once per worker, from kore_worker_configure(). */
void		 edge_init(void);

/* Kore's callback for an accepted connection. */
void		 edge_connect(struct connection *);

/*
 * What the request must be answered with before anything else is looked at,
 * since its body is not there: ERROR_TOO_LARGE, ERROR_REQUEST_TIMEOUT,
 * ERROR_UNAUTHORIZED for a large one of nobody's where a session is a must, or
 * ERROR_BUSY when all bodies together hold too much memory; its connection
 * closes after the answer. ERROR_NONE otherwise.
 */
enum error_id	 edge_refusal(struct http_request *);

/*
 * The whole body, never NULL, not NUL-terminated; it lives as long as the
 * request. edge_body_release() gives the memory back earlier.
 */
const u_int8_t	*edge_body(struct http_request *, size_t *len);
void		 edge_body_release(struct http_request *);

/* The client speaks HTTP/1.0, though Kore believes 1.1: no chunks. */
int		 edge_is_http10(struct http_request *);

/*
 * From now on the client's end of sending counts as its leaving. Without this
 * a client that shuts down its sending side is answered for some seconds yet.
 * For streams, and for answers whose work stops when nobody waits for it.
 * The connection may be gone on return.
 */
void		 edge_streaming(struct http_request *);

/*
 * The request is being freed: the connection turns to its next one or closes.
 * Belongs into the request's onfree; harmless when called again, and without
 * effect when the client has gone. Kore calls it itself for a request whose
 * onfree nobody has set.
 */
void		 edge_finished(struct http_request *);

#endif
