/*
 * The marker filter.
 *
 * Input gathers in c->held. cite_step() takes one thing from its start: a
 * run of plain text, blanks with what follows them, a marker, a code span, a
 * line of a code block. It takes nothing as long as the bytes that are there
 * do not decide what comes; every decision depends on the bytes alone, so
 * the result is the same however the pieces were cut. What is held is
 * bounded: a marker by MARKER_BYTES_MAX, blanks and code spans below.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "cite.h"
#include "marker.h"
#include "support.h"
#include "utf8.h"

#define CITE_BLANKS_MAX	64	/* held before a marker; more leave at once */
#define CITE_SPAN_MAX	400	/* bytes of a code span */
#define CITE_MARKS_FIRST 4	/* room at first; doubles */

/* What is looked at: held text from `at`. */
struct cite_view {
	const char	*text;
	size_t		 len;
	int		 is_all;	/* no more will come */
};

void
cite_init(struct cite *c, const struct cite_passage *passages, size_t count)
{
	memset(c, 0, sizeof(*c));
	c->passages = passages;
	c->passages_len = count < CITE_PASSAGES_MAX ? count :
	    CITE_PASSAGES_MAX;
	buffer_init(&c->text);
	buffer_init(&c->held);
}

void
cite_free(struct cite *c)
{
	buffer_free(&c->text);
	buffer_free(&c->held);
	free(c->marks);
	c->marks = NULL;
	c->marks_len = c->marks_size = 0;
}

static void
cite_emit(struct cite *c, const char *text, size_t len)
{
	buffer_add(&c->text, text, len);
	c->text_utf16 += utf8_utf16_len(text, len);
}

static int
cite_at_line_start(const struct cite *c)
{
	size_t	i = c->text.len;

	while (i > 0 && (c->text.data[i - 1] == ' ' ||
	    c->text.data[i - 1] == '\t'))
		i--;

	return (i == 0 || c->text.data[i - 1] == '\n');
}

/* Room for one more mark. */
static int
cite_grow(struct cite *c)
{
	struct cite_mark	*marks;
	size_t			 size;

	if (c->marks_len == CITE_MARKS_MAX)
		return (-1);
	if (c->marks_len < c->marks_size)
		return (0);
	size = c->marks_size == 0 ? CITE_MARKS_FIRST : c->marks_size * 2;
	marks = reallocarray(c->marks, size, sizeof(*marks));
	if (marks == NULL) {
		c->text.has_failed = 1;
		return (-1);
	}
	c->marks = marks;
	c->marks_size = size;

	return (0);
}

/* Puts "[n]" into the text; quote and claim are known. */
static void
cite_put(struct cite *c, size_t passage, size_t claim, size_t from, size_t to)
{
	struct cite_mark	*mark;
	char			 shown[16];
	int			 len;

	if (cite_grow(c) == -1)
		return;
	if (c->shown[passage] == 0) {
		c->order[c->shown_len] = passage;
		c->shown[passage] = ++c->shown_len;
	}
	mark = &c->marks[c->marks_len++];
	mark->n = c->shown[passage];
	mark->passage = passage;
	mark->from = from;
	mark->to = to;
	mark->claim = claim;
	mark->claim_utf16 = c->text_utf16 - utf8_utf16_len(
	    buffer_text(&c->text) + claim, c->text.len - claim);
	mark->at = c->text.len;
	mark->at_utf16 = c->text_utf16;
	len = snprintf(shown, sizeof(shown), "[%u]", mark->n);
	cite_emit(c, shown, (size_t)len);
	mark->end = c->text.len;
	mark->end_utf16 = c->text_utf16;
}

static int
cite_is_blank(const char *text, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++)
		if (text[i] != ' ' && text[i] != '\t')
			return (0);

	return (1);
}

/*
 * The statement that a marker at the text's end stands behind. Markers right
 * before it stand behind the same one.
 */
static const char *
cite_claim(const struct cite *c, size_t *len)
{
	const char	*text = buffer_text(&c->text);
	size_t		 end = c->text.len, start, i = c->marks_len;

	while (i > 0 && cite_is_blank(text + c->marks[i - 1].end,
	    end - c->marks[i - 1].end))
		end = c->marks[--i].at;

	start = support_claim(text, end, i > 0 ? c->marks[i - 1].end : 0,
	    &end);
	*len = end - start;

	return (text + start);
}

