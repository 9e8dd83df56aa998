/*
 * Collections: named selections of documents.
 *
 *	GET    /api/collections			list_find -> list_found
 *	POST   /api/collections			create_put -> put_done -> 201
 *	GET    /api/collections/ID		get_find -> get_found
 *	PATCH  /api/collections/ID		rename_put -> put_done
 *	DELETE /api/collections/ID		drop_find -> drop_found -> 204
 *	PUT    /api/collections/ID/documents	set_put -> put_done
 *	PUT, DELETE .../ID/documents/DOCUMENT	item_put -> put_done
 *
 * Only their owner sees them; they hold own documents and those of the shared
 * library. All changes are one function of SQL, which tells the outcome; what
 * became of the collection is then read as it is shown. A document that is
 * deleted is not seen in them any more. Deliberately missing: collections
 * that several people share.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "paging.h"
#include "reply.h"
#include "retrieval.h"
#include "token.h"
#include "utf8.h"

#define COLLECTION_NAME_MAX		100	/* characters */
#define COLLECTION_NAME_BYTES		400
#define COLLECTION_PERSON_MAX		100	/* collections */
#define COLLECTION_DOCUMENTS_MAX	1000

int	collection_all(struct http_request *);
int	collection_one(struct http_request *);
int	collection_set(struct http_request *);
int	collection_item(struct http_request *);

/* The context of the changing routes. */
struct collection {
	const char	*name;		/* borrows from the body, or NULL */
	json_t		*document_ids;	/* borrowed, or NULL */
	char		 id[TOKEN_ID_LEN + 1];
	int		 status;	/* of the answer */
};

/* Columns of collection_list.sql and collection_get.sql. */
enum {
	COLUMN_ID, COLUMN_NAME, COLUMN_DOCUMENTS, COLUMN_CREATED,
	COLUMN_UPDATED, COLUMN_CURSOR, COLUMN_IDS = COLUMN_CURSOR
};

enum { FIRST, SECOND, THIRD };

/* What collection_put() says against a change. */
static const struct {
	const char	*outcome;
	enum error_id	 error;
	const char	*field;
} collection_outcomes[] = {
	{ "missing", ERROR_COLLECTION_NOT_FOUND, NULL },
	{ "taken", ERROR_COLLECTION_TAKEN, "name" },
	{ "document", ERROR_DOCUMENT_NOT_FOUND, NULL },
	{ "full", ERROR_COLLECTION_FULL, NULL },
	{ "many", ERROR_COLLECTIONS_FULL, NULL }
};

static enum step	list_find(struct request *);
static enum step	list_found(struct request *);
static enum step	create_put(struct request *);
static enum step	get_find(struct request *);
static enum step	get_found(struct request *);
static enum step	rename_put(struct request *);
static enum step	set_put(struct request *);
static enum step	item_put(struct request *);
static enum step	put_done(struct request *);
static enum step	drop_find(struct request *);
static enum step	drop_found(struct request *);
static enum step	collection_send(struct request *, int, const char *,
			    const char *);
static enum step	collection_read(struct request *, u_int32_t,
			    u_int32_t);
static int		collection_is_name(const char *);
static int		collection_id(struct request *, int,
			    char [TOKEN_ID_LEN + 1]);
static int		collection_is_id(const char *);
static json_t		*collection_json(const struct db_query *, int);

static const struct request_step	list_steps[] = {
	[FIRST] = REQUEST_STEP(list_find),
	[SECOND] = REQUEST_STEP(list_found)
};
static const struct request_step	get_steps[] = {
	[FIRST] = REQUEST_STEP(get_find),
	[SECOND] = REQUEST_STEP(get_found)
};
static const struct request_step	create_steps[] = {
	[FIRST] = REQUEST_STEP(create_put),
	[SECOND] = REQUEST_STEP(put_done),
	[THIRD] = REQUEST_STEP(get_found)
};
static const struct request_step	rename_steps[] = {
	[FIRST] = REQUEST_STEP(rename_put),
	[SECOND] = REQUEST_STEP(put_done),
	[THIRD] = REQUEST_STEP(get_found)
};
static const struct request_step	set_steps[] = {
	[FIRST] = REQUEST_STEP(set_put),
	[SECOND] = REQUEST_STEP(put_done),
	[THIRD] = REQUEST_STEP(get_found)
};
static const struct request_step	item_steps[] = {
	[FIRST] = REQUEST_STEP(item_put),
	[SECOND] = REQUEST_STEP(put_done),
	[THIRD] = REQUEST_STEP(get_found)
};
static const struct request_step	drop_steps[] = {
	[FIRST] = REQUEST_STEP(drop_find),
	[SECOND] = REQUEST_STEP(drop_found)
};

