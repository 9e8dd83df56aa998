/*
 * A page's source with the texts of one language put in.
 *
 *	{{key}}		the text of that key, escaped for HTML content and
 *			quoted attributes
 *	{{language}}	the language's code, without an entry in its file
 *	"/assets/	becomes "/assets/VERSION/, so that what a page loads
 *			may be cached for ever
 */
#ifndef LECTERN_PAGETEXT_H
#define LECTERN_PAGETEXT_H

#include <stddef.h>

#include <jansson.h>

#include "buffer.h"

#define PAGETEXT_KEY_MAX	64

/*
 * Appends the page to `out`. `texts` is the language's object; a key that was
 * used is set to true in `used`. Returns 0, or -1 with the key that is
 * unknown, too long or not closed in `bad`.
 */
int	pagetext_expand(const char *source, size_t len, const char *language,
	    const char *version, json_t *texts, json_t *used,
	    struct buffer *out, char bad[PAGETEXT_KEY_MAX])
	    __attribute__((warn_unused_result));

#endif
