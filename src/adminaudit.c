/*
 * What happened to accounts, for administrators.
 *
 *	GET /api/admin/audit	list_find -> list_found
 *
 * Newest first; ?q= words of an address (of the account, of the administrator
 * or of the network), ?event= a kind, ?user= an account. Rows are written by
 * whatever happens, in its own statement, and kept RETAIN_AUDIT_DAYS;
 * deliberately missing is any way to change or remove one.
 */
#include <sys/types.h>

#include <string.h>

#include "config.h"
#include "paging.h"
#include "reply.h"
#include "utf8.h"

#define ADMINAUDIT_WORD_SIZE	65

int	adminaudit_list(struct http_request *);

/* Columns of admin_audit.sql. */
enum {
	COLUMN_ID, COLUMN_AT, COLUMN_EVENT, COLUMN_USER, COLUMN_USER_EMAIL,
	COLUMN_ACTOR, COLUMN_ACTOR_EMAIL, COLUMN_ADDRESS, COLUMN_AGENT,
	COLUMN_DETAIL, COLUMN_CURSOR
};

enum { LIST_FIND, LIST_FOUND };

static enum step	list_find(struct request *);
static enum step	list_found(struct request *);
static json_t		*adminaudit_json(const struct db_query *, int);
static json_t		*adminaudit_who(const struct db_query *, int, int);
static json_t		*adminaudit_text(const struct db_query *, int, int);

static const struct request_step	list_steps[] = {
	[LIST_FIND] = REQUEST_STEP(list_find),
	[LIST_FOUND] = REQUEST_STEP(list_found)
};
static const struct request_plan	list_plan = {
	.name = "GET /api/admin/audit", .steps = list_steps, .steps_len = 2,
	.data_len = sizeof(struct paging)
};

int
adminaudit_list(struct http_request *http)
{
	return (request_run(http, &list_plan));
}

static enum step
list_find(struct request *r)
{
	struct paging	*page = r->data;
	char		 event_text[ADMINAUDIT_WORD_SIZE];
	char		 user_text[ADMINAUDIT_WORD_SIZE];
	const char	*event, *user;

	if (paging_read(r, page) == STEP_DONE)
		return (STEP_DONE);
	event = request_query(r, "event", event_text, sizeof(event_text));
	user = request_query(r, "user", user_text, sizeof(user_text));
	if (event != NULL && !utf8_is_text(event, strlen(event)))
		return (request_fail_field(r, ERROR_BAD_TEXT, "event", NULL));
	if (user != NULL && !utf8_is_text(user, strlen(user)))
		return (request_fail_field(r, ERROR_BAD_TEXT, "user", NULL));
	if (page->cursor_id != NULL &&
	    page->cursor_id[strspn(page->cursor_id, "0123456789")] != '\0')
		return (request_fail_field(r, ERROR_VALIDATION, "cursor",
		    "This cursor is none of ours"));

	return (db_send(r, LIST_FOUND, STATEMENT_ADMIN_AUDIT,
	    DB_TEXT(r->who.user_id), DB_TEXT(config.admin_email),
	    DB_TEXT(page->q), DB_TEXT(page->cursor_us),
	    DB_TEXT(page->cursor_id), DB_INT(page->limit + 1),
	    DB_TEXT(event), DB_TEXT(user)));
}

static enum step
list_found(struct request *r)
{
	const struct paging	*page = r->data;
	json_t			*list = json_array();
	int			 i;

	for (i = 0; i < db_rows(&r->db) && i < page->limit; i++)
		json_array_append_new(list, adminaudit_json(&r->db, i));

	return (reply_json(r, 200, json_pack("{s:o,s:o}", "events", list,
	    "nextCursor", paging_next(page, &r->db, COLUMN_CURSOR,
	    COLUMN_ID))));
}

static json_t *
adminaudit_json(const struct db_query *db, int row)
{
	char	date[25];

	reply_date(db_int(db, row, COLUMN_AT), date);

	return (json_pack("{s:I,s:s,s:s,s:o,s:o,s:o,s:o,s:o}",
	    "id", (json_int_t)db_int(db, row, COLUMN_ID), "at", date,
	    "event", db_text(db, row, COLUMN_EVENT),
	    "user", adminaudit_who(db, row, COLUMN_USER),
	    "administrator", adminaudit_who(db, row, COLUMN_ACTOR),
	    "ipAddress", adminaudit_text(db, row, COLUMN_ADDRESS),
	    "userAgent", adminaudit_text(db, row, COLUMN_AGENT),
	    "detail", adminaudit_text(db, row, COLUMN_DETAIL)));
}

/* {id,email} from two columns, or null. */
static json_t *
adminaudit_who(const struct db_query *db, int row, int column)
{
	if (db_is_null(db, row, column))
		return (json_null());

	return (json_pack("{s:s,s:s}", "id", db_text(db, row, column),
	    "email", db_text(db, row, column + 1)));
}

static json_t *
adminaudit_text(const struct db_query *db, int row, int column)
{
	return (db_is_null(db, row, column) ? json_null() :
	    json_string(db_text(db, row, column)));
}
