/*
 * Cuts a text into chunks.
 *
 * A section (one or more headings, and what follows up to the next heading)
 * is cut by itself: chunks never reach into the next. Inside it, pieces
 * (sentences of prose, lines of code, rows of a table) are walked from the
 * chunk's begin as far as `max` allows. Every seam between two pieces is a
 * possible cut, and costs
 *
 *	distance from the wished-for length
 *	+ what the cut tears apart (chunker_seam)
 *	+ a fine for a chunk or a rest that is very short,
 *
 * in bytes; the cheapest is taken. The wished-for length is the target, or
 * an even share once the section's rest fits into two chunks. So blocks stay
 * whole while they fit, and no crumbs are left behind. A piece that is too
 * long for a chunk is cut at a line's end, else a blank, else a character.
 *
 * Linear: a walk is bounded by `max`, a cut advances by a good part of that
 * or eats up what made it short, and blocks are read once by the cursor, once
 * by the section's look-ahead, and once more for each walk that ended before
 * them. Deliberately missing: counting tokens, and repeating a table's header
 * in every chunk, which no exact byte range can hold.
 */
#include <stdint.h>
#include <string.h>

#include "chunker.h"
#include "mdline.h"
#include "sentence.h"
#include "utf8.h"

/* Columns kept before a line; with the overlap less than any target. */
#define CHUNKER_INDENT_MAX	24

/* What cuts cost, in sixteenths of the target. */
enum {
	CHUNKER_SEAM_FREE = 0,
	CHUNKER_SEAM_ITEMS = 2,		/* between items of a list, a level */
	CHUNKER_SEAM_LIST = 4,		/* between a text and its list */
	CHUNKER_SEAM_INTRO = 8,		/* behind "as follows:" */
	CHUNKER_SEAM_SHORT = 8,		/* a third of the target or less */
	CHUNKER_SEAM_TORN = 9,		/* off, for a block cut before */
	CHUNKER_SEAM_GAP = 12,		/* an empty line inside a block */
	CHUNKER_SEAM_PROSE = 13,	/* between sentences */
	CHUNKER_SEAM_LINES = 16,	/* between lines, rows; before a rule */
	CHUNKER_SEAM_HEADING = 24	/* behind or inside a heading */
};
#define CHUNKER_COST(c, n)	((c)->options.target * (n) / 16)

struct chunker_piece {
	size_t			 start, end;
	struct markdown_block	 block;
	int			 is_cut;	/* it does not fit */
};

/* The best cut so far, on a walk from the chunk's begin. */
struct chunker_walk {
	size_t			 room;		/* where the chunk must end */
	size_t			 wish;		/* length wished for */
	size_t			 cost;
	size_t			 end;		/* of the chunk */
	struct chunker_cursor	 rest;		/* goes on there */
	struct markdown_block	 last;		/* block of its last piece */
	struct chunker_path	 path;		/* of its first body */
	int			 has_path;
};

static struct chunker_options	chunker_put_right(
		    const struct chunker_options *);
static void	chunker_look_ahead(struct chunker *);
static size_t	chunker_wish(const struct chunker *);
static void	chunker_walk(struct chunker *, struct chunker_walk *);
static void	chunker_force(struct chunker *, struct chunker_walk *,
		    const struct chunker_cursor *,
		    const struct chunker_piece *);
static size_t	chunker_cost(const struct chunker *,
		    const struct chunker_walk *, const struct chunker_piece *,
		    const struct chunker_cursor *);
static size_t	chunker_seam(const struct chunker *,
		    const struct chunker_piece *,
		    const struct chunker_cursor *);
static size_t	chunker_seam_inside(const struct chunker *,
		    const struct chunker_piece *,
		    const struct chunker_cursor *);
static void	chunker_piece(const struct chunker *,
		    const struct chunker_cursor *, size_t,
		    struct chunker_piece *);
static void	chunker_move(const struct chunker *, struct chunker_cursor *,
		    size_t);
static void	chunker_read_block(const struct chunker *,
		    struct chunker_cursor *);
static size_t	chunker_overlap(const struct chunker *,
		    const struct chunker_walk *);
static void	chunker_name(struct chunker *, const struct chunker_path *,
		    char *);
static int	chunker_is_body(enum markdown_kind);
static int	chunker_is_lines(enum markdown_kind);

