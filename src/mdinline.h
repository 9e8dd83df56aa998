/*
 * Inline markup taken off a short text, for headings shown as plain text.
 */
#ifndef LECTERN_MDINLINE_H
#define LECTERN_MDINLINE_H

#include <stddef.h>

/*
 * Writes the text without inline markup, blanks collapsed, cut at a
 * character's end to fit out_size (> 0, with the NUL). Takes time up to the
 * square of len. Returns the length.
 */
size_t	mdinline_text(const char *, size_t len, char *out, size_t out_size);

#endif
