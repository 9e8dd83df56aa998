/*
 * kore.conf's check, and the methods of each route, taken from Kore's table
 * and opened there.
 */
#include <sys/types.h>
#include <sys/queue.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "confcheck.h"
#include "route.h"

#define ROUTE_CONF		"kore.conf"
#define ROUTE_ALLOW_MAX		64

struct route {
	const struct kore_module_handle	*handle;
	int				 methods;
	char				 allow[ROUTE_ALLOW_MAX];
};

static struct route	*routes;
static size_t		 routes_len;

static int		 route_is_handler(const char *);
static void		 route_add(struct kore_module_handle *);
static const struct route *route_find(const struct kore_module_handle *);

int
route_check(char *why, size_t why_len)
{
	return (confcheck_file(ROUTE_CONF, route_is_handler, why, why_len));
}

/*
 * Kore asks the linker for a handler by its name, and would take any function
 * of any library. A handler is one of the program's own file.
 */
static int
route_is_handler(const char *name)
{
	Dl_info	 there, here;
	void	*found = dlsym(RTLD_DEFAULT, name);

	return (found != NULL && dladdr(found, &there) != 0 &&
	    dladdr(&routes, &here) != 0 &&
	    there.dli_fbase == here.dli_fbase);
}

void
route_init(void)
{
	struct kore_server		*server;
	struct kore_domain		*domain;
	struct kore_module_handle	*handle;

	LIST_FOREACH(server, &kore_servers, list) {
		TAILQ_FOREACH(domain, &server->domains, list) {
			TAILQ_FOREACH(handle, &domain->handlers, list)
				route_add(handle);
		}
	}
}

int
route_methods(const struct kore_module_handle *handle)
{
	return (route_find(handle)->methods);
}

const char *
route_allow(const struct kore_module_handle *handle)
{
	return (route_find(handle)->allow);
}

static void
route_add(struct kore_module_handle *handle)
{
	static const struct {
		int		 bit;
		const char	*name;
	} names[] = {
		{ HTTP_METHOD_GET, "GET" }, { HTTP_METHOD_HEAD, "HEAD" },
		{ HTTP_METHOD_POST, "POST" }, { HTTP_METHOD_PUT, "PUT" },
		{ HTTP_METHOD_PATCH, "PATCH" },
		{ HTTP_METHOD_DELETE, "DELETE" },
		{ HTTP_METHOD_OPTIONS, "OPTIONS" }
	};
	struct route	*route;
	size_t		 i;

	routes = reallocarray(routes, routes_len + 1, sizeof(*routes));
	if (routes == NULL)
		fatal("route: no memory");
	route = &routes[routes_len++];
	memset(route, 0, sizeof(*route));
	route->handle = handle;
	route->methods = handle->methods | HTTP_METHOD_OPTIONS;
	if (route->methods & HTTP_METHOD_GET)
		route->methods |= HTTP_METHOD_HEAD;
	handle->methods = HTTP_METHOD_ALL;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(route->methods & names[i].bit))
			continue;
		if (route->allow[0] != '\0')
			(void)kore_strlcpy(route->allow +
			    strlen(route->allow), ", ", 3);
		(void)kore_strlcpy(route->allow + strlen(route->allow),
		    names[i].name,
		    sizeof(route->allow) - strlen(route->allow));
	}
}

static const struct route *
route_find(const struct kore_module_handle *handle)
{
	size_t	i;

	for (i = 0; i < routes_len; i++) {
		if (routes[i].handle == handle)
			return (&routes[i]);
	}
	fatal("route: a handle that kore.conf did not make");
}
