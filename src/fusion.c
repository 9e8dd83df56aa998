/*
 * Fusion of scores and detection of near-duplicates; see fusion.h.
 *
 * Deliberately missing: reciprocal rank fusion, which loses to the better of
 * two unequal parts, and diversification, which costs precision.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fusion.h"
#include "words.h"

#define FUSION_SHINGLE	4	/* words */
/* Of 32 smallest hashes in both together, those that both have. */
#define FUSION_SAME	0.9

/* FNV-1a's offset and prime, for bytes of hashes. */
#define FUSION_SEED	UINT64_C(14695981039346656037)
#define FUSION_PRIME	UINT64_C(1099511628211)

static int	fusion_compare(const void *, const void *);
static uint64_t	fusion_mix(uint64_t, uint64_t);
static void	fusion_keep(struct fusion_sketch *, uint64_t);

void
fusion_rank(struct fusion_item *items, size_t count, double weight,
    double background)
{
	double	lexical_best = 0, lexical, vector;
	size_t	i, vectors = 0;

	for (i = 0; i < count; i++) {
		if (items[i].lexical > lexical_best)
			lexical_best = items[i].lexical;
		vectors += !isnan(items[i].vector);
	}
	/* One side found nothing: the other is all there is. */
	if (lexical_best <= 0)
		weight = 1;
	else if (vectors == 0)
		weight = 0;
	/* Everything is the same text: nothing is to be told apart. */
	if (background >= 1)
		background = 0;

	for (i = 0; i < count; i++) {
		lexical = lexical_best > 0 ?
		    items[i].lexical / lexical_best : 0;
		if (isnan(items[i].vector))
			vector = lexical;
		else if (items[i].vector <= background)
			vector = 0;
		else
			vector = (items[i].vector - background) /
			    (1 - background);
		items[i].score = (1 - weight) * lexical + weight * vector;
	}
	qsort(items, count, sizeof(*items), fusion_compare);
}

static int
fusion_compare(const void *left, const void *right)
{
	const struct fusion_item	*a = left, *b = right;

	if (a->score > b->score)
		return (-1);
	if (a->score < b->score)
		return (1);

	return (a->chunk < b->chunk ? -1 : a->chunk > b->chunk);
}

void
fusion_sketch(struct fusion_sketch *sketch, const char *text, size_t len)
{
	struct words	words = words_open(text, len);
	struct word	word;
	uint64_t	last[FUSION_SHINGLE] = { 0 }, shingle;
	size_t		i, count = 0;

	memset(sketch, 0, sizeof(*sketch));
	sketch->whole = FUSION_SEED;
	while (words_next(&words, &word)) {
		sketch->whole = fusion_mix(sketch->whole, word.hash);
		last[count++ % FUSION_SHINGLE] = word.hash;
		if (count < FUSION_SHINGLE)
			continue;
		shingle = FUSION_SEED;
		for (i = 0; i < FUSION_SHINGLE; i++)
			shingle = fusion_mix(shingle,
			    last[(count + i) % FUSION_SHINGLE]);
		fusion_keep(sketch, shingle);
	}
}

static uint64_t
fusion_mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * FUSION_PRIME;

	/* The high half has the better bits. */
	return (hash ^ hash >> 32);
}

/* Keeps the smallest hashes, each once. */
static void
fusion_keep(struct fusion_sketch *sketch, uint64_t hash)
{
	size_t	at = sketch->count;

	while (at > 0 && sketch->hash[at - 1] > hash)
		at--;
	if (at == FUSION_SKETCH || (at > 0 && sketch->hash[at - 1] == hash))
		return;
	if (sketch->count < FUSION_SKETCH)
		sketch->count++;
	memmove(&sketch->hash[at + 1], &sketch->hash[at],
	    (sketch->count - at - 1) * sizeof(hash));
	sketch->hash[at] = hash;
}

int
fusion_is_same(const struct fusion_sketch *a, const struct fusion_sketch *b)
{
	size_t	i = 0, j = 0, both = 0, seen = 0;

	if (a->whole == b->whole)
		return (1);
	while (seen < FUSION_SKETCH && (i < a->count || j < b->count)) {
		if (j == b->count || (i < a->count && a->hash[i] < b->hash[j]))
			i++;
		else if (i == a->count || a->hash[i] > b->hash[j])
			j++;
		else
			i++, j++, both++;
		seen++;
	}

	return (seen > 0 && (double)both >= FUSION_SAME * (double)seen);
}
