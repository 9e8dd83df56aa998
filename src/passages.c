/*
 * Passages for an answer.
 *
 *	start -> one statement: the chunks found and their neighbours
 *	      -> hits taken best first, joined where one follows the other
 *	      -> widened by their neighbours, best first -> done
 *	whole -> one statement: all chunks, if they are few -> cut -> done
 *
 * Chunks are joined within a section only: what stands under another heading
 * is a passage of its own, so that the heading of a citation is always that
 * of its quote. Only where whole documents have more sections than passages
 * may be, sections are joined, under what their headings have in common.
 *
 * Deliberately missing: neighbours of neighbours. A question whose answer is
 * spread that far is better served by the documents whole.
 */
#include <sys/types.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>

#include "passages.h"

/* A joined passage: sentences beyond would not be looked at for quoting. */
#define PASSAGES_JOINED_MAX	6000
/* Of the documents whole: a passage at least, and how many it should be. */
#define PASSAGES_PIECE		2400
#define PASSAGES_PIECES		48
/* What a passage costs beside its text and headings, as prompt.c writes it. */
#define PASSAGES_COST		200

/* Columns of passages_join.sql and passages_whole.sql. */
enum {
	COLUMN_DOCUMENT, COLUMN_EXTERNAL_ID, COLUMN_TITLE, COLUMN_CHUNK,
	COLUMN_ORDINAL, COLUMN_HEADING, COLUMN_START, COLUMN_END, COLUMN_PAGE,
	COLUMN_PAGE_BREAKS, COLUMN_TEXT
};

/* A chunk that was found, best first. */
struct passages_hit {
	char	document[33];
	int64_t	ordinal;
	double	score, lexical, vector, coverage;
};

/* Rows of the result that are one passage. */
struct passages_span {
	int				 first, last;
	int				 chunk;	/* the row it is known by */
	const struct passages_hit	*hit;	/* its best; NULL: whole */
	int				 is_mixed; /* several headings */
};

struct passages_work {
	struct passages		*p;
	struct passages_span	*spans;
	size_t			 len, max;
	int			*owner;		/* of a row: span + 1, or 0 */
	int			 rows;
	size_t			 bytes;		/* in all spans */
};

static void	 passages_landed(struct db_query *, void *);
static void	 passages_found(struct passages *);
static void	 passages_cut(struct passages *);
static void	 passages_write(struct passages_work *);

void
passages_init(struct passages *p)
{
	memset(p, 0, sizeof(*p));
	db_query_init(&p->db);
	buffer_init(&p->texts);
}

void
passages_free(struct passages *p)
{
	db_query_cancel(&p->db);
	free(p->passages);
	free(p->hits);
	buffer_free(&p->texts);
	passages_init(p);
}

static void
passages_ask(struct passages *p, enum statement statement, const char *user_id,
    const char *documents, struct db_param more)
{
	struct db_param	params[3] = { DB_TEXT(user_id), DB_TEXT(documents),
			    more };

	db_query_start(&p->db, statement, params, 3, passages_landed, p);
}

/* "document-ordinal" taken apart; 0 when it is not that. */
static int
passages_hit(struct passages_hit *hit, const struct passage *found)
{
	const char	*dash = strrchr(found->chunk_id, '-');
	size_t		 len = strlen(found->document_id);

	if (dash == NULL || len >= sizeof(hit->document))
		return (0);
	memcpy(hit->document, found->document_id, len + 1);
	hit->ordinal = strtoll(dash + 1, NULL, 10);
	hit->score = found->score;
	hit->lexical = found->lexical;
	hit->vector = found->vector;
	hit->coverage = found->coverage;

	return (1);
}

