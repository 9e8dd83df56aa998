/*
 * One parameter more in the query of a URL; fragment and query stay.
 */
#include <sys/types.h>

#include <string.h>

#include "buffer.h"
#include "redirect.h"
#include "reply.h"

enum step
redirect_with(struct request *r, const char *target, const char *name,
    const char *value)
{
	struct buffer	url;
	size_t		end = strcspn(target, "#");
	enum step	step;

	buffer_init(&url);
	buffer_add(&url, target, end);
	buffer_add_text(&url, memchr(target, '?', end) == NULL ? "?" : "&");
	buffer_add_text(&url, name);
	buffer_add_text(&url, "=");
	buffer_add_text(&url, value);
	buffer_add_text(&url, target + end);
	step = reply_redirect(r, buffer_text(&url));
	buffer_free(&url);

	return (step);
}
