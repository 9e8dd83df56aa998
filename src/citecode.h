/*
 * Code and maths in generated Markdown, for the marker filter: where nothing
 * is a marker. All bytes of them leave as they came.
 */
#ifndef LECTERN_CITECODE_H
#define LECTERN_CITECODE_H

#include "cite.h"

/* Held text from some place on. */
struct cite_view {
	const char	*text;
	size_t		 len;
	int		 is_all;	/* no more will come */
};

/* 1 when only blanks have left since the last line's end. */
int	citecode_at_line_start(const struct cite *);
/*
 * At a backtick or tilde: bytes of a span, of a fence's opening run, or of
 * marks that are only that. 0: wait for more. Sets c->soft_len where the
 * span may be none for another reader, and takes its run alone.
 */
size_t	citecode_open(struct cite *, const struct cite_view *);
/*
 * At the start of a line in an open fence: bytes of the line's closing run.
 * 0: it does not close, or (c->fence is 0 then) ended with the list it was
 * in; *undecided: wait for more.
 */
size_t	citecode_close(struct cite *, const struct cite_view *,
	    int *undecided);
/* 1: the bracket at v[at] stands in maths, 0: it does not, -1: wait. */
int	citecode_in_maths(const struct cite *, const struct cite_view *,
	    size_t at);

#endif