void
passages_start(struct passages *p, const struct retrieval *found,
    const char *user_id, size_t bytes_max,
    void (*done)(struct passages *, void *), void *arg)
{
	struct buffer	documents, ordinals;
	char		number[24];
	size_t		i;

	passages_free(p);
	p->done = done;
	p->arg = arg;
	p->bytes_max = bytes_max;
	p->hits = calloc(found->count + 1, sizeof(*p->hits));
	if (p->hits == NULL)
		fatal("passages: no memory");
	buffer_init(&documents);
	buffer_init(&ordinals);
	for (i = 0; i < found->count && p->hits_len < PASSAGES_MAX; i++) {
		if (!passages_hit(&p->hits[p->hits_len], &found->passages[i]))
			continue;
		buffer_add_text(&documents, p->hits_len == 0 ? "{" : ",");
		buffer_add_text(&documents, p->hits[p->hits_len].document);
		(void)snprintf(number, sizeof(number), "%s%lld",
		    p->hits_len == 0 ? "{" : ",",
		    (long long)p->hits[p->hits_len].ordinal);
		buffer_add_text(&ordinals, number);
		p->hits_len++;
	}
	buffer_add_text(&documents, p->hits_len == 0 ? "{}" : "}");
	buffer_add_text(&ordinals, p->hits_len == 0 ? "{}" : "}");
	if (documents.has_failed || ordinals.has_failed)
		fatal("passages: no memory");

	passages_ask(p, STATEMENT_PASSAGES_JOIN, user_id,
	    buffer_text(&documents), DB_TEXT(buffer_text(&ordinals)));
	buffer_free(&documents);
	buffer_free(&ordinals);
}

void
passages_whole(struct passages *p, const char *user_id,
    const char *const *document_ids, size_t document_ids_len,
    size_t bytes_max, void (*done)(struct passages *, void *), void *arg)
{
	char	*documents;

	passages_free(p);
	p->done = done;
	p->arg = arg;
	p->is_whole = 1;
	p->bytes_max = bytes_max < PASSAGES_WHOLE_MAX ? bytes_max :
	    PASSAGES_WHOLE_MAX;
	documents = retrieval_id_array(document_ids, document_ids_len);
	passages_ask(p, STATEMENT_PASSAGES_WHOLE, user_id, documents,
	    DB_INT((int64_t)p->bytes_max));
	free(documents);
}

static void
passages_landed(struct db_query *query, void *arg)
{
	struct passages	*p = arg;

	p->error = query->error;
	if (query->error == ERROR_NONE && db_rows(query) > 0) {
		if (p->is_whole)
			passages_cut(p);
		else
			passages_found(p);
	}
	if (p->error != ERROR_NONE || p->count == 0)
		p->is_whole = 0;
	free(p->hits);
	p->hits = NULL;
	p->done(p, p->arg);
}

/* ---- which rows make a passage ---- */

static int
passages_open(struct passages_work *w, struct passages *p, size_t max)
{
	memset(w, 0, sizeof(*w));
	w->p = p;
	w->max = max;
	w->rows = db_rows(&p->db);
	w->spans = calloc(max, sizeof(*w->spans));
	w->owner = calloc((size_t)w->rows, sizeof(*w->owner));
	if (w->spans == NULL || w->owner == NULL) {
		p->error = ERROR_INTERNAL;
		return (-1);
	}

	return (0);
}

static void
passages_close(struct passages_work *w)
{
	free(w->spans);
	free(w->owner);
}

static size_t
passages_size(const struct passages_work *w, int first, int last)
{
	return ((size_t)(db_int(&w->p->db, last, COLUMN_END) -
	    db_int(&w->p->db, first, COLUMN_START)));
}

static int
passages_is_same(const struct passages_work *w, int a, int b, int column)
{
	return (strcmp(db_text(&w->p->db, a, column),
	    db_text(&w->p->db, b, column)) == 0);
}

/* 1 when the row follows the one before it in the same document. */
static int
passages_follows(const struct passages_work *w, int row)
{
	return (row > 0 && row < w->rows &&
	    passages_is_same(w, row - 1, row, COLUMN_DOCUMENT) &&
	    db_int(&w->p->db, row, COLUMN_ORDINAL) ==
	    db_int(&w->p->db, row - 1, COLUMN_ORDINAL) + 1);
}

