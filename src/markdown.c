/*
 * The block structure of a text.
 *
 * markdown_next() looks at one line, decides what block it begins, and reads
 * that block's lines to its end. A line is looked at a bounded number of
 * times: as the next one of the block before, as the first of its own, and a
 * blank one once more by a block that hoped to go on behind it.
 *
 * Bends CommonMark where real texts do: an underline makes a heading only of
 * a short paragraph (under a long one it is a separator), and a list item's
 * content may stand one column behind its marker. Deliberately missing:
 * blocks inside quotes and list items (only fences are known there, because
 * they hide markers), and link definitions, which are paragraphs.
 */
#include <string.h>
#include <strings.h>

#include "markdown.h"
#include "mdinline.h"
#include "mdline.h"
#include "utf8.h"

#define MARKDOWN_UNDERLINED_MAX	200	/* bytes of an underlined heading */
#define MARKDOWN_FRONT_LINES	200	/* front matter is not longer */
#define MARKDOWN_HEADING_LEN	1024	/* bytes of a heading that are read */

static enum markdown_kind	markdown_classify(const struct markdown *,
		    const struct mdline *);
static int	markdown_interrupts(const struct markdown *,
		    const struct mdline *);
static int	markdown_underlined(const struct markdown *,
		    const struct markdown_block *, const struct mdline *,
		    const struct mdline *);
static void	markdown_read_paragraph(struct markdown *,
		    struct mdline, struct markdown_block *);
static void	markdown_read_item(struct markdown *, struct mdline,
		    struct markdown_block *);
static void	markdown_push(struct markdown *, int, int);
static void	markdown_read_code(struct markdown *, struct mdline *);
static void	markdown_read_html(struct markdown *, struct mdline *);
static void	markdown_read_rows(struct markdown *, struct mdline *,
		    enum markdown_kind);
static int	markdown_front_matter(const struct markdown *,
		    struct mdline *);
static void	markdown_finish(struct markdown *, struct markdown_block *,
		    const struct mdline *);
static int	markdown_line(const struct markdown *, size_t,
		    struct mdline *);
static size_t	markdown_front_title(const char *, size_t, char *, size_t);

struct markdown
markdown_open(const char *text, size_t len, enum markdown_syntax syntax)
{
	return ((struct markdown){ .text = text, .len = len,
	    .syntax = syntax });
}

int
markdown_next(struct markdown *m, struct markdown_block *block)
{
	struct mdline	line;

	do {
		if (!markdown_line(m, m->at, &line))
			return (0);
		m->at = line.next;
	} while (mdline_is_blank(&line));

	block->kind = markdown_classify(m, &line);
	block->level = 0;
	block->start = line.first;
	if (line.start == 0 && markdown_front_matter(m, &line))
		block->kind = MARKDOWN_FRONT_MATTER;
	if (block->kind != MARKDOWN_LIST_ITEM)
		m->depth = 0;

	switch (block->kind) {
	case MARKDOWN_LIST_ITEM:
		markdown_read_item(m, line, block);
		return (1);
	case MARKDOWN_PARAGRAPH:
		markdown_read_paragraph(m, line, block);
		return (1);
	case MARKDOWN_CODE:
		block->start = line.start;
		markdown_read_code(m, &line);
		break;
	case MARKDOWN_QUOTE:
		markdown_read_rows(m, &line, MARKDOWN_QUOTE);
		break;
	case MARKDOWN_HTML:
		markdown_read_html(m, &line);
		break;
	case MARKDOWN_HEADING:
		block->level = mdline_heading(&line);
		break;
	case MARKDOWN_TABLE:
	case MARKDOWN_BREAK:
	case MARKDOWN_FRONT_MATTER:
		break;
	}
	markdown_finish(m, block, &line);

	return (1);
}

size_t
markdown_heading_text(const char *heading, size_t len, char *out,
    size_t out_size)
{
	size_t	start = 0, end = len;

	if (end > MARKDOWN_HEADING_LEN)
		end = utf8_floor(heading, len, MARKDOWN_HEADING_LEN);
	markdown_heading_range(heading, &start, &end);

	return (mdinline_text(heading + start, end - start, out, out_size));
}

void
markdown_heading_range(const char *text, size_t *start, size_t *end)
{
	size_t	i, last;

	*end = utf8_trim_end(text, *start, *end);
	for (i = 0; i < *end && i < 7 && text[i] == '#';)
		i++;
	if (i > 0 && i < 7 && (i == *end || text[i] == ' ' ||
	    text[i] == '\t')) {
		*start = i;
		for (i = *end; i > *start && text[i - 1] == '#';)
			i--;
		if (text[i - 1] == ' ' || text[i - 1] == '\t')
			*end = i;
	} else {
		for (last = *end; last > 0 && (text[last - 1] == '=' ||
		    text[last - 1] == '-' || text[last - 1] == ' ');)
			last--;
		if (last > 0 && (text[last - 1] == '\n' ||
		    text[last - 1] == '\r'))
			*end = last;
	}
	*start = utf8_skip_blanks(text, *end, *start);
	*end = utf8_trim_end(text, *start, *end);

	/* An anchor for links: "Install {#install}". */
	for (i = *end; i > *start && text[*end - 1] == '}'; i--) {
		if (text[i - 1] == '{') {
			if (text[i] == '#' || text[i] == '.')
				*end = utf8_trim_end(text, *start, i - 1);
			break;
		}
	}
}

