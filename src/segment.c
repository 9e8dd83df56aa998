/*
 * Postings sorted by term, then by chunk, written as rows. A term of one
 * block stands in index_terms itself; one of more has a directory there and
 * its blocks in index_blocks.
 */
#include <stdlib.h>
#include <string.h>

#include "copyrow.h"
#include "segment.h"

#define SEGMENT_DIRECTORY	256	/* entries made before a row is cut */

void
segment_init(struct segment *segment)
{
	memset(segment, 0, sizeof(*segment));
}

void
segment_free(struct segment *segment)
{
	free(segment->entries);
	segment_init(segment);
}

void
segment_add(struct segment *segment, uint64_t term,
    const struct posting *posting)
{
	struct segment_entry	*entries;
	size_t			 size;

	if (segment->len == segment->size) {
		size = segment->size == 0 ? 4096 : 2 * segment->size;
		entries = realloc(segment->entries, size * sizeof(*entries));
		if (entries == NULL) {
			segment->has_failed = 1;
			return;
		}
		segment->entries = entries;
		segment->size = size;
	}
	segment->entries[segment->len].term = term;
	segment->entries[segment->len++].posting = *posting;
}

static int
segment_compare(const void *left, const void *right)
{
	const struct segment_entry	*a = left, *b = right;

	if (a->term != b->term)
		return (a->term < b->term ? -1 : 1);

	return ((a->posting.chunk > b->posting.chunk) -
	    (a->posting.chunk < b->posting.chunk));
}

int
segment_rows(struct segment *segment, struct segment_rows *rows)
{
	struct posting	*postings;
	size_t		 i, n;

	if (segment->has_failed)
		return (-1);
	if (segment->len == 0)
		return (0);
	if ((postings = malloc(segment->len * sizeof(*postings))) == NULL)
		return (-1);
	qsort(segment->entries, segment->len, sizeof(*segment->entries),
	    segment_compare);
	for (i = 0; i < segment->len; i += n) {
		for (n = 0; i + n < segment->len &&
		    segment->entries[i + n].term == segment->entries[i].term;
		    n++)
			postings[n] = segment->entries[i + n].posting;
		segment_term(rows, segment->entries[i].term, (int64_t)n,
		    postings, n);
	}
	free(postings);

	return (rows->terms.has_failed || rows->blocks.has_failed ? -1 : 0);
}

void
segment_rows_free(struct segment_rows *rows)
{
	buffer_free(&rows->terms);
	buffer_free(&rows->blocks);
}

static size_t
segment_head(struct segment_rows *rows, uint64_t term, uint32_t part,
    int64_t chunks, char kind)
{
	size_t	start;

	copyrow_begin(&rows->terms, 5);
	copyrow_bigint(&rows->terms, rows->segment);
	copyrow_bigint(&rows->terms, term);
	copyrow_int(&rows->terms, (int32_t)part);
	copyrow_int(&rows->terms, (int32_t)chunks);
	start = copyrow_open(&rows->terms);
	if (kind != 0)
		buffer_add(&rows->terms, &kind, 1);

	return (start);
}

/* A directory row for as many entries as fit; those left move to the front. */
static size_t
segment_directory(struct segment_rows *rows, uint64_t term, uint32_t *part,
    int64_t chunks, struct postings_entry *entries, size_t count)
{
	size_t	start, n;

	start = segment_head(rows, term, *part, *part == 0 ? chunks : 0,
	    POSTINGS_DIRECTORY);
	n = postings_directory(&rows->terms, entries, count);
	copyrow_end(&rows->terms, start);
	(*part)++;
	memmove(entries, entries + n, (count - n) * sizeof(*entries));

	return (count - n);
}

static size_t
segment_block(struct segment_rows *rows, uint64_t term,
    const struct posting *postings, size_t count, struct postings_entry *entry)
{
	size_t	start, n;

	copyrow_begin(&rows->blocks, 4);
	copyrow_bigint(&rows->blocks, rows->segment);
	copyrow_bigint(&rows->blocks, term);
	copyrow_int(&rows->blocks, (int32_t)postings[0].chunk);
	start = copyrow_open(&rows->blocks);
	n = postings_encode(&rows->blocks, postings, count, entry);
	copyrow_end(&rows->blocks, start);

	return (n);
}

void
segment_term(struct segment_rows *rows, uint64_t term, int64_t chunks,
    const struct posting *postings, size_t count)
{
	struct postings_entry	entries[SEGMENT_DIRECTORY];
	struct postings_entry	entry;
	size_t			before, start, i, n = 0;
	uint32_t		part = 0;

	if (count == 0) {
		start = segment_head(rows, term, 0, chunks, 0);
		copyrow_end(&rows->terms, start);
		return;
	}
	before = rows->terms.len;
	start = segment_head(rows, term, 0, chunks, POSTINGS_INLINE);
	i = postings_encode(&rows->terms, postings, count, &entry);
	copyrow_end(&rows->terms, start);
	if (i == count)
		return;

	/* More than one block: they are rows of their own. */
	buffer_cut(&rows->terms, before);
	for (i = 0; i < count;) {
		i += segment_block(rows, term, postings + i, count - i,
		    &entries[n++]);
		if (n == SEGMENT_DIRECTORY)
			n = segment_directory(rows, term, &part, chunks,
			    entries, n);
	}
	while (n > 0)
		n = segment_directory(rows, term, &part, chunks, entries, n);
}
