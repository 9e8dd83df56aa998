/*
 * Documents: what a person uploads, and the shared library.
 *
 *	GET    /api/documents		 FIND -> page of own and shared ones
 *	POST   /api/documents		 READ -> STORE (once a file) -> 201
 *	GET    /api/documents/ID	 FIND -> the document
 *	PATCH  /api/documents/ID	 rename -> changed
 *	DELETE /api/documents/ID	 drop -> 204
 *	POST   /api/documents/ID/retry	 retry -> changed
 *	POST   /api/documents/ID/restore restore -> changed
 *
 * Uploads only store; the indexer reads them afterwards. Of several files in
 * one request all are judged before the first is stored. Everybody sees own
 * ones and the shared library, by the SQL of each statement; the rest is 404.
 * A retry of what did not fail changes nothing. How an upload's body is taken
 * apart stands in upload.c, the bytes of a document are given out by
 * contents.c.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "edge.h"
#include "indexer.h"
#include "input.h"
#include "paging.h"
#include "reply.h"
#include "upload.h"
#include "utf8.h"

#define DOCUMENT_ID_LEN		32
#define DOCUMENT_COLLECTION_SIZE 401	/* of its name */
#define DOCUMENT_MB		(1024 * 1024)

int	document_collection(struct http_request *);
int	document_one(struct http_request *);
int	document_retry(struct http_request *);
int	document_restore(struct http_request *);

/* The columns that the statements have in common, and what may follow. */
enum {
	COLUMN_OUTCOME, COLUMN_ID, COLUMN_EXTERNAL_ID, COLUMN_TITLE,
	COLUMN_FILENAME, COLUMN_MEDIA_TYPE, COLUMN_SIZE, COLUMN_SHA256,
	COLUMN_CHUNKS, COLUMN_STATUS, COLUMN_ERROR, COLUMN_SHARED,
	COLUMN_CREATED, COLUMN_UPDATED, COLUMN_CURSOR, COLUMN_LIST_USAGE,
	COLUMN_IS_COLLECTION_MISSING
};
enum { COLUMN_USAGE = COLUMN_CURSOR };

/* The body of a PATCH; what is not said stays. */
struct document_names {
	const char	*title, *filename;
};

static const struct input_field	name_fields[] = {
	{ .name = "title", .type = INPUT_STRING,
	  .offset = offsetof(struct document_names, title),
	  .max = INTAKE_TITLE_SIZE - 1 },
	{ .name = "filename", .type = INPUT_STRING,
	  .offset = offsetof(struct document_names, filename) }
};

enum { CREATE_READ, CREATE_STORED };

static enum step	create_read(struct request *);
static enum step	create_store(struct request *);
static enum step	create_stored(struct request *);

enum { LIST_FIND, LIST_FOUND };

static enum step	list_find(struct request *);
static enum step	list_found(struct request *);

enum { ONE_FIND, ONE_FOUND };

static enum step	one_find(struct request *);
static enum step	one_found(struct request *);
static enum step	one_rename(struct request *);
static enum step	one_retry(struct request *);
static enum step	one_restore(struct request *);
static enum step	one_drop(struct request *);
static enum step	one_dropped(struct request *);
static enum step	one_changed(struct request *);

static json_t		*document_json(const struct db_query *, int);
static const char	*document_id(struct request *,
			    char [DOCUMENT_ID_LEN + 2]);
static int		 document_is_id(const char *);
static int		 document_is_status(const char *);
static int		 document_is_title(const char *);
static enum step	 document_forbidden(struct request *);
static enum step	 document_full(struct request *);
static enum step	 document_full_server(struct request *);

#define DOCUMENT_PLAN(route, table, size, wipe)				\
	{ .name = route, .steps = table,				\
	  .steps_len = sizeof(table) / sizeof((table)[0]),		\
	  .data_len = size, .data_free = wipe }

