/*
 * Searching without asking: the passages that a question finds.
 *
 *	POST /api/search	READ (-> CHOSEN) -> FOUND -> results, best first
 *
 * The access rule stands in the statement of retrieval.c.
 */
#include <sys/types.h>

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "reply.h"
#include "retrieval.h"
#include "utf8.h"

#define SEARCH_QUERY_MAX	8192	/* bytes */
#define SEARCH_LIMIT		10	/* when nothing is said */
#define SEARCH_LIMIT_MAX	50
#define SEARCH_DOCUMENTS_MAX	1000
#define SEARCH_COLLECTION_MAX	400	/* bytes of its name */

int	search_create(struct http_request *);

struct search {
	const char		*query;		/* borrows from the body */
	int64_t			 limit;
	int64_t			 offset;	/* results left out */
	json_t			*document_ids;	/* borrowed, or NULL */
	const char		*collection;	/* id or name, or NULL */
	struct retrieval	 retrieval;
};

static const struct input_field	search_fields[] = {
	{ .name = "query", .type = INPUT_STRING, .flags = INPUT_REQUIRED,
	  .offset = offsetof(struct search, query), .min = 1,
	  .max = SEARCH_QUERY_MAX },
	{ .name = "limit", .type = INPUT_INTEGER,
	  .offset = offsetof(struct search, limit), .min = 1,
	  .max = SEARCH_LIMIT_MAX, .absent = SEARCH_LIMIT },
	{ .name = "offset", .type = INPUT_INTEGER,
	  .offset = offsetof(struct search, offset), .min = 0,
	  .max = RETRIEVAL_MAX - SEARCH_LIMIT_MAX, .absent = 0 },
	{ .name = "documentIds", .type = INPUT_ARRAY, .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct search, document_ids),
	  .max = SEARCH_DOCUMENTS_MAX },
	{ .name = "collection", .type = INPUT_STRING,
	  .flags = INPUT_NULLABLE,
	  .offset = offsetof(struct search, collection), .min = 1,
	  .max = SEARCH_COLLECTION_MAX },
};

enum { SEARCH_READ, SEARCH_CHOSEN, SEARCH_FOUND };

static enum step	 search_read(struct request *);
static enum step	 search_chosen(struct request *);
static enum step	 search_start(struct request *, const json_t *);
static int		 search_is_wanted(const json_t *, const char *);
static enum step	 search_found(struct request *);
static void		 search_done(struct retrieval *, void *);
static void		 search_free(void *);
static json_t		*search_result(const struct passage *);

static const struct request_step	search_steps[] = {
	[SEARCH_READ] = REQUEST_STEP(search_read),
	[SEARCH_CHOSEN] = REQUEST_STEP(search_chosen),
	[SEARCH_FOUND] = REQUEST_STEP(search_found)
};
static const struct request_plan	search_plan = {
	.name = "POST /api/search",
	.steps = search_steps,
	.steps_len = sizeof(search_steps) / sizeof(search_steps[0]),
	.data_len = sizeof(struct search),
	.data_free = search_free
};

int
search_create(struct http_request *http)
{
	return (request_run(http, &search_plan));
}

static enum step
search_read(struct request *r)
{
	struct search	*search = r->data;
	const json_t	*id;
	size_t		 i, len;

	retrieval_init(&search->retrieval);
	if (input_json(r, search_fields, sizeof(search_fields) /
	    sizeof(search_fields[0]), search) == STEP_DONE)
		return (STEP_DONE);
	len = strlen(search->query);
	if (utf8_skip_blanks(search->query, len, 0) == len)
		return (request_fail_field(r, ERROR_VALIDATION, "query",
		    "The query holds no words"));
	json_array_foreach(search->document_ids, i, id)
		if (!json_is_string(id))
			return (request_fail_field(r, ERROR_VALIDATION,
			    "documentIds", "documentIds are strings"));
	if (search->collection == NULL)
		return (search_start(r, search->document_ids));

	return (db_send(r, SEARCH_CHOSEN, STATEMENT_COLLECTION_DOCUMENTS,
	    DB_TEXT(r->who.user_id), DB_TEXT(search->collection)));
}

/* With documentIds too it is those of them that the collection holds. */
static enum step
search_chosen(struct request *r)
{
	const struct search	*search = r->data;
	json_t			*held;
	size_t			 i;
	enum step		 step;

	if (db_is_null(&r->db, 0, 0))
		return (request_fail(r, ERROR_COLLECTION_NOT_FOUND));
	held = json_loads(db_text(&r->db, 0, 0), 0, NULL);
	if (held == NULL)
		return (request_fail(r, ERROR_INTERNAL));
	for (i = json_array_size(held); i-- > 0;)
		if (!search_is_wanted(search->document_ids,
		    json_string_value(json_array_get(held, i))))
			json_array_remove(held, i);
	step = search_start(r, held);
	json_decref(held);

	return (step);
}

static int
search_is_wanted(const json_t *wanted, const char *id)
{
	const json_t	*one;
	size_t		 i;

	json_array_foreach(wanted, i, one)
		if (strcmp(json_string_value(one), id) == 0)
			return (1);

	return (wanted == NULL);
}

/* Among these documents (borrowed), or all when it is NULL. */
static enum step
search_start(struct request *r, const json_t *documents)
{
	struct search	*search = r->data;
	const char	**ids = NULL;
	size_t		 i, count = json_array_size(documents);

	if (documents != NULL &&
	    (ids = calloc(count + 1, sizeof(*ids))) == NULL)
		return (request_fail(r, ERROR_INTERNAL));
	for (i = 0; i < count; i++)
		ids[i] = json_string_value(json_array_get(documents, i));
	retrieval_start(&search->retrieval, r->who.user_id, r->id,
	    search->query, ids, count, (size_t)(search->offset + search->limit),
	    search_done, r);
	free(ids);

	return (request_wait(r, SEARCH_FOUND));
}

static enum step
search_found(struct request *r)
{
	const struct search	*search = r->data;
	json_t			*results;
	size_t			 i;

	if (search->retrieval.error != ERROR_NONE)
		return (request_fail(r, search->retrieval.error));
	results = json_array();
	for (i = (size_t)search->offset; i < search->retrieval.count; i++)
		json_array_append_new(results,
		    search_result(&search->retrieval.passages[i]));

	return (reply_json(r, 200, json_pack("{s:o}", "results", results)));
}

static void
search_done(struct retrieval *retrieval, void *arg)
{
	(void)retrieval;
	request_wake(arg);
}

static void
search_free(void *data)
{
	struct search	*search = data;

	retrieval_free(&search->retrieval);
}

static json_t *
search_result(const struct passage *passage)
{
	return (json_pack("{s:s,s:s?,s:s,s:s,s:I,s:I,s:s%,s:f,s:{s:f,s:o}}",
	    "documentId", passage->document_id,
	    "externalId", passage->external_id,
	    "title", passage->title,
	    "chunkId", passage->chunk_id,
	    "start", (json_int_t)passage->start,
	    "end", (json_int_t)passage->end,
	    "text", passage->text, passage->text_len,
	    "score", passage->score,
	    "scores", "lexical", passage->lexical,
	    "vector", isnan(passage->vector) ? json_null() :
	    json_real(passage->vector)));
}
