/*
 * Names of files that are handed out, made of titles.
 */
#ifndef LECTERN_FILENAME_H
#define LECTERN_FILENAME_H

#include <stddef.h>

/*
 * Writes of `name` (UTF-8) at most `size` - 1 bytes, whole characters, that no
 * file system minds: control characters, the separators of Unix and Windows
 * and a dot at the start become "_". 1 when it had to be changed, else 0.
 */
int	filename_clean(char *out, size_t size, const char *name);

#endif
