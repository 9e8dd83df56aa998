/*
 * Chunks and their postings pile up in memory and go out together, as one
 * segment; a long document is several. Title and headings are indexed with
 * each chunk and are no part of its bytes.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chunker.h"
#include "config.h"
#include "copyrow.h"
#include "extractor.h"
#include "indexwriter.h"
#include "segmentio.h"

#define INDEXWRITER_TOKEN_BYTES	4	/* of text, a model's token */
#define INDEXWRITER_CHUNKS_MAX	1000000	/* of a document */
/* Postings that are held in memory (24 bytes each) before they are written. */
#define INDEXWRITER_ENTRIES	(1 << 20)

static int	indexwriter_copy(struct indexwriter *);

void
indexwriter_open(struct indexwriter *w, struct dbsync *db, int32_t scope)
{
	memset(w, 0, sizeof(*w));
	w->db = db;
	w->scope = scope;
}

void
indexwriter_close(struct indexwriter *w)
{
	int	n;

	for (n = 0; n < LANGUAGE_COUNT; n++)
		if (w->opened >> n & 1)
			analyzer_close(&w->analyzers[n]);
	segment_free(&w->segment);
	segment_rows_free(&w->rows);
	buffer_free(&w->chunks);
	free(w->hashes);
	memset(w, 0, sizeof(*w));
}

static struct chunker
indexwriter_chunker(const struct indexwriter_text *text)
{
	struct chunker_options	options;

	memset(&options, 0, sizeof(options));
	options.syntax = text->syntax;
	options.target = (size_t)config.chunk_bytes;
	options.overlap = (size_t)config.chunk_overlap_bytes;
	options.no_overlap = options.overlap == 0;

	return (chunker_open(text->text, text->len, &options));
}

int32_t
indexwriter_chunks(const struct indexwriter_text *text)
{
	struct chunker	chunker = indexwriter_chunker(text);
	struct chunk	chunk;
	int32_t		count = 0;

	while (count < INDEXWRITER_CHUNKS_MAX && chunker_next(&chunker, &chunk))
		count++;

	return (count);
}

static void
indexwriter_token(void *arg, const struct analyze_token *token)
{
	struct indexwriter	*w = arg;
	uint64_t		*hashes;
	size_t			 size;

	if (token->is_stop)
		return;
	if (w->hashes_len == w->hashes_size) {
		size = w->hashes_size == 0 ? 1024 : 2 * w->hashes_size;
		hashes = realloc(w->hashes, size * sizeof(*hashes));
		if (hashes == NULL) {
			w->has_failed = 1;
			return;
		}
		w->hashes = hashes;
		w->hashes_size = size;
	}
	w->hashes[w->hashes_len++] = token->hash;
	w->length += !token->is_whole;
}

static int
indexwriter_compare(const void *left, const void *right)
{
	const uint64_t	*a = left, *b = right;

	return ((*a > *b) - (*a < *b));
}

/* The terms of the chunk in hand: postings, and each once in hashes[]. */
static void
indexwriter_postings(struct indexwriter *w, int32_t chunk)
{
	struct posting	posting;
	size_t		i, n = 0, from;

	if (w->hashes_len > 0)
		qsort(w->hashes, w->hashes_len, sizeof(*w->hashes),
		    indexwriter_compare);
	posting.chunk = (uint32_t)chunk;
	posting.length = (uint32_t)w->length;
	for (i = 0; i < w->hashes_len;) {
		from = i;
		while (i < w->hashes_len && w->hashes[i] == w->hashes[from])
			i++;
		posting.frequency = (uint32_t)(i - from);
		segment_add(&w->segment, w->hashes[from], &posting);
		w->hashes[n++] = w->hashes[from];
	}
	w->hashes_len = n;
}

/* The page that a chunk begins on, and where others begin inside it. */
static void
indexwriter_pages(struct indexwriter *w, const struct indexwriter_text *text,
    const struct chunk *chunk)
{
	size_t	page, last;

	if (text->pages_len == 0) {
		copyrow_null(&w->chunks);
		copyrow_null(&w->chunks);
		return;
	}
	page = (size_t)extractor_page(text->pages, text->pages_len,
	    chunk->start);
	for (last = page; last < text->pages_len &&
	    text->pages[last] < chunk->end; last++)
		;
	copyrow_int(&w->chunks, (int32_t)page);
	copyrow_bigints(&w->chunks, text->pages + page, last - page);
}

