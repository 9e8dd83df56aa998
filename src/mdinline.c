/*
 * Inline markup taken off a heading.
 *
 * A guess at what the marks mean, good for a line that people read in a list:
 * emphasis, code spans, links and images (their text stays), tags, escapes.
 * Brackets are searched to the end, so the caller keeps its input short.
 * Deliberately missing: entities, and links by reference alone ("[text]").
 */
#include <ctype.h>
#include <string.h>

#include "mdinline.h"
#include "utf8.h"

#define MDINLINE_NESTING	3	/* an image in a link, and one more */

struct mdinline_out {
	char	*at;
	size_t	 size;
	size_t	 used;
};

static void	mdinline_write(struct mdinline_out *, const char *, size_t,
		    size_t, int);
static size_t	mdinline_link(const char *, size_t, size_t, size_t *);
static size_t	mdinline_matching(const char *, size_t, size_t);
static size_t	mdinline_tag_end(const char *, size_t, size_t);
static size_t	mdinline_mark(const char *, size_t, size_t, size_t);
static int	mdinline_is_word(char);
static void	mdinline_put(struct mdinline_out *, const char *, size_t);

size_t
mdinline_text(const char *text, size_t len, char *out, size_t out_size)
{
	struct mdinline_out	to = { .at = out, .size = out_size };

	mdinline_write(&to, text, 0, len, 0);
	if (to.used > 0 && out[to.used - 1] == ' ')
		to.used--;
	out[to.used] = '\0';

	return (to.used);
}

/* Writes text[at..end) without inline markup. */
static void
mdinline_write(struct mdinline_out *out, const char *text, size_t at,
    size_t end, int nesting)
{
	size_t		start = at, n, label, behind, marks;
	uint32_t	c;
	int		is_code = 0;

	for (; at < end && out->used + 1 < out->size; at += n) {
		n = utf8_decode(text, end, at, &c);
		if (c == '`') {
			is_code = !is_code;
		} else if (is_code) {
			mdinline_put(out, text + at, n);
		} else if (c == '\\' && end - at > 1 &&
		    ispunct((unsigned char)text[at + 1])) {
			n = 2;
			mdinline_put(out, text + at + 1, 1);
		} else if ((c == '[' || c == '!') &&
		    nesting < MDINLINE_NESTING &&
		    (behind = mdinline_link(text, at, end, &label)) > 0) {
			mdinline_write(out, text, at + (c == '!') + 1, label,
			    nesting + 1);
			n = behind - at;
		} else if (c == '<' &&
		    (behind = mdinline_tag_end(text, at, end)) > 0) {
			n = behind - at;
		} else if ((marks = mdinline_mark(text, start, at, end)) > 0) {
			n = marks;
		} else {
			mdinline_put(out, text + at, n);
		}
	}
}

/*
 * The end of the link or image that begins at `at`, or 0 when none does;
 * *label is the end of its text.
 */
static size_t
mdinline_link(const char *text, size_t at, size_t end, size_t *label)
{
	size_t	target;

	if (text[at] == '!')
		at++;
	if (at == end || text[at] != '[' ||
	    (*label = mdinline_matching(text, at, end)) == 0)
		return (0);
	target = *label + 1;
	if (target == end || (text[target] != '(' && text[target] != '[') ||
	    (target = mdinline_matching(text, target, end)) == 0)
		return (0);

	return (target + 1);
}

/* Where the bracket at `at` closes, or 0. */
static size_t
mdinline_matching(const char *text, size_t at, size_t end)
{
	char	open = text[at], close = open == '(' ? ')' : ']';
	int	depth = 0;

	for (; at < end; at++) {
		if (text[at] == open)
			depth++;
		else if (text[at] == close && --depth == 0)
			return (at);
	}

	return (0);
}

/* The end of the HTML tag at `at`, or 0 when that is only a sign. */
static size_t
mdinline_tag_end(const char *text, size_t at, size_t end)
{
	const char	*close;

	if (end - at < 3 || (!isalpha((unsigned char)text[at + 1]) &&
	    text[at + 1] != '/' && text[at + 1] != '!') ||
	    (close = memchr(text + at, '>', end - at)) == NULL)
		return (0);

	return ((size_t)(close - text) + 1);
}

/* Length of the emphasis marks at `at`; 0 when these are text. */
static size_t
mdinline_mark(const char *text, size_t start, size_t at, size_t end)
{
	size_t	behind = at;
	char	before, after;

	before = at > start ? text[at - 1] : ' ';
	/* Inside a run whose beginning was found to be text. */
	if (before == text[at])
		return (0);
	while (behind < end && text[behind] == text[at])
		behind++;
	after = behind < end ? text[behind] : ' ';

	switch (text[at]) {
	case '*':
		return (before != ' ' || after != ' ' ? behind - at : 0);
	case '_':
		return (!mdinline_is_word(before) || !mdinline_is_word(after) ?
		    behind - at : 0);
	case '~':
		return (behind - at == 2 ? 2 : 0);
	default:
		return (0);
	}
}

static int
mdinline_is_word(char c)
{
	return (isalnum((unsigned char)c) || (unsigned char)c >= 0x80);
}

/* Appends a character; blanks and controls become one blank. */
static void
mdinline_put(struct mdinline_out *out, const char *text, size_t len)
{
	if (utf8_skip_blanks(text, len, 0) == len ||
	    iscntrl((unsigned char)text[0])) {
		if (out->used == 0 || out->at[out->used - 1] == ' ')
			return;
		text = " ";
		len = 1;
	}
	if (out->size - out->used <= len) {
		/* Full: nothing shorter may follow what is left out. */
		out->size = out->used + 1;
		return;
	}
	memcpy(out->at + out->used, text, len);
	out->used += len;
}
