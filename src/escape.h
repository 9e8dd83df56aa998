/*
 * Text for HTML.
 */
#ifndef LECTERN_ESCAPE_H
#define LECTERN_ESCAPE_H

#include "buffer.h"

/* Appends text that content and quoted attributes show as it is. */
void	escape_html(struct buffer *, const char *text);

#endif
