/*
 * The Range header of a read (RFC 9110), as far as one range of bytes goes.
 */
#ifndef LECTERN_RANGE_H
#define LECTERN_RANGE_H

#include <stdint.h>

/*
 * first-last, first- or -last (the last so many bytes). Neither: everything,
 * which is also the answer to several ranges, other units and nonsense.
 */
struct range {
	int	has_first, has_last;
	int64_t	first, last;
};

/* `header` is the value (NUL-terminated), or NULL when there is none. */
struct range	range_read(const char *header);

#endif