static int
cite_resolves(const struct cite *c, const struct marker *m, size_t i)
{
	size_t	j;

	if (m->numbers[i] == 0 || m->numbers[i] > c->passages_len)
		return (0);
	for (j = 0; j < i; j++)
		if (m->numbers[j] == m->numbers[i])
			return (0);

	return (1);
}

/* Replaces the group by [n]...; `blanks` stand before it. */
static void
cite_group(struct cite *c, const struct marker *m, const char *text,
    size_t blanks)
{
	const struct cite_passage	*p;
	const char			*claim;
	size_t				 i, len, start, from, to;
	int				 is_first = 1;

	for (i = 0; i < m->numbers_len; i++) {
		if (!cite_resolves(c, m, i) || c->marks_len == CITE_MARKS_MAX)
			continue;
		p = &c->passages[m->numbers[i] - 1];
		claim = cite_claim(c, &len);
		support_narrow(p->text, p->len, claim, len, &from, &to);
		start = (size_t)(claim - buffer_text(&c->text));
		if (is_first)
			cite_emit(c, text, blanks);
		is_first = 0;
		cite_put(c, m->numbers[i] - 1, start, from, to);
	}
	c->after_mark = 1;
}

/* Blanks, and the marker or text after them. Returns bytes taken, 0: wait. */
static size_t
cite_step_blanks(struct cite *c, const struct cite_view *v)
{
	struct marker		 m;
	enum marker_kind	 kind;
	uint32_t		 character;
	size_t			 n = 0;

	while (n < v->len && n < CITE_BLANKS_MAX &&
	    (v->text[n] == ' ' || v->text[n] == '\t'))
		n++;
	if (n == v->len && n < CITE_BLANKS_MAX && !v->is_all)
		return (0);

	kind = marker_read(v->text + n, v->len - n, v->is_all, &m);
	if (kind == MARKER_UNDECIDED)
		return (0);
	if (kind == MARKER_NONE) {
		/* At a line's start blanks may follow a marker that went. */
		if (n > 0) {
			cite_emit(c, v->text, n);
			return (n);
		}
		n = utf8_decode(v->text, v->len, 0, &character);
		cite_emit(c, v->text, n);
		return (n);
	}

	cite_group(c, &m, v->text, n);
	/* A line that began with a marker that went begins with its text. */
	c->skip_blank = cite_at_line_start(c);

	return (n + m.len);
}

static size_t
cite_run(const char *text, size_t len, char c)
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
cite_span_end(const struct cite_view *v, size_t run, int *undecided)
{
	size_t	at, n;

	*undecided = 0;
	for (at = run; at < v->len && v->text[at] != '\n'; at += n) {
		if ((n = cite_run(v->text + at, v->len - at, '`')) == 0)
			n = 1;
		else if (n == run && (at + n < v->len || v->is_all))
			return (at + n);
	}
	*undecided = (at >= v->len && !v->is_all);

	return (0);
}

/* A code span, a fence's opening, or backticks that are only that. */
static size_t
cite_step_backtick(struct cite *c, const struct cite_view *whole)
{
	struct cite_view	v = *whole;
	size_t			run, end;
	int			is_undecided;

	/* Bytes beyond the bound must not change what is said of others. */
	if (v.len >= CITE_SPAN_MAX) {
		v.len = CITE_SPAN_MAX;
		v.is_all = 1;
	}
	run = cite_run(v.text, v.len, '`');
	end = cite_span_end(&v, run, &is_undecided);
	if (is_undecided)
		return (0);
	if (end == 0 && run >= 3 && cite_at_line_start(c))
		c->fence = run;
	if (end == 0)
		end = run;
	cite_emit(c, v.text, end);

	return (end);
}

/* Inside a code block: up to the end of the line, or of what is there. */
static size_t
cite_step_fence(struct cite *c, const struct cite_view *v)
{
	size_t	blanks = 0, run, n;

	if (cite_at_line_start(c)) {
		while (blanks < v->len && v->text[blanks] == ' ' &&
		    blanks < CITE_BLANKS_MAX)
			blanks++;
		run = cite_run(v->text + blanks, v->len - blanks, '`');
		if (blanks + run == v->len && !v->is_all &&
		    v->len < CITE_SPAN_MAX)
			return (0);
		if (run >= c->fence) {
			c->fence = 0;
			cite_emit(c, v->text, blanks + run);
			return (blanks + run);
		}
	}

	for (n = blanks; n < v->len && v->text[n] != '\n'; n++)
		continue;
	if (n < v->len)
		n++;
	cite_emit(c, v->text, n);

	return (n);
}

