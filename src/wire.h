/*
 * What Kore and the guard's refusals write alike on the wire: status lines
 * with the phrases of error.c, and the date.
 */
#ifndef LECTERN_WIRE_H
#define LECTERN_WIRE_H

#include <sys/types.h>

#include <kore/kore.h>
#include <kore/http.h>

/* http_response() and http_response_stream(), with our reason phrase. */
void		 wire_response(struct http_request *, int status,
		    const void *, size_t);
void		 wire_response_stream(struct http_request *, int status,
		    void *, size_t, int (*sent)(struct netbuf *));
/* The value of Date (RFC 9110), made once a second; never freed. */
const char	*wire_date(void);

#endif
