/*
 * X-Forwarded-For: addresses, each proxy's behind that of the one before it.
 * Some proxies append the port: "192.0.2.1:4711", "[2001:db8::1]:4711".
 */
#include <sys/types.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string.h>

#include "forwarded.h"

_Static_assert(FORWARDED_MAX == INET6_ADDRSTRLEN, "every address fits");

static size_t	forwarded_bare(const char **, size_t);
static int	forwarded_is_port(const char *, size_t);

int
forwarded_client(const char *list, int hops, char out[FORWARDED_MAX])
{
	const char	*p, *end = list + strlen(list);
	char		 text[FORWARDED_MAX];
	unsigned char	 address[sizeof(struct in6_addr)];
	size_t		 len;
	int		 family;

	for (;; hops--) {
		for (p = end; p > list && p[-1] != ','; p--)
			;
		if (hops <= 1 || p == list)
			break;
		end = p - 1;
	}
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	len = forwarded_bare(&p, (size_t)(end - p));
	if (len >= sizeof(text))
		return (0);
	memcpy(text, p, len);
	text[len] = '\0';
	family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

	return (inet_pton(family, text, address) == 1 &&
	    inet_ntop(family, address, out, FORWARDED_MAX) != NULL);
}

/* Leaves brackets and port away: the length of what remains, from *p on. */
static size_t
forwarded_bare(const char **p, size_t len)
{
	const char	*text = *p, *mark;
	size_t		 inner;

	if (len > 0 && text[0] == '[') {
		if ((mark = memchr(text, ']', len)) == NULL)
			return (len);
		inner = (size_t)(mark - text) - 1;
		if (inner + 2 < len &&
		    !forwarded_is_port(mark + 1, len - inner - 2))
			return (len);
		*p = text + 1;
		return (inner);
	}
	/* More than one colon is an IPv6 address, which has no port here. */
	if ((mark = memchr(text, ':', len)) != NULL &&
	    forwarded_is_port(mark, len - (size_t)(mark - text)))
		return ((size_t)(mark - text));

	return (len);
}

/* ":4711" */
static int
forwarded_is_port(const char *text, size_t len)
{
	size_t	i;

	if (len < 2 || len > 6 || text[0] != ':')
		return (0);
	for (i = 1; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return (0);

	return (1);
}
