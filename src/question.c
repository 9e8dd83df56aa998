/*
 * Weights. `idf` ranks. `weight` judges whether a passage answers: there the
 * collection is padded, so that a small one does not take its own subject for
 * common words; words of everyday questions count a quarter, and what no
 * document has counts half again as much. A long question is covered by a
 * passage that holds a dozen of its weightiest words.
 *
 * Names are capitals inside a sentence, and numbers: when no document has
 * them, the question is about something else.
 *
 * A word that is joined ("well-known") counts by its parts; as a whole only
 * where the index has it, or where it is a name ("CVE-2024-1234").
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "everyday.h"
#include "question.h"
#include "utf8.h"

#define WEIGHT_PADDING	200
#define WEIGHT_COMMON	0.25
#define WEIGHT_UNKNOWN	1.5
#define WEIGHT_WORDS	12

/* Tokens of the question in one language, told in order. */
struct question_pass {
	struct question	*question;
	size_t		*places;	/* word of the n-th token, or none */
	size_t		 n;
	int		 is_first;
	size_t		 before_end;	/* of the token before */
	int		 has_lower;
	size_t		 words_seen;	/* in the sentence */
};

#define QUESTION_NONE	((size_t)-1)

int
question_open(struct question *q, const char *text)
{
	memset(q, 0, sizeof(*q));
	q->text = strdup(text);
	q->len = strlen(text);
	q->words = calloc(QUESTION_WORDS_MAX, sizeof(*q->words));
	if (q->text == NULL || q->words == NULL)
		q->has_failed = 1;

	return (q->has_failed ? -1 : 0);
}

void
question_close(struct question *q)
{
	free(q->text);
	free(q->words);
	free(q->terms);
	memset(q, 0, sizeof(*q));
}

/* What stands between a pair of " or of typographic quotes. */
static void
question_phrases(struct question *q)
{
	static const char *const pairs[][2] = {
		{ "\"", "\"" }, { "\xe2\x80\x9c", "\xe2\x80\x9d" },
		{ "\xe2\x80\x9e", "\xe2\x80\x9c" }, { "\xc2\xab", "\xc2\xbb" }
	};
	const char	*at, *end, *open;
	size_t		 i;

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		at = q->text;
		while (q->phrases_len < QUESTION_PHRASES_MAX &&
		    (open = strstr(at, pairs[i][0])) != NULL) {
			open += strlen(pairs[i][0]);
			if ((end = strstr(open, pairs[i][1])) == NULL)
				break;
			q->phrases[q->phrases_len].start =
			    (size_t)(open - q->text);
			q->phrases[q->phrases_len++].end =
			    (size_t)(end - q->text);
			at = end + strlen(pairs[i][1]);
		}
	}
}

static int
question_is_quoted(const struct question *q, const struct analyze_token *token)
{
	size_t	i;

	for (i = 0; i < q->phrases_len; i++)
		if (token->start >= q->phrases[i].start &&
		    token->end <= q->phrases[i].end)
			return (1);

	return (0);
}

/* Whether a token has a digit, or a capital that no sentence begins with. */
static int
question_is_name(const struct question_pass *pass,
    const struct analyze_token *token)
{
	const char	*text = pass->question->text;
	size_t		 i;

	for (i = token->start; i < token->end; i++)
		if (text[i] >= '0' && text[i] <= '9')
			return (1);
	if (token->is_whole || !pass->has_lower || pass->words_seen == 0)
		return (0);

	return (text[token->start] >= 'A' && text[token->start] <= 'Z');
}

/* A sentence's end between the token before and this one. */
static void
question_sentence(struct question_pass *pass,
    const struct analyze_token *token)
{
	const char	*text = pass->question->text;
	size_t		 i;

	for (i = pass->before_end; i < token->start; i++)
		if (strchr(".?!:", text[i]) != NULL)
			pass->words_seen = 0;
	if (token->end > pass->before_end)
		pass->before_end = token->end;
}

static void
question_term(struct question *q, uint64_t hash, size_t word)
{
	struct question_term	*terms;
	size_t			 i, size;

	for (i = q->terms_len; i > 0 && q->terms[i - 1].word >= word; i--)
		if (q->terms[i - 1].word == word &&
		    q->terms[i - 1].hash == hash)
			return;
	if (q->terms_len == q->terms_size) {
		size = q->terms_size == 0 ? 64 : 2 * q->terms_size;
		terms = realloc(q->terms, size * sizeof(*terms));
		if (terms == NULL) {
			q->has_failed = 1;
			return;
		}
		q->terms = terms;
		q->terms_size = size;
	}
	q->terms[q->terms_len].hash = hash;
	q->terms[q->terms_len].df = 0;
	q->terms[q->terms_len++].word = word;
}

/* The first pass makes the words; its terms tell them apart. */
static size_t
question_word(struct question_pass *pass, const struct analyze_token *token)
{
	struct question		*q = pass->question;
	struct question_word	*word;
	size_t			 i;

	question_sentence(pass, token);
	for (i = 0; i < q->words_len; i++)
		if (q->words[i].key == token->hash)
			break;
	if (i == QUESTION_WORDS_MAX)
		return (QUESTION_NONE);
	word = &q->words[i];
	if (i == q->words_len) {
		q->words_len++;
		word->key = token->hash;
		word->is_whole = token->is_whole;
	}
	word->is_name |= question_is_name(pass, token);
	word->is_required |= !token->is_whole && question_is_quoted(q, token);
	if (!token->is_whole)
		pass->words_seen++;

	return (i);
}

