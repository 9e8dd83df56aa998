/*
 * The print is XHTML: pages, blocks in reading order, lines, words, with
 * their places. A paragraph begins with a block, and behind a gap wider than
 * lines usually have. Its lines are joined; a hyphen at a line's end before a
 * small letter is taken for a division and dropped. A paragraph that a page
 * cuts is joined, too. A line by itself that is larger than the text is a
 * heading, as is a numbered one. Lines that stand at the top or bottom of
 * most pages, numbers aside, are running headers and footers, and left out.
 *
 * Deliberately missing: tables, whose cells the print does not tell.
 */
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlreader.h>

#include "pdftext.h"
#include "utf8.h"

#define PDFTEXT_EDGE		2	/* lines at the top and the bottom */
#define PDFTEXT_UNITS		800	/* quarters of a point, of heights */
#define PDFTEXT_HEADING_MAX	90	/* bytes */
#define PDFTEXT_REPEATS_MIN	3	/* pages with the same edge */

struct pdftext_line {
	size_t		 at;		/* in pdftext.words */
	const char	*text;		/* without blanks around */
	size_t		 len;		/* never 0 */
	int		 height, gap;	/* units; the gap is above */
	int		 begins;	/* a block, later a paragraph */
	uint64_t	 key;		/* at an edge of a page; else 0 */
};

struct pdftext {
	struct mdwrite		*w;
	struct buffer		 words;		/* of all lines */
	struct pdftext_line	*lines;
	size_t			 len, size;
	int			 height, gap;	/* of most of the text */
	int			 bottom;	/* of the last line, in units */
	int			 is_block;	/* one has begun */
	uint64_t		*keys;		/* sorted */
	size_t			 keys_len;
	size_t			*starts;	/* first line of each page */
	size_t			 pages;
	int			 is_open;	/* a paragraph */
	int			 is_item;	/* it is one of a list */
	char			 last;		/* byte written into it */
};

static int	pdftext_parse(struct pdftext *, const char *, size_t);
static int	pdftext_element(struct pdftext *, xmlTextReader *);
static int	pdftext_units(xmlTextReader *, const char *);
static int	pdftext_split(struct pdftext *);
static void	pdftext_measure(struct pdftext *);
static void	pdftext_edges(struct pdftext *, size_t);
static uint64_t	pdftext_key(const struct pdftext_line *, int);
static int	pdftext_compare(const void *, const void *);
static int	pdftext_is_running(const struct pdftext *, uint64_t);
static void	pdftext_page(struct pdftext *, size_t);
static void	pdftext_line(struct pdftext *, size_t, int);
static void	pdftext_add(struct pdftext *, const char *, size_t);
static void	pdftext_end(struct pdftext *);
static size_t	pdftext_bullet(const struct pdftext_line *, unsigned *);
static int	pdftext_heading(const struct pdftext *,
		    const struct pdftext_line *);
static int	pdftext_goes_on(const struct pdftext *, size_t);
static int	pdftext_is_digit(char);

enum extraction_outcome
pdftext_read(struct mdwrite *w, const char *text, size_t len, uint64_t *pages,
    size_t *pages_len)
{
	struct pdftext	p = { .w = w };
	size_t		page;
	int		ret;

	ret = pdftext_parse(&p, text, len);
	if (ret == 0 && (ret = pdftext_split(&p)) == 0) {
		pdftext_measure(&p);
		if (p.keys_len > 0)
			qsort(p.keys, p.keys_len, sizeof(*p.keys),
			    pdftext_compare);
		for (page = 0; page < p.pages; page++) {
			if (p.is_open && !pdftext_goes_on(&p, page))
				pdftext_end(&p);
			pages[page] = w->out.len + w->line.len;
			pdftext_page(&p, page);
		}
		pdftext_end(&p);
		*pages_len = p.pages;
	}
	buffer_free(&p.words);
	free(p.lines);
	free(p.keys);
	free(p.starts);

	return (ret == 0 ? EXTRACTION_OK : EXTRACTION_MEMORY);
}

