/*
 * Trusted origins: exact scheme, host and port after parsing, as better-auth
 * compares them.
 */
#include <string.h>
#include <strings.h>

#include "config.h"
#include "trust.h"

static size_t	trust_of_url(const char *, size_t,
		    char [TRUST_ORIGIN_MAX]);
static int	trust_is_loopback(const char *);
static int	trust_is_own_loopback(const char *);

int
trust_is_origin(const char *url, size_t len)
{
	char		origin[TRUST_ORIGIN_MAX];
	const char	**other;

	if (trust_of_url(url, len, origin) == 0)
		return (0);
	if (strcmp(origin, config.public_url) == 0 ||
	    trust_is_own_loopback(origin))
		return (1);
	for (other = config.frontend_urls; *other != NULL; other++) {
		if (strcmp(origin, *other) == 0)
			return (1);
	}

	return (0);
}

size_t
trust_headers(const char *origin, struct trust_header out[4])
{
	if (config.frontend_urls[0] == NULL)
		return (0);
	out[0].name = "vary";
	out[0].value = "Origin";
	if (origin == NULL || !trust_is_origin(origin, strlen(origin)))
		return (1);
	out[1].name = "access-control-allow-origin";
	out[1].value = origin;
	out[2].name = "access-control-allow-credentials";
	out[2].value = "true";
	out[3].name = "access-control-expose-headers";
	out[3].value = "set-auth-token, x-request-id, retry-after, "
	    "x-retry-after, content-range, accept-ranges, etag";

	return (4);
}

/*
 * The origin of an absolute http(s) URL in lower case without an implied
 * port; its length, or 0 when it is none. User information is refused.
 */
static size_t
trust_of_url(const char *url, size_t len, char out[TRUST_ORIGIN_MAX])
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
		if (i == TRUST_ORIGIN_MAX - 1 || url[i] == '@' ||
		    url[i] == '\\' || (unsigned char)url[i] <= 0x20)
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
trust_is_own_loopback(const char *origin)
{
	const char	*own = strrchr(config.public_url, ':');
	const char	*port = strrchr(origin, ':');

	return (trust_is_loopback(config.public_url) &&
	    trust_is_loopback(origin) && own != NULL && port != NULL &&
	    strcmp(own, port) == 0);
}

static int
trust_is_loopback(const char *origin)
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
