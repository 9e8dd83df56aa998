/*
 * Citations as clients see them: {n, documentId, title, start, end, quote,
 * sha256}, and heading when the passage has one.
 */
#ifndef LECTERN_CITATION_H
#define LECTERN_CITATION_H

#include <jansson.h>

#include "cite.h"
#include "retrieval.h"

/* Of one mark; a new object, NULL when the bytes are not what they should be */
json_t	*citation_json(const struct passage *, const struct cite_mark *);
/* Of all marks, each citation once, in the order of the text; a new array. */
json_t	*citation_list(const struct passage *, const struct cite *);
/* The citation of a mark in that list, borrowed; NULL: it is not there. */
json_t	*citation_find(const struct passage *, const struct cite_mark *,
	    const json_t *list);
/*
 * The text as it is kept: without the marks whose citation is not in that
 * list, since it did not hold.
 */
void	citation_text(const struct passage *, const struct cite *,
	    const json_t *list, struct buffer *);
/*
 * The marks themselves for the end of a text part, those whose citation is in
 * the list; a new array.
 */
json_t	*citation_marks(const struct passage *, const struct cite *,
	    const json_t *list);

#endif
