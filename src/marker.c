/*
 * The grammar of citation markers, read from bytes that may end anywhere.
 *
 *	group	= open [ word ] { number [ word ] | range | blank | "," |
 *		  ";" | "^" | "&" | "#" | group } close
 *	open	= "[" | "【" | "［"	close = "]" | "】" | "］"
 *
 * with at least one number. Inside 【】 a colon (a foreign numbering) makes
 * the number stand for nothing, and what follows a dagger is skipped.
 */
#include <string.h>
#include <strings.h>

#include "marker.h"

#define MARKER_DEPTH_MAX	3
#define MARKER_NUMBER_MAX	9999999

struct marker_reader {
	const char	*text;
	size_t		 len;
	size_t		 at;
	int		 is_all;
	int		 depth;
	int		 is_range;	/* a dash came after a number */
	int		 is_lenticular;	/* inside 【】 */
	struct marker	*out;
};

static const char *const words[] = { "sources", "source", "passages",
    "passage", "documents", "document", "docs", "doc", "refs", "ref",
    "citation", "cite" };

/* 1: the bytes begin with it; 0: they do not; -1: they end inside it. */
static int
marker_begins(const struct marker_reader *r, const char *what)
{
	size_t	n = strlen(what), left = r->len - r->at;

	if (left >= n)
		return (strncasecmp(r->text + r->at, what, n) == 0);
	if (r->is_all || strncasecmp(r->text + r->at, what, left) != 0)
		return (0);
	return (-1);
}

/* Length of the first of the strings that begins here; 0: none; -1: wait. */
static int
marker_any(const struct marker_reader *r, const char *const *list, size_t n)
{
	size_t	i;
	int	found, is_waiting = 0;

	for (i = 0; i < n; i++) {
		if ((found = marker_begins(r, list[i])) == 1)
			return ((int)strlen(list[i]));
		if (found == -1)
			is_waiting = 1;
	}

	return (is_waiting ? -1 : 0);
}

static void
marker_add(struct marker *m, unsigned number)
{
	if (m->numbers_len < MARKER_NUMBERS_MAX)
		m->numbers[m->numbers_len++] = number;
}

/* Reads digits; the bytes after them are there, or nothing more comes. */
static enum marker_kind
marker_number(struct marker_reader *r)
{
	unsigned	number = 0, from;
	size_t		at = r->at;

	while (at < r->len && r->text[at] >= '0' && r->text[at] <= '9') {
		if (number <= MARKER_NUMBER_MAX)
			number = number * 10 + (unsigned)(r->text[at] - '0');
		at++;
	}
	if (at == r->len && !r->is_all)
		return (MARKER_UNDECIDED);

	r->at = at;
	if (r->is_range) {
		r->is_range = 0;
		from = r->out->numbers[r->out->numbers_len - 1];
		if (from == 0 || number <= from ||
		    number - from >= MARKER_NUMBERS_MAX)
			marker_add(r->out, 0);
		else
			while (++from <= number)
				marker_add(r->out, from);
	} else {
		r->out->is_denial |= (number == 0);
		marker_add(r->out, number);
	}

	return (MARKER_GROUP);
}

/* "Source", where a number is to follow. */
static enum marker_kind
marker_word(struct marker_reader *r)
{
	int	n;

	n = marker_any(r, words, sizeof(words) / sizeof(words[0]));
	if (n <= 0)
		return (n == -1 ? MARKER_UNDECIDED : MARKER_NONE);
	r->at += (size_t)n;
	if (r->at < r->len && r->text[r->at] == ':')
		r->at++;

	return (MARKER_GROUP);
}