struct chunker
chunker_open(const char *text, size_t len,
    const struct chunker_options *options)
{
	struct chunker	c = { .text = text, .len = len };

	c.options = chunker_put_right(options);
	c.cursor.blocks = markdown_open(text, len, c.options.syntax);
	c.section.blocks = c.cursor.blocks;
	chunker_read_block(&c, &c.cursor);
	c.begin = c.cursor.at;

	return (c);
}

int
chunker_next(struct chunker *c, struct chunk *out)
{
	struct chunker_walk	walk;

	if (c->cursor.at == c->len)
		return (0);

	chunker_look_ahead(c);
	walk.room = c->begin + c->options.max;
	walk.wish = chunker_wish(c);
	walk.has_path = 0;
	chunker_walk(c, &walk);

	out->start = c->begin;
	out->end = walk.end;
	out->ordinal = c->ordinal++;
	chunker_name(c, &walk.path, out->heading);

	c->cursor = walk.rest;
	c->begin = chunker_overlap(c, &walk);

	return (1);
}

static struct chunker_options
chunker_put_right(const struct chunker_options *wished)
{
	struct chunker_options	o = { 0 };

	if (wished != NULL)
		o = *wished;
	if (o.target == 0)
		o.target = CHUNKER_TARGET;
	if (o.target < CHUNKER_TARGET_MIN)
		o.target = CHUNKER_TARGET_MIN;
	if (o.target > CHUNKER_TARGET_MAX)
		o.target = CHUNKER_TARGET_MAX;
	if (o.max == 0)
		o.max = o.target * 2;
	if (o.max < o.target + o.target / 4)
		o.max = o.target + o.target / 4;
	if (o.max > o.target * 4)
		o.max = o.target * 4;
	if (o.overlap == 0)
		o.overlap = CHUNKER_OVERLAP;
	if (o.overlap > o.target / 4)
		o.overlap = o.target / 4;
	if (o.no_overlap)
		o.overlap = 0;

	return (o);
}

/* Reads on in the section until its end is known or out of reach. */
static void
chunker_look_ahead(struct chunker *c)
{
	struct chunker_section	*s = &c->section;

	if (s->is_whole && c->cursor.at >= s->next) {
		/* The heading that ended the last one begins the next. */
		s->end = s->block.end;
		s->has_body = 0;
		s->is_whole = 0;
	}

	while (!s->is_whole && s->end <= c->begin + c->options.max) {
		if (!markdown_next(&s->blocks, &s->block)) {
			s->is_whole = 1;
			s->next = c->len;
		} else if (s->block.kind == MARKDOWN_HEADING && s->has_body) {
			s->is_whole = 1;
			s->next = s->block.start;
		} else {
			s->has_body |= chunker_is_body(s->block.kind);
			s->end = s->block.end;
		}
	}
}

/* The length that the next chunk should have. */
static size_t
chunker_wish(const struct chunker *c)
{
	size_t	rest = c->section.end - c->begin;

	if (!c->section.is_whole || rest > c->options.max)
		return (c->options.target);
	if (rest <= c->options.target + c->options.target / 4)
		return (rest);

	return (rest / 2);
}

/* Walks the pieces that fit, and leaves the cheapest cut. */
static void
chunker_walk(struct chunker *c, struct chunker_walk *walk)
{
	struct chunker_cursor	cursor = c->cursor;
	struct chunker_piece	piece;
	size_t			cost;

	walk->cost = SIZE_MAX;
	do {
		chunker_piece(c, &cursor, walk->room, &piece);
		if (!walk->has_path) {
			walk->path = cursor.path;
			walk->has_path = chunker_is_body(piece.block.kind);
		}
		if (piece.is_cut) {
			if (walk->cost >= CHUNKER_COST(c, CHUNKER_SEAM_HEADING))
				chunker_force(c, walk, &cursor, &piece);
			return;
		}
		chunker_move(c, &cursor, piece.end);

		cost = chunker_cost(c, walk, &piece, &cursor);
		if (cost > walk->cost) {
			/* From here on the distance alone costs more. */
			if (piece.end - c->begin > walk->cost &&
			    piece.end - c->begin - walk->cost > walk->wish)
				return;
			continue;
		}
		/* The rest of a cursor is the same within a block. */
		if (walk->cost == SIZE_MAX ||
		    walk->rest.block.start != cursor.block.start)
			walk->rest = cursor;
		walk->rest.at = cursor.at;
		walk->cost = cost;
		walk->end = piece.end;
		walk->last = piece.block;
	} while (cursor.at < c->len && (!c->section.is_whole ||
	    cursor.at < c->section.next));
}