#define COLLECTION_PLAN(route, table, size)				\
	{ .name = route, .steps = table,				\
	  .steps_len = sizeof(table) / sizeof((table)[0]), .data_len = size }

static const struct request_plan	list_plan = COLLECTION_PLAN(
    "GET /api/collections", list_steps, sizeof(struct paging));
static const struct request_plan	create_plan = COLLECTION_PLAN(
    "POST /api/collections", create_steps, sizeof(struct collection));
static const struct request_plan	get_plan = COLLECTION_PLAN(
    "GET /api/collections/ID", get_steps, sizeof(struct collection));
static const struct request_plan	rename_plan = COLLECTION_PLAN(
    "PATCH /api/collections/ID", rename_steps, sizeof(struct collection));
static const struct request_plan	drop_plan = COLLECTION_PLAN(
    "DELETE /api/collections/ID", drop_steps, 0);
static const struct request_plan	set_plan = COLLECTION_PLAN(
    "PUT /api/collections/ID/documents", set_steps,
    sizeof(struct collection));
static const struct request_plan	add_plan = COLLECTION_PLAN(
    "PUT /api/collections/ID/documents/DOCUMENT", item_steps,
    sizeof(struct collection));
static const struct request_plan	remove_plan = COLLECTION_PLAN(
    "DELETE /api/collections/ID/documents/DOCUMENT", item_steps,
    sizeof(struct collection));

int
collection_all(struct http_request *http)
{
	return (request_run(http, http->method == HTTP_METHOD_POST ?
	    &create_plan : &list_plan));
}

int
collection_one(struct http_request *http)
{
	switch (http->method) {
	case HTTP_METHOD_PATCH:
		return (request_run(http, &rename_plan));
	case HTTP_METHOD_DELETE:
		return (request_run(http, &drop_plan));
	default:
		return (request_run(http, &get_plan));
	}
}

int
collection_set(struct http_request *http)
{
	return (request_run(http, &set_plan));
}

int
collection_item(struct http_request *http)
{
	return (request_run(http, http->method == HTTP_METHOD_PUT ?
	    &add_plan : &remove_plan));
}

/* ---- reading ------------------------------------------------------------- */

static enum step
list_find(struct request *r)
{
	struct paging	*page = r->data;

	if (paging_read(r, page) == STEP_DONE)
		return (STEP_DONE);

	return (db_send(r, SECOND, STATEMENT_COLLECTION_LIST,
	    DB_TEXT(r->who.user_id), DB_TEXT(page->q),
	    DB_TEXT(page->cursor_us), DB_TEXT(page->cursor_id),
	    DB_INT(page->limit + 1)));
}

static enum step
list_found(struct request *r)
{
	const struct paging	*page = r->data;
	json_t			*list = json_array();
	int			 i;

	for (i = 0; i < db_rows(&r->db) && i < page->limit; i++)
		json_array_append_new(list, collection_json(&r->db, i));

	return (reply_json(r, 200, json_pack("{s:o, s:o}", "collections",
	    list, "nextCursor", paging_next(page, &r->db, COLUMN_CURSOR,
	    COLUMN_ID))));
}

static enum step
get_find(struct request *r)
{
	struct collection	*c = r->data;

	c->status = 200;
	if (!collection_id(r, 2, c->id))
		return (request_fail(r, ERROR_COLLECTION_NOT_FOUND));

	return (db_send(r, SECOND, STATEMENT_COLLECTION_GET,
	    DB_TEXT(r->who.user_id), DB_TEXT(c->id)));
}

