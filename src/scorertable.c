/*
 * Blocks and candidates of scorer.c. Candidates lie one behind another, with
 * a table of open addressing that finds them by chunk.
 */
#include <stdlib.h>
#include <string.h>

#include "scorertable.h"

#define TABLE_SIZE	1024	/* at first; a power of two */
#define ENTRIES_MAX	POSTINGS_BYTES_MAX

struct scorer_table {
	struct scorer_candidate	*candidates;
	size_t			 len;
	uint32_t		*slots;		/* place + 1, 0: empty */
	size_t			 size;		/* of slots; twice candidates */
	struct scorer_candidate	*best;		/* see scorertable_best() */
	double			*heap;	/* of scorertable_nth() */
	size_t			 heap_size;
};

double
scorerterm_score(const struct scorer_term *term, uint32_t frequency,
    uint32_t length)
{
	return (term->idf * frequency * (SCORER_K1 + 1) / (frequency +
	    SCORER_K1 * (1 - SCORER_B + SCORER_B * length / term->average)));
}

static double
scorerterm_bound(const struct scorer_term *term,
    const struct postings_entry *entry)
{
	double		best = 0, score;
	uint32_t	i;

	for (i = 0; i < entry->bounds_len; i++) {
		score = scorerterm_score(term, entry->bounds[i].frequency,
		    entry->bounds[i].length);
		if (score > best)
			best = score;
	}

	return (best);
}

static struct scorer_block *
scorerterm_block(struct scorer_term *term, uint64_t segment, uint64_t hash,
    const struct postings_entry *entry)
{
	struct scorer_block	*blocks, *block;
	size_t			 size;

	if (term->blocks_len == term->blocks_size) {
		size = term->blocks_size == 0 ? 16 : 2 * term->blocks_size;
		blocks = realloc(term->blocks, size * sizeof(*blocks));
		if (blocks == NULL)
			return (NULL);
		term->blocks = blocks;
		term->blocks_size = size;
	}
	block = &term->blocks[term->blocks_len++];
	memset(block, 0, sizeof(*block));
	block->segment = segment;
	block->hash = hash;
	block->first = entry->first;
	block->last = entry->last;
	block->count = entry->count;
	block->bound = scorerterm_bound(term, entry);
	term->count += entry->count;

	return (block);
}

static int
scorerterm_inline(struct scorer_term *term, uint64_t segment, uint64_t hash,
    const void *bytes, size_t len)
{
	struct posting		 postings[POSTINGS_BLOCK_MAX];
	struct postings_entry	 entry;
	struct scorer_block	*block;
	int			 count;

	count = postings_decode(bytes, len, postings, POSTINGS_BLOCK_MAX);
	if (count == -1)
		return (-1);
	postings_bounds(&entry, postings, (size_t)count);
	block = scorerterm_block(term, segment, hash, &entry);
	if (block == NULL || (block->postings = malloc((size_t)count *
	    sizeof(*postings))) == NULL)
		return (-1);
	memcpy(block->postings, postings, (size_t)count * sizeof(*postings));

	return (0);
}

int
scorerterm_head(struct scorer_term *term, uint64_t segment, uint64_t hash,
    const void *bytes, size_t len)
{
	struct postings_entry	*entries;
	const uint8_t		*kind = bytes;
	int			 i, count = -1;

	if (len == 0)
		return (0);
	if (*kind == POSTINGS_INLINE)
		return (scorerterm_inline(term, segment, hash, kind + 1,
		    len - 1));
	if (*kind != POSTINGS_DIRECTORY ||
	    (entries = malloc(ENTRIES_MAX * sizeof(*entries))) == NULL)
		return (-1);
	count = postings_entries(kind + 1, len - 1, entries, ENTRIES_MAX);
	for (i = 0; i < count; i++)
		if (scorerterm_block(term, segment, hash, &entries[i]) ==
		    NULL)
			count = -1;
	free(entries);

	return (count == -1 ? -1 : 0);
}

