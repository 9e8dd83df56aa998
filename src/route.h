/*
 * kore.conf: whether it may be read at all, and what it says of a route beyond
 * its handler, the methods of its `restrict` line. These are taken over from
 * Kore at start, because Kore answers a wrong method (and every OPTIONS) with
 * an empty page.
 */
#ifndef LECTERN_ROUTE_H
#define LECTERN_ROUTE_H

#include <kore/kore.h>
#include <kore/http.h>

/*
 * Checks kore.conf of the present folder. 0, or -1 with one sentence in `why`
 * that names file and line.
 */
int		 route_check(char *why, size_t why_len)
		    __attribute__((warn_unused_result));
/* In the parent, when the configuration is complete and no worker runs yet. */
void		 route_init(void);
/* HTTP_METHOD_* bits; HEAD wherever GET is. */
int		 route_methods(const struct kore_module_handle *);
/* The same for an Allow header: "GET, HEAD, OPTIONS". */
const char	*route_allow(const struct kore_module_handle *);

#endif