static int
passages_joins(const struct passages_work *w, int row)
{
	return (passages_follows(w, row) &&
	    passages_is_same(w, row - 1, row, COLUMN_HEADING));
}

/* The row becomes the span's; 0 when there is no room for it. */
static int
passages_grow(struct passages_work *w, struct passages_span *span, int row)
{
	int	first = row < span->first ? row : span->first;
	int	last = row > span->last ? row : span->last;
	size_t	old = passages_size(w, span->first, span->last);
	size_t	size = passages_size(w, first, last);

	if (size > PASSAGES_JOINED_MAX ||
	    w->bytes - old + size > w->p->bytes_max)
		return (0);
	w->bytes += size - old;
	span->first = first;
	span->last = last;
	w->owner[row] = (int)(span - w->spans) + 1;

	return (1);
}

/* Two spans that meet at this row become the better one. */
static void
passages_meet(struct passages_work *w, int row)
{
	struct passages_span	*a, *b, *swap;
	int			 i;

	if (!passages_joins(w, row) || w->owner[row - 1] == 0 ||
	    w->owner[row] == 0 || w->owner[row - 1] == w->owner[row])
		return;
	a = &w->spans[w->owner[row - 1] - 1];
	b = &w->spans[w->owner[row] - 1];
	if (passages_size(w, a->first, b->last) > PASSAGES_JOINED_MAX)
		return;
	w->bytes -= passages_size(w, a->first, a->last) +
	    passages_size(w, b->first, b->last);
	w->bytes += passages_size(w, a->first, b->last);
	if (b < a) {
		b->first = a->first;
		swap = a;
		a = b;
		b = swap;
	} else
		a->last = b->last;
	for (i = a->first; i <= a->last; i++)
		w->owner[i] = (int)(a - w->spans) + 1;
	b->hit = NULL;
	b->last = b->first - 1;
}

static int
passages_row(const struct passages_work *w, const struct passages_hit *hit)
{
	int	row;

	for (row = 0; row < w->rows; row++)
		if (db_int(&w->p->db, row, COLUMN_ORDINAL) == hit->ordinal &&
		    strcmp(db_text(&w->p->db, row, COLUMN_DOCUMENT),
		    hit->document) == 0)
			return (row);

	return (-1);
}

/* A hit joins its neighbour's span, or begins one of its own. */
static void
passages_take(struct passages_work *w, const struct passages_hit *hit)
{
	struct passages_span	*span;
	int			 row = passages_row(w, hit);
	size_t			 size;

	if (row == -1 || w->owner[row] != 0)
		return;
	if (passages_joins(w, row) && w->owner[row - 1] != 0 &&
	    passages_grow(w, &w->spans[w->owner[row - 1] - 1], row)) {
		passages_meet(w, row + 1);
		return;
	}
	if (passages_joins(w, row + 1) && w->owner[row + 1] != 0 &&
	    passages_grow(w, &w->spans[w->owner[row + 1] - 1], row))
		return;
	size = passages_size(w, row, row);
	if (w->len == w->max || (w->len > 0 &&
	    w->bytes + size > w->p->bytes_max))
		return;
	w->bytes += size;
	span = &w->spans[w->len++];
	span->first = span->last = span->chunk = row;
	span->hit = hit;
	w->owner[row] = (int)w->len;
}

static void
passages_widen(struct passages_work *w, struct passages_span *span)
{
	int	row = span->last + 1;

	if (span->hit == NULL)
		return;
	if (passages_joins(w, row) && w->owner[row] == 0 &&
	    passages_grow(w, span, row))
		passages_meet(w, row + 1);
	row = span->first - 1;
	if (span->hit != NULL && row >= 0 && passages_joins(w, row + 1) &&
	    w->owner[row] == 0 && passages_grow(w, span, row))
		passages_meet(w, row);
}

