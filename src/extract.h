/*
 * The answer without a model: verbatim sentences of the passages, those that
 * share most with the question.
 */
#ifndef LECTERN_EXTRACT_H
#define LECTERN_EXTRACT_H

#include <stddef.h>

#include "cite.h"

#define EXTRACT_PIECES_MAX	4

/* A run of bytes of one passage; what it shows is readable by itself. */
struct extract_piece {
	size_t	passage;	/* index */
	size_t	from, to;	/* bytes of the passage */
	int	is_code;	/* it is, or ends in, a code block */
};

/*
 * Chooses up to EXTRACT_PIECES_MAX pieces, the most telling one first.
 * Returns their number; 0 only when the passages are blank.
 */
size_t	extract_choose(const char *question, size_t question_len,
	    const struct cite_passage *, size_t passages_len,
	    struct extract_piece [EXTRACT_PIECES_MAX]);
/*
 * Writes the answer through the filter: one sentence that says what this is,
 * then the pieces, each with its marker. Returns 0, or -1 without memory.
 */
int	extract_write(struct cite *, const char *question,
	    size_t question_len);

#endif
