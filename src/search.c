/*
 * Searching without asking: the passages that a question finds.
 *
 *	POST /api/search	READ -> FOUND -> results, best first
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

int	search_create(struct http_request *);

struct search {
	const char		*query;		/* borrows from the body */
	int64_t			 limit;
	int64_t			 offset;	/* results left out */
	json_t			*document_ids;	/* borrowed, or NULL */
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
};

enum { SEARCH_READ, SEARCH_FOUND };

static enum step	 search_read(struct request *);
static enum step	 search_found(struct request *);
static void		 search_done(struct retrieval *, void *);
static void		 search_free(void *);
static json_t		*search_result(const struct passage *);

static const struct request_step	search_steps[] = {
	[SEARCH_READ] = REQUEST_STEP(search_read),
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
	const char	**ids = NULL;
	json_t		*id;
	size_t		 i, len, count = 0;

	retrieval_init(&search->retrieval);
	if (input_json(r, search_fields, sizeof(search_fields) /
	    sizeof(search_fields[0]), search) == STEP_DONE)
		return (STEP_DONE);
	len = strlen(search->query);
	if (utf8_skip_blanks(search->query, len, 0) == len)
		return (request_fail_field(r, ERROR_VALIDATION, "query",
		    "The query holds no words"));

	if (search->document_ids != NULL) {
		count = json_array_size(search->document_ids);
		if ((ids = calloc(count + 1, sizeof(*ids))) == NULL)
			return (request_fail(r, ERROR_INTERNAL));
		json_array_foreach(search->document_ids, i, id) {
			if ((ids[i] = json_string_value(id)) != NULL)
				continue;
			free(ids);
			return (request_fail_field(r, ERROR_VALIDATION,
			    "documentIds", "documentIds are strings"));
		}
	}
	retrieval_start(&search->retrieval, r->who.user_id, search->query,
	    ids, count, (size_t)(search->offset + search->limit),
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
