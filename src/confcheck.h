/*
 * kore.conf, read before Kore reads it. Kore passes over words that it does
 * not know, lets the second of two lines win and looks at half of the others;
 * a maintainer learns of it from outside. Here every line is either one that
 * does what it says, or refused.
 */
#ifndef LECTERN_CONFCHECK_H
#define LECTERN_CONFCHECK_H

#include <stddef.h>

/*
 * Checks the file at `path` and what it includes. `is_handler` tells whether
 * the program has a function of that name. 0, or -1 with one sentence in
 * `why` that begins with "PATH:LINE: ", or with "PATH " when it cannot be
 * read. Blocking; nothing is kept.
 */
int	confcheck_file(const char *path, int (*is_handler)(const char *),
	    char *why, size_t why_len) __attribute__((warn_unused_result));

#endif
