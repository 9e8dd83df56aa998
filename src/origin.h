/*
 * Whom the browser speaks for: trusted origins, the CSRF check, CORS and the
 * targets that a redirect may have.
 */
#ifndef LECTERN_ORIGIN_H
#define LECTERN_ORIGIN_H

#include "request.h"

/*
 * ERROR_NONE, or why the request may not change anything. GET and HEAD pass.
 * With a cookie (of any name) Origin or Referer must be trusted; on routes
 * that sign in (REQUEST_SIGNS_IN) also without one, as soon as a browser
 * speaks.
 */
enum error_id	 origin_check(const struct request *);
/* Adds the CORS headers when a trusted origin asks. */
void		 origin_headers(struct request *);
/* Answers OPTIONS: a CORS preflight or a plain question for the methods. */
enum step	 origin_preflight(struct request *);
/* 1 when a redirect may go there: an own path or a trusted origin's URL. */
int		 origin_is_target(const char *url);

#endif