/* Lines and the starts of pages. 0, or -1 without memory. */
static int
pdftext_parse(struct pdftext *p, const char *text, size_t len)
{
	xmlTextReader	*reader;
	int		 ret = 0;

	p->starts = calloc(EXTRACTION_PAGES_MAX + 1, sizeof(*p->starts));
	reader = xmlReaderForMemory(text, (int)len, NULL, "UTF-8",
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
	    XML_PARSE_RECOVER);
	if (p->starts == NULL || reader == NULL)
		ret = -1;
	while (ret == 0 && xmlTextReaderRead(reader) == 1)
		if (xmlTextReaderNodeType(reader) ==
		    XML_READER_TYPE_ELEMENT)
			ret = pdftext_element(p, reader);
	xmlFreeTextReader(reader);
	if (p->pages > 0)
		p->starts[p->pages] = p->len;

	return (p->words.has_failed ? -1 : ret);
}

static int
pdftext_element(struct pdftext *p, xmlTextReader *reader)
{
	const char		*name;
	struct pdftext_line	*line;
	xmlChar			*word;
	int			 top;

	name = (const char *)xmlTextReaderConstLocalName(reader);
	if (strcmp(name, "page") == 0 && p->pages < EXTRACTION_PAGES_MAX)
		p->starts[p->pages++] = p->len;
	else if (strcmp(name, "block") == 0)
		p->is_block = 1;
	else if (strcmp(name, "line") == 0) {
		if (p->len == p->size) {
			p->size = p->size == 0 ? 1024 : 2 * p->size;
			line = realloc(p->lines, p->size * sizeof(*line));
			if (line == NULL)
				return (-1);
			p->lines = line;
		}
		line = &p->lines[p->len++];
		memset(line, 0, sizeof(*line));
		top = pdftext_units(reader, "yMin");
		line->at = p->words.len;
		line->gap = top - p->bottom;
		p->bottom = pdftext_units(reader, "yMax");
		line->height = p->bottom - top;
		line->begins = p->is_block;
		p->is_block = 0;
	} else if (strcmp(name, "word") == 0 && p->len > 0) {
		word = xmlTextReaderReadString(reader);
		if (word != NULL) {
			if (p->words.len > p->lines[p->len - 1].at)
				buffer_add(&p->words, " ", 1);
			buffer_add_text(&p->words, (const char *)word);
		}
		xmlFree(word);
	}

	return (0);
}

static int
pdftext_units(xmlTextReader *reader, const char *name)
{
	xmlChar	*value;
	double	 points;

	value = xmlTextReaderGetAttribute(reader, (const xmlChar *)name);
	if (value == NULL)
		return (0);
	points = strtod((const char *)value, NULL);
	xmlFree(value);

	return (points > -100000 && points < 100000 ? (int)(points * 4) : 0);
}

/* Lines get their texts, and pages their edges. */
static int
pdftext_split(struct pdftext *p)
{
	const char		*words = buffer_text(&p->words);
	struct pdftext_line	*line;
	size_t			 i, page, end, kept = 0, start = 0;

	p->keys = calloc(p->pages * 2 * PDFTEXT_EDGE + 1, sizeof(*p->keys));
	if (p->keys == NULL)
		return (-1);
	for (page = 0; page < p->pages; page++) {
		i = start;
		start = p->starts[page + 1];
		p->starts[page] = kept;
		for (; i < start; i++) {
			line = &p->lines[kept];
			end = i + 1 < p->len ? p->lines[i + 1].at :
			    p->words.len;
			*line = p->lines[i];
			line->at = utf8_skip_blanks(words, end, line->at);
			line->text = words + line->at;
			line->len = utf8_trim_end(words, line->at, end) -
			    line->at;
			kept += line->len > 0;
		}
		p->len = kept;
		pdftext_edges(p, p->starts[page]);
		p->len = p->starts[p->pages];
	}
	p->starts[p->pages] = p->len = kept;

	return (0);
}