size_t
markdown_title(const char *text, size_t len, enum markdown_syntax syntax,
    char *out, size_t out_size)
{
	struct markdown		m;
	struct markdown_block	block;
	size_t			title_len;

	m = markdown_open(text, len, syntax);
	while (markdown_next(&m, &block)) {
		if (block.kind != MARKDOWN_HEADING || block.level != 1)
			continue;
		title_len = markdown_heading_text(text + block.start,
		    block.end - block.start, out, out_size);
		if (title_len > 0)
			return (title_len);
	}

	m = markdown_open(text, len, syntax);
	if (markdown_next(&m, &block) && block.kind == MARKDOWN_FRONT_MATTER)
		return (markdown_front_title(text + block.start,
		    block.end - block.start, out, out_size));
	out[0] = '\0';

	return (0);
}

/* The block that a line begins where no block goes on. Not blank. */
static enum markdown_kind
markdown_classify(const struct markdown *m, const struct mdline *line)
{
	const char	*close;
	int		 is_full = m->syntax == MARKDOWN_FULL;

	if (is_full && m->depth == 0 && line->indent >= MDLINE_TAB)
		return (MARKDOWN_CODE);
	if (mdline_is_break(line, is_full ? "-*_" : "-*_="))
		return (MARKDOWN_BREAK);
	if (mdline_marker(line).width > 0)
		return (MARKDOWN_LIST_ITEM);
	if (!is_full)
		return (MARKDOWN_PARAGRAPH);
	if (line->indent >= MDLINE_TAB)
		return (MARKDOWN_CODE);
	if (line->text[line->first] == '>')
		return (MARKDOWN_QUOTE);
	if (mdline_heading(line) > 0)
		return (MARKDOWN_HEADING);
	if (mdline_fence(line, line->first).mark != 0)
		return (MARKDOWN_CODE);
	if (mdline_html(line, &close))
		return (MARKDOWN_HTML);

	return (MARKDOWN_PARAGRAPH);
}

/* Whether a line that is not blank ends the paragraph before it. */
static int
markdown_interrupts(const struct markdown *m, const struct mdline *line)
{
	switch (markdown_classify(m, line)) {
	case MARKDOWN_PARAGRAPH:
		return (0);
	case MARKDOWN_CODE:
		return (line->indent < MDLINE_TAB);
	case MARKDOWN_LIST_ITEM:
		return (mdline_marker(line).may_interrupt);
	default:
		return (1);
	}
}

/* Reads on from a paragraph's first line; it may turn out to be another. */
static void
markdown_read_paragraph(struct markdown *m, struct mdline line,
    struct markdown_block *block)
{
	struct mdline	next;
	int		is_full = m->syntax == MARKDOWN_FULL;

	while (markdown_line(m, line.next, &next) && !mdline_is_blank(&next)) {
		block->level = markdown_underlined(m, block, &line, &next);
		if (block->level > 0) {
			block->kind = MARKDOWN_HEADING;
			line = next;
			break;
		}
		if (is_full && mdline_is_table(&line, &next)) {
			if (line.first == block->start) {
				block->kind = MARKDOWN_TABLE;
				line = next;
				markdown_read_rows(m, &line, MARKDOWN_TABLE);
			} else {
				/* The table's header is no longer ours. */
				block->end = utf8_trim_end(m->text,
				    block->start, line.start);
				m->at = line.start;
				return;
			}
			break;
		}
		if (markdown_interrupts(m, &next))
			break;
		line = next;
	}
	markdown_finish(m, block, &line);
}

/* Level of the heading that `next` makes of the paragraph so far, or 0. */
static int
markdown_underlined(const struct markdown *m,
    const struct markdown_block *block, const struct mdline *line,
    const struct mdline *next)
{
	if (line->end - block->start > MARKDOWN_UNDERLINED_MAX)
		return (0);
	if (m->syntax == MARKDOWN_PLAIN)
		return (line->first == block->start ?
		    mdline_underline(next, 3) : 0);

	return (next->indent < MDLINE_TAB ? mdline_underline(next, 1) : 0);
}

/*
 * Reads a list item: to the next marker, or to the first line that neither
 * continues its paragraph nor is indented as part of the list.
 */
static void
markdown_read_item(struct markdown *m, struct mdline line,
    struct markdown_block *block)
{
	struct mdline		next, last = line;
	struct mdline_marker	marker = mdline_marker(&line);
	struct mdline_fence	fence = mdline_fence(&line, marker.content);
	int			is_after_blank = 0, is_inside;

	markdown_push(m, line.indent, line.indent + marker.width);
	block->level = m->depth;