static void
passages_found(struct passages *p)
{
	struct passages_work	w;
	size_t			i;

	if (passages_open(&w, p, p->hits_len) == 0) {
		for (i = 0; i < p->hits_len; i++)
			passages_take(&w, &p->hits[i]);
		for (i = 0; i < w.len; i++)
			passages_widen(&w, &w.spans[i]);
		passages_write(&w);
	}
	passages_close(&w);
}

/* All rows, in order; 0 when that makes too many passages. */
static int
passages_pieces(struct passages_work *w, size_t piece, int is_mixed)
{
	struct passages_span	*span = NULL;
	int			 row;

	w->len = 0;
	for (row = 0; row < w->rows; row++) {
		if (span != NULL && (is_mixed ? passages_follows(w, row) :
		    passages_joins(w, row)) &&
		    passages_size(w, span->first, row) <= piece) {
			span->last = row;
			span->is_mixed |= !passages_joins(w, row);
			continue;
		}
		if (w->len == w->max)
			return (0);
		span = &w->spans[w->len++];
		span->first = span->last = span->chunk = row;
		span->is_mixed = 0;
	}

	return (1);
}

/* 1 when a prompt of so many bytes holds them all, with their headings. */
static int
passages_fit(const struct passages_work *w)
{
	size_t	i, bytes = 0;
	int	row;

	for (i = 0; i < w->len; i++) {
		row = w->spans[i].first;
		bytes += passages_size(w, row, w->spans[i].last) +
		    db_length(&w->p->db, row, COLUMN_TITLE) +
		    db_length(&w->p->db, row, COLUMN_HEADING) + PASSAGES_COST;
	}

	return (bytes <= w->p->bytes_max);
}

static void
passages_cut(struct passages *p)
{
	struct passages_work	w;
	size_t			total = 0, piece;
	int			row;

	if (passages_open(&w, p, PASSAGES_MAX) == 0) {
		for (row = 0; row < w.rows; row++)
			total += passages_size(&w, row, row);
		piece = total / PASSAGES_PIECES;
		if (piece < PASSAGES_PIECE)
			piece = PASSAGES_PIECE;
		if ((passages_pieces(&w, piece, 0) && passages_fit(&w)) ||
		    (passages_pieces(&w, piece, 1) && passages_fit(&w)))
			passages_write(&w);
	}
	passages_close(&w);
}

/* ---- the passages themselves ---- */

/* Appends the bytes of the rows, from the first one's start to the end. */
static void
passages_text(struct passages_work *w, const struct passages_span *span)
{
	const struct db_query *db = &w->p->db;
	int64_t	 start, end, at = db_int(db, span->first, COLUMN_START);
	int	 row;

	for (row = span->first; row <= span->last; row++) {
		start = db_int(db, row, COLUMN_START);
		end = row == span->last ? db_int(db, row, COLUMN_END) :
		    start + (int64_t)db_length(db, row, COLUMN_TEXT);
		if (end > at && at >= start) {
			buffer_add(&w->p->texts, db_text(db, row, COLUMN_TEXT) +
			    (at - start), (size_t)(end - at));
			at = end;
		}
	}
	w->p->texts.has_failed |= at != db_int(db, span->last, COLUMN_END);
	buffer_add(&w->p->texts, "", 1);
}

static void
passages_break(struct buffer *out, int64_t at, size_t *len)
{
	char	number[24];

	(void)snprintf(number, sizeof(number), "%s%lld",
	    (*len)++ == 0 ? "{" : ",", (long long)at);
	buffer_add_text(out, number);
}

