/*
 * The block structure of a text: what stands where, as byte ranges of the
 * source. Markdown as CommonMark with GFM tables and front matter, as far as
 * cutting and quoting need it (inline markup is not parsed, containers are
 * not nested), or plain text. One pass, no allocation.
 */
#ifndef LECTERN_MARKDOWN_H
#define LECTERN_MARKDOWN_H

#include <stddef.h>

#define MARKDOWN_NESTING_MAX	8	/* deeper list items count as this */

enum markdown_syntax {
	MARKDOWN_FULL,
	/* Paragraphs, lists, separators and underlined headings only. */
	MARKDOWN_PLAIN
};

enum markdown_kind {
	MARKDOWN_HEADING,	/* ATX, or underlined (both lines) */
	MARKDOWN_PARAGRAPH,
	MARKDOWN_LIST_ITEM,	/* one item, without the items nested in it */
	MARKDOWN_TABLE,		/* GFM, header and delimiter row included */
	MARKDOWN_CODE,		/* fenced (fences included) or indented */
	MARKDOWN_QUOTE,
	MARKDOWN_BREAK,		/* a thematic break */
	MARKDOWN_HTML,
	MARKDOWN_FRONT_MATTER	/* YAML between --- lines at the start */
};

struct markdown_block {
	enum markdown_kind	 kind;
	int			 level;	/* heading 1-6, list item 1-, else 0 */
	size_t			 start;	/* first byte that is no blank; of code,
					   the start of its first line */
	size_t			 end;	/* behind the last that is no blank */
};

struct markdown {
	const char		*text;
	size_t			 len;
	size_t			 at;	/* start of the next line to read */
	enum markdown_syntax	 syntax;
	/* Columns where the content of the open list items begins. */
	unsigned short		 columns[MARKDOWN_NESTING_MAX];
	int			 depth;	/* open list items; 0: no list */
};

struct markdown	markdown_open(const char *, size_t len, enum markdown_syntax);
/*
 * Yields the next block. Returns 1, or 0 at the end. Blocks come in order,
 * do not overlap, and hold every byte that is no blank.
 */
int		markdown_next(struct markdown *, struct markdown_block *);

/*
 * The text of a heading without its marks and inline markup, blanks
 * collapsed, cut at a character's end to fit out_size (> 0, with the NUL).
 * `heading` is the block's bytes. Returns the length.
 */
size_t		markdown_heading_text(const char *heading, size_t len,
		    char *out, size_t out_size);

/*
 * Narrows [*start, *end) of a heading's bytes, from all of them, to its text
 * with inline markup. Both become equal when it has none.
 */
void		markdown_heading_range(const char *heading, size_t *start,
		    size_t *end);

/*
 * The first level 1 heading's text, else the front matter's title, as above.
 * Returns the length, 0 when there is none.
 */
size_t		markdown_title(const char *, size_t len, enum markdown_syntax,
		    char *out, size_t out_size);

#endif
