/*
 * What one line of Markdown (or plain text) may be, looked at by itself.
 * markdown.c puts lines together to blocks.
 */
#ifndef LECTERN_MDLINE_H
#define LECTERN_MDLINE_H

#include <stddef.h>

#define MDLINE_TAB	4	/* columns; also the indent that makes code */

struct mdline {
	const char	*text;		/* the whole; positions are in it */
	size_t		 start;
	size_t		 first;		/* byte that is no blank, or end */
	size_t		 end;		/* before its line end */
	size_t		 next;		/* start of the next line */
	int		 indent;	/* columns of blanks and tabs */
};

/* A list item's marker. */
struct mdline_marker {
	int	width;		/* columns with one blank; 0: there is none */
	size_t	content;	/* first byte behind it that is no blank, or
				   the line's end */
	int	may_interrupt;	/* a paragraph, without a blank line before */
};

/* The beginning of a code fence. */
struct mdline_fence {
	char	mark;		/* '`' or '~'; 0: there is none */
	size_t	len;		/* how many of them */
};

/* The line at `at`, ended by LF, CR LF or CR. Returns 0 at the text's end. */
int			mdline_read(struct mdline *, const char *text,
			    size_t len, size_t at);
int			mdline_is_blank(const struct mdline *);

/* The rest is for lines that are not blank, and ignores their indent. */

/* Level of an ATX heading, or 0. */
int			mdline_heading(const struct mdline *);
/* Level of the heading that an underline of at least `min` makes, or 0. */
int			mdline_underline(const struct mdline *, size_t min);
/* True for three or more of one of `marks` and blanks. */
int			mdline_is_break(const struct mdline *,
			    const char *marks);
struct mdline_marker	mdline_marker(const struct mdline *);
/* The fence at `at`, a position in the line. */
struct mdline_fence	mdline_fence(const struct mdline *, size_t at);
int			mdline_fence_closes(const struct mdline *,
			    struct mdline_fence);
/* True for a table's header line when `next` is its delimiter row. */
int			mdline_is_table(const struct mdline *,
			    const struct mdline *next);
/*
 * True when an HTML block begins: *close is what the line that ends it holds
 * (see mdline_html_closes()), or NULL when a blank line does.
 */
int			mdline_html(const struct mdline *, const char **close);
int			mdline_html_closes(const struct mdline *, size_t at,
			    const char *close);

#endif