static const struct request_step	create_steps[] = {
	[CREATE_READ] = REQUEST_STEP(create_read),
	[CREATE_STORED] = REQUEST_STEP(create_stored)
};
static const struct request_step	list_steps[] = {
	[LIST_FIND] = REQUEST_STEP(list_find),
	[LIST_FOUND] = REQUEST_STEP(list_found)
};
static const struct request_step	get_steps[] = {
	[ONE_FIND] = REQUEST_STEP(one_find),
	[ONE_FOUND] = REQUEST_STEP(one_found)
};
static const struct request_step	rename_steps[] = {
	[ONE_FIND] = REQUEST_STEP(one_rename),
	[ONE_FOUND] = REQUEST_STEP(one_changed)
};
static const struct request_step	retry_steps[] = {
	[ONE_FIND] = REQUEST_STEP(one_retry),
	[ONE_FOUND] = REQUEST_STEP(one_changed)
};
static const struct request_step	restore_steps[] = {
	[ONE_FIND] = REQUEST_STEP(one_restore),
	[ONE_FOUND] = REQUEST_STEP(one_changed)
};
static const struct request_step	delete_steps[] = {
	[ONE_FIND] = REQUEST_STEP(one_drop),
	[ONE_FOUND] = REQUEST_STEP(one_dropped)
};

static const struct request_plan	create_plan = DOCUMENT_PLAN(
    "POST /api/documents", create_steps, sizeof(struct upload), upload_free);
static const struct request_plan	list_plan = DOCUMENT_PLAN(
    "GET /api/documents", list_steps, sizeof(struct paging), NULL);
static const struct request_plan	get_plan = DOCUMENT_PLAN(
    "GET /api/documents/ID", get_steps, 0, NULL);
static const struct request_plan	rename_plan = DOCUMENT_PLAN(
    "PATCH /api/documents/ID", rename_steps, 0, NULL);
static const struct request_plan	delete_plan = DOCUMENT_PLAN(
    "DELETE /api/documents/ID", delete_steps, 0, NULL);
static const struct request_plan	retry_plan = DOCUMENT_PLAN(
    "POST /api/documents/ID/retry", retry_steps, 0, NULL);
static const struct request_plan	restore_plan = DOCUMENT_PLAN(
    "POST /api/documents/ID/restore", restore_steps, 0, NULL);

int
document_collection(struct http_request *http)
{
	return (request_run(http, http->method == HTTP_METHOD_POST ?
	    &create_plan : &list_plan));
}

int
document_one(struct http_request *http)
{
	switch (http->method) {
	case HTTP_METHOD_PATCH:
		return (request_run(http, &rename_plan));
	case HTTP_METHOD_DELETE:
		return (request_run(http, &delete_plan));
	default:
		return (request_run(http, &get_plan));
	}
}

int
document_retry(struct http_request *http)
{
	return (request_run(http, &retry_plan));
}

int
document_restore(struct http_request *http)
{
	return (request_run(http, &restore_plan));
}

/* ---- POST /api/documents ------------------------------------------------ */

static enum step
create_read(struct request *r)
{
	struct upload	*upload = r->data;

	if (upload_read(r, upload) == STEP_DONE)
		return (STEP_DONE);
	if (upload->is_shared && !r->who.is_admin)
		return (request_fail_field(r, ERROR_FORBIDDEN, "shared",
		    "Only administrators may add to the shared library"));

	return (create_store(r));
}

/* Sends the next file; the last one's answer answers the request. */
static enum step
create_store(struct request *r)
{
	struct upload		*upload = r->data;
	struct upload_file	*file = &upload->files[upload->stored];
	enum step		 step;

	step = db_send(r, CREATE_STORED, STATEMENT_DOCUMENT_UPLOAD,
	    DB_TEXT(upload->is_shared ? NULL : r->who.user_id),
	    DB_TEXT(file->filename[0] == '\0' ? NULL : file->filename),
	    DB_TEXT(file->intake.title),
	    DB_TEXT(file->intake.media_type),
	    DB_BYTES(file->bytes, file->len),
	    DB_INT(upload->is_shared ? 0 : config.quota_user_bytes),
	    DB_INT((int64_t)upload->coming),
	    DB_INT(config.quota_total_bytes));
	/* The statement has its own copy; the database may take a while. */
	if (upload->stored + 1 == upload->count) {
		edge_body_release(r->http);
		json_decref(r->body);
		r->body = NULL;
	}

	return (step);
}

