/*
 * Retrieval: which chunks, then their passages.
 *
 *	lexical.c (words)  \
 *	                    > fuse -> fetch -> copies out -> (rerank) -> done
 *	vectors.c (meaning)/
 *
 * Both sides begin at once; each looks only at what the asker may see, before
 * it takes its best. Where the vector side is off, away or late, the words
 * alone decide (fusion.c). The passages come by one more statement with the
 * access rule, sql/queries/search_passages.sql.
 *
 * Whether the question can be answered is judged apart from the order. The
 * words of the question are weighed (question.c); `best` is the largest share
 * of that weight in one passage, `missing` the share of names and numbers
 * that no document has. Measured on XQuAD (240 paragraphs): of 1,190
 * questions with their paragraph there, 94.6 % pass; with its whole article
 * taken away, 16.1 %; of the 761 that name something by a capital, with the
 * names replaced by invented ones, none.
 * A question in other words than its answer passes when a passage is much
 * nearer to it than passages at random are; measured in the same way with a
 * weak model, 22 % pass by that alone, and 0.9 % with the article taken away.
 */
#include <sys/types.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>

#include "buffer.h"
#include "config.h"
#include "retrieval.h"

#define RETRIEVAL_BEST_MIN	0.4
#define RETRIEVAL_MISSING_MAX	0.1
/* Of the way from passages at random to the question itself. */
#define RETRIEVAL_NEAR_MIN	0.6

/* Chunks of each side when both are joined, or an end point reranks. */
#define RETRIEVAL_POOL		100
/* Fetched beyond the limit, in place of those that say the same. */
#define RETRIEVAL_SPARE		10

/* Columns of search_passages.sql. */
enum {
	COLUMN_ID, COLUMN_DOCUMENT, COLUMN_EXTERNAL_ID, COLUMN_TITLE,
	COLUMN_CHUNK, COLUMN_HEADING, COLUMN_START, COLUMN_END, COLUMN_TEXT,
	COLUMN_PAGE, COLUMN_PAGE_BREAKS
};

static void	 retrieval_lexical(struct lexical *, void *);
static void	 retrieval_vector(struct vectors *, void *);
static void	 retrieval_near(struct vectors *, void *);
static void	 retrieval_meet(struct retrieval *);
static void	 retrieval_fuse(struct retrieval *);
static void	 retrieval_judge(struct retrieval *);
static void	 retrieval_fetch(struct retrieval *);
static char	*retrieval_chunks(int64_t (*)(const struct retrieval *,
		    size_t), const struct retrieval *, size_t);
static void	 retrieval_landed(struct db_query *, void *);
static void	 retrieval_read(struct retrieval *);
static double	 retrieval_coverage(const struct retrieval *, int64_t);
static void	 retrieval_drop_copies(struct retrieval *);
static int	 retrieval_rerank(struct retrieval *);
static void	 retrieval_reranked(void *, const double *);
static void	 retrieval_end(struct retrieval *);
static int	 retrieval_is_id(const char *);

void
retrieval_init(struct retrieval *retrieval)
{
	memset(retrieval, 0, sizeof(*retrieval));
	db_query_init(&retrieval->db);
	lexical_init(&retrieval->lexical);
	vectors_init(&retrieval->vectors);
}

void
retrieval_start(struct retrieval *retrieval, const char *user_id,
    const char *request_id, const char *question,
    const char *const *document_ids, size_t document_ids_len, size_t limit,
    void (*done)(struct retrieval *, void *), void *arg)
{
	size_t	pool;
	int	is_pooled = (config.rerank_url != NULL);

	retrieval_free(retrieval);
	retrieval->done = done;
	retrieval->arg = arg;
	retrieval->request_id = request_id;
	if (limit == 0 || limit > RETRIEVAL_MAX)
		limit = RETRIEVAL_MAX;
	retrieval->limit = limit;
	if (document_ids != NULL)
		retrieval->documents = retrieval_id_array(document_ids,
		    document_ids_len);
	retrieval->user_id = strdup(user_id);
	retrieval->question = strdup(question);
	if (retrieval->user_id == NULL || retrieval->question == NULL)
		fatal("retrieval: no memory");

	/* Counted before, since neither side answers from inside its start. */
	retrieval->waits = 1;
	pool = limit + RETRIEVAL_SPARE;
	if (config.retrieval_weight > 0 && vectors_ask(&retrieval->vectors,
	    question, request_id, retrieval_vector, retrieval) == 0) {
		retrieval->waits++;
		is_pooled = 1;
	}
	/* The same at any limit, so that pages of one order fit together. */
	if (is_pooled)
		pool = RETRIEVAL_POOL;
	lexical_start(&retrieval->lexical, user_id, question,
	    retrieval->documents, pool, retrieval_lexical, retrieval);
}

