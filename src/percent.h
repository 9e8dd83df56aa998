/*
 * Percent-encoding and forms (query strings, x-www-form-urlencoded bodies).
 * One pass over the input, nothing is allocated, raw input may hold anything.
 */
#ifndef LECTERN_PERCENT_H
#define LECTERN_PERCENT_H

#include <stddef.h>

enum percent_result {
	PERCENT_OK,
	PERCENT_ABSENT,		/* percent_get(): no such parameter */
	PERCENT_BROKEN,		/* a % without two hex digits */
	PERCENT_NUL,		/* %00, or a NUL byte as it is */
	PERCENT_TOO_LONG	/* does not fit */
};

enum percent_plus {
	PERCENT_PLUS_LITERAL,	/* paths: '+' is a plus */
	PERCENT_PLUS_BLANK	/* forms: '+' is a blank */
};

/* Size of a buffer that percent_encode() always fits in. */
#define PERCENT_ENCODED_SIZE(len)	((len) * 3 + 1)

/* One pair as it stands in the form, still encoded, inside the form. */
struct percent_pair {
	const char	*name;
	size_t		 name_len;
	const char	*value;		/* empty, never NULL, without a '=' */
	size_t		 value_len;
};

struct percent_form {
	const char	*at;		/* next byte to read */
	size_t		 left;		/* bytes from there */
};

/*
 * Decodes into `out` with a NUL after it (out_size counts that). *out_len
 * (may be NULL) is the decoded length. UTF-8 is not checked. On failure `out`
 * is the empty string.
 */
enum percent_result	percent_decode(const char *, size_t len,
			    enum percent_plus, char *out, size_t out_size,
			    size_t *out_len);
/*
 * Encodes all but RFC 3986's unreserved characters, hex digits in capitals,
 * with a NUL after it. Returns the length, or -1 when it does not fit, in
 * which case `out` is the empty string.
 */
long	percent_encode(const char *, size_t len, char *out, size_t out_size);

/* Walks the pairs of a form in order; empty ones ("&&") are passed over. */
struct percent_form	percent_form_open(const char *, size_t len);
int			percent_form_next(struct percent_form *,
			    struct percent_pair *);
/* True when the pair's decoded name is `name` (NUL-terminated). */
int			percent_name_is(const struct percent_pair *,
			    const char *name);

/* The first pair of that decoded name. Returns 1, or 0 when there is none. */
int			percent_find(const char *form, size_t len,
			    const char *name, struct percent_pair *);
/* The same, its value decoded as by percent_decode() with blanks for '+'. */
enum percent_result	percent_get(const char *form, size_t len,
			    const char *name, char *out, size_t out_size,
			    size_t *out_len);

#endif
