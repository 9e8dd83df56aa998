/*
 * Scoring with proof and little reading (after MaxScore, Turtle and Flood
 * 1995, and block-max indexes, Ding and Suel 2011).
 *
 * Terms are taken from the rarest to the commonest. `threshold` is the score
 * that the limit-th best chunk has at least; it only grows. A block of the
 * next term is read only if a chunk that is seen there for the first time
 * could still reach it: with the block's bound and those of all terms behind.
 * What is seen becomes a candidate; candidates whose bound falls below the
 * threshold are dropped. Before a long term is read, the best candidates are
 * completed (probed), since they raise the threshold most.
 *
 *	gather	the terms in order, each with the blocks that may matter
 *	settle	for the candidates that are left, the blocks that hold them,
 *		the most promising first, until every one is complete or out
 *	finish	the hits' scores once more, summed in one order, so that they
 *		do not depend on what was read when
 *
 * A required term (a phrase's word) turns this round: only the rarest of the
 * required ones makes candidates, and nothing is dropped for its score.
 */
#include <stdlib.h>
#include <string.h>

#include "scorer.h"
#include "scorertable.h"

#define SCORER_PROBE_MIN	32	/* blocks: fewer are read at once */
#define SCORER_EPSILON		1e-9	/* what rounding may move a score by */

static int	scorer_gather(struct scorer *);
static int	scorer_settle(struct scorer *);
static int	scorer_finish(struct scorer *);

int
scorer_open(struct scorer *s, double average, size_t limit)
{
	memset(s, 0, sizeof(*s));
	s->average = average > 0 ? average : 1;
	s->limit = limit;
	s->terms = calloc(SCORER_TERMS_MAX, sizeof(*s->terms));
	s->table = scorertable_new();
	if (s->terms == NULL || s->table == NULL)
		s->has_failed = 1;

	return (s->has_failed ? -1 : 0);
}

void
scorer_close(struct scorer *s)
{
	size_t	i;

	for (i = 0; i < s->terms_len; i++)
		scorerterm_free(&s->terms[i]);
	free(s->terms);
	free(s->allowed);
	free(s->denied);
	free(s->hits);
	scorertable_free(s->table);
	memset(s, 0, sizeof(*s));
}

int
scorer_term(struct scorer *s, double idf, int is_required)
{
	if (s->terms_len == SCORER_TERMS_MAX)
		return (-1);
	s->terms[s->terms_len].idf = idf;
	s->terms[s->terms_len].average = s->average;
	if (is_required)
		s->required |= UINT64_C(1) << s->terms_len;

	return ((int)s->terms_len++);
}

static void
scorer_range(struct scorer *s, struct scorer_range **ranges, size_t *len,
    uint32_t first, uint32_t last)
{
	struct scorer_range	*grown;

	if (first > last)
		return;
	grown = realloc(*ranges, (*len + 1) * sizeof(**ranges));
	if (grown == NULL) {
		s->has_failed = 1;
		return;
	}
	*ranges = grown;
	grown[*len].first = first;
	grown[(*len)++].last = last;
}

void
scorer_allow(struct scorer *s, uint32_t first, uint32_t last)
{
	s->is_narrowed = 1;
	scorer_range(s, &s->allowed, &s->allowed_len, first, last);
}

void
scorer_narrow(struct scorer *s)
{
	s->is_narrowed = 1;
}

void
scorer_deny(struct scorer *s, uint32_t first, uint32_t last)
{
	scorer_range(s, &s->denied, &s->denied_len, first, last);
}

void
scorer_head(struct scorer *s, int term, uint64_t segment, uint64_t hash,
    const void *bytes, size_t len)
{
	if (term < 0 || (size_t)term >= s->terms_len ||
	    scorerterm_head(&s->terms[term], segment, hash, bytes, len) == -1)
		s->has_failed = 1;
}

void
scorer_feed(struct scorer *s, const struct scorer_want *want,
    const void *bytes, size_t len)
{
	if (scorerterm_feed(want->block, bytes, len) == -1)
		s->has_failed = 1;
}

static int
scorer_compare_ranges(const void *left, const void *right)
{
	const struct scorer_range	*a = left, *b = right;

	return ((a->first > b->first) - (a->first < b->first));
}