/* Length of the text that nothing in this file looks at. */
static size_t
cite_plain_len(const struct cite_view *v)
{
	size_t	n;

	for (n = 0; n < v->len; n++)
		if (strchr(" \t[`\\\xe3\xef", v->text[n]) != NULL)
			break;

	return (n);
}

/* Takes one thing from the start of what is held; 0: more is needed. */
static size_t
cite_step(struct cite *c, const struct cite_view *v)
{
	size_t	n;
	int	is_undecided;

	if (c->fence > 0)
		return (cite_step_fence(c, v));
	if (c->skip_blank) {
		c->skip_blank = 0;
		if (v->text[0] == ' ')
			return (1);
	}
	if (c->after_mark && v->text[0] == '(') {
		n = marker_link_len(v->text, v->len, v->is_all, &is_undecided);
		if (is_undecided)
			return (0);
		c->after_mark = 0;
		if (n > 0)
			return (n);
	}
	c->after_mark = 0;

	if ((n = cite_plain_len(v)) > 0) {
		cite_emit(c, v->text, n);
		return (n);
	}
	if (v->text[0] == '`')
		return (cite_step_backtick(c, v));
	if (v->text[0] == '\\') {
		if (v->len < 2 && !v->is_all)
			return (0);
		n = v->len > 1 && (v->text[1] == '[' || v->text[1] == '`') ?
		    2 : 1;
		cite_emit(c, v->text, n);
		return (n);
	}

	return (cite_step_blanks(c, v));
}

/* The bytes without a character that is not whole at their end. */
static size_t
cite_whole_len(const char *text, size_t len)
{
	size_t		back;
	unsigned char	lead;

	for (back = 1; back <= 3 && back <= len; back++) {
		lead = (unsigned char)text[len - back];
		if (lead >= 0xc0)
			return ((lead >= 0xf0 ? 4u : lead >= 0xe0 ? 3u : 2u) >
			    back ? len - back : len);
		if (lead < 0x80)
			break;
	}

	return (len);
}

static int
cite_work(struct cite *c, int is_all)
{
	struct cite_view	v;
	size_t			at = 0, n, end;

	end = is_all ? c->held.len :
	    cite_whole_len(buffer_text(&c->held), c->held.len);
	while (at < end) {
		v.text = c->held.data + at;
		v.len = end - at;
		v.is_all = is_all;
		if ((n = cite_step(c, &v)) == 0)
			break;
		at += n;
	}
	buffer_drop(&c->held, at);

	return (c->text.has_failed || c->held.has_failed ? -1 : 0);
}

int
cite_feed(struct cite *c, const char *text, size_t len)
{
	buffer_add(&c->held, text, len);

	return (cite_work(c, 0));
}

int
cite_finish(struct cite *c)
{
	return (cite_work(c, 1));
}

int
cite_verbatim(struct cite *c, const char *text, size_t len, int is_code)
{
	struct marker	m;
	size_t		at, from = 0, end = 0;

	for (at = 0; at < len && !is_code; at++) {
		if (at >= end && text[at] == '[' && marker_read(text + at,
		    len - at, 1, &m) == MARKER_GROUP)
			end = at + m.len;
		if (at < end && (text[at] == '[' || text[at] == ']')) {
			cite_emit(c, text + from, at - from);
			cite_emit(c, "\\", 1);
			from = at;
		}
	}
	cite_emit(c, text + from, len - from);

	return (c->text.has_failed ? -1 : 0);
}

int
cite_mark(struct cite *c, size_t passage, size_t from, size_t to)
{
	size_t	len, start;

	if (passage >= c->passages_len || from >= to ||
	    to > c->passages[passage].len)
		return (c->text.has_failed ? -1 : 0);
	start = (size_t)(cite_claim(c, &len) - buffer_text(&c->text));
	if (c->text.len > 0 && !cite_at_line_start(c))
		cite_emit(c, " ", 1);
	cite_put(c, passage, start, from, to);

	return (c->text.has_failed ? -1 : 0);
}

size_t
cite_first_alike(const struct cite *c, size_t i)
{
	size_t	j;

	for (j = 0; j < i; j++)
		if (c->marks[j].n == c->marks[i].n &&
		    c->marks[j].from == c->marks[i].from &&
		    c->marks[j].to == c->marks[i].to)
			return (j);

	return (i);
}

void
cite_sha256(const char *text, size_t len, char out[CITE_SHA256_SIZE])
{
	unsigned char	hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, (const unsigned char *)text, len);
	sodium_bin2hex(out, CITE_SHA256_SIZE, hash, sizeof(hash));
}