	for (; markdown_line(m, line.next, &next); line = next) {
		if (mdline_is_blank(&next)) {
			is_after_blank = 1;
			continue;
		}
		is_inside = next.indent >= m->columns[0];
		if (fence.mark != 0 && is_inside) {
			if (mdline_fence_closes(&next, fence))
				fence.mark = 0;
			last = next;
			continue;
		}
		if (mdline_marker(&next).width > 0 || (!is_inside &&
		    (is_after_blank || markdown_interrupts(m, &next))))
			break;
		fence = mdline_fence(&next, next.first);
		is_after_blank = 0;
		last = next;
	}
	markdown_finish(m, block, &last);
}

/* Opens a list item whose marker stands at `column`. */
static void
markdown_push(struct markdown *m, int column, int content)
{
	while (m->depth > 0 && column < m->columns[m->depth - 1])
		m->depth--;
	if (m->depth == MARKDOWN_NESTING_MAX)
		m->depth--;
	m->columns[m->depth++] = (unsigned short)content;
}

/* Reads on from the first line of a code block; leaves its last one. */
static void
markdown_read_code(struct markdown *m, struct mdline *line)
{
	struct mdline		next = *line;
	struct mdline_fence	fence = { 0 };

	if (line->indent < MDLINE_TAB)
		fence = mdline_fence(line, line->first);

	while (markdown_line(m, next.next, &next)) {
		if (mdline_is_blank(&next))
			continue;
		if (fence.mark == 0 && next.indent < MDLINE_TAB)
			break;
		*line = next;
		if (fence.mark != 0 && next.indent < MDLINE_TAB &&
		    mdline_fence_closes(&next, fence))
			break;
	}
}

static void
markdown_read_html(struct markdown *m, struct mdline *line)
{
	struct mdline	 next = *line;
	const char	*close;
	size_t		 at = line->first + 2;

	(void)mdline_html(line, &close);
	while (close == NULL || !mdline_html_closes(&next, at, close)) {
		if (!markdown_line(m, next.next, &next) ||
		    (close == NULL && mdline_is_blank(&next)))
			break;
		at = next.start;
		if (!mdline_is_blank(&next))
			*line = next;
	}
}

/* Reads a table's or quote's lines, the latter with lazy continuations. */
static void
markdown_read_rows(struct markdown *m, struct mdline *line,
    enum markdown_kind kind)
{
	struct mdline	next;

	while (markdown_line(m, line->next, &next) &&
	    !mdline_is_blank(&next)) {
		if (markdown_interrupts(m, &next) &&
		    !(kind == MARKDOWN_QUOTE && next.indent < MDLINE_TAB &&
		    next.text[next.first] == '>'))
			break;
		*line = next;
	}
}

/* Reads front matter from its first line; leaves its last one. */
static int
markdown_front_matter(const struct markdown *m, struct mdline *line)
{
	struct mdline	next;
	size_t		mark = line->first;
	int		lines;

	if (m->syntax != MARKDOWN_FULL || line->indent > 0 ||
	    utf8_trim_end(m->text, mark, line->end) - mark != 3 ||
	    memcmp(m->text + mark, "---", 3) != 0)
		return (0);

	next = *line;
	for (lines = 0; lines < MARKDOWN_FRONT_LINES; lines++) {
		if (!markdown_line(m, next.next, &next) ||
		    (lines == 0 && (mdline_is_blank(&next) ||
		    memchr(m->text + next.start, ':',
		    next.end - next.start) == NULL)))
			break;
		if (utf8_trim_end(m->text, next.start, next.end) -
		    next.start == 3 &&
		    (memcmp(m->text + next.start, "---", 3) == 0 ||
		    memcmp(m->text + next.start, "...", 3) == 0)) {
			*line = next;
			return (1);
		}
	}

	return (0);
}

/* Ends the block with its last line and goes on behind it. */
static void
markdown_finish(struct markdown *m, struct markdown_block *block,
    const struct mdline *last)
{
	block->end = utf8_trim_end(m->text, block->start, last->end);
	m->at = last->next;
}

static int
markdown_line(const struct markdown *m, size_t at, struct mdline *line)
{
	return (mdline_read(line, m->text, m->len, at));
}

/* The value of the line "title: ..." of front matter. */
static size_t
markdown_front_title(const char *text, size_t len, char *out,
    size_t out_size)
{
	struct mdline	line;
	size_t		at, end;

	for (at = 0; mdline_read(&line, text, len, at); at = line.next) {
		if (line.end - line.start < 6 ||
		    strncasecmp(text + line.start, "title:", 6) != 0)
			continue;
		at = utf8_skip_blanks(text, line.end, line.start + 6);
		end = utf8_trim_end(text, at, line.end);
		if (end - at >= 2 && (text[at] == '"' || text[at] == '\'') &&
		    text[end - 1] == text[at]) {
			at++;
			end--;
		}
		if (end - at > MARKDOWN_HEADING_LEN)
			end = utf8_floor(text, end, at + MARKDOWN_HEADING_LEN);
		return (mdinline_text(text + at, end - at, out, out_size));
	}
	out[0] = '\0';

	return (0);
}
