/*
 * The sentences of a passage.
 *
 * sentence_next() walks the blocks of markdown.c and asks, inside prose,
 * sentence_end(): that scans for a full stop, takes the quotes and brackets
 * that close behind it, and decides by what stands before (abbreviation,
 * initial, number of a list) and after (blank, capital). Look-back is bounded,
 * look-ahead ends with the run of signs; so all is one pass.
 *
 * In doubt a sentence goes on: a passage quoted too long is still right, half
 * a sentence is not. Deliberately missing: dictionaries and statistics, and
 * languages without full stops or blanks (Thai), where a paragraph is one.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "mdline.h"
#include "sentence.h"
#include "utf8.h"

#define SENTENCE_WORD_MAX	12	/* bytes of the longest abbreviation */
#define SENTENCE_OPENERS_MAX	8	/* quotes and brackets before a word */

/* Never at the end of a sentence; before a capital all the same. */
static const char *const sentence_titles[] = {
	"approx", "bzw", "ca", "capt", "cf", "col", "dr", "ed", "eds", "gen",
	"gov", "hon", "lt", "mlle", "mme", "mr", "mrs", "ms", "mt", "prof",
	"resp", "rev", "sen", "sgt", "sra", "st", "vgl", "viz", "vs"
};

/* Abbreviations before a number, else words like any other. */
static const char *const sentence_numbered[] = {
	"abs", "al", "apr", "art", "aug", "cap", "ch", "chap", "dec", "eq",
	"eqs", "feb", "fig", "figs", "jan", "jul", "jun", "mar", "no", "nos",
	"nov", "nr", "oct", "p", "par", "pp", "ref", "refs", "sec", "sep",
	"sept", "tab", "vol"
};

static int		sentence_next_block(struct sentence_reader *);
static size_t		sentence_skip(const struct sentence_reader *);
static size_t		sentence_line_end(const struct sentence_reader *);
static int		sentence_is_rule(const char *, size_t, size_t);
static size_t		sentence_line_break(const char *, size_t, size_t,
			    int *);
static size_t		sentence_run(const char *, size_t, size_t, int *);
static size_t		sentence_stop(const char *, size_t, size_t, int *);
static size_t		sentence_closer(const char *, size_t, size_t);
static size_t		sentence_note(const char *, size_t, size_t);
static int		sentence_breaks(const char *, size_t, size_t, size_t,
			    size_t);
static size_t		sentence_word(const char *, size_t, size_t);
static int		sentence_is_short(const char *, size_t, size_t, char);
static int		sentence_is_in(const char *, size_t,
			    const char *const *, size_t);

#define SENTENCE_IN(word, len, list)					\
	sentence_is_in(word, len, list, sizeof(list) / sizeof(list[0]))

struct sentence_reader
sentence_open(const char *text, size_t len, enum markdown_syntax syntax)
{
	return ((struct sentence_reader){ .text = text,
	    .blocks = markdown_open(text, len, syntax) });
}

int
sentence_next(struct sentence_reader *r, struct sentence *out)
{
	for (;;) {
		while ((r->at = sentence_skip(r)) == r->block.end) {
			if (!sentence_next_block(r))
				return (0);
		}

		out->kind = r->block.kind;
		out->start = r->at;
		switch (r->block.kind) {
		case MARKDOWN_HEADING:
		case MARKDOWN_CODE:
			out->end = r->block.end;
			break;
		case MARKDOWN_TABLE:
		case MARKDOWN_FRONT_MATTER:
			out->end = sentence_line_end(r);
			break;
		default:
			out->end = sentence_end(r->text, r->block.end, r->at);
			break;
		}
		r->at = out->end;
		if (!sentence_is_rule(r->text, out->start, out->end))
			return (1);
	}
}

size_t
sentence_end(const char *text, size_t len, size_t at)
{
	size_t	i, next, start;
	int	is_hard, is_end;

	if ((start = utf8_skip_blanks(text, len, at)) == len)
		return (at);

	for (i = start; i < len; i = next) {
		if ((next = sentence_line_break(text, len, i, &is_end)) > i) {
			if (is_end)
				return (utf8_trim_end(text, start, i));
			continue;
		}
		if ((next = sentence_run(text, len, i, &is_hard)) == i) {
			next = i + 1;
			continue;
		}
		if (is_hard || sentence_breaks(text, len, start, i, next))
			return (next);
	}

	return (utf8_trim_end(text, start, len));
}

