/* links: src/scorer.c src/scorertable.c src/postings.c src/buffer.c -lm */
/*
 * The pruned list against a plain sum over every posting, on random
 * collections of several segments, with dead and chosen chunks.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scorer.h"

#define CHUNKS		30000
#define TERMS		7
#define SEGMENTS	5
#define BLOCKS_MAX	600

struct stored {
	uint64_t	segment, hash;
	uint32_t	first;
	struct buffer	bytes;
};

struct collection {
	uint32_t	frequency[TERMS][CHUNKS];
	uint32_t	length[CHUNKS];
	double		idf[TERMS], average;
	struct stored	blocks[BLOCKS_MAX];
	size_t		blocks_len;
	uint8_t		is_dead[CHUNKS], is_allowed[CHUNKS];
	int		is_narrowed;
};

static uint64_t	seed;

static uint32_t
number(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;

	return ((uint32_t)(seed >> 20) % below);
}

static void
fill(struct collection *c, int round)
{
	double		total = 0;
	uint32_t	i, t, df;

	memset(c, 0, sizeof(*c));
	seed = 0x9e3779b97f4a7c15u + (uint64_t)round * 7919;
	for (i = 0; i < CHUNKS; i++)
		total += c->length[i] = 10 + number(200);
	c->average = total / CHUNKS;
	for (t = 0; t < TERMS; t++) {
		df = 3 + number(round % 3 == 0 ? 400 : CHUNKS / (t + 1));
		for (i = 0; i < df; i++)
			c->frequency[t][number(CHUNKS)] += 1 + number(3) / 2;
		c->idf[t] = log(1 + (CHUNKS - df + 0.5) / (df + 0.5));
	}
	for (i = 0; i < 200; i++)
		c->is_dead[number(CHUNKS)] = 1;
	c->is_narrowed = round % 4 == 3;
	for (i = 0; i < 50; i++)
		memset(c->is_allowed + number(CHUNKS - 40), 1, 40);
}

/* Hands the heads of one term and segment over and keeps the blocks. */
static void
put_heads(struct collection *c, struct scorer *s, int term, uint32_t segment,
    const struct posting *postings, size_t count)
{
	static struct postings_entry	 entries[BLOCKS_MAX];
	struct buffer			 head;
	struct stored			*block;
	size_t				 at = 0, n = 0, i;
	char				 kind;

	if (count == 0)
		return;
	while (at < count) {
		block = &c->blocks[c->blocks_len++];
		assert_true(c->blocks_len < BLOCKS_MAX);
		buffer_init(&block->bytes);
		block->segment = segment;
		block->hash = (uint64_t)term;
		block->first = postings[at].chunk;
		at += postings_encode(&block->bytes, postings + at,
		    count - at, &entries[n++]);
	}
	buffer_init(&head);
	if (n == 1) {
		kind = POSTINGS_INLINE;
		buffer_add(&head, &kind, 1);
		block = &c->blocks[--c->blocks_len];
		buffer_add(&head, block->bytes.data, block->bytes.len);
		buffer_free(&block->bytes);
		scorer_head(s, term, segment, (uint64_t)term, head.data,
		    head.len);
	}
	for (i = 0; n > 1 && i < n;) {
		kind = POSTINGS_DIRECTORY;
		buffer_clear(&head);
		buffer_add(&head, &kind, 1);
		i += postings_directory(&head, entries + i, n - i);
		scorer_head(s, term, segment, (uint64_t)term, head.data,
		    head.len);
	}
	buffer_free(&head);
}

/* Chunks go to segments in stretches that interleave. */
static void
put_terms(struct collection *c, struct scorer *s)
{
	static struct posting	postings[CHUNKS];
	uint32_t		t, segment, i;
	size_t			n;

	for (t = 0; t < TERMS; t++) {
		for (segment = 0; segment < SEGMENTS; segment++) {
			for (i = 0, n = 0; i < CHUNKS; i++) {
				if (c->frequency[t][i] == 0 ||
				    i / 700 % SEGMENTS != segment)
					continue;
				postings[n].chunk = i;
				postings[n].frequency = c->frequency[t][i];
				postings[n++].length = c->length[i];
			}
			put_heads(c, s, (int)t, segment, postings, n);
		}
	}
}

static int
compare(const void *left, const void *right)
{
	const struct scorer_hit	*a = left, *b = right;

	if (a->score != b->score)
		return (a->score > b->score ? -1 : 1);

	return (a->chunk > b->chunk ? 1 : -1);
}

