/*
 * A question's vector and the passages near to it.
 *
 *	ask	the embedding end point, under the name of the serving model
 *	search	sql/queries/vector_search.sql, the access rule inside it
 *
 * Each worker remembers which model serves, so that a question need not ask
 * the database first. It is asked again when the embedder has changed
 * something here or in another worker, and when a search finds that the model
 * is gone (another instance has changed it).
 */
#include <sys/types.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>

#include "buffer.h"
#include "config.h"
#include "vectors.h"

#define VECTORS_NAME_MAX	256

/* The serving model, as this worker knows it; id 0: none. */
static struct {
	struct db_query	 db;
	int		 is_asking;
	int		 is_wanted;	/* again, when the answer is here */
	int		 id;
	char		 name[VECTORS_NAME_MAX];
	size_t		 dimensions;	/* to ask for; 0: its own */
} vectors_model;

/* Columns of vector_serving.sql and vector_search.sql. */
enum { SERVING_ID, SERVING_NAME, SERVING_ASKED };
enum { SEARCH_CHUNK, SEARCH_SIMILARITY, SEARCH_BACKGROUND };

static void	vectors_refreshed(struct db_query *, void *);
static void	vectors_answered(void *, const struct embedwire_vectors *);
static void	vectors_found(struct db_query *, void *);

void
vectors_start(void)
{
	db_query_init(&vectors_model.db);
	vectors_refresh();
}

void
vectors_refresh(void)
{
	struct db_param	params[4];

	if (config.embed_url == NULL)
		return;
	if (vectors_model.is_asking) {
		vectors_model.is_wanted = 1;
		return;
	}
	params[0] = DB_TEXT(config.embed_model);
	params[1] = DB_TEXT(config.embed_passage_prefix);
	params[2] = DB_INT(config.embed_dimensions);
	/* TEI serves one model, whatever it is called. */
	params[3] = DB_BOOL(config.embed_format != EMBEDWIRE_TEI);
	vectors_model.is_asking = 1;
	vectors_model.is_wanted = 0;
	db_query_reset(&vectors_model.db);
	db_query_start(&vectors_model.db, STATEMENT_VECTOR_SERVING, params, 4,
	    vectors_refreshed, NULL);
}

static void
vectors_refreshed(struct db_query *db, void *unused)
{
	(void)unused;
	vectors_model.is_asking = 0;
	if (db->error == ERROR_NONE) {
		vectors_model.id = 0;
		if (db_rows(db) == 1) {
			vectors_model.id = (int)db_int(db, 0, SERVING_ID);
			(void)kore_strlcpy(vectors_model.name,
			    db_text(db, 0, SERVING_NAME), VECTORS_NAME_MAX);
			vectors_model.dimensions =
			    (size_t)db_int(db, 0, SERVING_ASKED);
		}
	}
	db_query_reset(db);
	if (vectors_model.is_wanted)
		vectors_refresh();
}

int
vectors_is_on(void)
{
	return (config.embed_url != NULL && vectors_model.id != 0);
}

void
vectors_init(struct vectors *vectors)
{
	memset(vectors, 0, sizeof(*vectors));
	db_query_init(&vectors->db);
}

int
vectors_ask(struct vectors *vectors, const char *question,
    const char *request_id, void (*done)(struct vectors *, void *), void *arg)
{
	if (!vectors_is_on())
		return (-1);
	vectors->done = done;
	vectors->arg = arg;
	vectors->model = vectors_model.id;
	vectors->embed = embed_question(vectors_model.name,
	    vectors_model.dimensions, question, request_id, vectors_answered,
	    vectors);

	return (vectors->embed == NULL ? -1 : 0);
}

static void
vectors_answered(void *arg, const struct embedwire_vectors *reply)
{
	struct vectors	*vectors = arg;
	struct buffer	 text;
	char		 number[32];
	size_t		 i;

	vectors->embed = NULL;
	if (reply != NULL) {
		buffer_init(&text);
		for (i = 0; i < reply->dimensions; i++) {
			(void)snprintf(number, sizeof(number), "%c%.6g",
			    i == 0 ? '[' : ',', (double)reply->values[i]);
			buffer_add_text(&text, number);
		}
		buffer_add_text(&text, "]");
		if (text.has_failed)
			buffer_free(&text);
		vectors->question = text.data;
	}
	vectors->done(vectors, vectors->arg);
}

void
vectors_search(struct vectors *vectors, const char *user_id,
    const char *documents, size_t limit, const char *chunks,
    void (*done)(struct vectors *, void *), void *arg)
{
	struct db_param	params[6];

	vectors->done = done;
	vectors->arg = arg;
	params[0] = DB_INT(vectors->model);
	params[1] = DB_TEXT(user_id);
	params[2] = DB_TEXT(vectors->question);
	params[3] = DB_TEXT(documents);
	params[4] = DB_INT((int64_t)limit);
	params[5] = DB_TEXT(chunks);
	db_query_start(&vectors->db, STATEMENT_VECTOR_SEARCH, params, 6,
	    vectors_found, vectors);
}

static void
vectors_found(struct db_query *db, void *arg)
{
	struct vectors	*vectors = arg;

	/* Nothing at all: the model may be gone. */
	if (db->error != ERROR_NONE || db_rows(db) == 0)
		vectors_refresh();
	vectors->done(vectors, vectors->arg);
}

int
vectors_rows(const struct vectors *vectors)
{
	return (vectors->db.state == DB_FINISHED &&
	    vectors->db.error == ERROR_NONE ? db_rows(&vectors->db) : 0);
}

int64_t
vectors_chunk(const struct vectors *vectors, int row)
{
	return (db_int(&vectors->db, row, SEARCH_CHUNK));
}

double
vectors_similarity(const struct vectors *vectors, int row)
{
	return (db_double(&vectors->db, row, SEARCH_SIMILARITY));
}

double
vectors_background(const struct vectors *vectors)
{
	return (vectors_rows(vectors) == 0 ? 0 :
	    db_double(&vectors->db, 0, SEARCH_BACKGROUND));
}

void
vectors_free(struct vectors *vectors)
{
	embed_cancel(vectors->embed);
	vectors->embed = NULL;
	db_query_cancel(&vectors->db);
	free(vectors->question);
	vectors->question = NULL;
}
