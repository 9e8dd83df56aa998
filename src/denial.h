/*
 * Whether an answer says that the documents do not tell.
 */
#ifndef LECTERN_DENIAL_H
#define LECTERN_DENIAL_H

#include <stddef.h>

/*
 * 1 for a short text that says so in plain words, in one of the languages
 * that it knows. To be asked of answers without a citation only.
 */
int	denial_is(const char *, size_t len);

#endif