/* Where pages begin in the rows: their own breaks, and those between them. */
static void
passages_breaks(struct passages_work *w, const struct passages_span *span)
{
	const struct db_query	*db = &w->p->db;
	const char		*at;
	char			*end;
	int64_t			 page = 0, seen = -1, place;
	size_t			 len = 0;
	int			 row;

	for (row = span->first; row <= span->last; row++) {
		if (db_is_null(db, row, COLUMN_PAGE))
			break;
		if (row == span->first)
			page = db_int(db, row, COLUMN_PAGE);
		for (; page < db_int(db, row, COLUMN_PAGE); page++) {
			seen = db_int(db, row, COLUMN_START);
			passages_break(&w->p->texts, seen, &len);
		}
		at = db_text(db, row, COLUMN_PAGE_BREAKS);
		while (*at == '{' || *at == ',') {
			place = strtoll(at + 1, &end, 10);
			if (end == at + 1)
				break;
			at = end;
			if (place <= seen)
				continue;
			seen = place;
			page++;
			passages_break(&w->p->texts, place, &len);
		}
	}
	buffer_add(&w->p->texts, len > 0 ? "}" : "{}", len > 0 ? 2 : 3);
}

/* The levels that all headings of the rows begin with. */
static void
passages_heading(struct passages_work *w, const struct passages_span *span)
{
	const struct db_query	*db = &w->p->db;
	const char		*heading, *other;
	size_t			 len, i, level;
	int			 row;

	heading = db_text(db, span->first, COLUMN_HEADING);
	len = strlen(heading);
	for (row = span->first + 1; row <= span->last && span->is_mixed;
	    row++) {
		other = db_text(db, row, COLUMN_HEADING);
		level = 0;
		for (i = 0; i < len && other[i] == heading[i]; i++)
			if (strncmp(heading + i, " > ", 3) == 0)
				level = i;
		if (i < len || (other[i] != '\0' &&
		    strncmp(other + i, " > ", 3) != 0))
			len = level;
	}
	buffer_add(&w->p->texts, heading, len);
	buffer_add(&w->p->texts, "", 1);
}

static void
passages_fill(struct passages_work *w, const struct passages_span *span,
    struct passage *out)
{
	const struct db_query	*db = &w->p->db;

	out->document_id = db_text(db, span->chunk, COLUMN_DOCUMENT);
	if (!db_is_null(db, span->chunk, COLUMN_EXTERNAL_ID))
		out->external_id = db_text(db, span->chunk,
		    COLUMN_EXTERNAL_ID);
	out->title = db_text(db, span->chunk, COLUMN_TITLE);
	out->chunk_id = db_text(db, span->chunk, COLUMN_CHUNK);
	out->start = db_int(db, span->first, COLUMN_START);
	out->end = db_int(db, span->last, COLUMN_END);
	if (!db_is_null(db, span->first, COLUMN_PAGE))
		out->page = db_int(db, span->first, COLUMN_PAGE);
	out->vector = NAN;
	if (span->hit != NULL) {
		out->score = span->hit->score;
		out->lexical = span->hit->lexical;
		out->vector = span->hit->vector;
		out->coverage = span->hit->coverage;
	}
	passages_heading(w, span);
	passages_breaks(w, span);
	passages_text(w, span);
}

/* Strings go into one buffer; pointers to them once it has stopped growing. */
static void
passages_write(struct passages_work *w)
{
	struct passages	*p = w->p;
	struct passage	*passage;
	const char	*at;
	size_t		 i;

	p->passages = calloc(w->len + 1, sizeof(*p->passages));
	if (p->passages == NULL) {
		p->error = ERROR_INTERNAL;
		return;
	}
	for (i = 0; i < w->len; i++)
		if (p->is_whole || w->spans[i].hit != NULL)
			passages_fill(w, &w->spans[i],
			    &p->passages[p->count++]);
	if (p->texts.has_failed) {
		p->error = ERROR_INTERNAL;
		p->count = 0;
		return;
	}
	at = buffer_text(&p->texts);
	for (i = 0; i < p->count; i++) {
		passage = &p->passages[i];
		passage->heading = at;
		at += strlen(at) + 1;
		passage->page_breaks = at;
		at += strlen(at) + 1;
		passage->text = at;
		passage->text_len = (size_t)(passage->end - passage->start);
		at += passage->text_len + 1;
	}
}
