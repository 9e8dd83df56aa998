/*
 * Spans and fences as CommonMark has them. What is taken for code here must
 * be code for every reader, since links in it are let through; so where lists,
 * quotes, tables or spans over several lines could make a difference, it is
 * soft: free of markers, but not of the guard of links. So are maths.
 */
#include <string.h>

#include "citecode.h"

#define CITECODE_SPAN_MAX	400	/* bytes of a span, or a fence's line */
#define CITECODE_MATHS_BACK	600	/* looked back for where maths begin */
#define CITECODE_MATHS_MAX	300	/* and forward for where they end */
#define CITECODE_FENCE		3	/* marks at least; also the blanks that
					   may stand before them */

int
citecode_at_line_start(const struct cite *c)
{
	size_t	i = c->text.len;

	while (i > 0 && (c->text.data[i - 1] == ' ' ||
	    c->text.data[i - 1] == '\t'))
		i--;

	return (i == 0 || c->text.data[i - 1] == '\n');
}

/* Blanks that have left on this line; a tab is more than a fence may have. */
static size_t
citecode_indent(const struct cite *c)
{
	size_t	i, n = 0;

	for (i = c->text.len; i > 0 && c->text.data[i - 1] != '\n'; i--)
		n += c->text.data[i - 1] == '\t' ? CITECODE_FENCE + 1 : 1;

	return (n);
}

/* Only marks of lists and quotes have left on this line. */
static int
citecode_in_container(const struct cite *c)
{
	size_t	i;

	for (i = c->text.len; i > 0 && c->text.data[i - 1] != '\n'; i--)
		if (strchr(" \t>*+-.)0123456789", c->text.data[i - 1]) == NULL)
			return (0);

	return (1);
}

/*
 * Whether a fence with that indent is one for every reader: none, or that of
 * the list item begun on the line before, or a blank line stands before it.
 */
static int
citecode_is_own(const struct cite *c, size_t indent)
{
	const char	*text = buffer_text(&c->text);
	size_t		 end = c->text.len - indent, at, column;

	if (indent == 0 || indent > CITECODE_FENCE || end < 2)
		return (indent <= CITECODE_FENCE);
	for (at = --end; at > 0 && text[at - 1] != '\n'; at--)
		continue;
	if (at == end)
		return (1);
	for (column = at; column < end && text[column] == ' '; column++)
		continue;
	if (strchr("-*+", text[column]) == NULL) {
		while (column < end && text[column] >= '0' &&
		    text[column] <= '9')
			column++;
		if (text[column] != '.' && text[column] != ')')
			return (0);
	}
	for (column++; column < end && text[column] == ' '; column++)
		continue;

	return (column - at <= indent && text[column - 1] == ' ');
}

/* A paragraph that began with "[", for which some look for "]:" beyond it. */
static int
citecode_in_label(const struct cite *c)
{
	const char	*text = buffer_text(&c->text);
	size_t		 at = c->text.len;

	while (at > 1 && !(text[at - 1] == '\n' && text[at - 2] == '\n'))
		at--;
	if (at == 1)
		at = 0;
	while (at < c->text.len && strchr(" >", text[at]) != NULL)
		at++;

	return (at < c->text.len && text[at] == '[');
}

/* A run that was left open does not reach over a blank line. */
static void
citecode_forget_run(struct cite *c)
{
	const char	*text = buffer_text(&c->text), *at, *end;

	end = text + c->text.len;
	at = text + c->runs_seen;
	while (c->has_run && (at = memchr(at, '\n', (size_t)(end - at))) !=
	    NULL) {
		for (at++; at < end && (*at == ' ' || *at == '\t'); at++)
			continue;
		if (at < end && *at == '\n')
			c->has_run = 0;
	}
	c->runs_seen = c->text.len > 0 && c->text.data[c->text.len - 1] ==
	    '\n' ? c->text.len - 1 : c->text.len;
}

static size_t
citecode_run(const char *text, size_t len, char c)
{
	size_t	n = 0;

	while (n < len && text[n] == c)
		n++;

	return (n);
}

/*
 * The end of the span that a run of backticks opens: behind the same run on
 * the same line. 0: there is none; *undecided: not among the bytes so far.
 */
static size_t
citecode_span_end(const struct cite_view *v, size_t run, int *undecided)
{
	size_t	at, n;

	*undecided = 0;
	for (at = run; at < v->len && v->text[at] != '\n'; at += n) {
		if ((n = citecode_run(v->text + at, v->len - at, '`')) == 0)
			n = 1;
		else if (n == run && (at + n < v->len || v->is_all))
			return (at + n);
	}
	*undecided = (at >= v->len && !v->is_all);

	return (0);
}

/* A run that opens no span: a fence, or marks alone. */
static size_t
citecode_fence(struct cite *c, const struct cite_view *v, size_t run)
{
	const char	*end;
	size_t		 len = v->len;

	end = memchr(v->text, '\n', v->len);
	if (end != NULL)
		len = (size_t)(end - v->text);
	else if (v->len >= CITECODE_SPAN_MAX)
		c->is_doubtful = 1;
	if (run < CITECODE_FENCE || !citecode_at_line_start(c) ||
	    c->is_doubtful || (v->text[0] == '`' &&
	    memchr(v->text + run, '`', len - run) != NULL) ||
	    memchr(v->text, '|', len) != NULL) {
		/*
		 * Maybe a fence in a list or quote, which we do not follow, or
		 * a table's head.
		 */
		if (run >= CITECODE_FENCE && citecode_in_container(c))
			c->is_doubtful = 1;
		return (run);
	}
	c->fence = run;
	c->fence_mark = v->text[0];
	c->fence_indent = citecode_indent(c);
	c->is_soft = !citecode_is_own(c, c->fence_indent) ||
	    citecode_in_label(c);
	if (c->is_soft)
		c->is_doubtful = 1;
	c->has_run = 0;

	return (run);
}

