/*
 * Accounts, for administrators.
 *
 *	GET    /api/admin/users			LIST -> LISTED
 *	POST   /api/admin/users			ADD -> ADDED -> TOLD: 201
 *	GET    /api/admin/users/ID		FIND -> TOLD
 *	PATCH  /api/admin/users/ID		CHANGE -> CHANGED -> TOLD
 *	DELETE /api/admin/users/ID		DROP -> DROPPED: 204
 *	POST   /api/admin/users/ID/reset-link	LINK -> LINKED
 *	DELETE /api/admin/users/ID/sessions	SIGN_OUT -> SIGNED_OUT: 204
 *
 * kore.conf lets administrators in (session.c), and each statement asks once
 * more whether it is one. They see how much there is of an account (documents,
 * bytes, questions) and nothing of what; each act is an audit row with the
 * administrator's name. Disabling ends whatever acts for the account at once:
 * sessions, API keys, links, answers that are being written. Nobody can
 * disable, demote or delete himself, so that an administrator is always left.
 *
 * Deliberately missing: setting somebody's password or address, and acting in
 * somebody's place.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "address.h"
#include "answer.h"
#include "config.h"
#include "input.h"
#include "letter.h"
#include "mailer.h"
#include "paging.h"
#include "reply.h"
#include "session.h"
#include "utf8.h"

#define ADMINUSER_ID_SIZE	37
#define ADMINUSER_NAME_MAX	200	/* bytes */

int	adminuser_collection(struct http_request *);
int	adminuser_one(struct http_request *);
int	adminuser_link(struct http_request *);
int	adminuser_sessions(struct http_request *);

struct adminuser {
	const char	*email;		/* as given */
	const char	*name;
	const char	*role;		/* "user", "admin" or NULL */
	int		 is_disabled;	/* -1: not given */
	char		 address[ADDRESS_MAX + 1]; /* lower case */
	char		 id[ADMINUSER_ID_SIZE];
	struct letter	 letter;
	char		*link;		/* NULL: it goes by mail; owned */
	int		 is_added;
};

/* Columns of account_cards, and the one that admin_users.sql adds. */
enum {
	CARD_ID, CARD_EMAIL, CARD_NAME, CARD_VERIFIED, CARD_ROLE,
	CARD_PASSWORD, CARD_TWO_FACTOR, CARD_CREATED, CARD_DISABLED,
	CARD_SEEN, CARD_SESSIONS, CARD_KEYS, CARD_DOCUMENTS, CARD_BYTES,
	CARD_CONVERSATIONS, CARD_QUESTIONS, CARD_INPUT, CARD_OUTPUT,
	CARD_CURSOR
};

#define ADMINUSER_STRING(field, rules, high)				\
	{ .name = #field, .type = INPUT_STRING, .flags = rules, .max = high, \
	  .offset = offsetof(struct adminuser, field) }

static const struct input_field	add_fields[] = {
	ADMINUSER_STRING(email, INPUT_REQUIRED, 0),
	ADMINUSER_STRING(name, INPUT_NULLABLE, ADMINUSER_NAME_MAX),
	ADMINUSER_STRING(role, INPUT_NULLABLE, 0)
};
static const struct input_field	change_fields[] = {
	ADMINUSER_STRING(role, 0, 0),
	{ .name = "disabled", .type = INPUT_BOOLEAN,
	  .offset = offsetof(struct adminuser, is_disabled) }
};

enum { ADMINUSER_ASK, ADMINUSER_DONE, ADMINUSER_TOLD };

static enum step	list_find(struct request *);
static enum step	list_found(struct request *);
static enum step	add_read(struct request *);
static enum step	add_done(struct request *);
static enum step	one_find(struct request *);
static enum step	one_told(struct request *);
static enum step	change_read(struct request *);
static enum step	change_done(struct request *);
static enum step	drop_ask(struct request *);
static enum step	drop_done(struct request *);
static enum step	link_ask(struct request *);
static enum step	link_done(struct request *);
static enum step	sessions_ask(struct request *);
static enum step	sessions_done(struct request *);