static enum step
get_found(struct request *r)
{
	const struct collection	*c = r->data;
	json_t			*collection, *ids;

	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_COLLECTION_NOT_FOUND));
	collection = collection_json(&r->db, 0);
	ids = json_loads(db_text(&r->db, 0, COLUMN_IDS), 0, NULL);
	json_object_set_new(collection, "documentIds",
	    ids == NULL ? json_array() : ids);

	return (reply_json(r, c->status, json_pack("{s:o}", "collection",
	    collection)));
}

/* ---- changing ------------------------------------------------------------ */

static enum step
create_put(struct request *r)
{
	struct collection	*c = r->data;

	c->status = 201;
	if (collection_read(r, INPUT_REQUIRED, INPUT_NULLABLE) == STEP_DONE)
		return (STEP_DONE);
	token_id(c->id);

	return (collection_send(r, 1, NULL, NULL));
}

static enum step
rename_put(struct request *r)
{
	struct collection	*c = r->data;

	c->status = 200;
	if (collection_read(r, 0, INPUT_NULLABLE) == STEP_DONE)
		return (STEP_DONE);
	if (c->name == NULL && c->document_ids == NULL)
		return (request_fail_field(r, ERROR_VALIDATION, "name",
		    "Send a name, documentIds or both"));
	if (!collection_id(r, 2, c->id))
		return (request_fail(r, ERROR_COLLECTION_NOT_FOUND));

	return (collection_send(r, 0, NULL, NULL));
}

static enum step
set_put(struct request *r)
{
	struct collection	*c = r->data;

	c->status = 200;
	if (collection_read(r, INPUT_NULLABLE, INPUT_REQUIRED) == STEP_DONE)
		return (STEP_DONE);
	c->name = NULL;
	if (!collection_id(r, 2, c->id))
		return (request_fail(r, ERROR_COLLECTION_NOT_FOUND));

	return (collection_send(r, 0, NULL, NULL));
}

static enum step
item_put(struct request *r)
{
	struct collection	*c = r->data;
	char			 document[TOKEN_ID_LEN + 1];
	int			 is_added = r->plan == &add_plan;

	c->status = 200;
	if (input_anything(r) == STEP_DONE)
		return (STEP_DONE);
	if (!collection_id(r, 2, c->id))
		return (request_fail(r, ERROR_COLLECTION_NOT_FOUND));
	if (!collection_id(r, 4, document))
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));

	return (collection_send(r, 0, is_added ? document : NULL,
	    is_added ? NULL : document));
}

/* What came of a change: the reason against it, or the collection. */
static enum step
put_done(struct request *r)
{
	const struct collection	*c = r->data;
	size_t			 i;

	/* Another one took the name in this very moment. */
	if (r->db.error != ERROR_NONE)
		return (request_fail_field(r, ERROR_COLLECTION_TAKEN, "name",
		    NULL));
	if (db_is_null(&r->db, 0, 0))
		return (db_send(r, THIRD, STATEMENT_COLLECTION_GET,
		    DB_TEXT(r->who.user_id), DB_TEXT(c->id)));
	for (i = 0; i < sizeof(collection_outcomes) /
	    sizeof(collection_outcomes[0]); i++)
		if (strcmp(db_text(&r->db, 0, 0),
		    collection_outcomes[i].outcome) == 0)
			return (request_fail_field(r,
			    collection_outcomes[i].error,
			    collection_outcomes[i].field, NULL));

	return (request_fail(r, ERROR_INTERNAL));
}

static enum step
drop_find(struct request *r)
{
	char	id[TOKEN_ID_LEN + 1];

	if (!collection_id(r, 2, id))
		return (request_fail(r, ERROR_COLLECTION_NOT_FOUND));

	return (db_send(r, SECOND, STATEMENT_COLLECTION_DELETE,
	    DB_TEXT(r->who.user_id), DB_TEXT(id)));
}

static enum step
drop_found(struct request *r)
{
	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_COLLECTION_NOT_FOUND));

	return (reply_empty(r, 204));
}