static enum step
create_stored(struct request *r)
{
	struct upload	*upload = r->data;
	const char	*outcome = db_text(&r->db, 0, COLUMN_OUTCOME);
	json_t		*answer;

	if (strcmp(outcome, "quota") == 0)
		return (document_full(r));
	if (strcmp(outcome, "full") == 0)
		return (document_full_server(r));
	if (strcmp(outcome, "same") != 0)
		upload->is_news = 1;
	json_array_append_new(upload->answers, document_json(&r->db, 0));
	upload->coming -= upload->files[upload->stored].len;
	if (++upload->stored < upload->count)
		return (create_store(r));

	indexer_kick();
	if (upload->count == 1)
		answer = json_pack("{s:O}", "document",
		    json_array_get(upload->answers, 0));
	else
		answer = json_pack("{s:O}", "documents", upload->answers);

	return (reply_json(r, upload->is_news ? 201 : 200, answer));
}

/* ---- GET /api/documents ------------------------------------------------- */

static enum step
list_find(struct request *r)
{
	static const char *const	orders[] = {
		"title", "size", "status", "createdAt", "updatedAt", NULL
	};
	struct paging			*page = r->data;
	char				 status[16], flag[8];
	char				 name[DOCUMENT_COLLECTION_SIZE];
	const char			*wanted, *collection, *shared;

	if (paging_read_sorted(r, page, orders) == STEP_DONE)
		return (STEP_DONE);
	wanted = request_query(r, "status", status, sizeof(status));
	if (wanted != NULL && !document_is_status(wanted))
		return (request_fail_field(r, ERROR_VALIDATION, "status",
		    "status is queued, processing, ready or failed"));
	shared = request_query(r, "shared", flag, sizeof(flag));
	if (shared != NULL && strcmp(shared, "true") != 0 &&
	    strcmp(shared, "false") != 0)
		return (request_fail_field(r, ERROR_VALIDATION, "shared",
		    "shared is true or false"));
	collection = request_query(r, "collection", name, sizeof(name));
	if (collection != NULL && !utf8_is_text(name, strlen(name)))
		return (request_fail(r, ERROR_COLLECTION_NOT_FOUND));

	/* One more than wanted tells whether another page follows. */
	if (page->sort == NULL)
		return (db_send(r, LIST_FOUND, STATEMENT_DOCUMENT_LIST,
		    DB_TEXT(r->who.user_id), DB_TEXT(page->q),
		    DB_TEXT(wanted), DB_TEXT(page->cursor_us),
		    DB_TEXT(page->cursor_id), DB_INT(page->limit + 1),
		    DB_TEXT(collection), DB_TEXT(shared)));

	return (db_send(r, LIST_FOUND, STATEMENT_DOCUMENT_LIST_BY,
	    DB_TEXT(r->who.user_id), DB_TEXT(page->q), DB_TEXT(wanted),
	    DB_TEXT(page->cursor_us), DB_TEXT(page->cursor_id),
	    DB_INT(page->limit + 1), DB_TEXT(page->sort),
	    DB_BOOL(page->is_descending), DB_TEXT(collection),
	    DB_TEXT(shared)));
}

/* An empty list is a row without a document, for the sake of its usage. */
static enum step
list_found(struct request *r)
{
	const struct paging	*page = r->data;
	json_t			*list = json_array();
	int			 i, rows = db_rows(&r->db);

	if (db_bool(&r->db, 0, COLUMN_IS_COLLECTION_MISSING)) {
		json_decref(list);
		return (request_fail(r, ERROR_COLLECTION_NOT_FOUND));
	}
	for (i = 0; i < rows && i < page->limit; i++)
		if (!db_is_null(&r->db, i, COLUMN_ID))
			json_array_append_new(list,
			    document_json(&r->db, i));

	return (reply_json(r, 200, json_pack("{s:o,s:o,s:{s:I,s:o}}",
	    "documents", list, "nextCursor", paging_next(page, &r->db,
	    COLUMN_CURSOR, COLUMN_ID), "usage",
	    "bytes", (json_int_t)db_int(&r->db, 0, COLUMN_LIST_USAGE),
	    "limit", config.quota_user_bytes == 0 ? json_null() :
	    json_integer((json_int_t)config.quota_user_bytes))));
}