static enum step	adminuser_find(struct request *, u_int8_t);
static int		adminuser_id(struct request *);
static int		adminuser_is_role(const char *);
static enum step	adminuser_refuse(struct request *, const char *);
static json_t		*adminuser_json(const struct db_query *, int);
static json_t		*adminuser_date(const struct db_query *, int, int);
static json_t		*adminuser_link_json(const struct adminuser *,
			    int64_t);
static void		adminuser_free(void *);

#define ADMINUSER_PLAN(what, route, first, second, third)		\
	static const struct request_step	what##_steps[] = {	\
		[ADMINUSER_ASK] = REQUEST_STEP(first),			\
		[ADMINUSER_DONE] = REQUEST_STEP(second),		\
		[ADMINUSER_TOLD] = REQUEST_STEP(third)			\
	};								\
	static const struct request_plan	what##_plan = {		\
		.name = route, .steps = what##_steps, .steps_len = 3,	\
		.data_len = sizeof(struct adminuser),			\
		.data_free = adminuser_free				\
	}

ADMINUSER_PLAN(add, "POST /api/admin/users", add_read, add_done, one_told);
ADMINUSER_PLAN(one, "GET /api/admin/users/ID", one_find, one_told, one_told);
ADMINUSER_PLAN(change, "PATCH /api/admin/users/ID", change_read, change_done,
    one_told);
ADMINUSER_PLAN(drop, "DELETE /api/admin/users/ID", drop_ask, drop_done,
    drop_done);
ADMINUSER_PLAN(link, "POST /api/admin/users/ID/reset-link", link_ask,
    link_done, link_done);
ADMINUSER_PLAN(sessions, "DELETE /api/admin/users/ID/sessions", sessions_ask,
    sessions_done, sessions_done);

static const struct request_step	list_steps[] = {
	[ADMINUSER_ASK] = REQUEST_STEP(list_find),
	[ADMINUSER_DONE] = REQUEST_STEP(list_found)
};
static const struct request_plan	list_plan = {
	.name = "GET /api/admin/users", .steps = list_steps, .steps_len = 2,
	.data_len = sizeof(struct paging)
};

int
adminuser_collection(struct http_request *http)
{
	return (request_run(http, http->method == HTTP_METHOD_POST ?
	    &add_plan : &list_plan));
}

int
adminuser_one(struct http_request *http)
{
	switch (http->method) {
	case HTTP_METHOD_PATCH:
		return (request_run(http, &change_plan));
	case HTTP_METHOD_DELETE:
		return (request_run(http, &drop_plan));
	default:
		return (request_run(http, &one_plan));
	}
}

int
adminuser_link(struct http_request *http)
{
	return (request_run(http, &link_plan));
}

int
adminuser_sessions(struct http_request *http)
{
	return (request_run(http, &sessions_plan));
}

/* ---- GET /api/admin/users ------------------------------------------------ */

static enum step
list_find(struct request *r)
{
	static const char *const	orders[] = { "createdAt", "email",
	    "name", "lastSeenAt", "storage", "questions", NULL };
	struct paging			*page = r->data;

	if (paging_read_sorted(r, page, orders) == STEP_DONE)
		return (STEP_DONE);

	return (db_send(r, ADMINUSER_DONE, STATEMENT_ADMIN_USERS,
	    DB_TEXT(r->who.user_id), DB_TEXT(config.admin_email),
	    DB_TEXT(page->q), DB_TEXT(page->cursor_us),
	    DB_TEXT(page->cursor_id), DB_INT(page->limit + 1),
	    DB_TEXT(page->sort == NULL ? "createdAt" : page->sort),
	    DB_BOOL(page->sort == NULL || page->is_descending)));
}

