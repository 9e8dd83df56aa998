/*
 * A cleaned header block becomes one of Kore's requests.
 */
#ifndef LECTERN_HANDOVER_H
#define LECTERN_HANDOVER_H

#include <sys/types.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "error.h"

/*
 * The block as header_clean() wrote it; the connection's send queue is empty.
 * The request will run when http_process() comes to it. NULL when Kore wants
 * none of it: with the reason in `error`, or with ERROR_NONE when Kore has
 * queued a redirect that kore.conf asks for.
 */
struct http_request	*handover_request(struct connection *,
			    const char *block, size_t len, enum error_id *);
/* The answer will say `connection: close`. */
void			 handover_close(struct http_request *);

#endif