/* ---- /api/documents/ID --------------------------------------------------- */

static enum step
one_find(struct request *r)
{
	char		 buf[DOCUMENT_ID_LEN + 2];
	const char	*id;

	if ((id = document_id(r, buf)) == NULL)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));

	return (db_send(r, ONE_FOUND, STATEMENT_DOCUMENT_GET, DB_TEXT(id),
	    DB_TEXT(r->who.user_id)));
}

static enum step
one_found(struct request *r)
{
	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));

	return (reply_json(r, 200, json_pack("{s:o}", "document",
	    document_json(&r->db, 0))));
}

static enum step
one_rename(struct request *r)
{
	struct document_names	names = { NULL, NULL };
	char			buf[DOCUMENT_ID_LEN + 2];
	char			filename[INTAKE_FILENAME_MAX + 1];
	const char		*id;

	if (input_json(r, name_fields, sizeof(name_fields) /
	    sizeof(name_fields[0]), &names) == STEP_DONE)
		return (STEP_DONE);
	if (names.title == NULL && names.filename == NULL)
		return (request_fail_field(r, ERROR_VALIDATION, "title",
		    "Send a title, a filename or both"));
	if (names.title != NULL && !document_is_title(names.title))
		return (request_fail_field(r, ERROR_VALIDATION, "title",
		    "A title is not blank and has no control characters"));
	if (names.filename != NULL && !upload_name(filename, names.filename))
		return (request_fail_field(r, ERROR_VALIDATION, "filename",
		    UPLOAD_NAME_TEXT));
	if ((id = document_id(r, buf)) == NULL)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));

	return (db_send(r, ONE_FOUND, STATEMENT_DOCUMENT_RENAME, DB_TEXT(id),
	    DB_TEXT(r->who.user_id), DB_BOOL(r->who.is_admin),
	    DB_TEXT(names.title),
	    DB_TEXT(names.filename == NULL ? NULL : filename)));
}

static enum step
one_retry(struct request *r)
{
	char		 buf[DOCUMENT_ID_LEN + 2];
	const char	*id;

	if ((id = document_id(r, buf)) == NULL)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));

	return (db_send(r, ONE_FOUND, STATEMENT_DOCUMENT_RETRY, DB_TEXT(id),
	    DB_TEXT(r->who.user_id), DB_BOOL(r->who.is_admin)));
}

static enum step
one_restore(struct request *r)
{
	char		 buf[DOCUMENT_ID_LEN + 2];
	const char	*id;

	if ((id = document_id(r, buf)) == NULL)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));

	return (db_send(r, ONE_FOUND, STATEMENT_DOCUMENT_RESTORE, DB_TEXT(id),
	    DB_TEXT(r->who.user_id), DB_BOOL(r->who.is_admin),
	    DB_INT(config.quota_user_bytes)));
}

static enum step
one_drop(struct request *r)
{
	char		 buf[DOCUMENT_ID_LEN + 2];
	const char	*id;

	if ((id = document_id(r, buf)) == NULL)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));

	return (db_send(r, ONE_FOUND, STATEMENT_DOCUMENT_DELETE, DB_TEXT(id),
	    DB_TEXT(r->who.user_id), DB_BOOL(r->who.is_admin)));
}

static enum step
one_dropped(struct request *r)
{
	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));
	if (!db_bool(&r->db, 0, 0))
		return (document_forbidden(r));
	indexer_kick();

	return (reply_empty(r, 204));
}