static enum step
list_found(struct request *r)
{
	const struct paging	*page = r->data;
	json_t			*list = json_array();
	int			 i;

	for (i = 0; i < db_rows(&r->db) && i < page->limit; i++)
		json_array_append_new(list, adminuser_json(&r->db, i));

	return (reply_json(r, 200, json_pack("{s:o,s:o}", "users", list,
	    "nextCursor", paging_next(page, &r->db, CARD_CURSOR, CARD_ID))));
}

/* ---- POST /api/admin/users ----------------------------------------------- */

static enum step
add_read(struct request *r)
{
	struct adminuser	*a = r->data;
	char			 agent[256];

	if (input_json(r, add_fields, 3, a) == STEP_DONE)
		return (STEP_DONE);
	if (!address_read(r, a->email, a->address))
		return (request_fail_field(r, ERROR_INVALID_EMAIL, "email",
		    NULL));
	if (a->role != NULL && !adminuser_is_role(a->role))
		return (request_fail_field(r, ERROR_VALIDATION, "role",
		    "role is user or admin"));
	token_id(a->id);
	a->link = letter_or_link(&a->letter, LETTER_INVITE);
	a->is_added = 1;

	return (db_send(r, ADMINUSER_DONE, STATEMENT_ADMIN_USER_ADD,
	    DB_TEXT(r->who.user_id), DB_TEXT(config.admin_email),
	    DB_TEXT(a->id), DB_TEXT(a->address),
	    DB_TEXT(a->name == NULL ? "" : a->name),
	    DB_TEXT(a->role == NULL ? "user" : a->role),
	    DB_TEXT(a->letter.hash), LETTER_ID(&a->letter),
	    LETTER_SEALED(&a->letter), DB_INT(LETTER_INVITE_SECONDS),
	    DB_TEXT(r->address), DB_TEXT(session_agent(r, agent))));
}

static enum step
add_done(struct request *r)
{
	struct adminuser	*a = r->data;

	if (db_rows(&r->db) == 0)
		return (request_fail_field(r, ERROR_EMAIL_IN_USE, "email",
		    NULL));
	if (a->link == NULL)
		mailer_kick();

	return (adminuser_find(r, ADMINUSER_TOLD));
}

/* ---- GET and PATCH /api/admin/users/ID ----------------------------------- */

static enum step
one_find(struct request *r)
{
	if (!adminuser_id(r))
		return (request_fail(r, ERROR_USER_NOT_FOUND));

	return (adminuser_find(r, ADMINUSER_TOLD));
}

