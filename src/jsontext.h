/*
 * A JSON string, written straight into a buffer: for what is written once a
 * token, where building a value first would cost several times as much.
 */
#ifndef LECTERN_JSONTEXT_H
#define LECTERN_JSONTEXT_H

#include <stddef.h>

#include "buffer.h"

/*
 * Appends the text (UTF-8, NULs possible) in quotes, escaped as RFC 8259
 * asks. What is no UTF-8 must not come here: it is passed on as it is.
 */
void	jsontext_add(struct buffer *, const char *, size_t);

#endif
