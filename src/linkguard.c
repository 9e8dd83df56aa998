/*
 * The guard of links.
 *
 * Each construct is broken where it becomes one: at the "(" behind a "]", at
 * the ":" behind one, at the "<", at the scheme. What stands before is what
 * has already left, so that nothing can be put together from pieces.
 * Where a renderer could read a construct in another way than this does, it is
 * broken: a blank between "]" and "(" is enough for that.
 *
 * Known is an address that a passage holds as a whole: no part of it, and
 * nothing added, since that could carry data. Deliberately missing: code
 * (cite.c keeps it away from here), and addresses without a scheme.
 */
#include <string.h>
#include <strings.h>

#include "linkguard.h"

#define LINKGUARD_MAX	2048	/* bytes of an address that are waited for */
#define LINKGUARD_TRAIL	2	/* "." and "," and ")." behind an address */
#define LINKGUARD_TAG	8	/* of a harmless tag, with its brackets */

static const char *const schemes[] = { "https://", "http://", "ftp://",
    "www.", "//" };
/* Inside a line they carry nothing. */
static const char *const tags[] = { "<br>", "<br/>", "<br />", "<sub>",
    "</sub>", "<sup>", "</sup>" };

static int
linkguard_is_blank(char c)
{
	return (c == ' ' || c == '\t' || c == '\n' || c == '\r');
}

static int
linkguard_is_letter(char c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

/* Where an address in running text ends for certain. */
static int
linkguard_is_end(char c)
{
	return (linkguard_is_blank(c) || strchr("<>\"`[]{}|\\^", c) != NULL);
}

/* What may stand behind an address, on its last character's side. */
static int
linkguard_is_trail(char c)
{
	return (c != '\0' && strchr(".,;:!?'*_~)", c) != NULL);
}

/* Bytes that the scheme has; *undecided: they may still become one. */
static size_t
linkguard_scheme(const char *text, size_t len, int *undecided)
{
	size_t	i, n;

	*undecided = 0;
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		n = strlen(schemes[i]);
		if (len >= n && strncasecmp(text, schemes[i], n) == 0)
			return (n);
		if (len < n && strncasecmp(text, schemes[i], len) == 0)
			*undecided = 1;
	}

	return (0);
}

int
linkguard_looks_at(const char *text, size_t len, size_t at)
{
	int	is_undecided;

	switch (text[at]) {
	case '!':
	case '<':
	case '(':
	case ':':
		return (1);
	case 'h':
	case 'H':
	case 'f':
	case 'F':
	case 'w':
	case 'W':
	case '/':
		return (linkguard_scheme(text + at, len - at, &is_undecided) >
		    0 || is_undecided);
	default:
		return (0);
	}
}

/* 1 when a source holds the address, and it ends there. */
static int
linkguard_is_known(const struct linkguard *g, const char *url, size_t len)
{
	const char	*text, *end, *at, *next;
	size_t		 i;

	for (i = 0; i < g->sources_len && len > 0; i++) {
		text = g->sources[i].text;
		end = text + g->sources[i].len;
		while (text < end && (at = memmem(text, (size_t)(end - text),
		    url, len)) != NULL) {
			next = at + len;
			while (next < end && linkguard_is_trail(*next))
				next++;
			if (next == end || linkguard_is_end(*next))
				return (1);
			text = at + 1;
		}
	}

	return (0);
}

/*
 * An address in running text. A blank behind the scheme makes it none, what-
 * ever stands around; what comes behind is looked at as any text.
 */