static enum marker_kind
marker_open(struct marker_reader *r)
{
	static const char *const	opens[] = { "[", "\xe3\x80\x90",
					    "\xef\xbc\xbb" };
	int				n;

	if ((n = marker_any(r, opens, 3)) == -1)
		return (MARKER_UNDECIDED);
	if (n == 0 || r->depth == MARKER_DEPTH_MAX)
		return (MARKER_NONE);
	r->is_lenticular = (r->text[r->at] == '\xe3');
	r->depth++;
	r->at += (size_t)n;

	if ((n = marker_any(r, words, sizeof(words) / sizeof(words[0]))) == -1)
		return (MARKER_UNDECIDED);
	r->at += (size_t)n;
	if (n > 0 && r->at < r->len && r->text[r->at] == ':')
		r->at++;

	return (MARKER_GROUP);
}

/* A dagger and all up to the closing bracket, or a colon, inside 【】. */
static enum marker_kind
marker_foreign(struct marker_reader *r)
{
	int	n;

	if (r->text[r->at] == ':' && r->out->numbers_len > 0) {
		r->out->numbers[r->out->numbers_len - 1] = 0;
		/* The number behind it belongs to the one before. */
		for (r->at++; r->at < r->len && r->text[r->at] >= '0' &&
		    r->text[r->at] <= '9'; r->at++)
			continue;
		return (MARKER_GROUP);
	}
	if ((n = marker_begins(r, "\xe2\x80\xa0")) != 1)
		return (n == -1 ? MARKER_UNDECIDED : MARKER_NONE);
	for (; r->at < r->len; r->at++) {
		if ((n = marker_begins(r, "\xe3\x80\x91")) == 1)
			return (MARKER_GROUP);
		if (n == -1)
			return (MARKER_UNDECIDED);
		if (r->text[r->at] == '\n')
			return (MARKER_NONE);
	}

	return (r->is_all ? MARKER_NONE : MARKER_UNDECIDED);
}

/* Reads one element; GROUP: go on (or, at depth 0, done). */
static enum marker_kind
marker_element(struct marker_reader *r)
{
	static const char *const	closes[] = { "]", "\xe3\x80\x91",
					    "\xef\xbc\xbd" };
	static const char *const	dashes[] = { "-", "\xe2\x80\x93" };
	char				c = r->text[r->at];
	int				n;

	if (c >= '0' && c <= '9')
		return (marker_number(r));
	if (r->is_range)
		return (MARKER_NONE);
	if (c == ' ' || c == ',' || c == ';' || c == '^' || c == '&' ||
	    c == '#') {
		r->at++;
		return (MARKER_GROUP);
	}

	if ((n = marker_any(r, closes, 3)) > 0) {
		r->depth--;
		r->at += (size_t)n;
		return (MARKER_GROUP);
	}
	if (n == -1)
		return (MARKER_UNDECIDED);
	if ((n = marker_any(r, dashes, 2)) > 0) {
		r->is_range = 1;
		r->at += (size_t)n;
		return (r->out->numbers_len > 0 ? MARKER_GROUP : MARKER_NONE);
	}
	if (n == -1)
		return (MARKER_UNDECIDED);
	if (r->is_lenticular && (c == ':' || c == '\xe2'))
		return (marker_foreign(r));
	if (r->out->numbers_len > 0 && strchr("spdrcSPDRC", c) != NULL)
		return (marker_word(r));

	return (marker_open(r));
}

enum marker_kind
marker_read(const char *text, size_t len, int is_all, struct marker *out)
{
	struct marker_reader	r = { .text = text, .len = len,
				    .is_all = is_all, .out = out };
	enum marker_kind	kind;

	/* Bytes beyond the bound must not change what is said of others. */
	if (len >= MARKER_BYTES_MAX) {
		r.len = MARKER_BYTES_MAX;
		r.is_all = 1;
	}
	out->numbers_len = 0;
	out->is_denial = 0;

	kind = marker_open(&r);
	while (kind == MARKER_GROUP && r.depth > 0) {
		if (r.at == r.len)
			kind = r.is_all ? MARKER_NONE : MARKER_UNDECIDED;
		else
			kind = marker_element(&r);
	}
	if (kind == MARKER_GROUP && out->numbers_len == 0)
		kind = MARKER_NONE;
	out->len = r.at;

	return (kind);
}