int
scorerterm_feed(struct scorer_block *block, const void *bytes, size_t len)
{
	struct posting	postings[POSTINGS_BLOCK_MAX];
	int		count;

	block->is_wanted = 0;
	count = postings_decode(bytes, len, postings, POSTINGS_BLOCK_MAX);
	if (count == -1 || (uint32_t)count != block->count ||
	    postings[0].chunk != block->first ||
	    postings[count - 1].chunk != block->last || block->postings != NULL)
		return (-1);
	block->postings = malloc((size_t)count * sizeof(*postings));
	if (block->postings == NULL)
		return (-1);
	memcpy(block->postings, postings, (size_t)count * sizeof(*postings));

	return (0);
}

static int
scorerterm_compare(const void *left, const void *right)
{
	const struct scorer_block	*a = left, *b = right;

	if (a->hash != b->hash)
		return (a->hash < b->hash ? -1 : 1);
	if (a->segment != b->segment)
		return (a->segment < b->segment ? -1 : 1);

	return ((a->first > b->first) - (a->first < b->first));
}

/* A chunk is in one list of a hash, and may be in one of each hash. */
void
scorerterm_sort(struct scorer_term *term)
{
	struct scorer_list	*list = NULL;
	struct scorer_block	*block;
	double			 most = 0;
	size_t			 i;

	if (term->blocks_len > 0)
		qsort(term->blocks, term->blocks_len, sizeof(*term->blocks),
		    scorerterm_compare);
	term->lists = calloc(term->blocks_len + 1, sizeof(*term->lists));
	for (i = 0; term->lists != NULL && i < term->blocks_len; i++) {
		block = &term->blocks[i];
		if (list == NULL || block->segment != block[-1].segment ||
		    block->hash != block[-1].hash) {
			list = &term->lists[term->lists_len++];
			list->start = i;
			list->first = block->first;
		}
		list->end = i + 1;
		list->last = block->last;
		if (i > 0 && block->hash != block[-1].hash) {
			term->bound += most;
			most = 0;
		}
		if (block->bound > most)
			most = block->bound;
	}
	term->bound += most;
}

struct scorer_block *
scorerterm_cover(struct scorer_term *term, uint32_t chunk, size_t *at)
{
	const struct scorer_list	*list;
	size_t				 low, high, middle;

	while (*at < term->lists_len) {
		list = &term->lists[(*at)++];
		if (chunk < list->first || chunk > list->last)
			continue;
		low = list->start;
		high = list->end;
		while (low < high) {
			middle = (low + high) / 2;
			if (term->blocks[middle].last < chunk)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < list->end && term->blocks[low].first <= chunk)
			return (&term->blocks[low]);
	}

	return (NULL);
}

int
scorerterm_look(struct scorer_term *term, uint32_t chunk, double *score)
{
	const struct scorer_block	*block;
	size_t				 at = 0, low, high, middle;

	*score = 0;
	while ((block = scorerterm_cover(term, chunk, &at)) != NULL) {
		if (block->postings == NULL)
			return (0);
		low = 0;
		high = block->count;
		while (low < high) {
			middle = (low + high) / 2;
			if (block->postings[middle].chunk < chunk)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < block->count && block->postings[low].chunk == chunk)
			*score += scorerterm_score(term,
			    block->postings[low].frequency,
			    block->postings[low].length);
	}

	return (1);
}

void
scorerterm_free(struct scorer_term *term)
{
	size_t	i;

	for (i = 0; i < term->blocks_len; i++)
		free(term->blocks[i].postings);
	free(term->blocks);
	free(term->lists);
}

struct scorer_table *
scorertable_new(void)
{
	struct scorer_table	*table;

	if ((table = calloc(1, sizeof(*table))) == NULL)
		return (NULL);
	table->size = TABLE_SIZE;
	table->slots = calloc(table->size, sizeof(*table->slots));
	table->candidates = malloc(table->size / 2 *
	    sizeof(*table->candidates));
	if (table->slots == NULL || table->candidates == NULL) {
		scorertable_free(table);
		return (NULL);
	}

	return (table);
}

void
scorertable_free(struct scorer_table *table)
{
	if (table == NULL)
		return;
	free(table->candidates);
	free(table->slots);
	free(table->best);
	free(table->heap);
	free(table);
}

static uint32_t *
scorertable_slot(const struct scorer_table *table, uint32_t chunk)
{
	size_t	at = (chunk * 0x9e3779b1u) & (table->size - 1);

	/* The multiplier's low bits mix little, but chunk ids are dense. */
	while (table->slots[at] != 0 &&
	    table->candidates[table->slots[at] - 1].chunk != chunk)
		at = (at + 1) & (table->size - 1);

	return (&table->slots[at]);
}

