/*
 * Documents: what a person uploads, and the shared library.
 *
 *	GET /api/documents		FIND -> page of own and shared ones
 *	POST /api/documents		READ -> STORE (once a file) -> 201
 *	GET /api/documents/ID		FIND -> the document
 *	DELETE /api/documents/ID	DROP -> 204
 *	GET /api/documents/ID/text	FIND -> text or a range of it
 *	GET /api/documents/ID/original	FIND -> bytes as uploaded
 *
 * Uploads only store; the indexer reads them afterwards. Of several files in
 * one request all are judged before the first is stored. Everybody sees own
 * ones and the shared library, by the SQL of each statement; the rest is 404.
 * How an upload's body is taken apart stands in upload.c.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "indexer.h"
#include "percent.h"
#include "range.h"
#include "reply.h"
#include "upload.h"
#include "utf8.h"

#define DOCUMENT_ID_LEN		32
#define DOCUMENT_LIMIT		20	/* a page, when nothing is said */
#define DOCUMENT_LIMIT_MAX	100
#define DOCUMENT_QUERY_SIZE	257
#define DOCUMENT_READING						\
	"The document is still being read; try again in a moment"

int	document_collection(struct http_request *);
int	document_one(struct http_request *);
int	document_text(struct http_request *);
int	document_original(struct http_request *);

/* The columns that document_create, _get and _list have in common. */
enum {
	COLUMN_OUTCOME, COLUMN_ID, COLUMN_EXTERNAL_ID, COLUMN_TITLE,
	COLUMN_FILENAME, COLUMN_MEDIA_TYPE, COLUMN_SIZE, COLUMN_SHA256,
	COLUMN_CHUNKS, COLUMN_STATUS, COLUMN_ERROR, COLUMN_SHARED,
	COLUMN_CREATED, COLUMN_UPDATED, COLUMN_CURSOR
};

