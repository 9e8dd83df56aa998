/*
 * A merge reads the words of the old segments in order, through a cursor,
 * joins the postings of each and writes them as one new segment: one
 * transaction, which searches and readers neither see nor wait for. Counts
 * are added up. Postings of dead chunks go where all segments that may hold
 * them are among the joined; other dead chunks stay named.
 *
 * Memory is bounded by the commonest word: twelve bytes a posting.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "merge.h"
#include "segmentio.h"

#define MERGE_FLUSH	(2 * 1024 * 1024)	/* bytes of rows */

struct merge_range {
	uint32_t	first, last;
};

struct merge {
	struct dbsync		*db;
	int32_t			 scope;
	char			*segments;	/* bigint[], as text */
	struct buffer		 firsts, lasts;	/* of the dead, likewise */
	struct merge_range	*dead;		/* sorted */
	size_t			 dead_len;
	struct segment_rows	 rows;
	/* The word in hand. */
	uint64_t		 term;
	int			 has_term;
	int64_t			 chunks;
	struct posting		*postings;
	size_t			 len, size;
};

static int	merge_choose(struct merge *);
static int	merge_run(struct merge *);
static int	merge_read(struct merge *);
static int	merge_row(struct merge *, const PGresult *, int);
static int	merge_blocks(struct merge *, const char *, uint64_t);
static int	merge_take(struct merge *, const void *, size_t);
static int	merge_term(struct merge *);
static int	merge_finish(struct merge *);

int
merge_step(struct dbsync *db, int32_t scope)
{
	struct merge	merge;
	int		ret;

	memset(&merge, 0, sizeof(merge));
	merge.db = db;
	merge.scope = scope;
	if (dbsync_begin(db) == -1)
		return (-1);
	if ((ret = merge_choose(&merge)) == 1 && merge_run(&merge) == -1)
		ret = -1;
	if (ret == 1) {
		if (dbsync_commit(db) == -1)
			ret = -1;
	} else {
		dbsync_rollback(db);
	}
	free(merge.segments);
	free(merge.dead);
	free(merge.postings);
	buffer_free(&merge.firsts);
	buffer_free(&merge.lasts);
	segment_rows_free(&merge.rows);

	return (ret);
}

static int
merge_choose(struct merge *m)
{
	struct db_param	params[] = { DB_INT(m->scope) };

	if (dbsync_run(m->db, STATEMENT_MERGE_CHOICE, params, 1) == -1)
		return (-1);
	if (dbsync_is_null(m->db, 0, 0))
		return (0);
	m->segments = strdup(dbsync_text(m->db, 0, 0));

	return (m->segments == NULL ? -1 : 1);
}

static int
merge_dead(struct merge *m)
{
	struct db_param	params[2];
	const char	*open;
	size_t		 i;

	params[0] = DB_INT(m->scope);
	params[1] = DB_TEXT(m->segments);
	if (dbsync_run(m->db, STATEMENT_MERGE_DEAD, params, 2) == -1)
		return (-1);
	m->dead_len = (size_t)dbsync_rows(m->db);
	if ((m->dead = calloc(m->dead_len + 1, sizeof(*m->dead))) == NULL)
		return (-1);
	for (i = 0; i < m->dead_len; i++) {
		m->dead[i].first = (uint32_t)dbsync_int(m->db, (int)i, 0);
		m->dead[i].last = (uint32_t)dbsync_int(m->db, (int)i, 1);
		open = i == 0 ? "{" : ",";
		buffer_add_text(&m->firsts, open);
		buffer_add_text(&m->firsts, dbsync_text(m->db, (int)i, 0));
		buffer_add_text(&m->lasts, open);
		buffer_add_text(&m->lasts, dbsync_text(m->db, (int)i, 1));
	}
	buffer_add_text(&m->firsts, m->dead_len == 0 ? "{}" : "}");
	buffer_add_text(&m->lasts, m->dead_len == 0 ? "{}" : "}");

	return (m->firsts.has_failed || m->lasts.has_failed ? -1 : 0);
}

static int
merge_run(struct merge *m)
{
	struct db_param	params[1];

	if (merge_dead(m) == -1 ||
	    dbsync_run(m->db, STATEMENT_INDEX_SEGMENT_ID, NULL, 0) == -1)
		return (-1);
	m->rows.segment = (uint64_t)dbsync_int(m->db, 0, 0);
	params[0] = DB_TEXT(m->segments);
	if (dbsync_run(m->db, STATEMENT_MERGE_OPEN, params, 1) == -1)
		return (-1);
	if (merge_read(m) == -1 || merge_term(m) == -1 ||
	    segmentio_copy(m->db, &m->rows) == -1)
		return (-1);

	return (merge_finish(m));
}

