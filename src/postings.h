/*
 * Postings in bytes: which chunks hold a term, how often, and how long they
 * are. Numbers are varints (seven bits a byte, low first, the high bit says
 * that more follow).
 *
 *	block		count, then for each posting (delta << 1 | once), the
 *			frequency unless once, the chunk's length; the delta is
 *			from the chunk before, at first from 0
 *	head, inline	1, a block
 *	head, directory	2, count of entries, then for each block: first chunk
 *			(delta from the last one of the block before, or 0),
 *			last - first, count of postings, count of bounds, and
 *			bounds (frequency, length)
 *
 * Bounds are the pairs that no other posting of the block beats in both: BM25
 * grows with frequency and falls with length, so that the block's best score
 * is that of one of its bounds, whatever the average length.
 */
#ifndef LECTERN_POSTINGS_H
#define LECTERN_POSTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/* Rows stay so small that four share a page and none is stored outside. */
#define POSTINGS_BYTES_MAX	1900
#define POSTINGS_BLOCK_MAX	POSTINGS_BYTES_MAX	/* two bytes each */
#define POSTINGS_BOUNDS_MAX	6

enum postings_kind { POSTINGS_INLINE = 1, POSTINGS_DIRECTORY = 2 };

struct posting {
	uint32_t	chunk;
	uint32_t	frequency;	/* at least 1 */
	uint32_t	length;		/* of the chunk, in words */
};

struct postings_bound {
	uint32_t	frequency, length;
};

struct postings_entry {
	uint32_t		first, last, count;	/* chunks; postings */
	struct postings_bound	bounds[POSTINGS_BOUNDS_MAX];
	uint32_t		bounds_len;
};

/*
 * Appends a block of as many postings as fit, in order of chunk, and
 * describes it. Returns how many those are.
 */
size_t	postings_encode(struct buffer *, const struct posting *, size_t,
	    struct postings_entry *);
/* Postings of a block into out[0..max). Their number, or -1: broken bytes. */
int	postings_decode(const void *, size_t, struct posting *out, size_t max);
/*
 * Appends directory entries, as many as fit a row; returns how many.
 */
size_t	postings_directory(struct buffer *, const struct postings_entry *,
	    size_t);
/* Entries of a directory into out[0..max). Their number, or -1: broken. */
int	postings_entries(const void *, size_t, struct postings_entry *out,
	    size_t max);
/* Bounds of some postings (at least one). */
void	postings_bounds(struct postings_entry *, const struct posting *,
	    size_t);

#endif
