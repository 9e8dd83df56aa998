/*
 * The header block of one request, judged and cleaned before Kore's parser
 * sees it. Kore 4.1 keeps 23 header lines, refuses empty and non-ASCII values
 * with an empty page and overlooks what requests are smuggled with; what
 * leaves here is short, plain ASCII and means one thing only.
 */
#ifndef LECTERN_HEADER_H
#define LECTERN_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define HEADER_LINES_MAX	23	/* that Kore keeps, Host among them */
#define HEADER_TARGET_MAX	1989	/* bytes of path and query */

/* Room that the cleaned form of `len` raw bytes can need. */
#define HEADER_CLEAN_MAX(len)	(3 * (len) + 128)

enum header_scan {
	HEADER_SCAN_MORE,	/* no end yet, nothing wrong so far */
	HEADER_SCAN_END,	/* the empty line has been found */
	HEADER_SCAN_NUL,	/* a NUL character */
	HEADER_SCAN_BARE	/* CR without LF or LF without CR */
};

struct header_facts {
	const char	*method;	/* constant text; NULL when unknown */
	uint64_t	 content_length; /* bytes of body that follow */
	int		 has_body;	/* POST, PUT, PATCH, even when empty */
	int		 is_http10;
	int		 wants_close;	/* Connection: close */
	int		 expects_continue; /* waits for 100 before the body */
};

/*
 * Looks for the block's end in the first `len` bytes, resuming at *pos (0 at
 * first). At HEADER_SCAN_END *pos is the block's length, empty line included.
 */
enum header_scan	 header_scan(const uint8_t *, size_t len, size_t *pos);

/* Bytes of empty lines ahead of a request line: to be skipped. */
size_t			 header_leading(const uint8_t *, size_t len);

/*
 * Judges a block as found by header_scan() and writes its cleaned form to
 * `out`: always "HTTP/1.1", host first, `content-length: 0` for methods with
 * a body (the body itself is none of Kore's business), no connection header.
 * ERROR_NONE, or what to refuse it with; facts->method is set in either case
 * when the method is known, the rest only with ERROR_NONE.
 */
enum error_id		 header_clean(const uint8_t *, size_t len, char *out,
			    size_t out_max, size_t *out_len,
			    struct header_facts *facts)
			    __attribute__((warn_unused_result));

#endif
