/*
 * The password of the person who asks.
 *
 *	POST verify-password	READ -> FOUND -> VERIFIED
 *	POST change-password	READ -> FOUND -> VERIFIED -> HASHED -> CHANGED
 *
 * The new password is judged before the old one is looked at, as better-auth
 * does. With revokeOtherSessions every session ends, this one too, and the
 * answer carries a new one.
 */
#include <sys/types.h>

#include <stddef.h>
#include <string.h>

#include "cookie.h"
#include "input.h"
#include "letter.h"
#include "limit.h"
#include "mailer.h"
#include "reply.h"
#include "secret.h"
#include "session.h"
#include "utf8.h"

int	credential_change(struct http_request *);
int	credential_verify(struct http_request *);

struct credential {
	const char		*password;	/* the present one */
	const char		*fresh;		/* the new one */
	int			 revokes;	/* -1: not said */
	struct secret		 secret;
	struct session_new	 session;
	json_t			*user;
	struct letter		 letter;	/* the notice to the owner */
};

/* Column of profile_get.sql after those of the user. */
enum { COLUMN_HASH = 8 };

static const struct input_field	verify_fields[] = {
	{ .name = "password", .type = INPUT_STRING, .flags = INPUT_REQUIRED,
	  .offset = offsetof(struct credential, password) }
};
static const struct input_field	change_fields[] = {
	{ .name = "newPassword", .type = INPUT_STRING,
	  .flags = INPUT_REQUIRED,
	  .offset = offsetof(struct credential, fresh) },
	{ .name = "currentPassword", .type = INPUT_STRING,
	  .flags = INPUT_REQUIRED,
	  .offset = offsetof(struct credential, password) },
	{ .name = "revokeOtherSessions", .type = INPUT_BOOLEAN,
	  .offset = offsetof(struct credential, revokes) }
};

enum { CREDENTIAL_READ, CREDENTIAL_FOUND, CREDENTIAL_VERIFIED,
    CREDENTIAL_HASHED, CREDENTIAL_CHANGED };

static enum step	verify_read(struct request *);
static enum step	verify_told(struct request *);
static enum step	change_read(struct request *);
static enum step	credential_found(struct request *);
static enum step	change_verified(struct request *);
static enum step	change_hashed(struct request *);
static enum step	change_stored(struct request *);
static enum step	credential_ask(struct request *);
static void		credential_free(void *);

static const struct request_step	verify_steps[] = {
	[CREDENTIAL_READ] = REQUEST_STEP(verify_read),
	[CREDENTIAL_FOUND] = REQUEST_STEP(credential_found),
	[CREDENTIAL_VERIFIED] = REQUEST_STEP(verify_told)
};
static const struct request_step	change_steps[] = {
	[CREDENTIAL_READ] = REQUEST_STEP(change_read),
	[CREDENTIAL_FOUND] = REQUEST_STEP(credential_found),
	[CREDENTIAL_VERIFIED] = REQUEST_STEP(change_verified),
	[CREDENTIAL_HASHED] = REQUEST_STEP(change_hashed),
	[CREDENTIAL_CHANGED] = REQUEST_STEP(change_stored)
};

static const struct request_plan	verify_plan = {
	.name = "POST /api/auth/verify-password", .steps = verify_steps,
	.steps_len = 3, .flags = REQUEST_BODY_FIRST,
	.limit = LIMIT_PASSWORD,
	.data_len = sizeof(struct credential), .data_free = credential_free
};
static const struct request_plan	change_plan = {
	.name = "POST /api/auth/change-password", .steps = change_steps,
	.steps_len = 5, .flags = REQUEST_BODY_FIRST,
	.limit = LIMIT_PASSWORD,
	.data_len = sizeof(struct credential), .data_free = credential_free
};

int
credential_change(struct http_request *http)
{
	return (request_run(http, &change_plan));
}

