/*
 * Phrases in quotes, checked against the text: the index knows which chunks
 * hold the words, not in which order.
 *
 * Words are compared as terms of one language after another, so that a phrase
 * in another form of its words is found as it would be without quotes.
 * Function words count here: "to be or not to be" is a phrase.
 */
#include <stdlib.h>
#include <string.h>

#include "phrase.h"

struct phrase_words {
	uint64_t	*hashes;
	size_t		 len, size;
	int		 has_failed;
};

static void
phrase_token(void *arg, const struct analyze_token *token)
{
	struct phrase_words	*words = arg;
	uint64_t		*hashes;
	size_t			 size;

	if (token->is_whole || words->has_failed)
		return;
	if (words->len == words->size) {
		size = words->size == 0 ? 256 : 2 * words->size;
		hashes = realloc(words->hashes, size * sizeof(*hashes));
		if (hashes == NULL) {
			words->has_failed = 1;
			return;
		}
		words->hashes = hashes;
		words->size = size;
	}
	words->hashes[words->len++] = token->hash;
}

static int
phrase_stands_in(const struct phrase_words *text,
    const struct phrase_words *phrase)
{
	size_t	i;

	for (i = 0; i + phrase->len <= text->len; i++)
		if (memcmp(text->hashes + i, phrase->hashes, phrase->len *
		    sizeof(*phrase->hashes)) == 0)
			return (1);

	return (0);
}

/* In one language: whether each phrase stands in one of the texts. */
static int
phrase_holds_in(const struct question *q, enum language language,
    const char *const *texts, size_t texts_len)
{
	struct phrase_words	phrase = { 0 }, text = { 0 };
	struct analyzer		analyzer;
	size_t			i, j;
	int			holds = 0;

	if (analyzer_open(&analyzer, language) == 0)
		holds = 1;
	for (i = 0; i < q->phrases_len && holds; i++) {
		phrase.len = 0;
		analyze_text(&analyzer, q->text + q->phrases[i].start,
		    q->phrases[i].end - q->phrases[i].start, phrase_token,
		    &phrase);
		holds = 0;
		for (j = 0; j < texts_len && !holds; j++) {
			text.len = 0;
			analyze_text(&analyzer, texts[j], strlen(texts[j]),
			    phrase_token, &text);
			holds = phrase_stands_in(&text, &phrase);
		}
	}
	analyzer_close(&analyzer);
	holds = holds && !phrase.has_failed && !text.has_failed;
	free(phrase.hashes);
	free(text.hashes);

	return (holds);
}

int
phrase_holds(const struct question *q, const char *const *texts,
    size_t texts_len)
{
	int	n;

	for (n = 0; n < LANGUAGE_COUNT; n++)
		if ((q->languages >> n & 1) && phrase_holds_in(q,
		    (enum language)n, texts, texts_len))
			return (1);

	return (0);
}