/*
 * Cuts inside a piece that no chunk can hold, or before it when that is where
 * the chunk is full.
 */
static void
chunker_force(struct chunker *c, struct chunker_walk *walk,
    const struct chunker_cursor *cursor, const struct chunker_piece *piece)
{
	size_t	at, low, high, first, target = c->options.target;

	low = c->begin + target / 2;
	high = c->begin + target;
	if (piece->start > high - target / 4)
		high = walk->room;
	/* Its indent alone would be no progress. */
	first = utf8_skip_blanks(c->text, c->len, piece->start);
	if (first > low)
		low = first;

	for (at = high; at > low && c->text[at - 1] != '\n' &&
	    c->text[at - 1] != '\r';)
		at--;
	if (at <= low) {
		for (at = high; at > low && c->text[at - 1] != ' ' &&
		    c->text[at - 1] != '\t';)
			at--;
	}
	if (at <= low)
		at = utf8_floor(c->text, c->len, high);
	if (at < piece->start)
		at = piece->start;

	walk->rest = *cursor;
	chunker_move(c, &walk->rest, at);
	walk->end = utf8_trim_end(c->text, c->begin, at);
	walk->last = piece->block;
}

/* What a cut between a piece and the cursor behind it costs. */
static size_t
chunker_cost(const struct chunker *c, const struct chunker_walk *walk,
    const struct chunker_piece *piece, const struct chunker_cursor *cursor)
{
	size_t	len, cost, little = c->options.target / 3;

	len = piece->end - c->begin;
	cost = len > walk->wish ? len - walk->wish : walk->wish - len;
	if (c->section.is_whole && cursor->at >= c->section.next)
		return (cost);

	if (len < little)
		cost += CHUNKER_COST(c, CHUNKER_SEAM_SHORT);
	if (c->section.is_whole && c->section.end - cursor->at < little)
		cost += CHUNKER_COST(c, CHUNKER_SEAM_SHORT);

	return (cost + CHUNKER_COST(c, chunker_seam(c, piece, cursor)));
}

/* How much belongs together that a cut behind the piece would part. */
static size_t
chunker_seam(const struct chunker *c, const struct chunker_piece *piece,
    const struct chunker_cursor *cursor)
{
	enum markdown_kind	before = piece->block.kind;
	enum markdown_kind	after = cursor->block.kind;

	if (before == MARKDOWN_HEADING)
		return (CHUNKER_SEAM_HEADING);
	if (piece->block.start == cursor->block.start)
		return (chunker_seam_inside(c, piece, cursor));
	if (after == MARKDOWN_BREAK || before == MARKDOWN_FRONT_MATTER)
		return (CHUNKER_SEAM_LINES);
	if (after == MARKDOWN_LIST_ITEM && before == MARKDOWN_LIST_ITEM)
		return (CHUNKER_SEAM_ITEMS * (size_t)cursor->block.level);
	if (before == MARKDOWN_PARAGRAPH && after != MARKDOWN_PARAGRAPH &&
	    c->text[piece->end - 1] == ':')
		return (CHUNKER_SEAM_INTRO);
	if (before == MARKDOWN_PARAGRAPH && after == MARKDOWN_LIST_ITEM)
		return (CHUNKER_SEAM_LIST);

	return (CHUNKER_SEAM_FREE);
}

static size_t
chunker_seam_inside(const struct chunker *c,
    const struct chunker_piece *piece, const struct chunker_cursor *cursor)
{
	struct mdline	line;
	size_t		seam;

	/* Only blanks are there: more than the line's own end is a gap. */
	if (!chunker_is_lines(piece->block.kind))
		seam = CHUNKER_SEAM_PROSE;
	else if (mdline_read(&line, c->text, cursor->at, piece->end) &&
	    line.next < cursor->at)
		seam = CHUNKER_SEAM_GAP;
	else
		seam = CHUNKER_SEAM_LINES;

	return (piece->block.start < c->begin ? seam - CHUNKER_SEAM_TORN :
	    seam);
}

