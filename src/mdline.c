/*
 * What one line of Markdown may be.
 *
 * Every function is one pass over the line. Positions are those of the whole
 * text. Bends CommonMark where real texts do: a line of Unicode blanks is
 * blank, and U+2022 and its like are bullets. Deliberately missing: HTML
 * blocks that begin with an inline or unknown tag.
 */
#include <string.h>
#include <strings.h>

#include "mdline.h"
#include "utf8.h"

#define MDLINE_INDENT_MAX	1000	/* columns that are told apart */

static const struct {
	const char	*open;	/* at the start of a line, any case */
	const char	*close;	/* on the line that ends the block */
	int		 is_tag; /* the name must end there */
} mdline_html_ends[] = {
	{ "<!--", "-->", 0 },
	{ "<![CDATA[", "]]>", 0 },
	{ "<?", "?>", 0 },
	{ "<!", ">", 0 },
	{ "<script", "</script>", 1 },
	{ "<style", "</style>", 1 },
	{ "<pre", "</pre>", 1 },
	{ "<textarea", "</textarea>", 1 }
};

/* Other elements whose tag begins a block, which a blank line ends. */
static const char *const mdline_html_blocks[] = {
	"address", "article", "aside", "blockquote", "body", "caption",
	"center", "col", "colgroup", "dd", "details", "dialog", "dir", "div",
	"dl", "dt", "fieldset", "figcaption", "figure", "footer", "form",
	"h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html",
	"iframe", "legend", "li", "link", "main", "menu", "meta", "nav", "ol",
	"optgroup", "option", "p", "param", "search", "section", "summary",
	"table", "tbody", "td", "tfoot", "th", "thead", "title", "tr", "ul"
};

static size_t	mdline_run(const struct mdline *, size_t, char);
static size_t	mdline_bullet(const struct mdline *, int *);
static size_t	mdline_number(const struct mdline *);
static int	mdline_ends_tag(const struct mdline *, size_t);
static int	mdline_cells(const struct mdline *);
static int	mdline_is_delimiter_row(const struct mdline *);

int
mdline_read(struct mdline *line, const char *text, size_t len, size_t at)
{
	size_t	i;

	if (at >= len)
		return (0);

	line->text = text;
	line->start = at;
	for (i = at; i < len && text[i] != '\n' && text[i] != '\r';)
		i++;
	line->end = i;
	if (len - i >= 2 && text[i] == '\r' && text[i + 1] == '\n')
		i++;
	line->next = i < len ? i + 1 : i;
	line->first = utf8_skip_blanks(text, line->end, at);

	line->indent = 0;
	for (i = at; i < line->first && line->indent < MDLINE_INDENT_MAX; i++) {
		if (text[i] == '\t')
			line->indent += MDLINE_TAB - line->indent % MDLINE_TAB;
		else if (text[i] == ' ')
			line->indent++;
		else
			break;
	}

	return (1);
}

int
mdline_is_blank(const struct mdline *line)
{
	return (line->first == line->end);
}

int
mdline_heading(const struct mdline *line)
{
	size_t	end;

	end = mdline_run(line, line->first, '#');
	if (end - line->first > 6 || (end < line->end &&
	    line->text[end] != ' ' && line->text[end] != '\t'))
		return (0);

	return ((int)(end - line->first));
}

int
mdline_underline(const struct mdline *line, size_t min)
{
	size_t	end;
	char	mark = line->text[line->first];

	if (mark != '=' && mark != '-')
		return (0);
	end = mdline_run(line, line->first, mark);
	if (end - line->first < min ||
	    utf8_skip_blanks(line->text, line->end, end) != line->end)
		return (0);

	return (mark == '=' ? 1 : 2);
}

int
mdline_is_break(const struct mdline *line, const char *marks)
{
	size_t	i, count = 0;
	char	mark = line->text[line->first];

	if (mark == '\0' || strchr(marks, mark) == NULL)
		return (0);
	for (i = line->first; i < line->end; i++) {
		if (line->text[i] == mark)
			count++;
		else if (line->text[i] != ' ' && line->text[i] != '\t')
			return (0);
	}

	return (count >= 3);
}

struct mdline_marker
mdline_marker(const struct mdline *line)
{
	struct mdline_marker	marker = { 0 };
	size_t			end;
	int			is_tight = 0;

	if ((end = mdline_bullet(line, &is_tight)) > line->first) {
		marker.width = 2;
		marker.may_interrupt = 1;
	} else if ((end = mdline_number(line)) > line->first) {
		marker.width = (int)(end - line->first) + 1;
		/* "1984." at the start of a line is a year in a sentence. */
		marker.may_interrupt = marker.width == 3 &&
		    line->text[line->first] == '1';
	} else {
		return (marker);
	}

	marker.content = utf8_skip_blanks(line->text, line->end, end);
	if (marker.content == end && end < line->end && !is_tight)
		marker.width = 0;
	if (marker.content == line->end)
		marker.may_interrupt = 0;

	return (marker);
}