/* Reads the next block and passes over its marks. Returns 0 at the end. */
static int
sentence_next_block(struct sentence_reader *r)
{
	struct mdline	line;
	size_t		start, end;

	if (!markdown_next(&r->blocks, &r->block))
		return (0);

	r->at = r->block.start;
	switch (r->block.kind) {
	case MARKDOWN_HEADING:
		start = 0;
		end = r->block.end - r->block.start;
		markdown_heading_range(r->text + r->block.start, &start, &end);
		r->at += start;
		r->block.end = r->block.start + end;
		break;
	case MARKDOWN_LIST_ITEM:
		(void)mdline_read(&line, r->text, r->block.end, r->at);
		r->at = mdline_marker(&line).content;
		break;
	default:
		break;
	}

	return (1);
}

/* The next byte of the block that belongs to a sentence, or its end. */
static size_t
sentence_skip(const struct sentence_reader *r)
{
	size_t	at;

	at = utf8_skip_blanks(r->text, r->block.end, r->at);
	if (r->block.kind == MARKDOWN_QUOTE) {
		while (at < r->block.end && r->text[at] == '>')
			at = utf8_skip_blanks(r->text, r->block.end, at + 1);
	}

	return (at);
}

static size_t
sentence_line_end(const struct sentence_reader *r)
{
	struct mdline	line;

	(void)mdline_read(&line, r->text, r->block.end, r->at);

	return (utf8_trim_end(r->text, r->at, line.end));
}

/* True for what is drawn rather than said: "|---|---|", "* * *". */
static int
sentence_is_rule(const char *text, size_t at, size_t end)
{
	for (; at < end; at++) {
		if (text[at] == '\0' || strchr("|:-=+*_. \t", text[at]) == NULL)
			return (0);
	}

	return (1);
}

/*
 * Behind a line end at `at` and the indent after it, or `at`. *is_end tells
 * whether the sentence ends: before an empty line, and before a table's row
 * (a table cut in two has lost the lines that make it one).
 */
static size_t
sentence_line_break(const char *text, size_t len, size_t at, int *is_end)
{
	size_t	next = at;

	*is_end = 0;
	if (text[at] != '\n' && text[at] != '\r')
		return (at);

	if (text[next++] == '\r' && next < len && text[next] == '\n')
		next++;
	while (next < len && (text[next] == ' ' || text[next] == '\t'))
		next++;
	*is_end = next < len && (text[next] == '\n' || text[next] == '\r' ||
	    text[next] == '|');

	return (next);
}

/* The end of a run of stops and what closes behind them, or `at`. */
static size_t
sentence_run(const char *text, size_t len, size_t at, int *is_hard)
{
	size_t	end = at, n;

	*is_hard = 0;
	while (end < len) {
		n = sentence_stop(text, len, end, is_hard);
		if (n == 0 && end > at)
			n = sentence_closer(text, len, end);
		if (n == 0)
			break;
		end += n;
	}

	return (end > at ? end + sentence_note(text, len, end) : at);
}

/*
 * Length of a sign that ends sentences at `at`, or 0. Sets *is_hard for one
 * that needs no blank behind it.
 */
static size_t
sentence_stop(const char *text, size_t len, size_t at, int *is_hard)
{
	uint32_t	c;
	size_t		n;

	if ((unsigned char)text[at] < 0x80)
		return (text[at] == '.' || text[at] == '!' ||
		    text[at] == '?');

	n = utf8_decode(text, len, at, &c);
	switch (c) {
	case 0x3002:	/* ideographic full stop, wide and narrow */
	case 0xff61:
	case 0xff0e:	/* full width . ! ? */
	case 0xff01:
	case 0xff1f:
	case 0x0964:	/* danda, double danda */
	case 0x0965:
		*is_hard = 1;
		return (n);
	case 0x2026:	/* ellipsis */
	case 0x203c:	/* !! ?? ?! !? as one sign */
	case 0x2047:
	case 0x2048:
	case 0x2049:
	case 0x061f:	/* Arabic question mark, full stop */
	case 0x06d4:
	case 0x0589:	/* Armenian full stop */
	case 0x1362:	/* Ethiopic full stop */
	case 0x104b:	/* Burmese and Khmer */
	case 0x17d4:
		return (n);
	default:
		return (0);
	}
}

