/*
 * One pass over the text: runs of words, each word folded, looked up among
 * the function words, stemmed and hashed. Plain ASCII, which is most of what
 * is read, takes a short way through all of it.
 *
 * The stemmer sees accents, since its rules do; the term does not, so that a
 * question typed without them finds the word.
 */
#include <string.h>

#include <libstemmer.h>
#include <utf8proc.h>

#include "analyze.h"
#include "utf8.h"

#define WORD_MAX	256	/* folded bytes; of a longer word the rest is
				   not compared */
#define FOLD_MAX	18	/* longest decomposition of one character */
#define RUN_WORDS_MAX	16	/* joined words beyond begin a new run */

enum { TERM_WORD = 'w', TERM_WHOLE = 'x' };

/* A run of joined words. */
struct analyze_run {
	struct analyzer	*analyzer;
	const char	*text;
	size_t		 len;		/* of the text */
	void		(*token)(void *, const struct analyze_token *);
	void		*arg;
	/* Hashing of the whole and of the part since the last / @ or :. */
	size_t		 start, part_start;
	size_t		 words, part_words;
	uint64_t	 whole, part;
};

int
analyzer_open(struct analyzer *analyzer, enum language language)
{
	const char	*name = language_stemmer(language);

	analyzer->language = language;
	analyzer->stemmer = NULL;
	if (name != NULL &&
	    (analyzer->stemmer = sb_stemmer_new(name, NULL)) == NULL)
		return (-1);

	return (0);
}

void
analyzer_close(struct analyzer *analyzer)
{
	sb_stemmer_delete(analyzer->stemmer);
	analyzer->stemmer = NULL;
}

static int
analyze_is_letter(uint32_t c)
{
	utf8proc_category_t	category;

	if (c < 0x80)
		return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9'));
	category = utf8proc_category((int32_t)c);

	return (category >= UTF8PROC_CATEGORY_LU &&
	    category <= UTF8PROC_CATEGORY_NO);
}

/* Scripts that put no blanks between words. */
static int
analyze_stands_alone(uint32_t c)
{
	return ((c >= 0x0e00 && c <= 0x0e7f) || (c >= 0x3040 && c <= 0x30ff) ||
	    (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
	    (c >= 0x20000 && c <= 0x3ffff));
}

static uint64_t
analyze_hash(uint64_t hash, const char *bytes, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++) {
		hash ^= (unsigned char)bytes[i];
		hash *= 0x100000001b3u;
	}

	return (hash);
}

static uint64_t
analyze_begin(char kind)
{
	return (analyze_hash(0xcbf29ce484222325u, &kind, 1));
}

static uint64_t
analyze_mix(uint64_t hash)
{
	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdu;
	hash ^= hash >> 33;
	hash *= 0xc4ceb9fe1a85ec53u;

	return (hash ^ (hash >> 33));
}

/* Code points of `word`, case-folded, with or without marks, as UTF-8. */
static size_t
analyze_map(const char *word, size_t len, char *out, size_t size,
    int is_stripped)
{
	int32_t		points[WORD_MAX + FOLD_MAX];
	uint32_t	c;
	size_t		at = 0, count = 0, n = 0;
	ssize_t		got;
	int		boundary = 0, flags;

	flags = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
	    UTF8PROC_IGNORE | (is_stripped ? UTF8PROC_STRIPMARK : 0);
	while (at < len && count < WORD_MAX) {
		at += utf8_decode(word, len, at, &c);
		got = utf8proc_decompose_char((int32_t)c, points + count,
		    FOLD_MAX, flags, &boundary);
		if (got > 0 && got <= FOLD_MAX)
			count += (size_t)got;
	}
	if (!is_stripped && (got = utf8proc_normalize_utf32(points,
	    (ssize_t)count, UTF8PROC_STABLE | UTF8PROC_COMPOSE)) >= 0)
		count = (size_t)got;
	for (at = 0; at < count && n + 4 <= size; at++)
		n += (size_t)utf8proc_encode_char(points[at],
		    (uint8_t *)out + n);

	return (n);
}

static int
analyze_is_ascii(const char *word, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++)
		if ((unsigned char)word[i] >= 0x80)
			return (0);

	return (1);
}

size_t
analyze_fold(const char *word, size_t len, char *out, size_t size)
{
	size_t	i;

	if (!analyze_is_ascii(word, len))
		return (analyze_map(word, len, out, size, 0));
	if (len > size)
		len = size;
	for (i = 0; i < len; i++)
		out[i] = word[i] >= 'A' && word[i] <= 'Z' ?
		    (char)(word[i] + 32) : word[i];

	return (len);
}

