/*
 * What a citation marker looks like: "[1]", "[1, 2]", "[1-3]", "[^1]",
 * "[[1]]", "[Source 1]", 【1】, 【1†source】, ［1］.
 */
#ifndef LECTERN_MARKER_H
#define LECTERN_MARKER_H

#include <stddef.h>

#define MARKER_BYTES_MAX	96	/* a longer group is text */
#define MARKER_NUMBERS_MAX	16	/* of one group; the rest is ignored */

enum marker_kind {
	MARKER_NONE,		/* it is text */
	MARKER_UNDECIDED,	/* the bytes end before that is known */
	MARKER_GROUP
};

struct marker {
	size_t		len;		/* bytes of the group */
	unsigned	numbers[MARKER_NUMBERS_MAX]; /* 0: stands for nothing */
	size_t		numbers_len;
	int		is_denial;	/* "[0]": the passages do not say it */
};

/*
 * Reads the group at the start of the bytes. `is_all`: no more will come, so
 * that nothing is undecided. The verdict depends on the bytes alone, not on
 * how many of them are already there.
 */
enum marker_kind	marker_read(const char *, size_t len, int is_all,
			    struct marker *);

#endif