/* Finds the usual height and gap, by bytes, and where paragraphs begin. */
static void
pdftext_measure(struct pdftext *p)
{
	static size_t		 heights[PDFTEXT_UNITS], gaps[PDFTEXT_UNITS];
	struct pdftext_line	*line;
	size_t			 i;
	int			 n;

	for (i = 0; i < p->len; i++) {
		line = &p->lines[i];
		if (line->height > 0 && line->height < PDFTEXT_UNITS)
			heights[line->height] += line->len;
		if (!line->begins && line->gap >= 0 &&
		    line->gap < PDFTEXT_UNITS)
			gaps[line->gap] += line->len;
	}
	for (n = 0; n < PDFTEXT_UNITS; n++) {
		if (heights[n] > heights[p->height])
			p->height = n;
		if (gaps[n] > gaps[p->gap])
			p->gap = n;
	}
	/* What is spaced so far apart is not the gap between lines. */
	if (p->gap > p->height * 3 / 2)
		p->gap = p->height / 4;
	for (i = 0; i < p->len; i++) {
		line = &p->lines[i];
		if (line->gap > p->gap + p->height * 2 / 5 || (i > 0 &&
		    abs(line->height - p->lines[i - 1].height) >
		    p->height / 5))
			line->begins = 1;
	}
}

/* Notes the first and the last lines of the page that begins at `from`. */
static void
pdftext_edges(struct pdftext *p, size_t from)
{
	size_t	i;

	for (i = from; i < p->len; i++)
		if (i < from + PDFTEXT_EDGE || i + PDFTEXT_EDGE >= p->len) {
			p->lines[i].key = pdftext_key(&p->lines[i],
			    i >= from + PDFTEXT_EDGE);
			p->keys[p->keys_len++] = p->lines[i].key;
		}
}

/* FNV-1a of the line; numbers count as one digit. Never 0. */
static uint64_t
pdftext_key(const struct pdftext_line *line, int edge)
{
	uint64_t	hash = UINT64_C(0xcbf29ce484222325) + (uint64_t)edge;
	size_t		i;
	char		c;

	for (i = 0; i < line->len; i++) {
		c = line->text[i];
		if (pdftext_is_digit(c)) {
			if (i > 0 && pdftext_is_digit(line->text[i - 1]))
				continue;
			c = '0';
		}
		hash = (hash ^ (unsigned char)c) * UINT64_C(0x100000001b3);
	}

	return (hash | 1);
}

static int
pdftext_compare(const void *left, const void *right)
{
	const uint64_t	*a = left, *b = right;

	return ((*a > *b) - (*a < *b));
}

/* On half of the pages and on three at least. */
static int
pdftext_is_running(const struct pdftext *p, uint64_t key)
{
	size_t	low = 0, high = p->keys_len, mid, count;

	if (key == 0)
		return (0);
	while (low < high) {
		mid = (low + high) / 2;
		if (p->keys[mid] < key)
			low = mid + 1;
		else
			high = mid;
	}
	for (count = 0; low < p->keys_len && p->keys[low] == key; low++)
		count++;

	return (count >= PDFTEXT_REPEATS_MIN && count * 2 >= p->pages);
}

static void
pdftext_page(struct pdftext *p, size_t page)
{
	const struct pdftext_line	*line;
	size_t				 i, end = p->starts[page + 1];
	int				 is_alone, has_text = 0;

	for (i = p->starts[page]; i < end && !p->w->is_full; i++) {
		line = &p->lines[i];
		if (pdftext_is_running(p, line->key))
			continue;
		/* The page's first line may go on with the last page's. */
		if (line->begins && has_text)
			pdftext_end(p);
		has_text = 1;
		is_alone = (line->begins || i == p->starts[page]) &&
		    (i + 1 == end || p->lines[i + 1].begins);
		pdftext_line(p, i, is_alone);
	}
}

static void
pdftext_line(struct pdftext *p, size_t i, int is_alone)
{
	const struct pdftext_line	*line = &p->lines[i];
	unsigned			 number;
	size_t				 skip;
	int				 level;

	if (is_alone && !p->is_open && (level = pdftext_heading(p, line)) > 0) {
		mdwrite_heading(p->w, level);
		mdwrite_text(p->w, line->text, line->len);
		mdwrite_end(p->w);
		return;
	}
	if ((skip = pdftext_bullet(line, &number)) > 0 && (number == 0 ||
	    !p->is_open || p->is_item)) {
		pdftext_end(p);
		mdwrite_open(p->w, number > 0 ? MDWRITE_NUMBER :
		    MDWRITE_BULLET, number);
		p->is_item = 1;
		pdftext_add(p, line->text + skip, line->len - skip);
		return;
	}
	pdftext_add(p, line->text, line->len);
}

