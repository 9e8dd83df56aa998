/*
 * The marker filter.
 *
 * Input gathers in c->held. cite_step() takes one thing from its start: a
 * run of plain text, blanks with what follows them, a marker, a link, code.
 * It takes nothing as long as the bytes that are there do not decide what
 * comes; every decision depends on the bytes alone, so the result is the same
 * however the pieces were cut. What is held is
 * bounded: a marker by MARKER_BYTES_MAX, blanks and maths below.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "cite.h"
#include "citecode.h"
#include "denial.h"
#include "linkguard.h"
#include "marker.h"
#include "support.h"
#include "utf8.h"

#define CITE_BLANKS_MAX	64	/* held before a marker; more leave at once */
#define CITE_MARKS_FIRST 4	/* room at first; doubles */

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
	c->after_gap = is_first;
	c->has_zero |= m->is_denial;
}

/* Blanks, and the marker or text after them. Returns bytes taken, 0: wait. */
static size_t
cite_step_blanks(struct cite *c, const struct cite_view *v)
{
	struct marker		 m;
	enum marker_kind	 kind;
	uint32_t		 character;
	size_t			 n = 0;
	int			 is_maths;

	while (n < v->len && n < CITE_BLANKS_MAX &&
	    (v->text[n] == ' ' || v->text[n] == '\t'))
		n++;
	if (n == v->len && n < CITE_BLANKS_MAX && !v->is_all)
		return (0);

	kind = marker_read(v->text + n, v->len - n, v->is_all, &m);
	if (kind == MARKER_UNDECIDED)
		return (0);
	is_maths = kind == MARKER_GROUP ? citecode_in_maths(c, v, n) : 0;
	if (is_maths == -1)
		return (0);
	if (kind == MARKER_NONE || is_maths) {
		/* At a line's start blanks may follow a marker that went. */
		if (n > 0 && !is_maths) {
			cite_emit(c, v->text, n);
			return (n);
		}
		/* Together they would be an image. */
		if (n == 0 && v->text[0] == '[' && c->text.len > 0 &&
		    c->text.data[c->text.len - 1] == '!')
			cite_emit(c, " ", 1);
		n += utf8_decode(v->text, v->len, n, &character);
		cite_emit(c, v->text, n);
		return (n);
	}

	cite_group(c, &m, v->text, n);
	/* A line that began with a marker that went begins with its text. */
	c->skip_blank = citecode_at_line_start(c);

	return (n + m.len);
}

/* Length of the text that nothing here looks at. */
static size_t
cite_plain_len(const struct cite_view *v)
{
	size_t	n;

	for (n = 0; n < v->len; n++)
		if (strchr(" \t[`~\\\xe3\xef", v->text[n]) != NULL ||
		    linkguard_looks_at(v->text, v->len, n))
			break;

	return (n);
}

/* A link, as it may leave. 0: it is none, or *undecided. */
static size_t
cite_step_link(struct cite *c, const struct cite_view *v, int *undecided)
{
	struct linkguard	g = { .sources = c->passages,
				    .sources_len = c->passages_len,
				    .before = buffer_text(&c->text),
				    .before_len = c->text.len,
				    .text = v->text, .len = v->len,
				    .is_all = v->is_all };
	struct buffer		out;
	size_t			n;

	*undecided = 0;
	if (!linkguard_looks_at(v->text, v->len, 0))
		return (0);
	/* A mark, also one that went, links to its quote and nothing else. */
	if (c->after_mark) {
		g.sources_len = 0;
		g.before = "]";
		g.before_len = 1;
	}
	buffer_init(&out);
	n = linkguard_take(&g, &out, undecided);
	cite_emit(c, buffer_text(&out), out.len);
	c->text.has_failed |= out.has_failed;
	buffer_free(&out);

	return (n);
}

/* Code that may be none: no markers, but links are guarded. */
static size_t
cite_step_soft(struct cite *c, const struct cite_view *v)
{
	size_t	n;
	int	is_undecided;

	if ((n = cite_step_link(c, v, &is_undecided)) > 0 || is_undecided)
		return (n);
	for (n = 1; n < v->len && v->text[n - 1] != '\n' &&
	    v->text[n] != '[' && !linkguard_looks_at(v->text, v->len, n); n++)
		continue;
	if (v->text[0] == '[' && c->text.len > 0 &&
	    c->text.data[c->text.len - 1] == '!')
		cite_emit(c, " ", 1);
	cite_emit(c, v->text, n);

	return (n);
}

/* Takes from an open fence; *is_out: it has just ended. */
static size_t
cite_step_fence(struct cite *c, const struct cite_view *v, int *is_out)
{
	const char	*end;
	size_t		 n;
	int		 is_undecided;

	*is_out = 0;
	if (citecode_at_line_start(c)) {
		n = citecode_close(c, v, &is_undecided);
		cite_emit(c, v->text, n);
		*is_out = (n == 0 && c->fence == 0);
		if (n > 0 || is_undecided || *is_out)
			return (n);
	}
	if (c->is_soft)
		return (cite_step_soft(c, v));
	end = memchr(v->text, '\n', v->len);
	n = end == NULL ? v->len : (size_t)(end - v->text) + 1;
	cite_emit(c, v->text, n);

	return (n);
}