/* What a request asks for. */
struct document_wish {
	struct range	range;		/* of a text */
	int64_t		limit;		/* of a page of the list */
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
static enum step	one_drop(struct request *);
static enum step	one_dropped(struct request *);
static enum step	text_find(struct request *);
static enum step	text_found(struct request *);
static enum step	original_find(struct request *);
static enum step	original_found(struct request *);

static json_t		*document_json(const struct db_query *, int);
static const char	*document_id(struct request *,
			    char [DOCUMENT_ID_LEN + 2]);
static const char	*document_cursor(char *);
static int		 document_is_id(const char *);
static enum step	 text_refuse(struct request *);
static enum step	 text_part(struct request *);

#define DOCUMENT_PLAN(route, table, how, size, wipe)			\
	{ .name = route, .steps = table,				\
	  .steps_len = sizeof(table) / sizeof((table)[0]), .flags = how, \
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
static const struct request_step	delete_steps[] = {
	[ONE_FIND] = REQUEST_STEP(one_drop),
	[ONE_FOUND] = REQUEST_STEP(one_dropped)
};
static const struct request_step	text_steps[] = {
	[ONE_FIND] = REQUEST_STEP(text_find),
	[ONE_FOUND] = REQUEST_STEP(text_found)
};
static const struct request_step	original_steps[] = {
	[ONE_FIND] = REQUEST_STEP(original_find),
	[ONE_FOUND] = REQUEST_STEP(original_found)
};

static const struct request_plan	create_plan = DOCUMENT_PLAN(
    "POST /api/documents", create_steps, 0, sizeof(struct upload),
    upload_free);
static const struct request_plan	list_plan = DOCUMENT_PLAN(
    "GET /api/documents", list_steps, 0, sizeof(struct document_wish), NULL);
static const struct request_plan	get_plan = DOCUMENT_PLAN(
    "GET /api/documents/ID", get_steps, 0, 0, NULL);
static const struct request_plan	delete_plan = DOCUMENT_PLAN(
    "DELETE /api/documents/ID", delete_steps, 0, 0, NULL);
static const struct request_plan	text_plan = DOCUMENT_PLAN(
    "GET /api/documents/ID/text", text_steps, 0,
    sizeof(struct document_wish), NULL);
static const struct request_plan	original_plan = DOCUMENT_PLAN(
    "GET /api/documents/ID/original", original_steps, 0, 0, NULL);

int
document_collection(struct http_request *http)
{
	return (request_run(http, http->method == HTTP_METHOD_POST ?
	    &create_plan : &list_plan));
}

int
document_one(struct http_request *http)
{
	return (request_run(http, http->method == HTTP_METHOD_DELETE ?
	    &delete_plan : &get_plan));
}

int
document_text(struct http_request *http)
{
	return (request_run(http, &text_plan));
}

int
document_original(struct http_request *http)
{
	return (request_run(http, &original_plan));
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

	return (db_send(r, CREATE_STORED, STATEMENT_DOCUMENT_CREATE,
	    DB_TEXT(upload->is_shared ? NULL : r->who.user_id),
	    DB_TEXT(file->filename[0] == '\0' ? NULL : file->filename),
	    DB_NULL,
	    DB_TEXT(file->intake.title),
	    DB_TEXT(file->intake.media_type),
	    DB_BYTES(file->bytes, file->len),
	    DB_INT(upload->is_shared ? 0 : config.quota_user_bytes),
	    DB_INT((int64_t)upload->coming)));
}

static enum step
create_stored(struct request *r)
{
	struct upload	*upload = r->data;
	const char	*outcome = db_text(&r->db, 0, COLUMN_OUTCOME);
	json_t		*answer;

	if (strcmp(outcome, "quota") == 0)
		return (request_fail(r, ERROR_QUOTA_USER));
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
	struct document_wish	*wanted = r->data;
	char			 words[DOCUMENT_QUERY_SIZE];
	char			 cursor[80], number[16];
	const char		*q, *id = NULL;
	char			*end;

	wanted->limit = DOCUMENT_LIMIT;
	if (request_query(r, "limit", number, sizeof(number)) != NULL) {
		wanted->limit = strtol(number, &end, 10);
		if (*end != '\0' || end == number || wanted->limit < 1 ||
		    wanted->limit > DOCUMENT_LIMIT_MAX)
			return (request_fail_field(r, ERROR_VALIDATION,
			    "limit", "limit is a number from 1 to 100"));
	}
	q = request_query(r, "q", words, sizeof(words));
	if (q != NULL && !utf8_is_text(q, strlen(q)))
		return (request_fail_field(r, ERROR_BAD_TEXT, "q", NULL));
	if (request_query(r, "cursor", cursor, sizeof(cursor)) != NULL &&
	    (id = document_cursor(cursor)) == NULL)
		return (request_fail_field(r, ERROR_VALIDATION, "cursor",
		    "This cursor is none of ours"));

	/* One more than wanted tells whether another page follows. */
	return (db_send(r, LIST_FOUND, STATEMENT_DOCUMENT_LIST,
	    DB_TEXT(r->who.user_id), DB_TEXT(q),
	    DB_TEXT(id == NULL ? NULL : cursor), DB_TEXT(id),
	    DB_INT(wanted->limit + 1)));
}

static enum step
list_found(struct request *r)
{
	const struct document_wish	*wanted = r->data;
	json_t				*list = json_array(), *next;
	int				 i, rows = db_rows(&r->db);

	for (i = 0; i < rows && i < wanted->limit; i++)
		json_array_append_new(list, document_json(&r->db, i));
	next = rows <= wanted->limit ? json_null() :
	    json_sprintf("%s.%s", db_text(&r->db, i - 1, COLUMN_CURSOR),
	    db_text(&r->db, i - 1, COLUMN_ID));

	return (reply_json(r, 200, json_pack("{s:o,s:o}", "documents", list,
	    "nextCursor", next)));
}

/* ---- GET and DELETE /api/documents/ID ------------------------------------ */

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
		return (request_fail_field(r, ERROR_FORBIDDEN, NULL,
		    "Only administrators may change the shared library"));
	indexer_kick();

	return (reply_empty(r, 204));
}

/* ---- GET /api/documents/ID/text ------------------------------------------ */

/* Columns of document_text.sql. */
enum {
	TEXT_STATUS, TEXT_ERROR, TEXT_SIZE, TEXT_START, TEXT_STOP, TEXT_WHOLE,
	TEXT_PART
};

static enum step
text_find(struct request *r)
{
	struct document_wish	*wanted = r->data;
	struct range		*range = &wanted->range;
	char			 buf[DOCUMENT_ID_LEN + 2];
	const char		*id;

	if ((id = document_id(r, buf)) == NULL)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));
	/* We give out no validators, so an If-Range never holds. */
	if (request_header(r, "if-range") == NULL)
		*range = range_read(request_header(r, "range"));

	return (db_send(r, ONE_FOUND, STATEMENT_DOCUMENT_TEXT, DB_TEXT(id),
	    DB_TEXT(r->who.user_id),
	    range->has_first ? DB_INT(range->first) : DB_NULL,
	    range->has_last ? DB_INT(range->last) : DB_NULL));
}

