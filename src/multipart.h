/*
 * multipart/form-data (RFC 7578), over a whole body in memory. Data is never
 * copied; one pass, whatever the body holds.
 */
#ifndef LECTERN_MULTIPART_H
#define LECTERN_MULTIPART_H

#include <stddef.h>

#define MULTIPART_BOUNDARY_MAX	70	/* RFC 2046 */
#define MULTIPART_PARTS_MAX	256	/* in one body */
#define MULTIPART_HEAD_MAX	8192	/* bytes of a part's header lines */
#define MULTIPART_NAME_MAX	255	/* bytes, of names and file names */

enum multipart_error {
	MULTIPART_OK,
	MULTIPART_NO_BOUNDARY,	/* not form-data, or no usable boundary */
	MULTIPART_TRUNCATED,	/* the closing boundary never came */
	MULTIPART_BROKEN,	/* a part's header lines make no sense */
	MULTIPART_BAD_NAME,	/* a name too long, or not UTF-8 */
	MULTIPART_TOO_MANY	/* more than MULTIPART_PARTS_MAX parts */
};

struct multipart {
	const char		*body;
	size_t			 len;
	size_t			 at;	/* just behind the last boundary */
	size_t			 parts;	/* yielded so far */
	int			 is_closed; /* that was the closing one */
	enum multipart_error	 error;	/* why the last call returned 0 */
	size_t			 delimiter_len;
	/* CR LF - - boundary, as it stands before every part */
	char			 delimiter[4 + MULTIPART_BOUNDARY_MAX];
};

struct multipart_part {
	char		 name[MULTIPART_NAME_MAX + 1];	/* UTF-8 */
	int		 is_file;	/* a file name was given, even "" */
	/*
	 * UTF-8, the last part of a path only, without control characters;
	 * "" when the browser had no file to send, and for a bad name.
	 */
	char		 filename[MULTIPART_NAME_MAX + 1];
	int		 is_bad_name;	/* a folder's, as "..": names no file */
	const char	*type;		/* inside the body; "" when not given */
	size_t		 type_len;
	const char	*data;		/* inside the body */
	size_t		 data_len;
};

/*
 * Reads the boundary from a Content-Type value (NUL-terminated, or NULL).
 * Returns MULTIPART_OK, _NO_BOUNDARY, or _TRUNCATED when the body has no
 * part. The body must outlive it; NULL when `len` is 0.
 */
enum multipart_error	multipart_open(struct multipart *,
			    const char *content_type, const void *body,
			    size_t len) __attribute__((warn_unused_result));

/*
 * Yields the next part. Returns 1, or 0 at the end: then `error` is
 * MULTIPART_OK only if the body was whole. Check it before acting on the
 * parts: a body cut off in its third part has yielded two good ones.
 */
int			multipart_next(struct multipart *,
			    struct multipart_part *);

/* One sentence for the client; "" for MULTIPART_OK. */
const char		*multipart_error_text(enum multipart_error);

#endif