/* After any other change of one document: what came of it, and the document. */
static enum step
one_changed(struct request *r)
{
	const char	*outcome;

	/* Another one took the name in this very moment. */
	if (r->db.error != ERROR_NONE)
		return (request_fail(r, ERROR_FILENAME_TAKEN));
	if (db_is_null(&r->db, 0, COLUMN_OUTCOME))
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));
	outcome = db_text(&r->db, 0, COLUMN_OUTCOME);
	if (strcmp(outcome, "forbidden") == 0)
		return (document_forbidden(r));
	if (strcmp(outcome, "taken") == 0)
		return (request_fail_field(r, ERROR_FILENAME_TAKEN, "filename",
		    NULL));
	if (strcmp(outcome, "quota") == 0)
		return (document_full(r));
	indexer_kick();

	return (reply_json(r, 200, json_pack("{s:o}", "document",
	    document_json(&r->db, 0))));
}

/* ---- shared -------------------------------------------------------------- */

static json_t *
document_json(const struct db_query *db, int row)
{
	char	created[25], updated[25];

	reply_date(db_int(db, row, COLUMN_CREATED), created);
	reply_date(db_int(db, row, COLUMN_UPDATED), updated);
#define TEXT_OR_NULL(column)						\
	(db_is_null(db, row, column) ? NULL : db_text(db, row, column))

	return (json_pack("{s:s,s:s?,s:s,s:s?,s:s,s:I,s:s,s:I,s:s,s:s?,s:b,"
	    "s:s,s:s}",
	    "id", db_text(db, row, COLUMN_ID),
	    "externalId", TEXT_OR_NULL(COLUMN_EXTERNAL_ID),
	    "title", db_text(db, row, COLUMN_TITLE),
	    "filename", TEXT_OR_NULL(COLUMN_FILENAME),
	    "mediaType", db_text(db, row, COLUMN_MEDIA_TYPE),
	    "size", (json_int_t)db_int(db, row, COLUMN_SIZE),
	    "sha256", db_text(db, row, COLUMN_SHA256),
	    "chunks", (json_int_t)db_int(db, row, COLUMN_CHUNKS),
	    "status", db_text(db, row, COLUMN_STATUS),
	    "error", TEXT_OR_NULL(COLUMN_ERROR),
	    "shared", db_bool(db, row, COLUMN_SHARED),
	    "createdAt", created, "updatedAt", updated));
#undef TEXT_OR_NULL
}

/* The id in the path, or NULL when it has not the form of one. */
static const char *
document_id(struct request *r, char buf[DOCUMENT_ID_LEN + 2])
{
	const char	*id;

	id = request_segment(r, 2, buf, DOCUMENT_ID_LEN + 2);

	return (id != NULL && document_is_id(id) ? id : NULL);
}

static int
document_is_id(const char *id)
{
	return (strlen(id) == DOCUMENT_ID_LEN &&
	    strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == DOCUMENT_ID_LEN);
}

static int
document_is_status(const char *status)
{
	static const char *const	all[] = {
		"queued", "processing", "ready", "failed"
	};
	size_t				i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(status, all[i]) == 0)
			return (1);

	return (0);
}

static int
document_is_title(const char *title)
{
	const char	*at;

	for (at = title; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return (0);

	return (utf8_skip_blanks(title, strlen(title), 0) < strlen(title));
}

static enum step
document_forbidden(struct request *r)
{
	return (request_fail_field(r, ERROR_FORBIDDEN, NULL,
	    "Only administrators may change the shared library"));
}

/* What is stored and what may be, in a sentence. */
static enum step
document_full(struct request *r)
{
	char	message[160];

	(void)snprintf(message, sizeof(message), "You may store %" PRId64
	    " MB and %.1f MB are in use; delete a document first",
	    config.quota_user_bytes / DOCUMENT_MB,
	    (double)db_int(&r->db, 0, COLUMN_USAGE) / DOCUMENT_MB);

	return (request_fail_field(r, ERROR_QUOTA_USER, NULL, message));
}

/* The same of the whole server. */
static enum step
document_full_server(struct request *r)
{
	char	message[160];

	(void)snprintf(message, sizeof(message), "This server may store %"
	    PRId64 " MB in all and %.1f MB are in use; its operator can make"
	    " room", config.quota_total_bytes / DOCUMENT_MB,
	    (double)db_int(&r->db, 0, COLUMN_USAGE) / DOCUMENT_MB);

	return (request_fail_field(r, ERROR_QUOTA_TOTAL, NULL, message));
}
