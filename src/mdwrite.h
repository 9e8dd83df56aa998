/*
 * Writes Markdown from what another format says: text that would be Markdown
 * by accident is escaped, blanks are collapsed, ligatures and soft hyphens
 * resolved.
 *
 *	mdwrite_heading(&w, 1);
 *	mdwrite_text(&w, "Title", 5);
 *	mdwrite_open(&w, MDWRITE_BULLET, 0);
 *	mdwrite_text(&w, "item", 4);
 *	mdwrite_close(&w);
 *	mdwrite_end(&w);
 */
#ifndef LECTERN_MDWRITE_H
#define LECTERN_MDWRITE_H

#include "buffer.h"

#define MDWRITE_DEPTH_MAX	12	/* quotes and list items, nested */
#define MDWRITE_BYTES_MAX	(64 * 1024 * 1024)

enum mdwrite_kind { MDWRITE_QUOTE, MDWRITE_BULLET, MDWRITE_NUMBER };

struct mdwrite_container {
	enum mdwrite_kind	kind;
	unsigned		number;
	int			width;		/* columns of its marker */
	int			is_fresh;	/* marker not written yet */
};

struct mdwrite {
	struct buffer		 out;		/* what is done; UTF-8 */
	struct buffer		 line;		/* text of the open block */
	struct buffer		 row;		/* cells of the open row */
	struct mdwrite_container containers[MDWRITE_DEPTH_MAX];
	int			 depth;
	int			 ignored;	/* opened beyond the limit */
	int			 level;		/* open heading, or 0 */
	int			 is_code;
	int			 is_item;	/* last block began an item */
	int			 tables;	/* open, one in another */
	size_t			 rows, cells;	/* of the outermost table */
	int			 is_full;	/* MDWRITE_BYTES_MAX reached */
};

void	mdwrite_init(struct mdwrite *);
void	mdwrite_free(struct mdwrite *);
/* UTF-8 of the open block, piece by piece; blanks count as one blank. */
void	mdwrite_text(struct mdwrite *, const char *, size_t);
/* A line break inside the block. */
void	mdwrite_break(struct mdwrite *);
/* Begins (1) or ends (0) a code span. */
void	mdwrite_span(struct mdwrite *, int);
/* Ends the open block, if it holds anything. */
void	mdwrite_end(struct mdwrite *);
/* The open block is ended, the next one is a heading (1 to 6). */
void	mdwrite_heading(struct mdwrite *, int level);
/* From here to the next mdwrite_end(), text is code, blanks kept. */
void	mdwrite_code(struct mdwrite *);
/* A quote or one item of a list, and its end; `number` of an ordered list. */
void	mdwrite_open(struct mdwrite *, enum mdwrite_kind, unsigned number);
void	mdwrite_close(struct mdwrite *);
/* Tables; the first row is the header. A table in a cell is text of it. */
void	mdwrite_table(struct mdwrite *);
void	mdwrite_cell_end(struct mdwrite *);
void	mdwrite_row_end(struct mdwrite *);
void	mdwrite_table_end(struct mdwrite *);

#endif