static int
citecode_is_split(const char *text, size_t len)
{
	return (memchr(text, '|', len) != NULL);
}

size_t
citecode_open(struct cite *c, const struct cite_view *whole)
{
	struct cite_view	v = *whole;
	size_t			run, end;
	int			is_undecided = 0;

	/* Bytes beyond the bound must not change what is said of others. */
	if (v.len >= CITECODE_SPAN_MAX) {
		v.len = CITECODE_SPAN_MAX;
		v.is_all = 1;
	}
	run = citecode_run(v.text, v.len, v.text[0]);
	if (v.text[0] == '~') {
		if (!v.is_all && (run == v.len || (run >= CITECODE_FENCE &&
		    memchr(v.text, '\n', v.len) == NULL)))
			return (0);
		return (run < CITECODE_FENCE ? run :
		    citecode_fence(c, &v, run));
	}
	end = citecode_span_end(&v, run, &is_undecided);
	if (is_undecided)
		return (0);

	citecode_forget_run(c);
	if (end == 0) {
		run = citecode_fence(c, &v, run);
		c->has_run |= (c->fence == 0);
		return (run);
	}
	/* A table's bars cut a span in two. */
	if (c->is_doubtful || c->has_run ||
	    citecode_is_split(v.text, end)) {
		c->soft_len = end - run;
		return (run);
	}

	return (end);
}

size_t
citecode_close(struct cite *c, const struct cite_view *v, int *undecided)
{
	size_t	blanks = 0, run, indent, at, end;

	*undecided = 0;
	while (blanks < v->len && v->text[blanks] == ' ' &&
	    blanks < CITECODE_SPAN_MAX)
		blanks++;
	run = citecode_run(v->text + blanks, v->len - blanks, c->fence_mark);
	at = blanks + run;
	for (end = at; end < v->len && end < CITECODE_SPAN_MAX &&
	    (v->text[end] == ' ' || v->text[end] == '\t'); end++)
		continue;
	if (end == v->len && !v->is_all && v->len < CITECODE_SPAN_MAX) {
		*undecided = 1;
		return (0);
	}
	indent = citecode_indent(c) + blanks;
	if (run >= c->fence && (end == v->len || v->text[end] == '\n') &&
	    (indent <= CITECODE_FENCE || c->fence_indent > 0)) {
		c->fence = 0;
		c->is_doubtful |= indent > CITECODE_FENCE;
		return (at);
	}
	/* A line that stands further out ends a list, and the fence in it. */
	if (at < v->len && v->text[at] != '\n' && v->text[at] != '\r' &&
	    v->text[at] != '\t' && indent < c->fence_indent && !c->is_soft)
		c->fence = 0;

	return (0);
}

/* Whether text[..at) leaves "$", "$$", "\\(" or "\\[" open: its close. */
static const char *
citecode_maths(const char *text, size_t len)
{
	const char	*open = NULL;
	size_t		 i, run;

	for (i = 0; i < len; i++) {
		if (text[i] == '\\' && i + 1 < len) {
			i++;
			if (open == NULL && (text[i] == '(' || text[i] == '['))
				open = text[i] == '(' ? "\\)" : "\\]";
			else if (open != NULL && text[i] == open[1])
				open = NULL;
		}
		if (text[i] != '$' || (i > 0 && text[i - 1] == '\\'))
			continue;
		run = i + 1 < len && text[i + 1] == '$' ? 2 : 1;
		if (open != NULL && strlen(open) == run && open[0] == '$')
			open = NULL;
		else if (open == NULL && i + run < len && (run == 2 ||
		    strchr(" \t\n0123456789", text[i + run]) == NULL))
			open = run == 2 ? "$$" : "$";
		i += run - 1;
	}

	return (open);
}

int
citecode_in_maths(const struct cite *c, const struct cite_view *v, size_t at)
{
	const char	*text = buffer_text(&c->text), *close;
	size_t		 from = c->text.len, i, n;

	while (from > 0 && c->text.len - from < CITECODE_MATHS_BACK &&
	    !(from > 1 && text[from - 1] == '\n' && text[from - 2] == '\n'))
		from--;
	close = citecode_maths(text + from, c->text.len - from);
	if (close == NULL)
		return (0);
	n = strlen(close);
	for (i = at; i < v->len && i - at < CITECODE_MATHS_MAX; i++) {
		if (v->text[i] == '\n' && n == 1)
			return (0);
		if (i + n > v->len)
			break;
		if (memcmp(v->text + i, close, n) == 0 && (close[0] != '$' ||
		    (v->text[i - 1] != ' ')))
			return (1);
	}

	return (i - at >= CITECODE_MATHS_MAX || v->is_all ? 0 : -1);
}
