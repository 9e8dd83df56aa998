/*
 * Cuts a text into the chunks that are indexed and cited. Every chunk is an
 * exact byte range of the text; all bytes that are no blanks lie in one. One
 * pass with a bounded look-ahead, no allocation.
 *
 *	struct chunker	c = chunker_open(text, len, NULL);
 *	struct chunk	chunk;
 *
 *	while (chunker_next(&c, &chunk))
 *		store(&chunk);
 */
#ifndef LECTERN_CHUNKER_H
#define LECTERN_CHUNKER_H

#include <stddef.h>

#include "markdown.h"

#define CHUNKER_TARGET		1200
#define CHUNKER_MAX		2400
#define CHUNKER_OVERLAP		160
#define CHUNKER_TARGET_MIN	64
#define CHUNKER_TARGET_MAX	(1 << 20)
#define CHUNKER_PATH_MAX	6	/* headings in a path */
#define CHUNKER_HEADING_SIZE	121	/* one of them, with a NUL */
/* All of them, with " > " between. */
#define CHUNKER_PATH_SIZE	(CHUNKER_PATH_MAX * (CHUNKER_HEADING_SIZE + 3))

/* Sizes in bytes; 0 takes the default. Impossible ones are put right. */
struct chunker_options {
	size_t			 target;	/* the length wished for */
	size_t			 max;		/* 5/4 to 4 targets, else 2 */
	size_t			 overlap;	/* at most target / 4 */
	int			 no_overlap;	/* none, not the default */
	enum markdown_syntax	 syntax;
};

struct chunk {
	size_t	start, end;	/* bytes of the text, never more than `max` */
	size_t	ordinal;	/* 0, 1, ... */
	/* The headings it stands under, "Guide > Install", or "". UTF-8. */
	char	heading[CHUNKER_PATH_SIZE];
};

/* The headings that are open, outermost first. */
struct chunker_path {
	struct markdown_block	headings[CHUNKER_PATH_MAX];
	int			len;
};

/* A place in the text: the next piece (sentence, line) of a block. */
struct chunker_cursor {
	struct markdown		 blocks;	/* behind `block` */
	struct markdown_block	 block;
	size_t			 at;	/* start of the piece; len: the end */
	struct chunker_path	 path;	/* of `block` */
};

/* Runs ahead of the cursor to see where the section ends. */
struct chunker_section {
	struct markdown		 blocks;
	struct markdown_block	 block;		/* the last one read */
	size_t			 end;		/* of its content read so far */
	size_t			 next;		/* start of the next section */
	int			 has_body;	/* more than headings */
	int			 is_whole;	/* `end` and `next` are final */
};

struct chunker {
	const char		*text;
	size_t			 len;
	struct chunker_options	 options;	/* put right */
	struct chunker_cursor	 cursor;	/* not yet in any chunk */
	struct chunker_section	 section;	/* of the cursor */
	size_t			 begin;		/* of the next chunk: the
						   cursor, or an overlap */
	size_t			 ordinal;	/* of the next chunk */
	/* Text of the headings last named, and where they start, plus 1. */
	char			 titles[CHUNKER_PATH_MAX][CHUNKER_HEADING_SIZE];
	size_t			 titles_of[CHUNKER_PATH_MAX];
};

/* NULL for the defaults. The text must outlive it; nothing is to be freed. */
struct chunker	chunker_open(const char *, size_t len,
		    const struct chunker_options *);
/*
 * Yields the next chunk; starts and ends both grow. Returns 1, or 0 at the
 * end. Chunks of valid UTF-8 begin and end between characters.
 */
int		chunker_next(struct chunker *, struct chunk *);

#endif
