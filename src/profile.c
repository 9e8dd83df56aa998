/*
 * Who the person is, and the end of the account.
 *
 *	POST update-user	READ -> STORED
 *	POST update-session	READ: there are no further fields
 *	GET list-accounts	READ -> LISTED
 *	POST delete-user	READ -> FOUND -> (VERIFIED ->) GONE
 *
 * Deleting takes everything of the person with it, in one statement. It asks
 * for the password, or for a session that began within a day.
 */
#include <sys/types.h>

#include <stddef.h>
#include <string.h>

#include "cookie.h"
#include "input.h"
#include "limit.h"
#include "reply.h"
#include "secret.h"
#include "session.h"
#include "utf8.h"

#define PROFILE_NAME_MAX	1000
#define PROFILE_IMAGE_MAX	65536
#define PROFILE_FRESH_SECONDS	86400

int	profile_update(struct http_request *);
int	profile_update_session(struct http_request *);
int	profile_accounts(struct http_request *);
int	profile_delete(struct http_request *);

struct profile {
	const char	*name, *image, *password, *token, *callback;
	struct secret	 secret;
};

/* Columns of profile_get.sql. */
enum { COLUMN_ID, COLUMN_CREATED = 5, COLUMN_UPDATED, COLUMN_HASH = 8,
    COLUMN_AGE };

static const struct input_field	update_fields[] = {
	{ .name = "name", .type = INPUT_STRING, .validator = "name",
	  .max = PROFILE_NAME_MAX, .offset = offsetof(struct profile, name) },
	{ .name = "image", .type = INPUT_STRING, .flags = INPUT_NULLABLE,
	  .max = PROFILE_IMAGE_MAX,
	  .offset = offsetof(struct profile, image) }
};
static const struct input_field	delete_fields[] = {
	{ .name = "password", .type = INPUT_STRING,
	  .offset = offsetof(struct profile, password) },
	{ .name = "token", .type = INPUT_STRING,
	  .offset = offsetof(struct profile, token) },
	{ .name = "callbackURL", .type = INPUT_STRING,
	  .offset = offsetof(struct profile, callback) }
};

enum { PROFILE_READ, PROFILE_TOLD, PROFILE_VERIFIED, PROFILE_GONE };

static enum step	update_read(struct request *);
static enum step	update_stored(struct request *);
static enum step	update_session_read(struct request *);
static enum step	accounts_read(struct request *);
static enum step	accounts_listed(struct request *);
static enum step	delete_read(struct request *);
static enum step	delete_found(struct request *);
static enum step	delete_verified(struct request *);
static enum step	delete_gone(struct request *);
static int	has_token(const struct profile *);
static enum step	profile_ask(struct request *);

static const struct request_step	update_steps[] = {
	[PROFILE_READ] = REQUEST_STEP(update_read),
	[PROFILE_TOLD] = REQUEST_STEP(update_stored)
};
static const struct request_step	update_session_steps[] = {
	[PROFILE_READ] = REQUEST_STEP(update_session_read)
};
static const struct request_step	accounts_steps[] = {
	[PROFILE_READ] = REQUEST_STEP(accounts_read),
	[PROFILE_TOLD] = REQUEST_STEP(accounts_listed)
};
static const struct request_step	delete_steps[] = {
	[PROFILE_READ] = REQUEST_STEP(delete_read),
	[PROFILE_TOLD] = REQUEST_STEP(delete_found),
	[PROFILE_VERIFIED] = REQUEST_STEP(delete_verified),
	[PROFILE_GONE] = REQUEST_STEP(delete_gone)
};