/* Appends a line to the paragraph. */
static void
pdftext_add(struct pdftext *p, const char *text, size_t len)
{
	struct buffer	*line = &p->w->line;
	uint32_t	 first;

	if (len == 0)
		return;
	(void)utf8_decode(text, len, 0, &first);
	if (p->is_open && line->len >= 2 &&
	    line->data[line->len - 1] == '-' && utf8_is_lower(first) &&
	    line->data[line->len - 2] != ' ' &&
	    !pdftext_is_digit(line->data[line->len - 2]))
		buffer_cut(line, line->len - 1);
	else if (p->is_open)
		mdwrite_text(p->w, " ", 1);
	mdwrite_text(p->w, text, len);
	p->last = text[len - 1];
	p->is_open = 1;
}

static void
pdftext_end(struct pdftext *p)
{
	if (p->is_item)
		mdwrite_close(p->w);
	else
		mdwrite_end(p->w);
	p->is_item = p->is_open = 0;
}

/* Bytes of a list item's mark and the blanks behind it; 0: there is none. */
static size_t
pdftext_bullet(const struct pdftext_line *line, unsigned *number)
{
	static const char *const	marks[] = {
		"\xe2\x80\xa2", "\xe2\x97\xa6", "\xe2\x96\xaa", "\xe2\x80\xa3",
		"\xe2\x97\x8f", "\xe2\x96\xa0", "\xef\x82\xb7", "\xc2\xb7",
		"-", "\xe2\x80\x93", "*"
	};
	size_t				i, n;

	*number = 0;
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		n = strlen(marks[i]);
		if (line->len > n && memcmp(line->text, marks[i], n) == 0 &&
		    (n == 3 || line->text[n] == ' '))
			return (utf8_skip_blanks(line->text, line->len, n));
	}
	for (n = 0; n < line->len && n < 3 && pdftext_is_digit(line->text[n]);
	    n++)
		*number = *number * 10 + (unsigned)(line->text[n] - '0');
	if (n > 0 && *number > 0 && n + 2 < line->len &&
	    (line->text[n] == '.' || line->text[n] == ')') &&
	    line->text[n + 1] == ' ')
		return (utf8_skip_blanks(line->text, line->len, n + 1));
	*number = 0;

	return (0);
}

/*
 * The level of a line by itself as a heading, or 0: by its size, else by its
 * number ("2.1 Scope" is 3: the title is 1, chapters are 2).
 */
static int
pdftext_heading(const struct pdftext *p, const struct pdftext_line *line)
{
	size_t		at = 0;
	int		level = 1;
	uint32_t	c;
	char		last = line->text[line->len - 1];

	if (line->len > PDFTEXT_HEADING_MAX || strchr(".:;,!?", last) != NULL)
		return (0);
	if (line->height * 20 >= p->height * 23)
		return (line->height * 5 >= p->height * 8 ? 1 :
		    line->height * 4 >= p->height * 5 ? 2 : 3);
	while (at < line->len && pdftext_is_digit(line->text[at])) {
		while (at < line->len && pdftext_is_digit(line->text[at]))
			at++;
		level++;
		if (at < line->len && line->text[at] == '.')
			at++;
	}
	if (level == 1 || level > 6 || at > 12 || at + 3 > line->len ||
	    line->text[at] != ' ')
		return (0);
	(void)utf8_decode(line->text, line->len, utf8_skip_blanks(line->text,
	    line->len, at), &c);

	return ((c >= 'A' && c <= 'Z') || c >= 0xc0 ? level : 0);
}

/* Whether the open paragraph goes on with the page's first line of text. */
static int
pdftext_goes_on(const struct pdftext *p, size_t page)
{
	uint32_t	c;
	size_t		i;

	if (strchr(".:;!?)\"", p->last) != NULL)
		return (0);
	for (i = p->starts[page]; i < p->starts[page + 1]; i++) {
		if (pdftext_is_running(p, p->lines[i].key))
			continue;
		/* A heading is none, which the size shows. */
		if (p->lines[i].height * 20 >= p->height * 23)
			return (0);
		(void)utf8_decode(p->lines[i].text, p->lines[i].len, 0, &c);
		return (utf8_is_lower(c));
	}

	return (0);
}

static int
pdftext_is_digit(char c)
{
	return (c >= '0' && c <= '9');
}
