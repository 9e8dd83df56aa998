/*
 * A parameter set in the query of a URL: one of that name is replaced, as
 * URLSearchParams.set() does it; the rest and the fragment stay.
 */
#include <sys/types.h>

#include <string.h>

#include "buffer.h"
#include "redirect.h"
#include "reply.h"

static void	redirect_add(struct buffer *, const char *, size_t);

enum step
redirect_with(struct request *r, const char *target, const char *name,
    const char *value)
{
	struct buffer	 url;
	const char	*at, *stop = target + strcspn(target, "#");
	size_t		 len, name_len = strlen(name);
	enum step	 step;
	char		 before = '?';

	buffer_init(&url);
	at = target + strcspn(target, "?#");
	redirect_add(&url, target, (size_t)(at - target));
	while (at < stop) {
		at++;
		len = strcspn(at, "&#");
		if (len > 0 && (strncmp(at, name, name_len) != 0 ||
		    (at[name_len] != '=' && len != name_len))) {
			buffer_add(&url, &before, 1);
			redirect_add(&url, at, len);
			before = '&';
		}
		at += len;
	}
	buffer_add(&url, &before, 1);
	buffer_add_text(&url, name);
	buffer_add_text(&url, "=");
	buffer_add_text(&url, value);
	redirect_add(&url, stop, strlen(stop));
	step = reply_redirect(r, buffer_text(&url));
	buffer_free(&url);

	return (step);
}

/* A blank has no place in an address. */
static void
redirect_add(struct buffer *url, const char *text, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++) {
		if (text[i] == ' ')
			buffer_add_text(url, "%20");
		else
			buffer_add(url, text + i, 1);
	}
}