static size_t
linkguard_bare(const struct linkguard *g, struct buffer *out, int *undecided)
{
	size_t	scheme, n, end;

	scheme = linkguard_scheme(g->text, g->len, undecided);
	if (scheme == 0) {
		*undecided = *undecided && !g->is_all;
		return (0);
	}
	*undecided = 0;
	for (n = scheme; n < g->len && n < LINKGUARD_MAX; n++)
		if (linkguard_is_end(g->text[n]))
			break;
	if (n == g->len && n < LINKGUARD_MAX && !g->is_all) {
		*undecided = 1;
		return (0);
	}
	for (end = n; end > scheme && linkguard_is_trail(g->text[end - 1]);)
		end--;
	if (end == scheme && (n == g->len || linkguard_is_blank(g->text[n])))
		return (0);
	if (n == LINKGUARD_MAX || end == scheme ||
	    !linkguard_is_known(g, g->text, end)) {
		buffer_add(out, g->text, scheme);
		buffer_add(out, " ", 1);
		return (scheme);
	}
	/* A reader of links would take what is no blank as a part of it. */
	if (n - end > LINKGUARD_TRAIL)
		n = end;
	buffer_add(out, g->text, n);
	if (n < g->len && !linkguard_is_blank(g->text[n]))
		buffer_add(out, " ", 1);

	return (n);
}

/* A link's destination and title: "(", its address, ")". */
struct linkguard_target {
	size_t	start, end;	/* of the address */
	size_t	len;		/* of all; 0: it is none */
};

static size_t
linkguard_skip(const struct linkguard *g, size_t at)
{
	while (at < g->len && linkguard_is_blank(g->text[at]))
		at++;

	return (at);
}

/* Behind the destination: an optional title, then the end. */
static size_t
linkguard_title(const struct linkguard *g, size_t at)
{
	char	close;

	at = linkguard_skip(g, at);
	if (at < g->len && g->text[at] != ')') {
		close = g->text[at] == '(' ? ')' : g->text[at];
		if (close != '"' && close != '\'' && close != ')')
			return (0);
		for (at++; at < g->len && g->text[at] != close; at++)
			if (g->text[at] == '\\')
				at++;
		at = linkguard_skip(g, at + 1);
	}
	if (at >= g->len)
		return (g->len + 1);

	return (g->text[at] == ')' ? at + 1 : 0);
}

/* 0: no target; 1: it is one; -1: the bytes end inside of it. */
static int
linkguard_target(const struct linkguard *g, struct linkguard_target *t)
{
	size_t	at = linkguard_skip(g, 1), depth = 0;
	int	is_bracketed;

	is_bracketed = (at < g->len && g->text[at] == '<');
	t->start = at + (size_t)is_bracketed;
	for (at = t->start; at < g->len; at++) {
		if (g->text[at] == '\\' && at + 1 < g->len)
			at++;
		else if (is_bracketed ? g->text[at] == '>' :
		    linkguard_is_blank(g->text[at]))
			break;
		else if (g->text[at] == '(')
			depth++;
		else if (g->text[at] == ')' && depth-- == 0 && !is_bracketed)
			break;
		else if (g->text[at] == '\n')
			return (0);
	}
	t->end = at < g->len ? at : g->len;
	if (at >= g->len)
		return (-1);
	t->len = linkguard_title(g, at + (size_t)is_bracketed);

	return (t->len == 0 ? 0 : t->len > g->len ? -1 : 1);
}

/* "(" behind "]". */
static size_t
linkguard_link(const struct linkguard *g, struct buffer *out, int *undecided)
{
	struct linkguard		 cut = *g;
	struct linkguard_target		 t;
	const char			*url;
	size_t				 i;
	int				 found;

	/* Bytes beyond the bound must not change what is said of others. */
	if (cut.len >= LINKGUARD_MAX) {
		cut.len = LINKGUARD_MAX;
		cut.is_all = 1;
	}
	if ((found = linkguard_target(&cut, &t)) == -1 && !cut.is_all) {
		*undecided = 1;
		return (0);
	}
	if (found == 1) {
		url = g->text + t.start;
		if (linkguard_is_known(g, url, t.end - t.start)) {
			for (i = t.len; i < g->len &&
			    linkguard_is_trail(g->text[i]); i++)
				continue;
			/* What comes tells whether a blank is due. */
			*undecided = i == g->len && !g->is_all &&
			    i - t.len <= LINKGUARD_TRAIL;
			if (*undecided)
				return (0);
			buffer_add(out, "(", 1);
			buffer_add(out, url, t.end - t.start);
			buffer_add(out, ")", 1);
			if (i - t.len > LINKGUARD_TRAIL || (i < g->len &&
			    !linkguard_is_blank(g->text[i])))
				buffer_add(out, " ", 1);
			return (t.len);
		}
		for (i = 0; i < t.end - t.start; i++)
			if (strchr(":/#.&%\\", url[i]) != NULL)
				return (t.len);
	}
	buffer_add(out, " (", 2);

	return (1);
}