/* ---- shared -------------------------------------------------------------- */

static enum step
collection_send(struct request *r, int is_new, const char *added,
    const char *removed)
{
	struct collection	*c = r->data;
	const char		**ids;
	char			*list = NULL;
	size_t			 i, count = json_array_size(c->document_ids);
	enum step		 step;

	if (c->document_ids != NULL) {
		if ((ids = calloc(count + 1, sizeof(*ids))) == NULL)
			return (request_fail(r, ERROR_INTERNAL));
		for (i = 0; i < count; i++)
			ids[i] = json_string_value(
			    json_array_get(c->document_ids, i));
		list = retrieval_id_array(ids, count);
		free(ids);
		if (list == NULL)
			return (request_fail(r, ERROR_INTERNAL));
	}
	step = db_send(r, SECOND, STATEMENT_COLLECTION_PUT,
	    DB_TEXT(r->who.user_id), DB_TEXT(c->id), DB_BOOL(is_new),
	    DB_TEXT(c->name), DB_TEXT(list), DB_TEXT(added),
	    DB_TEXT(removed), DB_INT(COLLECTION_PERSON_MAX),
	    DB_INT(COLLECTION_DOCUMENTS_MAX));
	free(list);

	return (step);
}

/* {name, documentIds}, with the flags that the route has for each. */
static enum step
collection_read(struct request *r, u_int32_t name_flags, u_int32_t ids_flags)
{
	const struct input_field	 fields[] = {
		{ .name = "name", .type = INPUT_STRING, .flags = name_flags,
		  .offset = offsetof(struct collection, name),
		  .max = COLLECTION_NAME_BYTES },
		{ .name = "documentIds", .type = INPUT_ARRAY,
		  .flags = ids_flags,
		  .offset = offsetof(struct collection, document_ids),
		  .max = COLLECTION_DOCUMENTS_MAX }
	};
	struct collection		*c = r->data;
	const char			*id;
	size_t				 i;

	if (input_json(r, fields, 2, c) == STEP_DONE)
		return (STEP_DONE);
	if (c->name != NULL && !collection_is_name(c->name))
		return (request_fail_field(r, ERROR_VALIDATION, "name",
		    "A name has 1 to 100 characters, is not blank and has no "
		    "control characters"));
	for (i = 0; i < json_array_size(c->document_ids); i++) {
		id = json_string_value(json_array_get(c->document_ids, i));
		if (id == NULL)
			return (request_fail_field(r, ERROR_VALIDATION,
			    "documentIds", "documentIds are strings"));
		if (!collection_is_id(id))
			return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));
	}

	return (STEP_NEXT);
}

static int
collection_is_name(const char *name)
{
	size_t	i, len = strlen(name), characters = 0;

	for (i = 0; i < len; i++) {
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return (0);
		characters += ((unsigned char)name[i] & 0xc0) != 0x80;
	}

	return (characters <= COLLECTION_NAME_MAX &&
	    utf8_skip_blanks(name, len, 0) < len);
}

/* The n-th segment of the path; false when it has not the form of an id. */
static int
collection_id(struct request *r, int n, char id[TOKEN_ID_LEN + 1])
{
	return (request_segment(r, n, id, TOKEN_ID_LEN + 1) != NULL &&
	    collection_is_id(id));
}

static int
collection_is_id(const char *id)
{
	return (strlen(id) == TOKEN_ID_LEN && id[strspn(id, "0123456789"
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0');
}

static json_t *
collection_json(const struct db_query *db, int row)
{
	char	created[25], updated[25];

	reply_date(db_int(db, row, COLUMN_CREATED), created);
	reply_date(db_int(db, row, COLUMN_UPDATED), updated);

	return (json_pack("{s:s, s:s, s:I, s:s, s:s}",
	    "id", db_text(db, row, COLUMN_ID),
	    "name", db_text(db, row, COLUMN_NAME),
	    "documents", (json_int_t)db_int(db, row, COLUMN_DOCUMENTS),
	    "createdAt", created, "updatedAt", updated));
}