int
credential_verify(struct http_request *http)
{
	return (request_run(http, &verify_plan));
}

static enum step
verify_read(struct request *r)
{
	if (input_json(r, verify_fields, 1, r->data) == STEP_DONE)
		return (STEP_DONE);

	return (credential_ask(r));
}

static enum step
change_read(struct request *r)
{
	struct credential	*c = r->data;
	enum error_id		 error;

	if (input_json(r, change_fields, 3, c) == STEP_DONE)
		return (STEP_DONE);
	if (!r->is_signed_in)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	if ((error = secret_judge(c->fresh)) != ERROR_NONE)
		return (request_fail(r, error));
	if (!input_validate(r, "password", c->fresh))
		return (request_fail_field(r, ERROR_VALIDATION, "newPassword",
		    "[body.newPassword] Invalid input"));

	return (credential_ask(r));
}

static enum step
credential_ask(struct request *r)
{
	if (!r->is_signed_in)
		return (request_fail(r, ERROR_UNAUTHORIZED));

	return (db_send(r, CREDENTIAL_FOUND, STATEMENT_PROFILE_GET,
	    DB_TEXT(r->who.user_id), DB_TEXT(r->who.session_id)));
}

static enum step
credential_found(struct request *r)
{
	struct credential	*c = r->data;

	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	if (utf8_utf16_len(c->password, strlen(c->password)) > PASSWORD_MAX)
		return (request_fail(r, ERROR_PASSWORD_TOO_LONG));
	if (db_is_null(&r->db, 0, COLUMN_HASH))
		return (request_fail(r, ERROR_NO_CREDENTIAL));
	c->user = session_user(&r->db, 0, 0);

	return (secret_verify(r, CREDENTIAL_VERIFIED, c->password,
	    db_text(&r->db, 0, COLUMN_HASH), &c->secret));
}

static enum step
verify_told(struct request *r)
{
	struct credential	*c = r->data;

	if (!c->secret.fits)
		return (request_fail(r, ERROR_INVALID_PASSWORD));

	return (reply_json(r, 200, json_pack("{s:b}", "status", 1)));
}

static enum step
change_verified(struct request *r)
{
	struct credential	*c = r->data;

	if (!c->secret.fits)
		return (request_fail(r, ERROR_INVALID_PASSWORD));

	return (secret_hash(r, CREDENTIAL_HASHED, c->fresh, &c->secret));
}

static enum step
change_hashed(struct request *r)
{
	struct credential	*c = r->data;
	char			 agent[256];

	if (!c->secret.fits)
		return (request_fail(r, ERROR_INTERNAL));
	session_draw(&c->session, !cookie_is_forgetful(r));
	letter_write(&c->letter, LETTER_PASSWORD_CHANGED, NULL, NULL);

	return (db_send(r, CREDENTIAL_CHANGED, STATEMENT_CREDENTIAL_CHANGE,
	    DB_TEXT(r->who.user_id), DB_TEXT(c->secret.hash),
	    DB_BOOL(c->revokes == 1), DB_TEXT(c->session.id),
	    DB_TEXT(c->session.hash), DB_INT(c->session.seconds),
	    DB_BOOL(c->session.is_remembered), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent)), LETTER_ID(&c->letter),
	    LETTER_SEALED(&c->letter), DB_TEXT(c->secret.was)));
}

static enum step
change_stored(struct request *r)
{
	struct credential	*c = r->data;

	/* Another tab has changed it since it was looked at. */
	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_INVALID_PASSWORD));
	mailer_kick();
	if (c->revokes == 1)
		session_hand_out(r, c->session.token,
		    c->session.is_remembered);

	return (reply_json(r, 200, json_pack("{s:s?,s:O}", "token",
	    c->revokes == 1 ? c->session.token : NULL, "user", c->user)));
}

static void
credential_free(void *data)
{
	struct credential	*c = data;

	json_decref(c->user);
	letter_free(&c->letter);
}