/* Whether a chunk lies in one of the ranges, which are sorted and apart. */
static int
scorer_is_in(const struct scorer_range *ranges, size_t len, uint32_t chunk)
{
	size_t	low = 0, high = len, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (ranges[middle].last < chunk)
			low = middle + 1;
		else
			high = middle;
	}

	return (low < len && ranges[low].first <= chunk);
}

static int
scorer_may_find(const struct scorer *s, uint32_t chunk)
{
	if (s->denied_len > 0 && scorer_is_in(s->denied, s->denied_len, chunk))
		return (0);

	return (!s->is_narrowed ||
	    scorer_is_in(s->allowed, s->allowed_len, chunk));
}

/* Whether a block may hold a chunk that may be found. */
static int
scorer_may_hold(const struct scorer *s, const struct scorer_block *block)
{
	size_t	low = 0, high = s->allowed_len, middle;

	if (!s->is_narrowed)
		return (1);
	while (low < high) {
		middle = (low + high) / 2;
		if (s->allowed[middle].last < block->first)
			low = middle + 1;
		else
			high = middle;
	}

	return (low < s->allowed_len && s->allowed[low].first <= block->last);
}

/* The terms' order: required ones, then all, each from the rarest. */
static void
scorer_begin(struct scorer *s)
{
	size_t	i, j, term;

	if (s->allowed_len > 0)
		qsort(s->allowed, s->allowed_len, sizeof(*s->allowed),
		    scorer_compare_ranges);
	if (s->denied_len > 0)
		qsort(s->denied, s->denied_len, sizeof(*s->denied),
		    scorer_compare_ranges);
	for (i = 0; i < s->terms_len; i++) {
		scorerterm_sort(&s->terms[i]);
		for (j = i; j > 0; j--) {
			term = s->order[j - 1];
			if ((s->required >> term & 1) >
			    (s->required >> i & 1) ||
			    ((s->required >> term & 1) ==
			    (s->required >> i & 1) &&
			    s->terms[term].count <= s->terms[i].count))
				break;
			s->order[j] = term;
		}
		s->order[j] = i;
	}
	s->terms[0].has_begun = 1;
}

int
scorer_step(struct scorer *s)
{
	int	ret;

	s->wants_len = 0;
	if (s->has_failed)
		return (-1);
	if (s->terms_len == 0)
		return (0);
	if (!s->terms[0].has_begun)
		scorer_begin(s);
	if ((ret = scorer_gather(s)) == 0 && (ret = scorer_settle(s)) == 0)
		ret = scorer_finish(s);

	return (s->has_failed ? -1 : ret);
}

static void
scorer_want(struct scorer *s, struct scorer_block *block)
{
	struct scorer_want	*want;

	if (block->is_wanted || block->postings != NULL ||
	    s->wants_len == SCORER_WANTS_MAX)
		return;
	want = &s->wants[s->wants_len++];
	want->segment = block->segment;
	want->hash = block->hash;
	want->first = block->first;
	want->block = block;
	block->is_wanted = 1;
}

/* What the terms from order[from] on can add, at most. */
static double
scorer_rest(const struct scorer *s, size_t from)
{
	double	sum = 0;

	for (; from < s->terms_len; from++)
		sum += s->terms[s->order[from]].bound;

	return (sum);
}

/* Below this no chunk can be a hit; negative while there is no such score. */
static void
scorer_raise(struct scorer *s)
{
	double	score;

	if (s->required != 0)
		return;
	score = scorertable_nth(s->table, s->limit) * (1 - SCORER_EPSILON);
	if (score > s->threshold)
		s->threshold = score;
}

/*
 * Takes the postings of a block of term number `term`: known candidates get
 * their share, chunks that could reach the threshold become candidates.
 */
