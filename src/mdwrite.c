/*
 * The open block is collected as it is, and escaped when it ends, when its
 * neighbourhood is known: "snake_case" and "2 * 3" stay what they are.
 */
#include <stdio.h>
#include <string.h>

#include "mdwrite.h"
#include "utf8.h"

/* In the open block; such bytes of the input are dropped. */
#define MDWRITE_SPAN_BEGIN	'\001'
#define MDWRITE_SPAN_END	'\002'

static void	mdwrite_character(struct mdwrite *, const char *, size_t,
		    uint32_t);
static void	mdwrite_gap(struct mdwrite *);
static void	mdwrite_lead(struct mdwrite *, int);
static void	mdwrite_escaped(struct buffer *, const char *, size_t, int);
static size_t	mdwrite_span_out(struct buffer *, const char *, size_t,
		    size_t);
static int	mdwrite_is_delimiter(const char *, size_t);
static size_t	mdwrite_line_start(struct buffer *, const char *, size_t,
		    size_t);
static int	mdwrite_is_special(const char *, size_t, size_t);
static void	mdwrite_code_out(struct mdwrite *);
static size_t	mdwrite_ticks(const char *, size_t);
static int	mdwrite_is_word(char);
static int	mdwrite_is_blank(const char *, size_t, size_t);

void
mdwrite_init(struct mdwrite *w)
{
	memset(w, 0, sizeof(*w));
}

void
mdwrite_free(struct mdwrite *w)
{
	buffer_free(&w->out);
	buffer_free(&w->line);
	buffer_free(&w->row);
}

void
mdwrite_text(struct mdwrite *w, const char *text, size_t len)
{
	size_t		at, n;
	uint32_t	c;

	if (w->out.len + w->line.len + w->row.len + len > MDWRITE_BYTES_MAX) {
		w->is_full = 1;
		return;
	}
	for (at = 0; at < len; at += n) {
		n = utf8_decode(text, len, at, &c);
		mdwrite_character(w, text + at, n, c);
	}
}

