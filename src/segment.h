/*
 * A segment of the index in the making: terms are collected chunk by chunk,
 * and come out as rows for COPY in the database's binary format.
 */
#ifndef LECTERN_SEGMENT_H
#define LECTERN_SEGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "postings.h"

struct segment_entry {
	uint64_t	term;
	struct posting	posting;
};

struct segment {
	struct segment_entry	*entries;	/* owned */
	size_t			 len, size;
	int			 has_failed;	/* memory ran out */
};

/* Rows on their way to index_terms and index_blocks. */
struct segment_rows {
	struct buffer	terms, blocks;
	uint64_t	segment;	/* its id */
};

void	segment_init(struct segment *);
void	segment_free(struct segment *);
void	segment_add(struct segment *, uint64_t term, const struct posting *);
/* Sorts by term and chunk and appends all rows. 0, or -1: no memory. */
int	segment_rows(struct segment *, struct segment_rows *);

/*
 * The rows of one term. `chunks` is what it counts, which is not the number
 * of postings where chunks have died. Postings are in order of chunk.
 */
void	segment_term(struct segment_rows *, uint64_t term, int64_t chunks,
	    const struct posting *, size_t);
void	segment_rows_free(struct segment_rows *);

#endif
