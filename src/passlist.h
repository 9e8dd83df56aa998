/*
 * Passwords that nobody may choose: the lines of PASSWORD_LIST, such as those
 * found most often in breaches.
 */
#ifndef LECTERN_PASSLIST_H
#define LECTERN_PASSLIST_H

#include <stddef.h>

/*
 * Reads the file, a password a line, in the parent, so that the workers share
 * its memory. -1: it cannot be read, `why` is a sentence that says so.
 */
int	passlist_read(const char *path, char *why, size_t why_len);
/*
 * Whether the password (UTF-8) stands there, in capitals or not (ASCII); 0
 * when nothing was read.
 */
int	passlist_has(const char *password);

#endif