static void
scorer_take(struct scorer *s, size_t term, struct scorer_block *block,
    double rest)
{
	const struct posting	*posting = block->postings;
	struct scorer_candidate	*candidate;
	double			 score;
	uint32_t		 i;

	for (i = 0; i < block->count; i++, posting++) {
		score = scorerterm_score(&s->terms[term], posting->frequency,
		    posting->length);
		candidate = scorertable_find(s->table, posting->chunk);
		if (candidate == NULL) {
			if (score + rest < s->threshold ||
			    !scorer_may_find(s, posting->chunk))
				continue;
			candidate = scorertable_add(s->table, posting->chunk);
			if (candidate == NULL) {
				s->has_failed = 1;
				return;
			}
		}
		/* A probe may have been here before. */
		if (candidate->settled >> term & 1)
			continue;
		candidate->score += score;
		candidate->held |= UINT64_C(1) << term;
		candidate->settled |= UINT64_C(1) << term;
	}
	s->decoded += block->count;
	block->is_taken = 1;
}

/* The candidates that are best so far: wants all blocks that hold them. */
static void
scorer_probe(struct scorer *s)
{
	struct scorer_candidate	*best;
	struct scorer_block	*block;
	size_t			 i, j, count, at;

	s->has_probed = 1;
	best = scorertable_best(s->table, s->limit, &count);
	for (i = 0; i < count; i++) {
		for (j = s->next; j < s->terms_len; j++) {
			at = 0;
			while ((block = scorerterm_cover(
			    &s->terms[s->order[j]], best[i].chunk, &at)) !=
			    NULL)
				scorer_want(s, block);
		}
	}
}

/* Adds what fetched blocks say of the candidates, beyond what was taken. */
static void
scorer_complete(struct scorer *s, struct scorer_candidate *candidate)
{
	size_t	i, term;
	int	is_settled;
	double	score;

	for (i = 0; i < s->terms_len; i++) {
		term = s->order[i];
		if (candidate->settled >> term & 1)
			continue;
		is_settled = scorerterm_look(&s->terms[term],
		    candidate->chunk, &score);
		if (!is_settled)
			continue;
		candidate->settled |= UINT64_C(1) << term;
		if (score > 0) {
			candidate->score += score;
			candidate->held |= UINT64_C(1) << term;
		}
	}
}

/* What a probe brought raises the threshold. */
static void
scorer_probed(struct scorer *s)
{
	struct scorer_candidate	*best;
	size_t			 i, count;

	best = scorertable_best(s->table, s->limit, &count);
	for (i = 0; i < count; i++)
		scorer_complete(s, scorertable_find(s->table, best[i].chunk));
	scorer_raise(s);
	s->has_probed = 2;
}

/* Whether every block was taken: what has not the term is settled. */
static int
scorer_is_whole(const struct scorer_term *term)
{
	size_t	i;

	for (i = 0; i < term->blocks_len; i++)
		if (!term->blocks[i].is_taken)
			return (0);

	return (1);
}

/* 1: blocks are wanted; 0: no chunk but the candidates can be a hit. */
static int
scorer_gather(struct scorer *s)
{
	struct scorer_term	*term;
	double			 rest;
	size_t			 i, count, last;

	last = s->required != 0 ? 1 : s->terms_len;
	while (s->next < last && !s->has_failed) {
		term = &s->terms[s->order[s->next]];
		rest = s->required != 0 ? 0 : scorer_rest(s, s->next + 1);
		if (s->has_probed == 1)
			scorer_probed(s);
		for (i = 0; i < term->blocks_len; i++)
			if (term->blocks[i].postings != NULL &&
			    !term->blocks[i].is_taken)
				scorer_take(s, s->order[s->next],
				    &term->blocks[i], rest);
		scorer_raise(s);
		count = 0;
		for (i = 0; i < term->blocks_len; i++)
			count += term->blocks[i].postings == NULL &&
			    term->blocks[i].bound + rest >= s->threshold &&
			    scorer_may_hold(s, &term->blocks[i]);
		if (count == 0) {
			if (scorer_is_whole(term))
				s->whole |= UINT64_C(1) << s->order[s->next];
			s->next++;
			s->has_probed = 0;
			continue;
		}
		if (count > SCORER_PROBE_MIN && s->has_probed == 0 &&
		    s->required == 0) {
			scorer_probe(s);
			if (s->wants_len > 0)
				return (1);
		}
		for (i = 0; i < term->blocks_len; i++)
			if (term->blocks[i].bound + rest >= s->threshold &&
			    scorer_may_hold(s, &term->blocks[i]))
				scorer_want(s, &term->blocks[i]);
		return (1);
	}

	return (0);
}

