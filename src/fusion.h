/*
 * Joining what words find and what meaning finds into one list: a weighted
 * sum of two scores brought to one scale (a convex combination; Bruch, Gai
 * and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS
 * 2023), never of ranks. And leaving out passages that say the same twice.
 */
#ifndef LECTERN_FUSION_H
#define LECTERN_FUSION_H

#include <stddef.h>
#include <stdint.h>

struct fusion_item {
	int64_t	chunk;
	double	lexical;	/* BM25, > 0; 0: the words did not find it */
	double	vector;		/* cosine; NAN: it has no vector yet */
	double	score;		/* set by fusion_rank(), 0..1 */
};

/*
 * Sets every score and sorts, best first; of equal ones the smaller chunk.
 *
 *	lexical / best lexical
 *	(vector - background) / (1 - background), not below 0
 *
 * `background` is the cosine of the question with passages that it has
 * nothing to do with: it differs widely between models, and without taking it
 * off the weight would mean something else for each. `weight` (0..1) is the
 * vectors' share. A passage without vector is judged by its words alone, and
 * where one side found nothing the other one is the order.
 */
void	fusion_rank(struct fusion_item *, size_t, double weight,
	    double background);

/* What stands for a text when it is compared: its rarest shingles' hashes. */
#define FUSION_SKETCH	32

struct fusion_sketch {
	uint64_t	hash[FUSION_SKETCH];	/* ascending */
	size_t		count;
	uint64_t	whole;			/* of all its words */
};

/* Of UTF-8 text; case, accents, endings and what is no word do not count. */
void	fusion_sketch(struct fusion_sketch *, const char *, size_t len);
/*
 * 1 when two texts say nearly the same: equal but for form, or nine tenths of
 * their shingles of four words in common (estimated, after Broder's "On the
 * resemblance and containment of documents", 1997).
 */
int	fusion_is_same(const struct fusion_sketch *,
	    const struct fusion_sketch *);

#endif