void
retrieval_free(struct retrieval *retrieval)
{
	lexical_free(&retrieval->lexical);
	vectors_free(&retrieval->vectors);
	embed_rerank_cancel(retrieval->rerank);
	retrieval->rerank = NULL;
	db_query_cancel(&retrieval->db);
	free(retrieval->user_id);
	free(retrieval->question);
	free(retrieval->documents);
	retrieval->user_id = retrieval->question = retrieval->documents = NULL;
	free(retrieval->items);
	retrieval->items = NULL;
	retrieval->items_len = 0;
	free(retrieval->passages);
	retrieval->passages = NULL;
	retrieval->count = 0;
	retrieval->is_answerable = 0;
	retrieval->error = ERROR_NONE;
}

/* ---- two sides ---- */

static void
retrieval_lexical(struct lexical *lexical, void *arg)
{
	(void)lexical;
	retrieval_meet(arg);
}

static void
retrieval_vector(struct vectors *vectors, void *arg)
{
	(void)vectors;
	retrieval_meet(arg);
}

static int64_t
retrieval_hit(const struct retrieval *retrieval, size_t i)
{
	return (retrieval->lexical.hits[i].chunk);
}

static void
retrieval_meet(struct retrieval *retrieval)
{
	char	*chunks;

	if (--retrieval->waits > 0)
		return;
	retrieval->error = retrieval->lexical.error;
	if (retrieval->error != ERROR_NONE) {
		retrieval->done(retrieval, retrieval->arg);
		return;
	}
	if (retrieval->vectors.question == NULL) {
		retrieval_fuse(retrieval);
		return;
	}
	chunks = retrieval_chunks(retrieval_hit, retrieval,
	    retrieval->lexical.count);
	vectors_search(&retrieval->vectors, retrieval->user_id,
	    retrieval->documents, RETRIEVAL_POOL, chunks, retrieval_near,
	    retrieval);
	free(chunks);
}

static void
retrieval_near(struct vectors *vectors, void *arg)
{
	(void)vectors;
	retrieval_fuse(arg);
}

/* Chunks found by either side, once each, best first. */
static void
retrieval_fuse(struct retrieval *retrieval)
{
	const struct lexical	*lexical = &retrieval->lexical;
	const struct vectors	*vectors = &retrieval->vectors;
	struct fusion_item	*items;
	size_t			 i, count = lexical->count;
	int			 row, rows = vectors_rows(vectors);

	items = calloc(count + (size_t)rows + 1, sizeof(*items));
	if (items == NULL)
		fatal("retrieval: no memory");
	for (i = 0; i < count; i++) {
		items[i].chunk = lexical->hits[i].chunk;
		items[i].lexical = lexical->hits[i].score;
		items[i].vector = NAN;
	}
	for (row = 0; row < rows; row++) {
		for (i = 0; i < count; i++) {
			if (items[i].chunk == vectors_chunk(vectors, row))
				break;
		}
		items[i].chunk = vectors_chunk(vectors, row);
		items[i].vector = vectors_similarity(vectors, row);
		if (i == count)
			count++;
	}
	fusion_rank(items, count, rows == 0 ? 0 :
	    (double)config.retrieval_weight / 100,
	    vectors_background(vectors));
	/* Neither a word of it nor nearer than by chance: found in vain. */
	while (count > 0 && items[count - 1].score <= 0)
		count--;
	retrieval->items = items;
	retrieval->items_len = count;

	retrieval_judge(retrieval);
	if (count == 0)
		retrieval->done(retrieval, retrieval->arg);
	else
		retrieval_fetch(retrieval);
}

