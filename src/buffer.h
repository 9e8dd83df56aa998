/*
 * A growing byte buffer. It doubles, so that appending n bytes one by one
 * costs O(n); Kore's own grows by exact need and copies each time.
 *
 * A failed allocation sets has_failed and leaves the bytes as they were;
 * later calls do nothing. So a builder appends freely and checks once.
 */
#ifndef LECTERN_BUFFER_H
#define LECTERN_BUFFER_H

#include <stddef.h>

struct buffer {
	char	*data;		/* owned, a NUL behind; NULL when empty */
	size_t	 len;		/* bytes, without that NUL */
	size_t	 size;		/* bytes allocated */
	int	 has_failed;	/* memory ran out */
};

void		 buffer_init(struct buffer *);
void		 buffer_free(struct buffer *);
/* Empties it and keeps the memory. */
void		 buffer_clear(struct buffer *);
void		 buffer_add(struct buffer *, const void *, size_t);
/* Appends a NUL-terminated string. */
void		 buffer_add_text(struct buffer *, const char *);
/* Shortens to `len` bytes; longer than it is: nothing happens. */
void		 buffer_cut(struct buffer *, size_t len);
/* Drops the first `len` bytes. */
void		 buffer_drop(struct buffer *, size_t len);
/* The bytes as a NUL-terminated string, "" when empty. Owned by the buffer. */
const char	*buffer_text(const struct buffer *);

#endif