static void
question_token(void *arg, const struct analyze_token *token)
{
	struct question_pass	*pass = arg;
	struct question		*q = pass->question;
	size_t			 n = pass->n++;

	if (pass->is_first) {
		if (token->is_stop) {
			question_sentence(pass, token);
			pass->words_seen++;
			pass->places[n] = QUESTION_NONE;
		} else {
			pass->places[n] = question_word(pass, token);
		}
	}
	if (pass->places[n] == QUESTION_NONE || token->is_stop)
		return;
	question_term(q, token->hash, pass->places[n]);
	if (!token->is_whole && everyday_has(token->hash))
		q->words[pass->places[n]].is_common = 1;
}

static int
question_pass(struct question_pass *pass, enum language language)
{
	struct analyzer	analyzer;
	int		ret;

	pass->n = 0;
	if ((ret = analyzer_open(&analyzer, language)) == 0)
		analyze_text(&analyzer, pass->question->text,
		    pass->question->len, question_token, pass);
	analyzer_close(&analyzer);
	pass->is_first = 0;

	return (ret);
}

static int
question_compare(const void *left, const void *right)
{
	const struct question_term	*a = left, *b = right;

	return ((a->hash > b->hash) - (a->hash < b->hash));
}

int
question_analyze(struct question *q, uint32_t languages)
{
	struct question_pass	pass = { .question = q, .is_first = 1 };
	size_t			i;
	int			n;

	if (languages == 0)
		languages = UINT32_C(1) << LANGUAGE_ENGLISH;
	q->languages = languages;
	q->language = language_detect(q->text, q->len, languages);
	if (!(languages >> q->language & 1)) {
		for (n = 0; !(languages >> n & 1); n++)
			;
		q->language = (enum language)n;
	}
	for (i = 0; i < q->len; i++)
		pass.has_lower |= q->text[i] >= 'a' && q->text[i] <= 'z';
	question_phrases(q);
	/* A token is at least a byte, and each may end two wholes. */
	pass.places = calloc(3 * q->len + 1, sizeof(*pass.places));
	if (pass.places == NULL || question_pass(&pass, q->language) == -1)
		q->has_failed = 1;
	for (n = 0; n < LANGUAGE_COUNT && !q->has_failed; n++)
		if ((languages >> n & 1) && n != (int)q->language &&
		    question_pass(&pass, (enum language)n) == -1)
			q->has_failed = 1;
	free(pass.places);
	if (q->terms_len > 0)
		qsort(q->terms, q->terms_len, sizeof(*q->terms),
		    question_compare);

	return (q->has_failed ? -1 : 0);
}

void
question_count(struct question *q, uint64_t hash, int64_t df)
{
	size_t	low = 0, high = q->terms_len, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (q->terms[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < q->terms_len && q->terms[low].hash == hash; low++) {
		q->terms[low].df = df;
		q->words[q->terms[low].word].df += df;
	}
}

static int
question_compare_weights(const void *left, const void *right)
{
	const double	*a = left, *b = right;

	return ((*a < *b) - (*a > *b));
}

void
question_weigh(struct question *q, double chunks)
{
	struct question_word	*word;
	double			*weights, missing = 0, df;
	size_t			 i, n = 0;

	if ((weights = calloc(q->words_len + 1, sizeof(*weights))) == NULL) {
		q->has_failed = 1;
		return;
	}
	for (i = 0; i < q->words_len; i++) {
		word = &q->words[i];
		df = (double)word->df;
		if (df > chunks)
			df = chunks;
		word->idf = log(1 + (chunks - df + 0.5) / (df + 0.5));
		word->weight = log(1 + (chunks + WEIGHT_PADDING - df + 0.5) /
		    (df + 0.5)) * (word->is_common ? WEIGHT_COMMON :
		    word->df <= 0 ? WEIGHT_UNKNOWN : 1);
		if (word->is_whole && word->df <= 0 && !word->is_name)
			word->weight = 0;
		weights[n++] = word->weight;
		if (word->is_name && word->df <= 0)
			missing += word->weight;
	}
	qsort(weights, n, sizeof(*weights), question_compare_weights);
	for (i = 0; i < n && i < WEIGHT_WORDS; i++)
		q->weight += weights[i];
	q->missing = q->weight > 0 ? missing / q->weight : 0;
	free(weights);
}

int
question_is_hopeless(const struct question *q)
{
	size_t	i;

	for (i = 0; i < q->words_len; i++)
		if (q->words[i].is_required && q->words[i].df <= 0)
			return (1);

	return (0);
}

double
question_coverage(const struct question *q, const size_t *number, size_t count,
    uint64_t held)
{
	double	weight = 0;
	size_t	i, j;

	for (i = 0; i < count; i++) {
		if (!(held >> i & 1))
			continue;
		/* Two terms of one word count once. */
		for (j = 0; j < i; j++)
			if ((held >> j & 1) && q->terms[number[j]].word ==
			    q->terms[number[i]].word)
				break;
		if (j == i)
			weight += q->words[q->terms[number[i]].word].weight;
	}
	if (q->weight <= 0)
		return (0);

	return (weight < q->weight ? weight / q->weight : 1);
}