static void
indexwriter_chunk(struct indexwriter *w, struct analyzer *analyzer,
    const struct indexwriter_text *text, const struct chunk *chunk)
{
	int32_t	id = text->first + (int32_t)chunk->ordinal;
	size_t	len = chunk->end - chunk->start;

	w->hashes_len = w->length = 0;
	analyze_text(analyzer, text->title, strlen(text->title),
	    indexwriter_token, w);
	analyze_text(analyzer, chunk->heading, strlen(chunk->heading),
	    indexwriter_token, w);
	analyze_text(analyzer, text->text + chunk->start, len,
	    indexwriter_token, w);
	indexwriter_postings(w, id);

	copyrow_begin(&w->chunks, 12);
	copyrow_int(&w->chunks, id);
	copyrow_bytes(&w->chunks, text->document, strlen(text->document));
	copyrow_int(&w->chunks, w->scope);
	copyrow_int(&w->chunks, (int32_t)chunk->ordinal);
	copyrow_int(&w->chunks, (int32_t)chunk->start);
	copyrow_int(&w->chunks, (int32_t)chunk->end);
	copyrow_bytes(&w->chunks, chunk->heading, strlen(chunk->heading));
	copyrow_int(&w->chunks, (int32_t)((len + INDEXWRITER_TOKEN_BYTES - 1) /
	    INDEXWRITER_TOKEN_BYTES));
	copyrow_int(&w->chunks, (int32_t)w->length);
	indexwriter_pages(w, text, chunk);
	copyrow_bigints(&w->chunks, w->hashes, w->hashes_len);

	if (w->count++ == 0)
		w->first = id;
	w->last = id;
	w->tokens += (int64_t)w->length;
}

int
indexwriter_add(struct indexwriter *w, const struct indexwriter_text *text)
{
	struct chunker	 chunker = indexwriter_chunker(text);
	struct chunk	 chunk;
	struct analyzer	*analyzer;
	enum language	 language;
	int32_t		 n;

	language = language_detect(text->text, text->len, 0);
	analyzer = &w->analyzers[language];
	if (!(w->opened >> language & 1)) {
		w->opened |= UINT32_C(1) << language;
		if (analyzer_open(analyzer, language) == -1)
			return (-1);
	}
	w->languages |= UINT32_C(1) << language;
	for (n = 0; n < text->count && chunker_next(&chunker, &chunk); n++) {
		indexwriter_chunk(w, analyzer, text, &chunk);
		if (w->segment.len >= INDEXWRITER_ENTRIES &&
		    indexwriter_flush(w) == -1)
			return (-1);
		/* Still of this document, if a new segment begins. */
		w->languages |= UINT32_C(1) << language;
	}

	return (0);
}

int
indexwriter_flush(struct indexwriter *w)
{
	struct db_param	params[7];

	if (w->count == 0)
		return (0);
	if (dbsync_run(w->db, STATEMENT_INDEX_SEGMENT_ID, NULL, 0) == -1)
		return (-1);
	w->rows.segment = (uint64_t)dbsync_int(w->db, 0, 0);
	params[0] = DB_INT((int64_t)w->rows.segment);
	params[1] = DB_INT(w->scope);
	params[2] = DB_INT((int64_t)w->count);
	params[3] = DB_INT(w->tokens);
	params[4] = DB_INT((int64_t)w->languages);
	params[5] = DB_INT(w->first);
	params[6] = DB_INT(w->last);
	if (w->has_failed || segment_rows(&w->segment, &w->rows) == -1 ||
	    w->chunks.has_failed) {
		w->db->error = ERROR_INTERNAL;
		return (-1);
	}
	if (dbsync_run(w->db, STATEMENT_INDEX_SEGMENT, params, 7) == -1 ||
	    indexwriter_copy(w) == -1)
		return (-1);
	w->count = 0;
	w->tokens = 0;
	w->languages = 0;
	w->segment.len = 0;

	return (0);
}

static int
indexwriter_copy(struct indexwriter *w)
{
	if (dbsync_copy(w->db, "copy chunks (id, document, scope, ordinal, "
	    "start_byte, end_byte, heading, tokens, length, page, page_breaks, "
	    "terms) "
	    "from stdin (format binary)", w->chunks.data,
	    w->chunks.len) == -1)
		return (-1);
	buffer_clear(&w->chunks);

	return (segmentio_copy(w->db, &w->rows));
}