static void
mdwrite_character(struct mdwrite *w, const char *bytes, size_t n, uint32_t c)
{
	static const char *const	ligatures[] = {
		"ff", "fi", "fl", "ffi", "ffl", "st", "st"
	};
	struct buffer			*line = &w->line;

	if (c == 0xad || c == 0x200b || c == 0xfeff ||
	    (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f'))
		return;
	if (c >= 0xfb00 && c <= 0xfb06) {
		buffer_add_text(line, ligatures[c - 0xfb00]);
		return;
	}
	if (w->is_code && w->tables == 0) {
		if (c != '\r')
			buffer_add(line, bytes, n);
		return;
	}
	/* Any blank, as the chunker sees them. */
	if (utf8_skip_blanks(bytes, n, 0) == n) {
		if (line->len > 0 && line->data[line->len - 1] != ' ' &&
		    line->data[line->len - 1] != '\n')
			buffer_add(line, " ", 1);
		return;
	}
	buffer_add(line, bytes, n);
}

void
mdwrite_break(struct mdwrite *w)
{
	struct buffer	*line = &w->line;

	if (w->is_code) {
		buffer_add(line, "\n", 1);
		return;
	}
	while (line->len > 0 && line->data[line->len - 1] == ' ')
		buffer_cut(line, line->len - 1);
	if (line->len > 0 && line->data[line->len - 1] != '\n')
		buffer_add(line, w->level > 0 || w->tables > 0 ? " " : "\n",
		    1);
}

void
mdwrite_span(struct mdwrite *w, int is_begin)
{
	char	mark = is_begin ? MDWRITE_SPAN_BEGIN : MDWRITE_SPAN_END;

	if (!w->is_code)
		buffer_add(&w->line, &mark, 1);
}

void
mdwrite_end(struct mdwrite *w)
{
	static const char	hashes[] = "###### ";
	struct buffer		*line = &w->line;
	int			 level = w->level;

	if (w->tables > 0) {
		mdwrite_break(w);
		return;
	}
	w->level = 0;
	if (w->is_code) {
		mdwrite_code_out(w);
		return;
	}
	while (line->len > 0 && (line->data[line->len - 1] == ' ' ||
	    line->data[line->len - 1] == '\n'))
		buffer_cut(line, line->len - 1);
	if (!mdwrite_is_blank(line->data, 0, line->len)) {
		mdwrite_gap(w);
		mdwrite_lead(w, 0);
		if (level > 0)
			buffer_add(&w->out, hashes + 6 - level,
			    (size_t)level + 1);
		w->level = level;
		mdwrite_escaped(&w->out, line->data, line->len, 0);
		w->level = 0;
		buffer_add(&w->out, "\n", 1);
	}
	buffer_clear(line);
}

void
mdwrite_heading(struct mdwrite *w, int level)
{
	mdwrite_end(w);
	if (w->tables == 0)
		w->level = level < 1 ? 1 : level > 6 ? 6 : level;
}

void
mdwrite_code(struct mdwrite *w)
{
	mdwrite_end(w);
	if (w->tables == 0)
		w->is_code = 1;
}

void
mdwrite_open(struct mdwrite *w, enum mdwrite_kind kind, unsigned number)
{
	struct mdwrite_container	*container;
	char				 digits[16];

	mdwrite_end(w);
	if (w->depth == MDWRITE_DEPTH_MAX || w->tables > 0 || w->ignored > 0) {
		w->ignored++;
		return;
	}
	container = &w->containers[w->depth++];
	container->kind = kind;
	container->number = number % 1000000;
	container->is_fresh = 1;
	container->width = kind != MDWRITE_NUMBER ? 2 :
	    snprintf(digits, sizeof(digits), "%u. ", container->number);
}

void
mdwrite_close(struct mdwrite *w)
{
	mdwrite_end(w);
	if (w->ignored > 0)
		w->ignored--;
	else if (w->depth > 0)
		w->depth--;
}

/* Blocks have an empty line between them, items of a list have none. */
static void
mdwrite_gap(struct mdwrite *w)
{
	int	i, is_item;

	is_item = w->depth > 0 && w->containers[w->depth - 1].is_fresh &&
	    w->containers[w->depth - 1].kind != MDWRITE_QUOTE;
	if (w->out.len > 0 && !(is_item && w->is_item)) {
		for (i = 0; i < w->depth && w->containers[i].kind ==
		    MDWRITE_QUOTE && !w->containers[i].is_fresh; i++)
			buffer_add(&w->out, ">", 1);
		buffer_add(&w->out, "\n", 1);
	}
	w->is_item = is_item;
}

/* What stands before a line; markers are written once (not if `is_rest`). */
static void
mdwrite_lead(struct mdwrite *w, int is_rest)
{
	struct mdwrite_container	*container;
	char				 marker[16];
	int				 i;

	for (i = 0; i < w->depth; i++) {
		container = &w->containers[i];
		if (container->kind == MDWRITE_QUOTE)
			buffer_add_text(&w->out, "> ");
		else if (is_rest || !container->is_fresh) {
			(void)snprintf(marker, sizeof(marker), "%*s",
			    container->width, "");
			buffer_add_text(&w->out, marker);
		} else if (container->kind == MDWRITE_BULLET)
			buffer_add_text(&w->out, "- ");
		else {
			(void)snprintf(marker, sizeof(marker), "%u. ",
			    container->number);
			buffer_add_text(&w->out, marker);
		}
		if (!is_rest)
			container->is_fresh = 0;
	}
}

/* ---- tables ---- */

void
mdwrite_table(struct mdwrite *w)
{
	mdwrite_end(w);
	if (w->tables++ > 0)
		return;
	w->rows = w->cells = 0;
	buffer_clear(&w->row);
}

void
mdwrite_cell_end(struct mdwrite *w)
{
	struct buffer	*line = &w->line;

	if (w->tables != 1) {
		mdwrite_break(w);
		return;
	}
	while (line->len > 0 && line->data[line->len - 1] == ' ')
		buffer_cut(line, line->len - 1);
	buffer_add_text(&w->row, w->cells++ == 0 ? "| " : " | ");
	mdwrite_escaped(&w->row, line->data, line->len, 1);
	buffer_clear(line);
}

void
mdwrite_row_end(struct mdwrite *w)
{
	size_t	i;

	if (w->tables != 1 || w->cells == 0)
		return;
	if (w->rows == 0)
		mdwrite_gap(w);
	mdwrite_lead(w, 0);
	buffer_add(&w->out, w->row.data, w->row.len);
	buffer_add_text(&w->out, " |\n");
	if (w->rows++ == 0) {
		mdwrite_lead(w, 1);
		for (i = 0; i < w->cells; i++)
			buffer_add_text(&w->out, i == 0 ? "| ---" : " | ---");
		buffer_add_text(&w->out, " |\n");
	}
	w->cells = 0;
	buffer_clear(&w->row);
}

void
mdwrite_table_end(struct mdwrite *w)
{
	if (w->tables == 1) {
		/* Text outside any cell. */
		if (w->line.len > 0)
			mdwrite_cell_end(w);
		mdwrite_row_end(w);
	}
	if (w->tables > 0)
		w->tables--;
}

/* ---- escaping ---- */

static void
mdwrite_escaped(struct buffer *out, const char *text, size_t len, int is_cell)
{
	size_t	at = 0;

	if (!is_cell)
		at = mdwrite_line_start(out, text, len, 0);
	while (at < len) {
		if (text[at] == MDWRITE_SPAN_BEGIN && !is_cell) {
			at = mdwrite_span_out(out, text, len, at + 1);
			continue;
		}
		if (text[at] == MDWRITE_SPAN_BEGIN ||
		    text[at] == MDWRITE_SPAN_END) {
			at++;
			continue;
		}
		if (mdwrite_is_special(text, len, at) ||
		    (is_cell && text[at] == '|'))
			buffer_add(out, "\\", 1);
		buffer_add(out, text + at, 1);
		if (text[at++] == '\n' && !is_cell)
			at = mdwrite_line_start(out, text, len, at);
	}
}

/* A code span from `at` to its end, in enough backticks; where to go on. */
static size_t
mdwrite_span_out(struct buffer *out, const char *text, size_t len, size_t at)
{
	size_t	i, end, ticks;

	for (end = at; end < len && text[end] != MDWRITE_SPAN_END &&
	    text[end] != MDWRITE_SPAN_BEGIN; end++)
		;
	if (mdwrite_is_blank(text, at, end))
		return (end < len ? end + 1 : end);
	ticks = mdwrite_ticks(text + at, end - at) + 1;
	for (i = 0; i < ticks; i++)
		buffer_add(out, "`", 1);
	if (ticks > 1)
		buffer_add(out, " ", 1);
	for (i = at; i < end; i++)
		buffer_add(out, text[i] == '\n' ? " " : text + i, 1);
	if (ticks > 1)
		buffer_add(out, " ", 1);
	for (i = 0; i < ticks; i++)
		buffer_add(out, "`", 1);

	return (end < len && text[end] == MDWRITE_SPAN_END ? end + 1 : end);
}

/* Whether the first line makes a table of the one above it ("-|", ":-:"). */
static int
mdwrite_is_delimiter(const char *text, size_t len)
{
	size_t	i;
	int	has_dash = 0;

	for (i = 0; i < len && text[i] != '\n'; i++) {
		if (strchr("-:| ", text[i]) == NULL)
			return (0);
		has_dash |= text[i] == '-';
	}

	return (has_dash);
}

/* Escapes what would begin a block at `at`; returns where to go on. */
static size_t
mdwrite_line_start(struct buffer *out, const char *text, size_t len, size_t at)
{
	size_t	i = at;

	while (i < len && text[i] >= '0' && text[i] <= '9')
		i++;
	if (i > at && i - at < 10 && i < len &&
	    (text[i] == '.' || text[i] == ')') &&
	    (i + 1 == len || text[i + 1] == ' ' || text[i + 1] == '\n')) {
		buffer_add(out, text + at, i - at);
		buffer_add(out, "\\", 1);
		buffer_add(out, text + i, 1);
		return (i + 1);
	}
	if (at == len)
		return (at);
	for (i = at; i < len && text[i] == text[at]; i++)
		;
	if (text[at] == '>' || text[at] == '|' ||
	    (text[at] == '~' && i - at >= 3) ||
	    mdwrite_is_delimiter(text + at, len - at) ||
	    (strchr("#-+=*_", text[at]) != NULL &&
	    (i == len || text[i] == ' ' || text[i] == '\n'))) {
		buffer_add(out, "\\", 1);
		buffer_add(out, text + at, 1);
		return (at + 1);
	}

	return (at);
}

/* Whether a character would be markup where it stands. */
static int
mdwrite_is_special(const char *text, size_t len, size_t at)
{
	char	before = at == 0 ? ' ' : text[at - 1];
	char	after = at + 1 == len ? ' ' : text[at + 1];
	size_t	i;

	switch (text[at]) {
	case '`':
		return (1);
	case '\\':
		return ((unsigned char)after > ' ' && after != 0x7f &&
		    (unsigned char)after < 0x80 && !mdwrite_is_word(after));
	case '*':
		return (before != ' ' || after != ' ');
	case '_':
		return ((!mdwrite_is_word(before) || !mdwrite_is_word(after)) &&
		    (before != ' ' || after != ' '));
	case '~':
		return (after == '~' || before == '~');
	case '<':
		return (mdwrite_is_word(after) || after == '/' ||
		    after == '!' || after == '?');
	case ']':
		return (after == '(' || after == '[' || after == ':');
	case '&':
		for (i = at + 1; i < len && i < at + 33 &&
		    (mdwrite_is_word(text[i]) || text[i] == '#'); i++)
			;
		return (i > at + 1 && i < len && text[i] == ';');
	default:
		return (0);
	}
}

static void
mdwrite_code_out(struct mdwrite *w)
{
	struct buffer	*line = &w->line;
	size_t		 at = 0, end, i, ticks;

	w->is_code = 0;
	while (at < line->len && line->data[at] == '\n')
		at++;
	while (line->len > at && (line->data[line->len - 1] == '\n' ||
	    line->data[line->len - 1] == ' '))
		buffer_cut(line, line->len - 1);
	if (mdwrite_is_blank(line->data, at, line->len)) {
		buffer_clear(line);
		return;
	}
	ticks = mdwrite_ticks(line->data + at, line->len - at) + 1;
	if (ticks < 3)
		ticks = 3;
	mdwrite_gap(w);
	mdwrite_lead(w, 0);
	for (i = 0; i < ticks; i++)
		buffer_add(&w->out, "`", 1);
	buffer_add(&w->out, "\n", 1);
	for (; at <= line->len; at = end + 1) {
		for (end = at; end < line->len && line->data[end] != '\n';)
			end++;
		mdwrite_lead(w, 1);
		buffer_add(&w->out, line->data + at, end - at);
		buffer_add(&w->out, "\n", 1);
	}
	mdwrite_lead(w, 1);
	for (i = 0; i < ticks; i++)
		buffer_add(&w->out, "`", 1);
	buffer_add(&w->out, "\n", 1);
	buffer_clear(line);
	w->is_item = 0;
}

/* The longest run of backticks. */
static size_t
mdwrite_ticks(const char *text, size_t len)
{
	size_t	i, run = 0, longest = 0;

	for (i = 0; i < len; i++) {
		run = text[i] == '`' ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}

	return (longest);
}

static int
mdwrite_is_word(char c)
{
	return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (unsigned char)c >= 0x80);
}

static int
mdwrite_is_blank(const char *text, size_t from, size_t to)
{
	for (; from < to; from++)
		if ((unsigned char)text[from] > ' ')
			return (0);

	return (1);
}
