/*
 * Origins: the rules of better-auth (exact scheme, host and port after
 * parsing), for every route.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "origin.h"
#include "reply.h"
#include "route.h"

#define ORIGIN_MAX	300

static size_t	origin_of_url(const char *, size_t, char [ORIGIN_MAX]);
static int	origin_is_loopback(const char *);
static int	origin_is_own_loopback(const char *);

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

	return (origin_is_trusted(origin, strlen(origin)) ?
	    ERROR_NONE : ERROR_INVALID_ORIGIN);
}

int
origin_is_trusted(const char *url, size_t len)
{
	char		origin[ORIGIN_MAX];
	const char	**other;

	if (origin_of_url(url, len, origin) == 0)
		return (0);
	if (strcmp(origin, config.public_url) == 0 ||
	    origin_is_own_loopback(origin))
		return (1);
	for (other = config.frontend_urls; *other != NULL; other++) {
		if (strcmp(origin, *other) == 0)
			return (1);
	}

	return (0);
}

void
origin_headers(struct request *r)
{
	const char	*origin = request_header(r, "origin");

	if (config.frontend_urls[0] == NULL)
		return;
	reply_header(r, "vary", "Origin");
	if (origin == NULL || !origin_is_trusted(origin, strlen(origin)))
		return;
	reply_header(r, "access-control-allow-origin", origin);
	reply_header(r, "access-control-allow-credentials", "true");
	reply_header(r, "access-control-expose-headers",
	    "set-auth-token, x-request-id, retry-after, x-retry-after, "
	    "content-range, accept-ranges, etag");
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

	return (origin_is_trusted(url, strlen(url)));
}

/*
 * The origin of an absolute http(s) URL in lower case without an implied
 * port; its length, or 0 when it is none. User information is refused.
 */
static size_t
origin_of_url(const char *url, size_t len, char out[ORIGIN_MAX])
{
	size_t	i, scheme;

	scheme = len > 8 && strncasecmp(url, "https://", 8) == 0 ? 8 :
	    len > 7 && strncasecmp(url, "http://", 7) == 0 ? 7 : 0;
	if (scheme == 0)
		return (0);
	for (i = 0; i < len; i++) {
		if (i >= scheme && (url[i] == '/' || url[i] == '?' ||
		    url[i] == '#'))
			break;
		if (i == ORIGIN_MAX - 1 || url[i] == '@' || url[i] == '\\' ||
		    (unsigned char)url[i] <= 0x20)
			return (0);
		out[i] = url[i] >= 'A' && url[i] <= 'Z' ?
		    (char)(url[i] + 'a' - 'A') : url[i];
	}
	out[i] = '\0';
	if (scheme == 8 && i > 12 && strcmp(out + i - 4, ":443") == 0)
		out[i -= 4] = '\0';
	if (scheme == 7 && i > 10 && strcmp(out + i - 3, ":80") == 0)
		out[i -= 3] = '\0';

	return (i > scheme ? i : 0);
}

/*
 * In development the same server is reached as localhost, 127.0.0.1 and
 * [::1]; whoever types one of them means the others too.
 */
static int
origin_is_own_loopback(const char *origin)
{
	const char	*own = strrchr(config.public_url, ':');
	const char	*port = strrchr(origin, ':');

	return (origin_is_loopback(config.public_url) &&
	    origin_is_loopback(origin) && own != NULL && port != NULL &&
	    strcmp(own, port) == 0);
}

static int
origin_is_loopback(const char *origin)
{
	static const char * const	hosts[] = {
	    "http://localhost:", "http://127.0.0.1:", "http://[::1]:" };
	size_t				i;

	for (i = 0; i < 3; i++) {
		if (strncmp(origin, hosts[i], strlen(hosts[i])) == 0)
			return (1);
	}

	return (0);
}