static enum step
change_read(struct request *r)
{
	struct adminuser	*a = r->data;
	char			 agent[256];

	if (input_json(r, change_fields, 2, a) == STEP_DONE)
		return (STEP_DONE);
	if (a->role != NULL && !adminuser_is_role(a->role))
		return (request_fail_field(r, ERROR_VALIDATION, "role",
		    "role is user or admin"));
	if (a->role == NULL && a->is_disabled == -1)
		return (request_fail_field(r, ERROR_VALIDATION, "disabled",
		    "Say what is to change: disabled, role"));
	if (!adminuser_id(r))
		return (request_fail(r, ERROR_USER_NOT_FOUND));

	return (db_send(r, ADMINUSER_DONE, STATEMENT_ADMIN_USER_CHANGE,
	    DB_TEXT(r->who.user_id), DB_TEXT(config.admin_email),
	    DB_TEXT(a->id), a->is_disabled == -1 ? DB_NULL :
	    DB_BOOL(a->is_disabled), DB_TEXT(a->role), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
change_done(struct request *r)
{
	struct adminuser	*a = r->data;
	const char		*outcome = db_text(&r->db, 0, 0);

	if (strcmp(outcome, "changed") != 0)
		return (adminuser_refuse(r, outcome));
	/* Other instances read it in the database within two seconds. */
	if (a->is_disabled == 1)
		answer_stop_user(a->id);

	return (adminuser_find(r, ADMINUSER_TOLD));
}

static enum step
one_told(struct request *r)
{
	const struct adminuser	*a = r->data;
	json_t			*body;

	/* Deleted meanwhile, by another administrator. */
	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_USER_NOT_FOUND));
	body = json_pack("{s:o}", "user", adminuser_json(&r->db, 0));
	if (!a->is_added)
		return (reply_json(r, 200, body));
	reply_header(r, "cache-control", "no-store");
	json_object_update_new(body,
	    adminuser_link_json(a, LETTER_INVITE_SECONDS));

	return (reply_json(r, 201, body));
}

/* ---- DELETE /api/admin/users/ID ------------------------------------------ */

static enum step
drop_ask(struct request *r)
{
	struct adminuser	*a = r->data;
	char			 agent[256];

	if (!adminuser_id(r))
		return (request_fail(r, ERROR_USER_NOT_FOUND));

	return (db_send(r, ADMINUSER_DONE, STATEMENT_ADMIN_USER_DELETE,
	    DB_TEXT(r->who.user_id), DB_TEXT(config.admin_email),
	    DB_TEXT(a->id), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
drop_done(struct request *r)
{
	struct adminuser	*a = r->data;
	const char		*outcome = db_text(&r->db, 0, 0);

	if (strcmp(outcome, "deleted") != 0)
		return (adminuser_refuse(r, outcome));
	answer_stop_user(a->id);

	return (reply_empty(r, 204));
}

/* ---- POST /api/admin/users/ID/reset-link --------------------------------- */

static enum step
link_ask(struct request *r)
{
	struct adminuser	*a = r->data;
	char			 agent[256];

	if (input_json_or_nothing(r, NULL, 0, NULL) == STEP_DONE)
		return (STEP_DONE);
	if (!adminuser_id(r))
		return (request_fail(r, ERROR_USER_NOT_FOUND));
	a->link = letter_or_link(&a->letter, LETTER_RESET);

	return (db_send(r, ADMINUSER_DONE, STATEMENT_ADMIN_USER_LINK,
	    DB_TEXT(r->who.user_id), DB_TEXT(config.admin_email),
	    DB_TEXT(a->id), DB_TEXT(a->letter.hash), LETTER_ID(&a->letter),
	    LETTER_SEALED(&a->letter), DB_INT(LETTER_RESET_SECONDS),
	    DB_TEXT(r->address), DB_TEXT(session_agent(r, agent))));
}

static enum step
link_done(struct request *r)
{
	const struct adminuser	*a = r->data;

	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_USER_NOT_FOUND));
	if (db_bool(&r->db, 0, 0))
		return (request_fail(r, ERROR_USER_IS_DISABLED));
	if (a->link == NULL)
		mailer_kick();
	reply_header(r, "cache-control", "no-store");

	return (reply_json(r, 200,
	    adminuser_link_json(a, LETTER_RESET_SECONDS)));
}

/* ---- DELETE /api/admin/users/ID/sessions --------------------------------- */

static enum step
sessions_ask(struct request *r)
{
	struct adminuser	*a = r->data;
	char			 agent[256];

	if (!adminuser_id(r))
		return (request_fail(r, ERROR_USER_NOT_FOUND));

	return (db_send(r, ADMINUSER_DONE, STATEMENT_ADMIN_USER_SIGN_OUT,
	    DB_TEXT(r->who.user_id), DB_TEXT(config.admin_email),
	    DB_TEXT(a->id), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
sessions_done(struct request *r)
{
	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_USER_NOT_FOUND));

	return (reply_empty(r, 204));
}

/* ---- shared -------------------------------------------------------------- */

static enum step
adminuser_find(struct request *r, u_int8_t state)
{
	const struct adminuser	*a = r->data;

	return (db_send(r, state, STATEMENT_ADMIN_USER,
	    DB_TEXT(r->who.user_id), DB_TEXT(config.admin_email),
	    DB_TEXT(a->id)));
}

/* The path's account into the context; 0 when there can be none such. */
static int
adminuser_id(struct request *r)
{
	struct adminuser	*a = r->data;

	return (request_segment(r, 3, a->id, sizeof(a->id)) != NULL &&
	    utf8_is_text(a->id, strlen(a->id)));
}

static int
adminuser_is_role(const char *role)
{
	return (strcmp(role, "user") == 0 || strcmp(role, "admin") == 0);
}

/* By the outcome of account_change() and account_drop(). */
static enum step
adminuser_refuse(struct request *r, const char *outcome)
{
	if (strcmp(outcome, "self") == 0)
		return (request_fail(r, ERROR_USER_IS_SELF));
	if (strcmp(outcome, "fixed") == 0)
		return (request_fail(r, ERROR_USER_IS_FIXED));
	if (strcmp(outcome, "missing") == 0)
		return (request_fail(r, ERROR_USER_NOT_FOUND));

	return (request_fail(r, ERROR_ADMINS_ONLY));
}

static json_t *
adminuser_json(const struct db_query *db, int row)
{
	int	is_fixed;

	is_fixed = config.admin_email != NULL &&
	    db_bool(db, row, CARD_VERIFIED) &&
	    strcasecmp(db_text(db, row, CARD_EMAIL), config.admin_email) == 0;

	return (json_pack("{s:s,s:s,s:s,s:b,s:s,s:b,s:b,s:b,s:o,s:o,s:o,"
	    "s:I,s:I,s:{s:I,s:I,s:I,s:I,s:I,s:I}}",
	    "id", db_text(db, row, CARD_ID),
	    "email", db_text(db, row, CARD_EMAIL),
	    "name", db_text(db, row, CARD_NAME),
	    "emailVerified", db_bool(db, row, CARD_VERIFIED),
	    "role", is_fixed ? "admin" : db_text(db, row, CARD_ROLE),
	    "roleIsFixed", is_fixed,
	    "hasPassword", db_bool(db, row, CARD_PASSWORD),
	    "twoFactorEnabled", db_bool(db, row, CARD_TWO_FACTOR),
	    "createdAt", adminuser_date(db, row, CARD_CREATED),
	    "disabledAt", adminuser_date(db, row, CARD_DISABLED),
	    "lastSeenAt", adminuser_date(db, row, CARD_SEEN),
	    "sessions", (json_int_t)db_int(db, row, CARD_SESSIONS),
	    "apiKeys", (json_int_t)db_int(db, row, CARD_KEYS),
	    "usage",
	    "documents", (json_int_t)db_int(db, row, CARD_DOCUMENTS),
	    "bytes", (json_int_t)db_int(db, row, CARD_BYTES),
	    "conversations", (json_int_t)db_int(db, row, CARD_CONVERSATIONS),
	    "questions", (json_int_t)db_int(db, row, CARD_QUESTIONS),
	    "inputTokens", (json_int_t)db_int(db, row, CARD_INPUT),
	    "outputTokens", (json_int_t)db_int(db, row, CARD_OUTPUT)));
}

static json_t *
adminuser_date(const struct db_query *db, int row, int column)
{
	char	date[25];

	if (db_is_null(db, row, column))
		return (json_null());
	reply_date(db_int(db, row, column), date);

	return (json_string(date));
}

static json_t *
adminuser_link_json(const struct adminuser *a, int64_t seconds)
{
	char	date[25];

	reply_date(((int64_t)time(NULL) + seconds) * 1000, date);

	return (json_pack("{s:b,s:s?,s:s}", "mailed", a->link == NULL,
	    "link", a->link, "linkExpiresAt", date));
}

static void
adminuser_free(void *data)
{
	struct adminuser	*a = data;

	letter_free(&a->letter);
	if (a->link != NULL)
		explicit_bzero(a->link, strlen(a->link));
	free(a->link);
}