/* All rows of the cursor. */
static int
merge_read(struct merge *m)
{
	PGresult	*rows;
	int		 i, count, ret = 0;

	do {
		if (dbsync_script(m->db, "fetch 500 from merge") == -1)
			return (-1);
		/* Kept while blocks are fetched in between. */
		rows = m->db->result;
		m->db->result = NULL;
		count = PQntuples(rows);
		for (i = 0; i < count && ret == 0; i++)
			ret = merge_row(m, rows, i);
		PQclear(rows);
		if (ret == 0 && m->rows.terms.len + m->rows.blocks.len >
		    MERGE_FLUSH)
			ret = segmentio_copy(m->db, &m->rows);
	} while (count > 0 && ret == 0);

	return (ret);
}

static int
merge_row(struct merge *m, const PGresult *rows, int row)
{
	const char	*segment = PQgetvalue(rows, row, 1);
	uint64_t	 term;
	uint8_t		*bytes;
	size_t		 len;
	int		 ret = 0;

	term = (uint64_t)strtoll(PQgetvalue(rows, row, 0), NULL, 10);
	if (m->has_term && term != m->term && merge_term(m) == -1)
		return (-1);
	m->term = term;
	m->has_term = 1;
	m->chunks += strtoll(PQgetvalue(rows, row, 2), NULL, 10);
	bytes = PQunescapeBytea((const unsigned char *)PQgetvalue(rows, row,
	    3), &len);
	if (bytes == NULL)
		return (-1);
	if (len > 0 && bytes[0] == POSTINGS_INLINE)
		ret = merge_take(m, bytes + 1, len - 1);
	else if (len > 0 && strtoll(PQgetvalue(rows, row, 2), NULL, 10) != 0)
		/* Part 0 of a directory stands for all parts. */
		ret = merge_blocks(m, segment, term);
	PQfreemem(bytes);

	return (ret);
}

/* All blocks of a word in a segment. */
static int
merge_blocks(struct merge *m, const char *segment, uint64_t term)
{
	struct db_param	params[3];
	int64_t		from = 0;
	uint8_t		*bytes;
	size_t		 len;
	int		 i, count, ret;

	do {
		params[0] = DB_TEXT(segment);
		params[1] = DB_INT((int64_t)term);
		params[2] = DB_INT(from);
		if (dbsync_run(m->db, STATEMENT_MERGE_BLOCKS, params, 3) == -1)
			return (-1);
		count = dbsync_rows(m->db);
		for (i = 0; i < count; i++) {
			from = dbsync_int(m->db, i, 0) + 1;
			bytes = dbsync_bytes(m->db, i, 1, &len);
			ret = bytes == NULL ? -1 : merge_take(m, bytes, len);
			PQfreemem(bytes);
			if (ret == -1)
				return (-1);
		}
	} while (count > 0);

	return (0);
}

static int
merge_is_dead(const struct merge *m, uint32_t chunk)
{
	size_t	low = 0, high = m->dead_len, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (m->dead[middle].last < chunk)
			low = middle + 1;
		else
			high = middle;
	}

	return (low < m->dead_len && m->dead[low].first <= chunk);
}

/* The postings of a block, but for the dead. */
static int
merge_take(struct merge *m, const void *bytes, size_t len)
{
	struct posting	 block[POSTINGS_BLOCK_MAX], *postings;
	size_t		 size;
	int		 i, count;

	count = postings_decode(bytes, len, block, POSTINGS_BLOCK_MAX);
	if (count == -1)
		return (-1);
	if (m->len + (size_t)count > m->size) {
		size = 2 * (m->len + (size_t)count);
		postings = realloc(m->postings, size * sizeof(*postings));
		if (postings == NULL)
			return (-1);
		m->postings = postings;
		m->size = size;
	}
	for (i = 0; i < count; i++)
		if (m->dead_len == 0 || !merge_is_dead(m, block[i].chunk))
			m->postings[m->len++] = block[i];

	return (0);
}

static int
merge_compare(const void *left, const void *right)
{
	const struct posting	*a = left, *b = right;

	return ((a->chunk > b->chunk) - (a->chunk < b->chunk));
}

/* The word in hand is complete. */
static int
merge_term(struct merge *m)
{
	size_t	i;

	for (i = 1; i < m->len; i++)
		if (m->postings[i].chunk <= m->postings[i - 1].chunk)
			break;
	if (i < m->len)
		qsort(m->postings, m->len, sizeof(*m->postings),
		    merge_compare);
	if (m->has_term && (m->chunks != 0 || m->len > 0))
		segment_term(&m->rows, m->term, m->chunks, m->postings,
		    m->len);
	m->has_term = 0;
	m->chunks = 0;
	m->len = 0;

	return (0);
}

static int
merge_finish(struct merge *m)
{
	struct db_param	params[5];

	if (dbsync_script(m->db, "close merge") == -1)
		return (-1);
	params[0] = DB_INT(m->scope);
	params[1] = DB_TEXT(m->segments);
	params[2] = DB_INT((int64_t)m->rows.segment);
	params[3] = DB_TEXT(buffer_text(&m->firsts));
	params[4] = DB_TEXT(buffer_text(&m->lasts));

	return (dbsync_run(m->db, STATEMENT_MERGE_FINISH, params, 5));
}