#define PROFILE_PLAN(what, route, rule)					\
	static const struct request_plan	what##_plan = {		\
		.name = route, .steps = what##_steps,			\
		.steps_len = sizeof(what##_steps) /			\
		    sizeof(what##_steps[0]),				\
		.flags = REQUEST_BODY_FIRST, .limit = rule,		\
		.data_len = sizeof(struct profile)			\
	}

PROFILE_PLAN(update, "POST /api/auth/update-user", LIMIT_NONE);
PROFILE_PLAN(update_session, "POST /api/auth/update-session",
    LIMIT_NONE);
PROFILE_PLAN(accounts, "GET /api/auth/list-accounts", LIMIT_NONE);
PROFILE_PLAN(delete, "POST /api/auth/delete-user", LIMIT_PASSWORD);

int
profile_update(struct http_request *http)
{
	return (request_run(http, &update_plan));
}

int
profile_update_session(struct http_request *http)
{
	return (request_run(http, &update_session_plan));
}

int
profile_accounts(struct http_request *http)
{
	return (request_run(http, &accounts_plan));
}

int
profile_delete(struct http_request *http)
{
	return (request_run(http, &delete_plan));
}

static enum step
update_read(struct request *r)
{
	struct profile	*p = r->data;
	json_t		*image, *email;
	char		 agent[256];

	if (input_json(r, update_fields, 2, p) == STEP_DONE)
		return (STEP_DONE);
	if (!r->is_signed_in)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	email = json_object_get(r->body, "email");
	if (email != NULL && !json_is_null(email) && !json_is_false(email) &&
	    !(json_is_string(email) && json_string_length(email) == 0))
		return (request_fail(r, ERROR_EMAIL_FIXED));
	image = json_object_get(r->body, "image");
	if (p->name == NULL && image == NULL)
		return (request_fail(r, ERROR_NO_FIELDS));

	return (db_send(r, PROFILE_TOLD, STATEMENT_PROFILE_UPDATE,
	    DB_TEXT(r->who.user_id), DB_TEXT(p->name),
	    DB_BOOL(image != NULL), DB_TEXT(p->image), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
update_stored(struct request *r)
{
	char	token[TOKEN_ID_LEN + 1];

	if (cookie_session_token(r, token))
		session_hand_out(r, token, !cookie_is_forgetful(r));

	return (reply_json(r, 200, json_pack("{s:b}", "status", 1)));
}

static enum step
update_session_read(struct request *r)
{
	if (input_json(r, NULL, 0, NULL) == STEP_DONE)
		return (STEP_DONE);

	return (request_fail(r, r->is_signed_in ? ERROR_NO_FIELDS :
	    ERROR_UNAUTHORIZED));
}

static enum step
accounts_read(struct request *r)
{
	return (profile_ask(r));
}

static enum step
accounts_listed(struct request *r)
{
	char	 created[25], updated[25];
	json_t	*list = json_array();

	if (db_rows(&r->db) == 1 && !db_is_null(&r->db, 0, COLUMN_HASH)) {
		reply_date(db_int(&r->db, 0, COLUMN_CREATED), created);
		reply_date(db_int(&r->db, 0, COLUMN_UPDATED), updated);
		json_array_append_new(list, json_pack(
		    "{s:s,s:s,s:s,s:s,s:s,s:s,s:[]}",
		    "accountId", db_text(&r->db, 0, COLUMN_ID),
		    "providerId", "credential",
		    "userId", db_text(&r->db, 0, COLUMN_ID),
		    "createdAt", created, "updatedAt", updated,
		    "id", db_text(&r->db, 0, COLUMN_ID), "scopes"));
	}

	return (reply_json(r, 200, list));
}

static enum step
delete_read(struct request *r)
{
	if (input_json(r, delete_fields, 3, r->data) == STEP_DONE)
		return (STEP_DONE);

	return (profile_ask(r));
}

static int
has_token(const struct profile *p)
{
	return (p->token != NULL && p->token[0] != '\0');
}

static enum step
delete_found(struct request *r)
{
	struct profile	*p = r->data;

	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	if (p->password != NULL) {
		if (utf8_utf16_len(p->password, strlen(p->password)) >
		    PASSWORD_MAX)
			return (request_fail(r, ERROR_PASSWORD_TOO_LONG));
		if (db_is_null(&r->db, 0, COLUMN_HASH))
			return (request_fail(r, ERROR_NO_CREDENTIAL));
		return (secret_verify(r, PROFILE_VERIFIED, p->password,
		    db_text(&r->db, 0, COLUMN_HASH), &p->secret));
	}
	if (!has_token(p) &&
	    db_int(&r->db, 0, COLUMN_AGE) >= PROFILE_FRESH_SECONDS)
		return (request_fail(r, ERROR_SESSION_EXPIRED));
	p->secret.fits = 1;

	return (request_next(r, PROFILE_VERIFIED));
}

static enum step
delete_verified(struct request *r)
{
	struct profile	*p = r->data;
	char		 agent[256];

	if (!p->secret.fits)
		return (request_fail(r, ERROR_INVALID_PASSWORD));
	/* No deletion link is ever sent, so no token can be good. */
	if (has_token(p))
		return (request_fail(r, ERROR_DELETION_INVALID));

	return (db_send(r, PROFILE_GONE, STATEMENT_PROFILE_DELETE,
	    DB_TEXT(r->who.user_id), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
delete_gone(struct request *r)
{
	cookie_clear_session(r);

	return (reply_json(r, 200, json_pack("{s:b,s:s}", "success", 1,
	    "message", "User deleted")));
}

static enum step
profile_ask(struct request *r)
{
	if (!r->is_signed_in)
		return (request_fail(r, ERROR_UNAUTHORIZED));

	return (db_send(r, PROFILE_TOLD, STATEMENT_PROFILE_GET,
	    DB_TEXT(r->who.user_id), DB_TEXT(r->who.session_id)));
}
