/*
 * What scorer.c works on: the blocks of a term, and the chunks that may be
 * hits (candidates) in a table by chunk id.
 */
#ifndef LECTERN_SCORERTABLE_H
#define LECTERN_SCORERTABLE_H

#include "scorer.h"

struct scorer_block {
	uint64_t	 segment, hash;
	uint32_t	 first, last, count;
	double		 bound;		/* of a posting's score */
	struct posting	*postings;	/* owned; NULL: not fetched */
	uint8_t		 is_wanted, is_taken;
};

/* Blocks of one segment and hash, in order of chunk. */
struct scorer_list {
	size_t		 start, end;	/* in the term's blocks */
	uint32_t	 first, last;
};

struct scorer_term {
	double			 idf, average;
	double			 bound;	/* of a chunk's score, all lists */
	uint64_t		 count;	/* postings */
	struct scorer_block	*blocks;
	size_t			 blocks_len, blocks_size;
	struct scorer_list	*lists;
	size_t			 lists_len;
	int			 has_begun;
};

struct scorer_candidate {
	uint32_t	chunk;
	uint8_t		is_out;
	double		score;		/* so far */
	double		outlook;	/* the most that it can become */
	uint64_t	held, settled;	/* terms */
};

struct scorer_table;

/* One posting's share of the score. */
double	scorerterm_score(const struct scorer_term *, uint32_t frequency,
	    uint32_t length);
/* A row of index_terms. 0, or -1: broken, or no memory. */
int	scorerterm_head(struct scorer_term *, uint64_t segment, uint64_t hash,
	    const void *, size_t);
int	scorerterm_feed(struct scorer_block *, const void *, size_t);
/* When all heads are there. */
void	scorerterm_sort(struct scorer_term *);
/*
 * The next block that may hold a chunk; *at counts lists, from 0. NULL: no
 * other.
 */
struct scorer_block	*scorerterm_cover(struct scorer_term *, uint32_t chunk,
			    size_t *at);
/*
 * The term's share of a chunk's score. 0: a block that may hold it has not
 * been fetched.
 */
int	scorerterm_look(struct scorer_term *, uint32_t chunk, double *score);
void	scorerterm_free(struct scorer_term *);

struct scorer_table	*scorertable_new(void);
void			 scorertable_free(struct scorer_table *);
/* NULL: it is none. */
struct scorer_candidate	*scorertable_find(struct scorer_table *, uint32_t);
/* A new one; NULL: no memory. Moves the others. */
struct scorer_candidate	*scorertable_add(struct scorer_table *, uint32_t);
size_t			 scorertable_len(const struct scorer_table *);
struct scorer_candidate	*scorertable_at(struct scorer_table *, size_t);
/* The n-th best score, or -1 when there are fewer. */
double			 scorertable_nth(struct scorer_table *, size_t n);
/* Copies of the n best so far, which last until the next call. */
struct scorer_candidate	*scorertable_best(struct scorer_table *, size_t n,
			    size_t *count);
/* Drops those that are out. */
void			 scorertable_sweep(struct scorer_table *);
/* By outlook, the best first; scorertable_find() no longer works. */
void			 scorertable_sort(struct scorer_table *);

#endif
