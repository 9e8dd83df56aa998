/*
 * The extractive answer.
 *
 * Sentences of the best passages are scored by the question's words that
 * they hold, rare ones (among these sentences) more than frequent ones. A
 * sentence that only leads to what follows ("…:") takes the list or the code
 * after it along. Overlapping passages say the same sentence twice; it is
 * shown once. Deliberately missing: rewriting anything.
 */
#include <string.h>

#include "extract.h"
#include "sentence.h"
#include "voice.h"
#include "words.h"

#define EXTRACT_PASSAGES_MAX	6
#define EXTRACT_SENTENCES_MAX	400
#define EXTRACT_WORDS_MAX	64	/* of the question */
#define EXTRACT_FOLLOW_MAX	1500	/* bytes that a lead takes along */
#define EXTRACT_SHARE		0.45	/* of the best score, to be shown */
#define EXTRACT_RANK_LOSS	0.06	/* of the score, each passage down */

struct extract_word {
	uint64_t	hash;
	double		weight;
	int		is_common;
	unsigned	sentences;	/* that hold it */
};

struct extract_sentence {
	struct sentence	range;
	size_t		passage;
	double		score;
	uint64_t	held;		/* bit i: holds words[i] */
	int		is_taken;
};

struct extract {
	const struct cite_passage *passages;
	size_t			 passages_len;
	struct extract_word	 words[EXTRACT_WORDS_MAX];
	size_t			 words_len;
	struct extract_sentence	 list[EXTRACT_SENTENCES_MAX];
	size_t			 len;
};

static size_t
extract_find(const struct extract *x, uint64_t hash)
{
	size_t	i;

	for (i = 0; i < x->words_len; i++)
		if (x->words[i].hash == hash)
			break;

	return (i);
}

static void
extract_read_question(struct extract *x, const char *question, size_t len)
{
	struct words	w = words_open(question, len);
	struct word	word;

	x->words_len = 0;
	while (x->words_len < EXTRACT_WORDS_MAX && words_next(&w, &word)) {
		if (extract_find(x, word.hash) < x->words_len)
			continue;
		x->words[x->words_len].hash = word.hash;
		x->words[x->words_len].is_common = word.is_common;
		x->words[x->words_len++].sentences = 0;
	}
}

/* Notes which of the question's words the sentence holds. */
static void
extract_read_sentence(struct extract *x, struct extract_sentence *s)
{
	const char	*text = x->passages[s->passage].text;
	struct words	 w;
	struct word	 word;
	size_t		 i;

	s->held = 0;
	w = words_open(text + s->range.start, s->range.end - s->range.start);
	while (words_next(&w, &word)) {
		i = extract_find(x, word.hash);
		if (i < x->words_len && !(s->held & (UINT64_C(1) << i))) {
			s->held |= UINT64_C(1) << i;
			x->words[i].sentences++;
		}
	}
}

static void
extract_read_passages(struct extract *x)
{
	struct sentence_reader	reader;
	struct extract_sentence	*s;
	size_t			 i;

	x->len = 0;
	for (i = 0; i < x->passages_len && i < EXTRACT_PASSAGES_MAX; i++) {
		reader = sentence_open(x->passages[i].text,
		    x->passages[i].len, MARKDOWN_FULL);
		while (x->len < EXTRACT_SENTENCES_MAX) {
			s = &x->list[x->len];
			memset(s, 0, sizeof(*s));
			s->passage = i;
			if (!sentence_next(&reader, &s->range))
				break;
			if (s->range.end <= s->range.start)
				continue;
			extract_read_sentence(x, s);
			x->len++;
		}
	}
}

/* The logarithm to base 2, linear between its whole values. */
static double
extract_rarity(double ratio)
{
	double	whole = 0;

	for (; ratio >= 2; ratio /= 2)
		whole++;

	return (whole + ratio - 1);
}

static void
extract_score(struct extract *x)
{
	struct extract_sentence	*s;
	size_t			 i, j;
	double			 n = (double)x->len, df;

	for (j = 0; j < x->words_len; j++) {
		df = (double)x->words[j].sentences;
		x->words[j].weight = extract_rarity((n + 1) / (df + 0.5)) *
		    (x->words[j].is_common ? 0.1 : 1);
	}
	for (i = 0; i < x->len; i++) {
		s = &x->list[i];
		for (j = 0; j < x->words_len; j++)
			if (s->held & (UINT64_C(1) << j))
				s->score += x->words[j].weight;
		s->score *= 1 - EXTRACT_RANK_LOSS * (double)s->passage;
		if (s->range.kind == MARKDOWN_HEADING)
			s->score = 0;
	}
}

