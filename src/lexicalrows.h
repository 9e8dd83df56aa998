/*
 * Parameters and results of the statements of lexical.c.
 */
#ifndef LECTERN_LEXICALROWS_H
#define LECTERN_LEXICALROWS_H

#include "buffer.h"
#include "db.h"
#include "scorer.h"

/* Appends an element of an SQL array of numbers; _array() ends it. */
void		 lexicalrows_number(struct buffer *, int64_t);
const char	*lexicalrows_array(struct buffer *);
/* Gives ranges of chunk ids, "1-2,5-9", to scorer_allow() or _deny(). */
void		 lexicalrows_ranges(struct scorer *, const char *,
		    void (*)(struct scorer *, uint32_t, uint32_t));
/*
 * A bytea column of a binary statement into out[0..max). Its length, or -1:
 * it is longer.
 */
int		 lexicalrows_bytes(const struct db_query *, int row,
		    int column, uint8_t *out, size_t max);

#endif
