/*
 * Redirects to where a link in a mail was to lead.
 */
#ifndef LECTERN_REDIRECT_H
#define LECTERN_REDIRECT_H

#include "request.h"

/*
 * 302 to `target` with name=value in its query, in place of one of that name.
 * `value` is letters, digits and underscores.
 */
enum step	redirect_with(struct request *, const char *target,
		    const char *name, const char *value);

#endif