static int
extract_is_alike(const struct extract *x, const struct extract_sentence *a,
    const struct extract_sentence *b)
{
	size_t	len = a->range.end - a->range.start;

	return (b->range.end - b->range.start == len &&
	    memcmp(x->passages[a->passage].text + a->range.start,
	    x->passages[b->passage].text + b->range.start, len) == 0);
}

/* Index of the best sentence that is not shown yet; x->len: there is none. */
static size_t
extract_best(const struct extract *x, double least)
{
	size_t	i, best = x->len;

	for (i = 0; i < x->len; i++)
		if (!x->list[i].is_taken && x->list[i].score > least &&
		    (best == x->len || x->list[i].score > x->list[best].score))
			best = i;

	return (best);
}

static int
extract_leads(const struct extract *x, const struct extract_sentence *s)
{
	return (s->range.kind != MARKDOWN_CODE &&
	    x->passages[s->passage].text[s->range.end - 1] == ':');
}

/* Takes a sentence, what it leads to, and its doubles elsewhere. */
static void
extract_take(struct extract *x, size_t first, struct extract_piece *piece)
{
	struct extract_sentence	*s = &x->list[first];
	enum markdown_kind	 kind;
	size_t			 i, last = first;

	if (extract_leads(x, s) && first + 1 < x->len) {
		kind = x->list[first + 1].range.kind;
		for (i = first + 1; i < x->len &&
		    x->list[i].passage == s->passage &&
		    x->list[i].range.kind == kind &&
		    x->list[i].range.end - s->range.start <=
		    EXTRACT_FOLLOW_MAX; i++) {
			last = i;
			if (kind == MARKDOWN_PARAGRAPH ||
			    kind == MARKDOWN_CODE)
				break;
		}
	}

	piece->passage = s->passage;
	piece->from = s->range.start;
	piece->to = x->list[last].range.end;
	piece->is_code = (x->list[last].range.kind == MARKDOWN_CODE);
	for (i = first; i <= last; i++)
		x->list[i].is_taken = 1;
	for (i = 0; i < x->len; i++)
		if (extract_is_alike(x, s, &x->list[i]))
			x->list[i].is_taken = 1;
}

/* No sentence shares a word with the question: the best passage's first. */
static size_t
extract_first(const struct extract *x)
{
	size_t	i;

	for (i = 0; i < x->len; i++)
		if (x->list[i].range.kind != MARKDOWN_HEADING)
			return (i);

	return (0);
}

size_t
extract_choose(const char *question, size_t question_len,
    const struct cite_passage *passages, size_t passages_len,
    struct extract_piece pieces[EXTRACT_PIECES_MAX])
{
	struct extract	x = { .passages = passages,
			    .passages_len = passages_len };
	size_t		i, n = 0;
	double		least;

	extract_read_question(&x, question, question_len);
	extract_read_passages(&x);
	if (x.len == 0)
		return (0);
	extract_score(&x);

	if ((i = extract_best(&x, 0)) == x.len)
		i = extract_first(&x);
	least = x.list[i].score * EXTRACT_SHARE;
	while (i < x.len && n < EXTRACT_PIECES_MAX) {
		extract_take(&x, i, &pieces[n++]);
		i = extract_best(&x, least);
	}

	return (n);
}

static int
extract_write_piece(struct cite *c, const struct extract_piece *p)
{
	const char	*text = c->passages[p->passage].text;

	if (cite_verbatim(c, "\n\n", 2, 1) == -1 ||
	    cite_verbatim(c, text + p->from, p->to - p->from,
	    p->is_code) == -1)
		return (-1);
	/* Behind a closing fence a marker would be part of it. */
	if (p->is_code && cite_verbatim(c, "\n\n", 2, 1) == -1)
		return (-1);

	return (cite_mark(c, p->passage, p->from, p->to));
}

int
extract_write(struct cite *c, const char *question, size_t question_len)
{
	struct extract_piece	 pieces[EXTRACT_PIECES_MAX];
	const char		*lead = voice_passages(question, question_len);
	size_t			 i, n;

	n = extract_choose(question, question_len, c->passages,
	    c->passages_len, pieces);
	if (cite_verbatim(c, lead, strlen(lead), 1) == -1)
		return (-1);
	for (i = 0; i < n; i++)
		if (extract_write_piece(c, &pieces[i]) == -1)
			return (-1);

	return (0);
}
