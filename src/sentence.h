/*
 * The sentences of a passage, as byte ranges: for quoting, and for cutting
 * long paragraphs. Headings, table rows and list items are sentences of their
 * own, a code block is one. One pass, no allocation.
 */
#ifndef LECTERN_SENTENCE_H
#define LECTERN_SENTENCE_H

#include <stddef.h>

#include "markdown.h"

struct sentence {
	size_t			 start;	/* of the passage; no blank there */
	size_t			 end;	/* behind the last that is no blank */
	enum markdown_kind	 kind;	/* of the block it stands in */
};

struct sentence_reader {
	const char		*text;
	size_t			 at;	/* next byte to read in the block */
	struct markdown		 blocks;
	struct markdown_block	 block;	/* the one being read */
};

/*
 * Reads a passage by its structure. Marks are left out at the start of a
 * sentence (bullets, numbers of a list, #, >) and where they are all there is
 * (underlines, table delimiters, thematic breaks).
 */
struct sentence_reader	sentence_open(const char *, size_t len,
			    enum markdown_syntax);
/* Yields the next sentence, in order. Returns 1, or 0 at the end. */
int			sentence_next(struct sentence_reader *,
			    struct sentence *);

/*
 * The end of the first sentence of text[at..len), which is taken as prose
 * whatever its lines look like: behind its last byte that is no blank, or
 * `at` when there are only blanks. `at` must be a sentence's start.
 */
size_t			sentence_end(const char *, size_t len, size_t at);

#endif
