/*
 * BM25 (k1 1.2, b 0.75) over blocks of postings, with as few blocks as prove
 * the result. The list is that of scoring every chunk: best first, equal
 * scores by chunk id.
 *
 *	scorer_open, scorer_term..., scorer_range..., scorer_head...
 *	while (scorer_step() == 1)
 *		fetch scorer->wants, scorer_feed() each
 *	scorer->hits
 */
#ifndef LECTERN_SCORER_H
#define LECTERN_SCORER_H

#include <stddef.h>
#include <stdint.h>

#include "postings.h"

#define SCORER_TERMS_MAX	64
#define SCORER_WANTS_MAX	128	/* blocks asked for at once */
#define SCORER_K1		1.2
#define SCORER_B		0.75

struct scorer_hit {
	uint32_t	chunk;
	double		score;
	uint64_t	terms;		/* bit n: holds term n */
};

struct scorer_want {
	uint64_t	segment, hash;	/* as given to scorer_head() */
	uint32_t	first;		/* index_blocks.first_chunk */
	struct scorer_block	*block;
};

struct scorer_range {
	uint32_t	first, last;
};

struct scorer {
	struct scorer_term	*terms;		/* owned */
	size_t			 terms_len;
	struct scorer_range	*allowed, *denied; /* owned, sorted */
	size_t			 allowed_len, denied_len;
	int			 is_narrowed;	/* only what is allowed */
	double			 average;	/* length of a chunk */
	size_t			 limit;
	uint64_t		 required;	/* terms that a hit must hold */
	struct scorer_table	*table;		/* chunks that may be hits */
	size_t			 order[SCORER_TERMS_MAX];
	size_t			 next;		/* in `order` */
	double			 threshold;	/* of the limit-th so far */
	uint64_t		 whole;		/* terms read to the end */
	int			 has_probed;	/* since `next` moved: 1 asked,
						   2 reckoned with */
	int			 has_failed;	/* no memory, broken bytes */
	struct scorer_want	 wants[SCORER_WANTS_MAX];
	size_t			 wants_len;
	struct scorer_hit	*hits;		/* owned, when finished */
	size_t			 hits_len;
	size_t			 decoded;	/* postings, for measuring */
};

/* 0, or -1: no memory; scorer_close() is due in both cases. */
int	scorer_open(struct scorer *, double average_length, size_t limit);
void	scorer_close(struct scorer *);
/* A term with its idf; returns its number, or -1: too many. */
int	scorer_term(struct scorer *, double idf, int is_required);
/* Chunks that may be found (once given: only those), and that may not. */
void	scorer_allow(struct scorer *, uint32_t first, uint32_t last);
void	scorer_narrow(struct scorer *);
void	scorer_deny(struct scorer *, uint32_t first, uint32_t last);
/* A row of index_terms of term number `term`, whose hash that is. */
void	scorer_head(struct scorer *, int term, uint64_t segment,
	    uint64_t hash, const void *, size_t);
/* 1: wants[] are to be fed; 0: hits[] are there; -1: failed. */
int	scorer_step(struct scorer *);
/* The bytes of a block that was wanted. */
void	scorer_feed(struct scorer *, const struct scorer_want *, const void *,
	    size_t);

#endif