/* The piece at the cursor, as far as it matters before `room`. */
static void
chunker_piece(const struct chunker *c, const struct chunker_cursor *cursor,
    size_t room, struct chunker_piece *piece)
{
	const struct markdown_block	*block = &cursor->block;
	struct mdline			 line;
	size_t				 limit, at = cursor->at;

	*piece = (struct chunker_piece){ .start = at, .end = at,
	    .block = *block, .is_cut = 1 };
	if (at >= room)
		return;

	/* One byte more shows that the piece does not end with the room. */
	limit = block->end - at <= room - at ? block->end : room + 1;
	if (block->kind == MARKDOWN_HEADING || block->kind == MARKDOWN_BREAK) {
		piece->end = limit;
	} else if (chunker_is_lines(block->kind)) {
		(void)mdline_read(&line, c->text, limit, at);
		/* A table's header is nothing without the row below it. */
		if (block->kind == MARKDOWN_TABLE && at == block->start)
			(void)mdline_read(&line, c->text, limit, line.next);
		piece->end = utf8_trim_end(c->text, at, line.end);
	} else {
		piece->end = sentence_end(c->text, limit, at);
	}
	piece->is_cut = piece->end > room || (limit < block->end &&
	    utf8_skip_blanks(c->text, limit, piece->end) == limit);
}

/* Moves the cursor to the next piece at or behind `at`. */
static void
chunker_move(const struct chunker *c, struct chunker_cursor *cursor, size_t at)
{
	size_t	first;

	first = utf8_skip_blanks(c->text, cursor->block.end, at);
	if (first == cursor->block.end) {
		chunker_read_block(c, cursor);
		return;
	}

	/* The indent of a line of code is part of it, unless it is absurd. */
	cursor->at = first;
	while (chunker_is_lines(cursor->block.kind) && cursor->at > at &&
	    first - cursor->at < CHUNKER_INDENT_MAX &&
	    (c->text[cursor->at - 1] == ' ' || c->text[cursor->at - 1] == '\t'))
		cursor->at--;
}

/* Moves the cursor to the next block, or to the text's end. */
static void
chunker_read_block(const struct chunker *c, struct chunker_cursor *cursor)
{
	struct chunker_path	*path = &cursor->path;
	struct markdown_block	*block = &cursor->block;

	if (!markdown_next(&cursor->blocks, block)) {
		*block = (struct markdown_block){ .start = c->len,
		    .end = c->len };
		cursor->at = c->len;
		return;
	}

	chunker_move(c, cursor, block->start);
	if (block->kind != MARKDOWN_HEADING)
		return;
	while (path->len > 0 &&
	    path->headings[path->len - 1].level >= block->level)
		path->len--;
	path->headings[path->len++] = *block;
}

/*
 * Where the next chunk begins: at the first of the last whole sentences of a
 * paragraph that the overlap holds, or at the cursor.
 */
static size_t
chunker_overlap(const struct chunker *c, const struct chunker_walk *walk)
{
	size_t	at, end, next = c->cursor.at;

	if (walk->last.kind != MARKDOWN_PARAGRAPH || next == c->len ||
	    (c->section.is_whole && next >= c->section.next))
		return (next);

	at = walk->last.start > c->begin ? walk->last.start : c->begin;
	while (at < walk->end) {
		if (at > c->begin && next - at <= c->options.overlap)
			return (at);
		end = sentence_end(c->text, walk->end, at);
		at = utf8_skip_blanks(c->text, walk->end, end);
	}

	return (next);
}

/* Writes the path's headings; their texts are kept from chunk to chunk. */
static void
chunker_name(struct chunker *c, const struct chunker_path *path, char *out)
{
	const struct markdown_block	*heading;
	size_t				 used = 0, len;
	int				 i;

	for (i = 0; i < path->len; i++) {
		heading = &path->headings[i];
		if (c->titles_of[i] != heading->start + 1) {
			(void)markdown_heading_text(c->text + heading->start,
			    heading->end - heading->start, c->titles[i],
			    sizeof(c->titles[i]));
			c->titles_of[i] = heading->start + 1;
		}
		if ((len = strlen(c->titles[i])) == 0)
			continue;
		if (used > 0) {
			memcpy(out + used, " > ", 3);
			used += 3;
		}
		memcpy(out + used, c->titles[i], len);
		used += len;
	}
	out[used] = '\0';
}

/* False for what only opens or parts sections. */
static int
chunker_is_body(enum markdown_kind kind)
{
	return (kind != MARKDOWN_HEADING && kind != MARKDOWN_BREAK &&
	    kind != MARKDOWN_FRONT_MATTER);
}

/* True for blocks that are read line by line. */
static int
chunker_is_lines(enum markdown_kind kind)
{
	return (kind == MARKDOWN_CODE || kind == MARKDOWN_TABLE ||
	    kind == MARKDOWN_HTML || kind == MARKDOWN_FRONT_MATTER);
}