/* Length of a quote, bracket or emphasis that may close at `at`, or 0. */
static size_t
sentence_closer(const char *text, size_t len, size_t at)
{
	uint32_t	c;
	size_t		n;

	n = utf8_decode(text, len, at, &c);
	if (c < 0x80)
		return (c != 0 && strchr("\"')]}*_`~", (int)c) != NULL);

	switch (c) {
	case 0xbb:	/* guillemets */
	case 0x203a:
	case 0x2019:	/* curly quotes */
	case 0x201d:
	case 0x3009:	/* CJK brackets */
	case 0x300b:
	case 0x300d:
	case 0x300f:
	case 0x3011:
	case 0xff09:
	case 0xff3d:
		return (n);
	default:
		return (0);
	}
}

/* Length of a note's number, "[12]", that belongs to the sentence before. */
static size_t
sentence_note(const char *text, size_t len, size_t at)
{
	size_t	i;

	if (at == len || text[at] != '[')
		return (0);
	for (i = at + 1; i < len && i - at < 5 &&
	    isdigit((unsigned char)text[i]);)
		i++;

	return (i > at + 1 && i < len && text[i] == ']' ? i + 1 - at : 0);
}

/* Whether the sentence from `start` ends with the run of stops [stop..end). */
static int
sentence_breaks(const char *text, size_t len, size_t start, size_t stop,
    size_t end)
{
	size_t		next, i;
	uint32_t	c;

	next = utf8_skip_blanks(text, len, end);
	if (next == len)
		return (1);
	if (next == end)
		return (0);

	for (i = 0; i < SENTENCE_OPENERS_MAX && next + 1 < len; i++) {
		if (text[next] == '\0' ||
		    strchr("\"'([{*_", text[next]) == NULL)
			break;
		next++;
	}
	(void)utf8_decode(text, len, next, &c);

	/* "the flow . the drag": cut up into words, with no capitals at all. */
	if (end - stop == 1 && stop > start && text[stop - 1] == ' ')
		return (1);
	if (utf8_is_lower(c))
		return (0);
	if (text[stop] != '.' || end - stop > 1)
		return (1);

	return (!sentence_is_short(text, start, stop, text[next]));
}

/* Whether the full stop at `stop` only shortens the word before it. */
static int
sentence_is_short(const char *text, size_t start, size_t stop, char next)
{
	const char	*word;
	size_t		 at, len, i;
	int		 digits = 0;

	at = sentence_word(text, start, stop);
	word = text + at;
	len = stop - at;
	for (i = 0; i < len; i++)
		digits += isdigit((unsigned char)word[i]) != 0;

	/* An initial, a number of a list ("2. Then ..."), or "U.S.", "e.g." */
	if (len == 1 && isupper((unsigned char)word[0]))
		return (1);
	if (at == start && len > 0 && (size_t)digits == len && len <= 3)
		return (1);
	if (len >= 3 && digits == 0 && memchr(word, '.', len) != NULL &&
	    word[1] == '.')
		return (strncasecmp(word, "a.m", 3) != 0 &&
		    strncasecmp(word, "p.m", 3) != 0);

	return (SENTENCE_IN(word, len, sentence_titles) ||
	    (isdigit((unsigned char)next) &&
	    SENTENCE_IN(word, len, sentence_numbered)));
}

/* The start of the word that ends at `end`, not looking further than needed. */
static size_t
sentence_word(const char *text, size_t start, size_t end)
{
	size_t	at;

	for (at = end; at > start && end - at <= SENTENCE_WORD_MAX; at--) {
		if (!isalnum((unsigned char)text[at - 1]) &&
		    text[at - 1] != '.' && (unsigned char)text[at - 1] < 0x80)
			break;
	}

	return (at);
}

static int
sentence_is_in(const char *word, size_t len, const char *const *list,
    size_t list_len)
{
	size_t	i;

	for (i = 0; len > 0 && i < list_len; i++) {
		if (list[i][0] == tolower((unsigned char)word[0]) &&
		    strncasecmp(word, list[i], len) == 0 &&
		    list[i][len] == '\0')
			return (1);
	}

	return (0);
}
