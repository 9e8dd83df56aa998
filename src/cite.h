/*
 * Citations: the filter between generated text and its reader.
 *
 * The model marks statements with the numbers of the passages it was given:
 * [1], [1, 2], [^1], [Source 1], 【1】. Every marker is taken out of the
 * stream, resolved, narrowed to the sentences of the passage that support the
 * words before it, and put back as [n], n counting the passages in the order
 * of their first mention. Markers that resolve to nothing vanish before
 * anyone sees them, and links that no passage holds with them (linkguard.h).
 * Code spans and blocks pass unchanged.
 */
#ifndef LECTERN_CITE_H
#define LECTERN_CITE_H

#include <stddef.h>

#include "buffer.h"

#define CITE_PASSAGES_MAX	64
#define CITE_MARKS_MAX		256	/* more in one answer are dropped */
#define CITE_SHA256_SIZE	65

struct cite_passage {
	const char	*text;		/* UTF-8 */
	size_t		 len;
};

/* A marker in the text that left, and what it stands on. */
struct cite_mark {
	unsigned	 n;		/* the number shown */
	size_t		 passage;	/* index of the passage */
	size_t		 at, end;	/* bytes of the text: "[n]" */
	size_t		 claim;		/* where the words it supports begin */
	size_t		 at_utf16, end_utf16, claim_utf16; /* for JavaScript */
	size_t		 from, to;	/* bytes of the passage: the quote */
};

struct cite {
	const struct cite_passage *passages;
	size_t			 passages_len;
	struct buffer		 text;	/* all that left so far */
	size_t			 text_utf16;
	struct buffer		 held;	/* what may still become a marker */
	unsigned		 shown[CITE_PASSAGES_MAX]; /* n, or 0 */
	size_t			 order[CITE_PASSAGES_MAX]; /* n - 1: passage */
	unsigned		 shown_len;
	struct cite_mark	*marks;
	size_t			 marks_len, marks_size;
	size_t			 fence;	/* length of the open one, or 0 */
	char			 fence_mark; /* '`' or '~' */
	size_t			 fence_indent;
	int			 is_soft; /* maybe none: links are guarded */
	size_t			 soft_len; /* bytes left of a span like that */
	int			 has_run; /* backticks in this paragraph that
					   may open a longer span */
	size_t			 runs_seen; /* text that was looked through for
					   that paragraph's end */
	int			 is_doubtful; /* no code is sure any more */
	int			 after_mark; /* a link target may follow */
	int			 after_gap; /* what went stood here */
	int			 after_cr; /* the last byte taken was one */
	int			 skip_blank; /* a line's first marker went */
	int			 has_zero;	/* [0] was there */
	int			 is_denied;	/* once finished: it says that
						   the passages do not, and
						   cites nothing */
};

/* Passages beyond CITE_PASSAGES_MAX are not resolved. They must outlive it. */
void	cite_init(struct cite *, const struct cite_passage *, size_t);
void	cite_free(struct cite *);
/*
 * Takes the next piece, cut anywhere; what may leave is appended to
 * c->text. Returns 0, or -1 when there is no memory.
 */
int	cite_feed(struct cite *, const char *, size_t);
/* The end: whatever is held back leaves; is_denied is known. */
int	cite_finish(struct cite *);
/*
 * Appends text that is a passage's own: what looks like a marker in it is
 * escaped, so that it is read as brackets. Code needs no escape.
 */
int	cite_verbatim(struct cite *, const char *, size_t, int is_code);
/* Appends " [n]" for bytes from..to of that passage. */
int	cite_mark(struct cite *, size_t passage, size_t from, size_t to);

/* Index of the first mark with the same number and quote; i when it is i. */
size_t	cite_first_alike(const struct cite *, size_t i);
/* Lower-case hex. */
void	cite_sha256(const char *, size_t, char out[CITE_SHA256_SIZE]);

#endif
