/*
 * A run of bytes in somebody else's buffer, and what the lines of a header
 * block are taken apart with.
 */
#ifndef LECTERN_SPAN_H
#define LECTERN_SPAN_H

#include <stddef.h>
#include <stdint.h>

struct span {
	const uint8_t	*p;	/* not NUL-terminated */
	size_t		 len;
};

/* Takes the first line off `rest`, which ends with one; without its CRLF. */
struct span	span_line(struct span *rest);
/* "Name: value" into its trimmed halves; 0 when it is not that. */
int		span_split(struct span line, struct span *name,
		    struct span *value);
/* Without the blanks and tabs around it. */
struct span	span_trim(struct span);
/* The same text, without regard to case. */
int		span_is(const struct span *, const char *);
/* A header name or a method. */
int		span_is_token(const struct span *);
/* One digit or more. */
int		span_is_digits(const struct span *);
/* A name, an IPv4 or a bracketed IPv6 address, and maybe a port. */
int		span_is_host(const struct span *);

#endif