/* Rows come nearest first. */
static void
retrieval_judge(struct retrieval *retrieval)
{
	const struct lexical	*lexical = &retrieval->lexical;
	double			 background, near = 0;

	if (vectors_rows(&retrieval->vectors) > 0) {
		background = vectors_background(&retrieval->vectors);
		if (background < 1)
			near = (vectors_similarity(&retrieval->vectors, 0) -
			    background) / (1 - background);
	}
	retrieval->is_answerable = lexical->missing < RETRIEVAL_MISSING_MAX &&
	    (lexical->best >= RETRIEVAL_BEST_MIN ||
	    near >= RETRIEVAL_NEAR_MIN);
}

/* ---- their passages ---- */

static int64_t
retrieval_item(const struct retrieval *retrieval, size_t i)
{
	return (retrieval->items[i].chunk);
}

static void
retrieval_fetch(struct retrieval *retrieval)
{
	struct db_param	 params[2];
	char		*ids;
	size_t		 count = retrieval->limit + RETRIEVAL_SPARE;

	if (config.rerank_url != NULL)
		count = EMBED_RERANK_MAX + RETRIEVAL_SPARE;
	if (count > retrieval->items_len)
		count = retrieval->items_len;
	ids = retrieval_chunks(retrieval_item, retrieval, count);
	params[0] = DB_TEXT(retrieval->user_id);
	params[1] = DB_TEXT(ids);
	db_query_start(&retrieval->db, STATEMENT_SEARCH_PASSAGES, params, 2,
	    retrieval_landed, retrieval);
	free(ids);
}

/* Chunk ids as an array of SQL, to be freed. */
static char *
retrieval_chunks(int64_t (*get)(const struct retrieval *, size_t),
    const struct retrieval *retrieval, size_t count)
{
	struct buffer	ids;
	char		number[24];
	size_t		i;

	buffer_init(&ids);
	buffer_add_text(&ids, "{");
	for (i = 0; i < count; i++) {
		(void)snprintf(number, sizeof(number), "%s%d",
		    i == 0 ? "" : ",", (int)get(retrieval, i));
		buffer_add_text(&ids, number);
	}
	buffer_add_text(&ids, "}");
	if (ids.has_failed)
		fatal("retrieval: no memory");

	return (ids.data);
}

static void
retrieval_landed(struct db_query *query, void *arg)
{
	struct retrieval	*retrieval = arg;

	retrieval->error = query->error;
	if (query->error == ERROR_NONE)
		retrieval_read(retrieval);
	if (retrieval->error == ERROR_NONE && retrieval->count > 0) {
		retrieval_drop_copies(retrieval);
		if (config.rerank_url != NULL && retrieval_rerank(retrieval))
			return;
	}
	retrieval_end(retrieval);
}

static void
retrieval_read(struct retrieval *retrieval)
{
	const struct db_query		*db = &retrieval->db;
	const struct fusion_item	*item = retrieval->items;
	struct passage			*passage;
	int				 i, rows = db_rows(db);

	if (rows == 0)
		return;
	retrieval->passages = calloc((size_t)rows, sizeof(*passage));
	if (retrieval->passages == NULL) {
		retrieval->error = ERROR_INTERNAL;
		return;
	}
	for (i = 0; i < rows; i++) {
		passage = &retrieval->passages[i];
		passage->document_id = db_text(db, i, COLUMN_DOCUMENT);
		if (!db_is_null(db, i, COLUMN_EXTERNAL_ID))
			passage->external_id = db_text(db, i,
			    COLUMN_EXTERNAL_ID);
		passage->title = db_text(db, i, COLUMN_TITLE);
		passage->chunk_id = db_text(db, i, COLUMN_CHUNK);
		passage->heading = db_text(db, i, COLUMN_HEADING);
		passage->start = db_int(db, i, COLUMN_START);
		passage->end = db_int(db, i, COLUMN_END);
		if (!db_is_null(db, i, COLUMN_PAGE))
			passage->page = db_int(db, i, COLUMN_PAGE);
		passage->page_breaks = db_text(db, i, COLUMN_PAGE_BREAKS);
		passage->text = db_text(db, i, COLUMN_TEXT);
		passage->text_len = db_length(db, i, COLUMN_TEXT);
		/* In the order of the items, of which some may be gone. */
		while (item->chunk != db_int(db, i, COLUMN_ID))
			item++;
		/* Without vectors BM25 itself, as it always was. */
		passage->score = vectors_rows(&retrieval->vectors) == 0 ?
		    item->lexical : item->score;
		passage->lexical = item->lexical;
		passage->vector = item->vector;
		passage->coverage = retrieval_coverage(retrieval,
		    item->chunk);
	}
	retrieval->count = (size_t)rows;
}

