/*
 * Support: claim and quote.
 *
 * A sentence scores the weight of the claim's distinct words that it holds;
 * common words count little, words with a digit more. Headings support
 * nothing unless there is nothing else. A neighbour joins the best sentence
 * when it brings words of the claim that the best one lacks. Deliberately
 * missing: rarity over the whole library, which the process does not know.
 */
#include <string.h>

#include "sentence.h"
#include "support.h"
#include "utf8.h"
#include "words.h"

#define CLAIM_BYTES_MAX		1000
#define CLAIM_WORDS_MAX		96
#define CLAIM_PART_WORDS	3	/* fewer: take the whole sentence */
#define SENTENCES_MAX		256
#define QUOTE_BYTES_MAX		700	/* of more than one sentence */
#define JOIN_SHARE		0.2	/* of the claim, for a neighbour */

struct claim {
	uint64_t	hash[CLAIM_WORDS_MAX];
	double		weight[CLAIM_WORDS_MAX];
	size_t		len;
	double		whole;	/* sum of the weights */
};

static size_t
support_count_words(const char *text, size_t len)
{
	struct words	w = words_open(text, len);
	struct word	word;
	size_t		n = 0;

	while (words_next(&w, &word))
		n++;

	return (n);
}

size_t
support_claim(const char *text, size_t end, size_t after, size_t *claim_end)
{
	size_t	start, line, next;

	end = utf8_trim_end(text, 0, end);
	*claim_end = end;
	start = end > CLAIM_BYTES_MAX ? end - CLAIM_BYTES_MAX : 0;
	start = utf8_ceil(text, end, start);
	for (line = end; line > start && text[line - 1] != '\n'; line--)
		continue;

	start = utf8_skip_blanks(text, end, line);
	while (start < end) {
		next = utf8_skip_blanks(text, end,
		    sentence_end(text, end, start));
		if (next >= end || next <= start)
			break;
		start = next;
	}

	if (after > start && after < end &&
	    support_count_words(text + after, end - after) >= CLAIM_PART_WORDS)
		start = after;

	return (start < end ? start : end);
}

static int
support_has_digit(const char *text, const struct word *word)
{
	size_t	i;

	for (i = word->start; i < word->end; i++)
		if (text[i] >= '0' && text[i] <= '9')
			return (1);

	return (0);
}

static size_t
claim_find(const struct claim *c, uint64_t hash)
{
	size_t	i;

	for (i = 0; i < c->len; i++)
		if (c->hash[i] == hash)
			break;

	return (i);
}

static void
claim_read(struct claim *c, const char *text, size_t len)
{
	struct words	w = words_open(text, len);
	struct word	word;

	c->len = 0;
	c->whole = 0;
	while (c->len < CLAIM_WORDS_MAX && words_next(&w, &word)) {
		/* The number in a marker of before is no word of the claim. */
		if (word.start > 0 && text[word.start - 1] == '[' &&
		    word.end < len && text[word.end] == ']')
			continue;
		if (claim_find(c, word.hash) < c->len)
			continue;
		c->hash[c->len] = word.hash;
		c->weight[c->len] = word.is_common ? 0.1 :
		    support_has_digit(text, &word) ? 1.5 : 1.0;
		c->whole += c->weight[c->len++];
	}
}

/* Marks the claim's words in the text as held; returns the weight of these. */
static double
claim_score(const struct claim *c, const char *text, size_t len,
    unsigned char held[CLAIM_WORDS_MAX])
{
	struct words	w = words_open(text, len);
	struct word	word;
	double		score = 0;
	size_t		i;

	while (words_next(&w, &word)) {
		i = claim_find(c, word.hash);
		if (i == c->len || held[i])
			continue;
		held[i] = 1;
		score += c->weight[i];
	}

	return (score);
}

static size_t
support_sentences(const char *text, size_t len, struct sentence *list)
{
	struct sentence_reader	reader;
	size_t			n = 0;

	reader = sentence_open(text, len, MARKDOWN_FULL);
	while (n < SENTENCES_MAX && sentence_next(&reader, &list[n]))
		if (list[n].end > list[n].start)
			n++;

	return (n);
}

/* Index of the sentence with the highest score; `n` when none shares a word */
static size_t
support_best(const struct claim *c, const char *text,
    const struct sentence *list, size_t n)
{
	unsigned char	held[CLAIM_WORDS_MAX];
	double		score, best = 0;
	size_t		i, found = n;

	for (i = 0; i < n; i++) {
		memset(held, 0, sizeof(held));
		score = claim_score(c, text + list[i].start,
		    list[i].end - list[i].start, held);
		if (list[i].kind == MARKDOWN_HEADING)
			score *= 0.5;
		if (score > best + 1e-9) {
			best = score;
			found = i;
		}
	}

	return (found);
}

/* Widens list[first..last] by the neighbours that bring something. */
static void
support_widen(const struct claim *c, const char *text,
    const struct sentence *list, size_t n, size_t *first, size_t *last)
{
	unsigned char	held[CLAIM_WORDS_MAX] = { 0 };
	size_t		best = *first;

	(void)claim_score(c, text + list[best].start,
	    list[best].end - list[best].start, held);

	if (best + 1 < n &&
	    list[best + 1].end - list[best].start <= QUOTE_BYTES_MAX &&
	    claim_score(c, text + list[best + 1].start, list[best + 1].end -
	    list[best + 1].start, held) >= JOIN_SHARE * c->whole)
		*last = best + 1;
	if (best > 0 && list[best - 1].kind != MARKDOWN_HEADING &&
	    list[*last].end - list[best - 1].start <= QUOTE_BYTES_MAX &&
	    claim_score(c, text + list[best - 1].start, list[best - 1].end -
	    list[best - 1].start, held) >= JOIN_SHARE * c->whole)
		*first = best - 1;
}

/* The passage's beginning, in whole sentences, as long as a quote may be. */
static void
support_whole(size_t len, const struct sentence *list, size_t n,
    size_t *from, size_t *to)
{
	size_t	i = 0;

	if (n == 0) {
		*from = 0;
		*to = len;
		return;
	}
	while (i + 1 < n && list[i].kind == MARKDOWN_HEADING)
		i++;

	*from = list[i].start;
	*to = list[i].end;
	for (i++; i < n && list[i].end - *from <= QUOTE_BYTES_MAX; i++)
		*to = list[i].end;
}

void
support_narrow(const char *passage, size_t len, const char *claim,
    size_t claim_len, size_t *from, size_t *to)
{
	struct sentence	list[SENTENCES_MAX];
	struct claim	c;
	size_t		n, first, last;

	claim_read(&c, claim, claim_len);
	n = support_sentences(passage, len, list);
	first = support_best(&c, passage, list, n);
	if (first == n) {
		support_whole(len, list, n, from, to);
		return;
	}

	last = first;
	support_widen(&c, passage, list, n, &first, &last);
	*from = list[first].start;
	*to = list[last].end;
}