/* Whether the word that the text ends with has something of an address. */
static int
cite_in_address(const struct cite *c)
{
	size_t	from = c->text.len, len;

	while (from > 0 && strchr(" \t\n", c->text.data[from - 1]) == NULL)
		from--;
	len = c->text.len - from;

	return (memmem(c->text.data + from, len, "//", 2) != NULL ||
	    memmem(c->text.data + from, len, "www.", 4) != NULL);
}

/*
 * Whether what comes would grow together with what stands before a marker
 * that went: "ht[9]tp" must not become an address.
 */
static int
cite_grows(const struct cite *c, const struct cite_view *v)
{
	static const char	closers[] = ".,;!?)\"'";
	char			before, next = v->text[0];

	before = c->text.len > 0 ? c->text.data[c->text.len - 1] : '\n';
	if (strchr(" \t\n", before) != NULL || (before & 0x80) ||
	    (next & 0x80))
		return (0);
	if (strchr(closers, next) != NULL && (v->len == 1 ||
	    strchr(" \t\n", v->text[1]) != NULL))
		return (0);
	if (before == '\\' || cite_in_address(c))
		return (1);
	if (next == '`' || next == '~')
		return (next == before);
	if (next == ':' || strchr(closers, next) != NULL)
		return (v->len > 1 && strchr(" \t\n:)", v->text[1]) == NULL &&
		    strchr(closers, v->text[1]) == NULL &&
		    !(v->text[1] & 0x80));

	return (next == '/' || (next >= '0' && next <= '9') ||
	    (next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z'));
}

/* What is left to do where a marker stood. */
static size_t
cite_step_after(struct cite *c, const struct cite_view *v, int *undecided)
{
	size_t	n = 0;

	*undecided = 0;
	if (c->skip_blank) {
		c->skip_blank = 0;
		if (v->text[0] == ' ')
			return (1);
	}
	if (c->after_gap) {
		*undecided = v->len < 2 && !v->is_all;
		if (*undecided)
			return (0);
		c->after_gap = 0;
		if (cite_grows(c, v))
			cite_emit(c, " ", 1);
	}
	if (c->after_mark && v->text[0] != '(')
		c->after_mark = 0;
	if (c->after_mark)
		n = cite_step_link(c, v, undecided);
	if (!*undecided)
		c->after_mark = 0;

	return (n);
}

/* Takes one thing from the start of what is held; 0: more is needed. */
static size_t
cite_step(struct cite *c, const struct cite_view *v)
{
	struct cite_view	soft = *v;
	size_t			n;
	int			is_out;

	if (c->fence > 0) {
		n = cite_step_fence(c, v, &is_out);
		if (!is_out)
			return (n);
	}
	if (c->soft_len > 0) {
		soft.len = c->soft_len < v->len ? c->soft_len : v->len;
		soft.is_all |= c->soft_len <= v->len;
		n = cite_step_soft(c, &soft);
		c->soft_len -= n;
		return (n);
	}
	if ((n = cite_step_after(c, v, &is_out)) > 0 || is_out)
		return (n);
	if ((n = cite_step_link(c, v, &is_out)) > 0 || is_out)
		return (n);

	if (v->text[0] == '`' || v->text[0] == '~') {
		n = citecode_open(c, v);
		cite_emit(c, v->text, n);
		return (n);
	}
	if (v->text[0] == '\\') {
		if (v->len < 2 && !v->is_all)
			return (0);
		n = v->len > 1 && strchr("[`~\\", v->text[1]) != NULL ? 2 : 1;
		cite_emit(c, v->text, n);
		return (n);
	}
	if ((n = cite_plain_len(v)) == 0 && !strchr(" \t[\xe3\xef",
	    v->text[0]))
		n = 1;
	if (n > 0) {
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
	size_t	at, from = 0;

	/* CR ends lines too, for every reader of Markdown; as LF here. */
	for (at = 0; at < len; at++) {
		if (text[at] == '\r' || (text[at] == '\n' && c->after_cr)) {
			buffer_add(&c->held, text + from, at - from);
			from = at + 1;
		}
		if (text[at] == '\r')
			buffer_add(&c->held, "\n", 1);
		c->after_cr = (text[at] == '\r');
	}
	buffer_add(&c->held, text + from, len - from);

	return (cite_work(c, 0));
}

int
cite_finish(struct cite *c)
{
	if (cite_work(c, 1) == -1)
		return (-1);
	c->is_denied = c->marks_len == 0 && (c->has_zero ||
	    denial_is(buffer_text(&c->text), c->text.len));

	return (0);
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
	if (c->text.len > 0 && !citecode_at_line_start(c))
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