/* The most that a candidate can still get; 0 with nothing left to read. */
static double
scorer_outlook(struct scorer *s, const struct scorer_candidate *candidate)
{
	struct scorer_block	*block;
	double			 sum = 0;
	size_t			 i, at;

	for (i = 0; i < s->terms_len; i++) {
		if (candidate->settled >> i & 1)
			continue;
		at = 0;
		while ((block = scorerterm_cover(&s->terms[i],
		    candidate->chunk, &at)) != NULL)
			sum += block->bound;
	}

	return (sum);
}

/* The same, roughly and at once. */
static double
scorer_outlook_most(const struct scorer *s,
    const struct scorer_candidate *candidate)
{
	double	sum = 0;
	size_t	i;

	for (i = 0; i < s->terms_len; i++)
		if (!(candidate->settled >> i & 1))
			sum += s->terms[i].bound;

	return (sum);
}

/* Whether a required term is known not to be in it. */
static int
scorer_lacks(const struct scorer *s, const struct scorer_candidate *candidate)
{
	return ((s->required & candidate->settled & ~candidate->held) != 0);
}

static int
scorer_settle(struct scorer *s)
{
	struct scorer_candidate	*candidate;
	struct scorer_block	*block;
	uint64_t		 all;
	size_t			 i, j, at;

	all = s->terms_len == 64 ? UINT64_MAX :
	    (UINT64_C(1) << s->terms_len) - 1;
	for (i = 0; i < scorertable_len(s->table); i++) {
		candidate = scorertable_at(s->table, i);
		candidate->settled |= s->whole;
		if (candidate->score + scorer_outlook_most(s, candidate) <
		    s->threshold)
			candidate->is_out = 1;
		else
			scorer_complete(s, candidate);
	}
	scorer_raise(s);
	for (i = 0; i < scorertable_len(s->table); i++) {
		candidate = scorertable_at(s->table, i);
		candidate->outlook = candidate->score;
		if (!candidate->is_out && candidate->settled != all)
			candidate->outlook += scorer_outlook(s, candidate);
		if (candidate->outlook < s->threshold ||
		    scorer_lacks(s, candidate))
			candidate->is_out = 1;
	}
	scorertable_sweep(s->table);
	scorertable_sort(s->table);
	for (i = 0; i < scorertable_len(s->table) &&
	    s->wants_len < SCORER_WANTS_MAX; i++) {
		candidate = scorertable_at(s->table, i);
		for (j = 0; j < s->terms_len; j++) {
			if (candidate->settled >> s->order[j] & 1)
				continue;
			at = 0;
			while ((block = scorerterm_cover(
			    &s->terms[s->order[j]], candidate->chunk, &at)) !=
			    NULL)
				scorer_want(s, block);
			/* Whether it holds what it must comes first. */
			if (s->required >> s->order[j] & 1 &&
			    s->wants_len > 0)
				break;
		}
	}

	return (s->wants_len > 0);
}

static int
scorer_compare_hits(const void *left, const void *right)
{
	const struct scorer_hit	*a = left, *b = right;

	if (a->score != b->score)
		return (a->score > b->score ? -1 : 1);

	return ((a->chunk > b->chunk) - (a->chunk < b->chunk));
}

static int
scorer_finish(struct scorer *s)
{
	struct scorer_candidate	*candidate;
	struct scorer_hit	*hit;
	double			 score;
	size_t			 i, j, len = scorertable_len(s->table);

	if ((s->hits = calloc(len + 1, sizeof(*s->hits))) == NULL) {
		s->has_failed = 1;
		return (-1);
	}
	for (i = 0; i < len; i++) {
		candidate = scorertable_at(s->table, i);
		if ((candidate->held & s->required) != s->required ||
		    candidate->score < s->threshold)
			continue;
		hit = &s->hits[s->hits_len++];
		hit->chunk = candidate->chunk;
		hit->terms = candidate->held;
		for (j = 0; j < s->terms_len; j++) {
			(void)scorerterm_look(&s->terms[j], hit->chunk,
			    &score);
			hit->score += score;
		}
	}
	if (s->hits_len > 0)
		qsort(s->hits, s->hits_len, sizeof(*s->hits),
		    scorer_compare_hits);
	if (s->hits_len > s->limit)
		s->hits_len = s->limit;

	return (0);
}
