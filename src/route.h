/*
 * What kore.conf says of a route beyond its handler: the methods of its
 * `restrict` line. They are taken over from Kore at start, because Kore
 * answers a wrong method (and every OPTIONS) with an empty page.
 */
#ifndef LECTERN_ROUTE_H
#define LECTERN_ROUTE_H

#include <kore/kore.h>
#include <kore/http.h>

/* In the parent, when the configuration is complete and no worker runs yet. */
void		 route_init(void);
/* HTTP_METHOD_* bits; HEAD wherever GET is. */
int		 route_methods(const struct kore_module_handle *);
/* The same for an Allow header: "GET, HEAD, OPTIONS". */
const char	*route_allow(const struct kore_module_handle *);

#endif