/*
 * ":" behind "]": 1 when the bracket may have begun its line, behind the marks
 * of lists and quotes.
 */
static int
linkguard_defines(const struct linkguard *g)
{
	size_t	i = g->before_len, open;

	while (i > 0 && g->before[i - 1] != '\n')
		i--;
	for (open = i; open < g->before_len && g->before[open] != '['; open++)
		if (strchr(" \t>*+-.)0123456789", g->before[open]) == NULL)
			break;

	return (open == g->before_len || g->before[open] == '[' ||
	    memchr(g->before + i, '[', g->before_len - i) == NULL);
}

/* The end of "<scheme:...>", 0: it is none. */
static size_t
linkguard_autolink(const struct linkguard *g, int *undecided)
{
	size_t	i;
	int	has_colon = 0;

	for (i = 1; i < g->len && i < LINKGUARD_MAX; i++) {
		if (g->text[i] == '>')
			return (has_colon ? i + 1 : 0);
		if (linkguard_is_blank(g->text[i]) || g->text[i] == '<' ||
		    g->text[i] == '`')
			return (0);
		has_colon |= (g->text[i] == ':');
	}
	*undecided = (i == g->len && i < LINKGUARD_MAX && !g->is_all);

	return (0);
}

static size_t
linkguard_tag(const struct linkguard *g, struct buffer *out, int *undecided)
{
	size_t	i, n, at = g->before_len;

	if (g->len > 1 && !linkguard_is_letter(g->text[1]) &&
	    strchr("/!?", g->text[1]) == NULL)
		return (0);
	if (g->len < LINKGUARD_TAG && !g->is_all &&
	    memchr(g->text, '>', g->len) == NULL) {
		*undecided = 1;
		return (0);
	}
	if (g->len < 2)
		return (0);
	/* At a line's start a tag begins a block of HTML. */
	while (at > 0 && (g->before[at - 1] == ' ' ||
	    g->before[at - 1] == '\t'))
		at--;
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		n = strlen(tags[i]);
		if (at > 0 && g->before[at - 1] != '\n' && g->len >= n &&
		    strncasecmp(g->text, tags[i], n) == 0) {
			buffer_add(out, g->text, n);
			return (n);
		}
	}
	n = linkguard_autolink(g, undecided);
	if (*undecided)
		return (0);
	if (n > 0 && linkguard_is_known(g, g->text + 1, n - 2)) {
		buffer_add(out, g->text, n);
		return (n);
	}
	buffer_add_text(out, "&lt;");

	return (1);
}

/* "!" before what is no marker. */
static size_t
linkguard_image(const struct linkguard *g, int *undecided)
{
	if (g->len < 3 && !g->is_all && (g->len < 2 || g->text[1] == '[')) {
		*undecided = 1;
		return (0);
	}
	/* Behind another one it would only take its place. */
	if (g->len < 3 || g->text[1] != '[' || strchr("[^#0123456789 ",
	    g->text[2]) != NULL || (g->before_len > 0 &&
	    strchr("!\\", g->before[g->before_len - 1]) != NULL))
		return (0);

	return (1);
}

size_t
linkguard_take(const struct linkguard *g, struct buffer *out, int *undecided)
{
	char	before;

	before = g->before_len > 0 ? g->before[g->before_len - 1] : '\n';
	*undecided = 0;
	switch (g->text[0]) {
	case '!':
		return (linkguard_image(g, undecided));
	case '<':
		return (linkguard_tag(g, out, undecided));
	case '(':
		return (before == ']' ? linkguard_link(g, out, undecided) : 0);
	case ':':
		if (before != ']' || !linkguard_defines(g))
			return (0);
		buffer_add(out, " :", 2);
		return (1);
	default:
		return (linkguard_bare(g, out, undecided));
	}
}