/* A word of the run: its own token, and its share of the wholes. */
static void
analyze_word(struct analyze_run *run, size_t start, size_t end)
{
	struct analyzer		*analyzer = run->analyzer;
	struct analyze_token	 token = { .start = start, .end = end };
	char			 folded[WORD_MAX], bare[WORD_MAX];
	const char		*stem = folded;
	size_t			 len, stem_len;

	len = stem_len = analyze_fold(run->text + start, end - start, folded,
	    sizeof(folded));
	token.is_stop = (language_stops(folded, len) >> analyzer->language) & 1;
	if (analyzer->stemmer != NULL && (stem = (const char *)sb_stemmer_stem(
	    analyzer->stemmer, (const sb_symbol *)folded, (int)len)) != NULL)
		stem_len = (size_t)sb_stemmer_length(analyzer->stemmer);
	else
		stem = folded;
	if (!analyze_is_ascii(stem, stem_len)) {
		stem_len = analyze_map(stem, stem_len, bare, sizeof(bare), 1);
		stem = bare;
	}
	token.hash = analyze_mix(analyze_hash(analyze_begin(TERM_WORD), stem,
	    stem_len));
	run->token(run->arg, &token);

	if (!analyze_is_ascii(folded, len)) {
		len = analyze_map(folded, len, bare, sizeof(bare), 1);
		memcpy(folded, bare, len);
	}
	if (run->words++ == 0) {
		run->start = start;
		run->whole = analyze_begin(TERM_WHOLE);
	}
	if (run->part_words++ == 0) {
		run->part_start = start;
		run->part = analyze_begin(TERM_WHOLE);
	}
	run->whole = analyze_hash(run->whole, folded, len);
	run->part = analyze_hash(run->part, folded, len);
}

static void
analyze_whole(struct analyze_run *run, uint64_t hash, size_t start, size_t end)
{
	struct analyze_token	token = {
		.hash = analyze_mix(hash), .start = start, .end = end,
		.is_whole = 1
	};

	run->token(run->arg, &token);
}

/* The end of a part, behind `end`; of the run too when `is_last`. */
static void
analyze_part(struct analyze_run *run, size_t end, int is_last)
{
	if (run->part_words > 1 && run->part_words < run->words)
		analyze_whole(run, run->part, run->part_start, end);
	run->part_words = 0;
	if (!is_last)
		return;
	if (run->words > 1)
		analyze_whole(run, run->whole, run->start, end);
	run->words = 0;
}

/* Characters that stand alone: a word each, a whole each two. */
static size_t
analyze_characters(struct analyze_run *run, size_t at)
{
	uint32_t	c;
	size_t		n, before = run->len;

	while (at < run->len) {
		n = utf8_decode(run->text, run->len, at, &c);
		if (!analyze_is_letter(c) || !analyze_stands_alone(c))
			break;
		run->words = run->part_words = 0;
		analyze_word(run, at, at + n);
		if (before < at) {
			run->words = run->part_words = 0;
			analyze_whole(run, analyze_hash(analyze_begin(
			    TERM_WHOLE), run->text + before, at + n - before),
			    before, at + n);
		}
		before = at;
		at += n;
	}
	run->words = run->part_words = 0;

	return (at);
}

/* The end of the word that begins at `at`. */
static size_t
analyze_word_end(const struct analyze_run *run, size_t at)
{
	uint32_t	c;
	size_t		n;

	for (; at < run->len; at += n) {
		n = utf8_decode(run->text, run->len, at, &c);
		if (!analyze_is_letter(c) || analyze_stands_alone(c))
			break;
	}

	return (at);
}

/* Whether a byte joins the word before it to one behind it. */
static int
analyze_joins(const struct analyze_run *run, size_t at)
{
	uint32_t	c;

	if (at + 1 >= run->len || run->words >= RUN_WORDS_MAX ||
	    run->text[at] == '\0' || strchr("._-@/:", run->text[at]) == NULL)
		return (0);
	(void)utf8_decode(run->text, run->len, at + 1, &c);

	return (analyze_is_letter(c) && !analyze_stands_alone(c));
}

void
analyze_text(struct analyzer *analyzer, const char *text, size_t len,
    void (*token)(void *, const struct analyze_token *), void *arg)
{
	struct analyze_run	run = {
		.analyzer = analyzer, .text = text, .len = len,
		.token = token, .arg = arg
	};
	uint32_t		c;
	size_t			at = 0, n, end;

	while (at < len) {
		n = utf8_decode(text, len, at, &c);
		if (!analyze_is_letter(c)) {
			at += n;
			continue;
		}
		if (analyze_stands_alone(c)) {
			at = analyze_characters(&run, at);
			continue;
		}
		end = analyze_word_end(&run, at);
		analyze_word(&run, at, end);
		at = end;
		if (!analyze_joins(&run, at)) {
			analyze_part(&run, end, 1);
			continue;
		}
		if (strchr("@/:", text[at]) != NULL)
			analyze_part(&run, end, 0);
		else
			run.part = analyze_hash(run.part, text + at, 1);
		run.whole = analyze_hash(run.whole, text + at, 1);
		at++;
	}
}
