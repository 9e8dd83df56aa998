/* links: src/origin.c src/trust.c src/redirect.c src/buffer.c -I/usr/include/postgresql */
/*
 * Where a redirect may lead: whatever is taken is a path of ours or on one of
 * our origins by a second, simpler reading, and stays so with a parameter
 * set, which then stands in it once.
 */
#include <ctype.h>

#include "config.h"
#include "fuzz.h"
#include "origin.h"
#include "redirect.h"
#include "reply.h"
#include "route.h"
#include "trust.h"

static const char	*frontends[] = { "https://front.example:8443", NULL };
struct config		 config = {
	.public_url = "https://app.example", .frontend_urls = frontends
};

static char	location[65536];

/* What stands above the modules, and is not called. */
const char *
request_header(const struct request *r, const char *name)
{
	(void)r;
	(void)name;
	return (NULL);
}

void
reply_header(struct request *r, const char *name, const char *value)
{
	(void)r;
	(void)name;
	(void)value;
}

enum step
reply_empty(struct request *r, int status)
{
	(void)r;
	(void)status;
	return (STEP_DONE);
}

const char *
route_allow(const struct kore_module_handle *route)
{
	(void)route;
	return ("GET");
}

enum step
reply_redirect(struct request *r, const char *target)
{
	(void)r;
	check(strlen(target) < sizeof(location));
	memcpy(location, target, strlen(target) + 1);
	return (STEP_DONE);
}

static int
is_ours(const char *url)
{
	static const char * const	own[] = { "https://app.example",
	    "https://app.example:443", "https://front.example:8443" };
	size_t				i, j, len;

	if (url[0] == '/')
		return (url[1] != '/' && url[1] != '\\');
	for (i = 0; i < 3; i++) {
		len = strlen(own[i]);
		for (j = 0; j < len && tolower((unsigned char)url[j]) ==
		    own[i][j];)
			j++;
		if (j == len && (url[len] == '\0' ||
		    strchr("/?#", url[len]) != NULL))
			return (1);
	}

	return (0);
}

/* An origin comes back in the headers only when it is one of ours. */
static void
cross(const char *origin)
{
	struct trust_header	headers[4];
	size_t			n = trust_headers(origin, headers);

	check(n == 1 || (n == 4 && is_ours(origin) && origin[0] != '/' &&
	    strcmp(headers[1].value, origin) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	*url = piece(&data, &size), *at;
	size_t	 i, n = 0;

	cross(url);
	if (!origin_is_target(url)) {
		free(url);
		return (0);
	}
	check(is_ours(url));
	for (i = 0; url[i] != '\0'; i++)
		check((unsigned char)url[i] >= 0x20 && url[i] != 0x7f &&
		    url[i] != '\\');
	(void)redirect_with(NULL, url, "error", "CODE");
	check(is_ours(location) && strchr(location, ' ') == NULL);
	location[strcspn(location, "#")] = '\0';
	for (at = strchr(location, '?'); at != NULL;
	    at = strpbrk(at + 1, "&"))
		n += strncmp(at + 1, "error=", 6) == 0 ||
		    strncmp(at + 1, "error&", 6) == 0 ||
		    strcmp(at + 1, "error") == 0;
	check(n == 1);
	free(url);

	return (0);
}
