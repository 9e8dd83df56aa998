/*
 * A header block is cleaned and becomes one of Kore's requests.
 */
#ifndef LECTERN_HANDOVER_H
#define LECTERN_HANDOVER_H

#include <sys/types.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "error.h"
#include "header.h"

/* Once per worker. */
void			 handover_init(void);
/*
 * The block as header_scan() found it; the connection's send queue is empty.
 * The facts are header_clean()'s. The request will run when http_process()
 * comes to it. NULL when it is refused, by header_clean() or by Kore: with the
 * reason in `error`, or with ERROR_NONE when Kore has queued a redirect that
 * kore.conf asks for.
 */
struct http_request	*handover_request(struct connection *,
			    const u_int8_t *block, size_t len,
			    struct header_facts *, enum error_id *);
/* Tells a waiting client to send its body; the connection may be gone then. */
void			 handover_continue(struct connection *);
/* The answer will say `connection: close`. */
void			 handover_close(struct http_request *);

#endif
