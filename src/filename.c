/*
 * Cleaning the names of files.
 */
#include <string.h>

#include "filename.h"

int
filename_clean(char *out, size_t size, const char *name)
{
	size_t	i, len = strlen(name);
	int	is_changed = 0;

	if (len >= size) {
		for (len = size - 1;
		    len > 0 && ((unsigned char)name[len] & 0xc0) == 0x80; )
			len--;
		is_changed = 1;
	}
	for (i = 0; i < len; i++) {
		out[i] = name[i];
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f ||
		    strchr("/\\:*?\"<>|", name[i]) != NULL ||
		    (name[i] == '.' && i == 0)) {
			out[i] = '_';
			is_changed = 1;
		}
	}
	out[len] = '\0';

	return (is_changed);
}