struct mdline_fence
mdline_fence(const struct mdline *line, size_t at)
{
	struct mdline_fence	fence = { 0 };
	size_t			end;

	if (at >= line->end || (line->text[at] != '`' &&
	    line->text[at] != '~'))
		return (fence);

	end = mdline_run(line, at, line->text[at]);
	/* More backticks on the line: that is a code span. */
	if (end - at < 3 || (line->text[at] == '`' && end < line->end &&
	    memchr(line->text + end, '`', line->end - end) != NULL))
		return (fence);
	fence.mark = line->text[at];
	fence.len = end - at;

	return (fence);
}

int
mdline_fence_closes(const struct mdline *line, struct mdline_fence fence)
{
	size_t	end;

	end = mdline_run(line, line->first, fence.mark);

	return (end - line->first >= fence.len &&
	    utf8_skip_blanks(line->text, line->end, end) == line->end);
}

int
mdline_is_table(const struct mdline *line, const struct mdline *next)
{
	return (!mdline_is_blank(next) && next->indent < MDLINE_TAB &&
	    mdline_is_delimiter_row(next) &&
	    mdline_cells(line) == mdline_cells(next));
}

int
mdline_html(const struct mdline *line, const char **close)
{
	const size_t	 blocks = sizeof(mdline_html_blocks) /
			    sizeof(mdline_html_blocks[0]);
	const size_t	 ends = sizeof(mdline_html_ends) /
			    sizeof(mdline_html_ends[0]);
	const char	*at = line->text + line->first;
	size_t		 i, len, left = line->end - line->first;

	*close = NULL;
	if (left < 2 || *at != '<')
		return (0);

	for (i = 0; i < ends; i++) {
		len = strlen(mdline_html_ends[i].open);
		if (left >= len &&
		    strncasecmp(at, mdline_html_ends[i].open, len) == 0 &&
		    (!mdline_html_ends[i].is_tag ||
		    mdline_ends_tag(line, line->first + len))) {
			*close = mdline_html_ends[i].close;
			return (1);
		}
	}

	at += at[1] == '/' ? 2 : 1;
	left = line->end - (size_t)(at - line->text);
	for (i = 0; i < blocks; i++) {
		len = strlen(mdline_html_blocks[i]);
		if (left >= len &&
		    strncasecmp(at, mdline_html_blocks[i], len) == 0 &&
		    mdline_ends_tag(line, (size_t)(at - line->text) + len))
			return (1);
	}

	return (0);
}

int
mdline_html_closes(const struct mdline *line, size_t at, const char *close)
{
	const char	*hit;
	size_t		 len = strlen(close);

	while (at < line->end && line->end - at >= len) {
		hit = memchr(line->text + at, close[0],
		    line->end - at - len + 1);
		if (hit == NULL)
			break;
		if (strncasecmp(hit, close, len) == 0)
			return (1);
		at = (size_t)(hit - line->text) + 1;
	}

	return (0);
}

/* The end of a run of one character. */
static size_t
mdline_run(const struct mdline *line, size_t at, char mark)
{
	while (at < line->end && line->text[at] == mark)
		at++;

	return (at);
}

/* The end of a bullet, or `first`. Tight ones need no blank behind them. */
static size_t
mdline_bullet(const struct mdline *line, int *is_tight)
{
	static const char *const	marks[] = {
		"\xe2\x80\xa2", "\xe2\x80\xa3", "\xe2\x97\xa6", "\xe2\x96\xaa"
	};
	size_t				i;

	if (strchr("-*+", line->text[line->first]) != NULL &&
	    line->text[line->first] != '\0')
		return (line->first + 1);

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (line->end - line->first >= 3 && memcmp(line->text +
		    line->first, marks[i], 3) == 0) {
			*is_tight = 1;
			return (line->first + 3);
		}
	}

	return (line->first);
}

/* The end of a list number, "12." or "12)", or `first`. */
static size_t
mdline_number(const struct mdline *line)
{
	size_t	i = line->first;

	while (i < line->end && i - line->first < 9 &&
	    line->text[i] >= '0' && line->text[i] <= '9')
		i++;
	if (i > line->first && i < line->end &&
	    (line->text[i] == '.' || line->text[i] == ')'))
		return (i + 1);

	return (line->first);
}

static int
mdline_ends_tag(const struct mdline *line, size_t at)
{
	return (at == line->end || line->text[at] == '>' ||
	    line->text[at] == '/' || line->text[at] == ' ' ||
	    line->text[at] == '\t');
}

/* How many cells a table row has. */
static int
mdline_cells(const struct mdline *line)
{
	size_t	i, end;
	int	pipes = 0;

	end = utf8_trim_end(line->text, line->first, line->end);
	for (i = line->first; i < end; i++) {
		if (line->text[i] == '\\')
			i++;
		else if (line->text[i] == '|' && i > line->first &&
		    i + 1 < end)
			pipes++;
	}

	return (pipes + 1);
}

/* "|---|:-:|": at least one bar, or it would be an underline. */
static int
mdline_is_delimiter_row(const struct mdline *line)
{
	size_t	i;
	int	has_bar = 0, has_dash = 0;

	for (i = line->first; i < line->end; i++) {
		if (line->text[i] == '|')
			has_bar = 1;
		else if (line->text[i] == '-')
			has_dash = 1;
		else if (line->text[i] != ':' && line->text[i] != ' ' &&
		    line->text[i] != '\t')
			return (0);
	}

	return (has_bar && has_dash);
}
