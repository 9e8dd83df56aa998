/*
 * A conversation as Markdown: questions quoted, answers as they are, their
 * citations as footnotes ([^1]) with title, place, quote and link.
 */
#ifndef LECTERN_CONVMARKDOWN_H
#define LECTERN_CONVMARKDOWN_H

#include <jansson.h>

#include "buffer.h"

/* What stands at its top. `url` is the server's, without a slash at the end. */
void	convmarkdown_head(struct buffer *, const char *title,
	    const char *created, const char *url, const char *id);
/*
 * One message, as message_json() makes it, and the footnotes of its own below
 * it. `notes` counts the footnotes of the conversation.
 */
void	convmarkdown_message(struct buffer *, const json_t *message,
	    const char *url, size_t *notes);

#endif