static void
scorertable_fill(struct scorer_table *table)
{
	size_t	i;

	memset(table->slots, 0, table->size * sizeof(*table->slots));
	for (i = 0; i < table->len; i++)
		*scorertable_slot(table, table->candidates[i].chunk) =
		    (uint32_t)i + 1;
}

struct scorer_candidate *
scorertable_find(struct scorer_table *table, uint32_t chunk)
{
	const uint32_t	*slot = scorertable_slot(table, chunk);

	return (*slot == 0 ? NULL : &table->candidates[*slot - 1]);
}

struct scorer_candidate *
scorertable_add(struct scorer_table *table, uint32_t chunk)
{
	struct scorer_candidate	*candidates, *candidate;
	uint32_t		*slots;

	if (table->len == table->size / 2) {
		candidates = realloc(table->candidates, table->size *
		    sizeof(*candidates));
		if (candidates != NULL)
			table->candidates = candidates;
		slots = calloc(2 * table->size, sizeof(*slots));
		if (candidates == NULL || slots == NULL) {
			free(slots);
			return (NULL);
		}
		free(table->slots);
		table->slots = slots;
		table->size *= 2;
		scorertable_fill(table);
	}
	candidate = &table->candidates[table->len];
	memset(candidate, 0, sizeof(*candidate));
	candidate->chunk = chunk;
	table->len++;
	*scorertable_slot(table, chunk) = (uint32_t)table->len;

	return (candidate);
}

size_t
scorertable_len(const struct scorer_table *table)
{
	return (table->len);
}

struct scorer_candidate *
scorertable_at(struct scorer_table *table, size_t i)
{
	return (&table->candidates[i]);
}

/* Lets scores[at] sink in a heap whose least score is on top. */
static void
scorertable_sink(double *heap, size_t len, size_t at)
{
	size_t	child;
	double	score = heap[at];

	while ((child = 2 * at + 1) < len) {
		if (child + 1 < len && heap[child + 1] < heap[child])
			child++;
		if (score <= heap[child])
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = score;
}

double
scorertable_nth(struct scorer_table *table, size_t n)
{
	double	*heap;
	size_t	 i;

	if (n == 0 || table->len < n)
		return (-1);
	if (table->heap_size < n) {
		if ((heap = realloc(table->heap, n * sizeof(*heap))) == NULL)
			return (-1);
		table->heap = heap;
		table->heap_size = n;
	}
	heap = table->heap;
	for (i = 0; i < n; i++)
		heap[i] = table->candidates[i].score;
	for (i = n / 2; i > 0; i--)
		scorertable_sink(heap, n, i - 1);
	for (i = n; i < table->len; i++) {
		if (table->candidates[i].score > heap[0]) {
			heap[0] = table->candidates[i].score;
			scorertable_sink(heap, n, 0);
		}
	}

	return (heap[0]);
}

struct scorer_candidate *
scorertable_best(struct scorer_table *table, size_t n, size_t *count)
{
	struct scorer_candidate	*best;
	double			 least;
	size_t			 i;

	*count = 0;
	best = realloc(table->best, (n + 1) * sizeof(*best));
	if (best == NULL)
		return (NULL);
	table->best = best;
	least = scorertable_nth(table, n);
	for (i = 0; i < table->len && *count < n; i++)
		if (table->candidates[i].score >= least)
			best[(*count)++] = table->candidates[i];

	return (best);
}

void
scorertable_sweep(struct scorer_table *table)
{
	size_t	i, n = 0;

	for (i = 0; i < table->len; i++)
		if (!table->candidates[i].is_out)
			table->candidates[n++] = table->candidates[i];
	table->len = n;
}

static int
scorertable_compare(const void *left, const void *right)
{
	const struct scorer_candidate	*a = left, *b = right;

	if (a->outlook != b->outlook)
		return (a->outlook > b->outlook ? -1 : 1);

	return ((a->chunk > b->chunk) - (a->chunk < b->chunk));
}

void
scorertable_sort(struct scorer_table *table)
{
	if (table->len > 0)
		qsort(table->candidates, table->len,
		    sizeof(*table->candidates), scorertable_compare);
}