static size_t
exhaustive(const struct collection *c, struct scorer_hit *hits,
    uint64_t required)
{
	uint32_t	i, t;
	size_t		n = 0;
	double		tf;

	for (i = 0; i < CHUNKS; i++) {
		memset(&hits[n], 0, sizeof(hits[n]));
		hits[n].chunk = i;
		for (t = 0; t < TERMS; t++) {
			if ((tf = c->frequency[t][i]) == 0)
				continue;
			hits[n].score += c->idf[t] * tf * (SCORER_K1 + 1) /
			    (tf + SCORER_K1 * (1 - SCORER_B + SCORER_B *
			    c->length[i] / c->average));
			hits[n].terms |= UINT64_C(1) << t;
		}
		if (hits[n].terms != 0 && !c->is_dead[i] &&
		    (!c->is_narrowed || c->is_allowed[i]) &&
		    (hits[n].terms & required) == required)
			n++;
	}
	qsort(hits, n, sizeof(*hits), compare);

	return (n);
}

static size_t
run(struct collection *c, struct scorer *s)
{
	const struct scorer_want	*want;
	size_t				 i, j, rounds, fetched = 0;
	int				 ret = 1;

	for (rounds = 0; rounds < 1000 && (ret = scorer_step(s)) == 1;
	    rounds++) {
		for (i = 0; i < s->wants_len; i++) {
			want = &s->wants[i];
			for (j = 0; j < c->blocks_len; j++)
				if (c->blocks[j].segment == want->segment &&
				    c->blocks[j].hash == want->hash &&
				    c->blocks[j].first == want->first)
					break;
			assert_true(j < c->blocks_len);
			scorer_feed(s, want, c->blocks[j].bytes.data,
			    c->blocks[j].bytes.len);
			fetched++;
		}
	}
	assert_int_equal(ret, 0);

	return (fetched);
}

static void
check(int round, size_t limit, uint64_t required, size_t *fetched,
    size_t *stored)
{
	static struct collection	c;
	static struct scorer_hit	expected[CHUNKS + 1];
	struct scorer			s;
	size_t				i, n;
	int				t;

	fill(&c, round);
	assert_int_equal(scorer_open(&s, c.average, limit), 0);
	for (t = 0; t < TERMS; t++)
		assert_int_equal(scorer_term(&s, c.idf[t],
		    (int)(required >> t & 1)), t);
	put_terms(&c, &s);
	if (c.is_narrowed)
		scorer_narrow(&s);
	for (i = 0; i < CHUNKS; i++) {
		if (c.is_dead[i])
			scorer_deny(&s, (uint32_t)i, (uint32_t)i);
		if (c.is_narrowed && c.is_allowed[i])
			scorer_allow(&s, (uint32_t)i, (uint32_t)i);
	}
	*fetched += run(&c, &s);
	*stored += c.blocks_len;
	n = exhaustive(&c, expected, required);
	if (n > limit)
		n = limit;
	assert_int_equal(s.hits_len, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(s.hits[i].chunk, expected[i].chunk);
		assert_true(s.hits[i].score == expected[i].score);
		assert_true(s.hits[i].terms == expected[i].terms);
	}
	scorer_close(&s);
	for (i = 0; i < c.blocks_len; i++)
		buffer_free(&c.blocks[i].bytes);
}

static void
test_random(void **state)
{
	const size_t	limits[] = { 10, 50, 1, 3 };
	size_t		fetched = 0, stored = 0;
	int		round;

	(void)state;
	for (round = 0; round < 40; round++)
		check(round, limits[round % 4], 0, &fetched, &stored);
	/* Otherwise this would prove little. */
	assert_true(fetched < stored);
}

static void
test_required(void **state)
{
	size_t	fetched = 0, stored = 0;
	int	round;

	(void)state;
	for (round = 0; round < 8; round++)
		check(round, 40000, round % 2 == 0 ? 5 : 66, &fetched,
		    &stored);
}

static void
test_nothing(void **state)
{
	struct scorer	s;

	(void)state;
	assert_int_equal(scorer_open(&s, 0, 10), 0);
	assert_int_equal(scorer_step(&s), 0);
	assert_int_equal(s.hits_len, 0);
	scorer_close(&s);
	assert_int_equal(scorer_open(&s, 10, 10), 0);
	assert_int_equal(scorer_term(&s, 1.0, 0), 0);
	assert_int_equal(scorer_step(&s), 0);
	assert_int_equal(s.hits_len, 0);
	scorer_close(&s);
}

static void
test_broken(void **state)
{
	struct scorer	s;

	(void)state;
	assert_int_equal(scorer_open(&s, 10, 10), 0);
	assert_int_equal(scorer_term(&s, 1.0, 0), 0);
	scorer_head(&s, 0, 1, 1, "\001\002\003", 3);
	assert_int_equal(scorer_step(&s), -1);
	scorer_close(&s);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_broken),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
