/*
 * Origins: the rules of better-auth, for every route. trust.c knows whom.
 */
#include <sys/types.h>

#include <string.h>
#include <strings.h>

#include "origin.h"
#include "reply.h"
#include "route.h"
#include "trust.h"

enum error_id
origin_check(const struct request *r)
{
	const char	*origin, *site, *mode;
	int		 is_browser;

	if (r->http->method == HTTP_METHOD_GET ||
	    r->http->method == HTTP_METHOD_HEAD)
		return (ERROR_NONE);

	origin = request_header(r, "origin");
	site = request_header(r, "sec-fetch-site");
	mode = request_header(r, "sec-fetch-mode");
	is_browser = origin != NULL || site != NULL || mode != NULL ||
	    request_header(r, "referer") != NULL ||
	    request_header(r, "sec-fetch-dest") != NULL;

	if (request_header(r, "cookie") == NULL) {
		if (!(r->plan->flags & REQUEST_SIGNS_IN) || !is_browser)
			return (ERROR_NONE);
		if (site != NULL && mode != NULL &&
		    strcmp(site, "cross-site") == 0 &&
		    strcmp(mode, "navigate") == 0)
			return (ERROR_CROSS_SITE_LOGIN);
	}

	if (origin != NULL && strcmp(origin, "null") == 0) {
		/* A page that hides its origin, but the browser vouches. */
		return (site != NULL && strcmp(site, "same-origin") == 0 ?
		    ERROR_NONE : ERROR_MISSING_ORIGIN);
	}
	if (origin == NULL)
		origin = request_header(r, "referer");
	if (origin == NULL)
		return (ERROR_MISSING_ORIGIN);

	return (trust_is_origin(origin, strlen(origin)) ?
	    ERROR_NONE : ERROR_INVALID_ORIGIN);
}

void
origin_headers(struct request *r)
{
	struct trust_header	headers[4];
	size_t			i, n;

	n = trust_headers(request_header(r, "origin"), headers);
	for (i = 0; i < n; i++)
		reply_header(r, headers[i].name, headers[i].value);
}

enum step
origin_preflight(struct request *r)
{
	const char	*allow = route_allow(r->http->hdlr);

	reply_header(r, "allow", allow);
	if (request_header(r, "access-control-request-method") != NULL) {
		reply_header(r, "access-control-allow-methods", allow);
		reply_header(r, "access-control-allow-headers",
		    "content-type, authorization, x-filename, range, "
		    "if-none-match, last-event-id");
		reply_header(r, "access-control-max-age", "600");
	}

	return (reply_empty(r, 204));
}

int
origin_is_target(const char *url)
{
	const char	*p, *path_end;

	for (p = url; *p != '\0'; p++) {
		if (*p == '\\' || (unsigned char)*p < 0x20 || *p == 0x7f)
			return (0);
	}
	path_end = url + strcspn(url, "?#");
	for (p = url; p + 2 < path_end; p++) {
		if (strncasecmp(p, "%2f", 3) == 0 ||
		    strncasecmp(p, "%5c", 3) == 0)
			return (0);
	}
	if (url[0] == '/')
		return (url[1] != '/');

	return (trust_is_origin(url, strlen(url)));
}