static double
retrieval_coverage(const struct retrieval *retrieval, int64_t chunk)
{
	size_t	i;

	for (i = 0; i < retrieval->lexical.count; i++) {
		if (retrieval->lexical.hits[i].chunk == chunk)
			return (retrieval->lexical.hits[i].coverage);
	}

	return (0);
}

/* Of passages that say the same the best stays. */
static void
retrieval_drop_copies(struct retrieval *retrieval)
{
	struct passage		*passages = retrieval->passages;
	struct fusion_sketch	*sketches;
	size_t			 i, j, kept = 0;

	sketches = calloc(retrieval->count, sizeof(*sketches));
	if (sketches == NULL)
		return;
	for (i = 0; i < retrieval->count; i++) {
		fusion_sketch(&sketches[kept], passages[i].text,
		    passages[i].text_len);
		for (j = 0; j < kept; j++) {
			if (fusion_is_same(&sketches[j], &sketches[kept]))
				break;
		}
		if (j == kept)
			passages[kept++] = passages[i];
	}
	retrieval->count = kept;
	free(sketches);
}

/* ---- reranking ---- */

/* 1: it is asked, and retrieval_reranked() follows. */
static int
retrieval_rerank(struct retrieval *retrieval)
{
	const char	*texts[EMBED_RERANK_MAX];
	size_t		 i;

	if (retrieval->count > EMBED_RERANK_MAX)
		retrieval->count = EMBED_RERANK_MAX;
	for (i = 0; i < retrieval->count; i++)
		texts[i] = retrieval->passages[i].text;
	retrieval->rerank = embed_rerank(retrieval->question, texts,
	    retrieval->count, retrieval->request_id, retrieval_reranked,
	    retrieval);

	return (retrieval->rerank != NULL);
}

/*
 * By their new scores, which become the score; equal ones, and those that it
 * did not tell, stay in the order they had. No scores: that order.
 */
static void
retrieval_reranked(void *arg, const double *scores)
{
	struct retrieval	*retrieval = arg;
	struct passage		 passage;
	size_t			 i, j;

	retrieval->rerank = NULL;
	if (scores != NULL) {
		for (i = 0; i < retrieval->count; i++)
			retrieval->passages[i].score = scores[i];
		for (i = 1; i < retrieval->count; i++) {
			passage = retrieval->passages[i];
			for (j = i; j > 0 && retrieval->passages[j - 1].score <
			    passage.score; j--)
				retrieval->passages[j] =
				    retrieval->passages[j - 1];
			retrieval->passages[j] = passage;
		}
		/* JSON has no infinity. */
		while (retrieval->count > 0 && isinf(
		    retrieval->passages[retrieval->count - 1].score))
			retrieval->count--;
	}
	retrieval_end(retrieval);
}

static void
retrieval_end(struct retrieval *retrieval)
{
	if (retrieval->count > retrieval->limit)
		retrieval->count = retrieval->limit;
	retrieval->done(retrieval, retrieval->arg);
}

char *
retrieval_id_array(const char *const *ids, size_t count)
{
	char	*array, *at;
	size_t	 i;

	if ((array = malloc(count * 33 + 3)) == NULL)
		fatal("retrieval: no memory");
	at = array;
	*at++ = '{';
	for (i = 0; i < count; i++) {
		if (!retrieval_is_id(ids[i]))
			continue;
		if (at[-1] != '{')
			*at++ = ',';
		memcpy(at, ids[i], 32);
		at += 32;
	}
	*at++ = '}';
	*at = '\0';

	return (array);
}

static int
retrieval_is_id(const char *id)
{
	return (strlen(id) == 32 && strspn(id, "0123456789"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == 32);
}