static enum step
text_found(struct request *r)
{
	const struct document_wish	*wanted = r->data;
	char				 head[96];

	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));
	if (db_is_null(&r->db, 0, TEXT_SIZE))
		return (text_refuse(r));

	reply_header(r, "accept-ranges", "bytes");
	if (!wanted->range.has_first && !wanted->range.has_last)
		return (reply_bytes(r, 200, "text/plain; charset=utf-8",
		    db_text(&r->db, 0, TEXT_WHOLE),
		    db_length(&r->db, 0, TEXT_WHOLE)));
	if (db_int(&r->db, 0, TEXT_START) >= db_int(&r->db, 0, TEXT_STOP)) {
		(void)snprintf(head, sizeof(head), "bytes */%" PRId64,
		    db_int(&r->db, 0, TEXT_SIZE));
		reply_header(r, "content-range", head);
		return (request_fail(r, ERROR_BAD_RANGE));
	}

	return (text_part(r));
}

/* There is no text: not yet, or never. */
static enum step
text_refuse(struct request *r)
{
	if (strcmp(db_text(&r->db, 0, TEXT_STATUS), "failed") == 0)
		return (request_fail_field(r, ERROR_DOCUMENT_NOT_FOUND, NULL,
		    db_text(&r->db, 0, TEXT_ERROR)));

	return (request_fail_field(r, ERROR_BUSY, NULL, DOCUMENT_READING));
}

static enum step
text_part(struct request *r)
{
	char		 head[96];
	u_int8_t	*bytes;
	size_t		 len;
	enum step	 step;

	if ((bytes = db_bytes(&r->db, 0, TEXT_PART, &len)) == NULL)
		return (request_fail(r, ERROR_INTERNAL));
	(void)snprintf(head, sizeof(head), "bytes %" PRId64 "-%" PRId64 "/%"
	    PRId64, db_int(&r->db, 0, TEXT_START),
	    db_int(&r->db, 0, TEXT_STOP) - 1, db_int(&r->db, 0, TEXT_SIZE));
	reply_header(r, "content-range", head);
	step = reply_bytes(r, 206, "text/plain; charset=utf-8", bytes, len);
	PQfreemem(bytes);

	return (step);
}

/* ---- GET /api/documents/ID/original -------------------------------------- */

static enum step
original_find(struct request *r)
{
	char		 buf[DOCUMENT_ID_LEN + 2];
	const char	*id;

	if ((id = document_id(r, buf)) == NULL)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));

	return (db_send(r, ONE_FOUND, STATEMENT_DOCUMENT_ORIGINAL,
	    DB_TEXT(id), DB_TEXT(r->who.user_id)));
}

static enum step
original_found(struct request *r)
{
	char		 name[PERCENT_ENCODED_SIZE(INTAKE_TITLE_SIZE)];
	char		 head[sizeof(name) + 32];
	const char	*file;
	u_int8_t	*bytes;
	size_t		 len;
	enum step	 step;

	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_DOCUMENT_NOT_FOUND));
	if ((bytes = db_bytes(&r->db, 0, 0, &len)) == NULL)
		return (request_fail(r, ERROR_INTERNAL));

	file = db_text(&r->db, 0, 2);
	if (percent_encode(file, strlen(file), name, sizeof(name)) == -1)
		(void)snprintf(name, sizeof(name), "document");
	(void)snprintf(head, sizeof(head), "attachment; filename*=UTF-8''%s",
	    name);
	reply_header(r, "content-disposition", head);
	step = reply_bytes(r, 200, db_text(&r->db, 0, 1), bytes, len);
	PQfreemem(bytes);

	return (step);
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

/*
 * Parts "microseconds.id" into two strings in place and returns the second;
 * NULL when it is no such thing.
 */
static const char *
document_cursor(char *cursor)
{
	size_t	 digits = strspn(cursor, "0123456789");
	char	*id = cursor + digits + 1;

	if (digits == 0 || digits > 18 || cursor[digits] != '.' ||
	    !document_is_id(id))
		return (NULL);
	cursor[digits] = '\0';

	return (id);
}

static int
document_is_id(const char *id)
{
	return (strlen(id) == DOCUMENT_ID_LEN &&
	    strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == DOCUMENT_ID_LEN);
}
