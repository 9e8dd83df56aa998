/*
 * Accounts: signing up and in, by better-auth's routes and the quickstart's.
 *
 *	POST sign-up/email	READ -> HASH -> STORE -> signed in
 *	POST register		the same, signs nobody in
 *	POST sign-in/email	READ -> FIND -> VERIFY -> OPEN -> signed in
 *	POST sign-in		the same, with the OAuth2 password form
 *
 * Passwords are hashed and verified as jobs. For an unknown address a hash
 * is verified all the same, so that both answers take equally long. Whether
 * an address is taken is decided by the database's unique key alone.
 */
#include <sys/types.h>

#include <stddef.h>
#include <string.h>

#include "address.h"
#include "config.h"
#include "cookie.h"
#include "input.h"
#include "letter.h"
#include "mailer.h"
#include "reply.h"
#include "secret.h"
#include "session.h"
#include "utf8.h"

#define ACCOUNT_NAME_MAX	1000
#define ACCOUNT_IMAGE_MAX	65536
#define ACCOUNT_URL_MAX		4096

int	account_sign_up(struct http_request *);
int	account_register(struct http_request *);
int	account_sign_in(struct http_request *);
int	account_sign_in_form(struct http_request *);

/* What the four routes know of one request. */
struct account {
	/* from the body; the strings borrow from it */
	const char		*name, *email, *username, *password, *image;
	const char		*callback;
	int			 remember;	/* -1: not said */
	/* what becomes of it */
	char			 address[ADDRESS_MAX + 1]; /* lower */
	char			 user_id[37];
	struct secret		 secret;	/* the job's answer */
	json_t			*user;
	struct session_new	 session;
	struct letter		 letter;	/* asks to verify the address */
};

#define ACCOUNT_FIELD(json, member, kind, how, low, high, rule)		\
	{ .name = json, .type = kind, .flags = how,			\
	  .offset = offsetof(struct account, member), .min = low,	\
	  .max = high, .validator = rule }
#define ACCOUNT_CALLBACK						\
	{ .name = "callbackURL", .type = INPUT_TARGET,			\
	  .offset = offsetof(struct account, callback),			\
	  .max = ACCOUNT_URL_MAX, .refusal = ERROR_INVALID_CALLBACK_URL }

static const struct input_field	account_sign_up_fields[] = {
	ACCOUNT_FIELD("name", name, INPUT_STRING, INPUT_REQUIRED, 0,
	    ACCOUNT_NAME_MAX, "name"),
	ACCOUNT_FIELD("email", email, INPUT_STRING, INPUT_REQUIRED, 0,
	    ADDRESS_MAX, "email"),
	ACCOUNT_FIELD("password", password, INPUT_STRING, INPUT_REQUIRED, 1,
	    0, "password"),
	ACCOUNT_FIELD("image", image, INPUT_STRING, 0, 0, ACCOUNT_IMAGE_MAX,
	    NULL),
	ACCOUNT_FIELD("rememberMe", remember, INPUT_BOOLEAN, 0, 0, 0, NULL),
	ACCOUNT_CALLBACK
};
static const struct input_field	account_register_fields[] = {
	ACCOUNT_FIELD("name", name, INPUT_STRING, 0, 0, ACCOUNT_NAME_MAX,
	    "name"),
	ACCOUNT_FIELD("email", email, INPUT_STRING, INPUT_REQUIRED, 0,
	    ADDRESS_MAX, "email"),
	ACCOUNT_FIELD("password", password, INPUT_STRING, INPUT_REQUIRED, 1,
	    0, "password")
};
static const struct input_field	account_sign_in_fields[] = {
	ACCOUNT_FIELD("email", email, INPUT_STRING, INPUT_REQUIRED, 0, 0,
	    NULL),
	ACCOUNT_FIELD("password", password, INPUT_STRING, INPUT_REQUIRED, 0,
	    0, NULL),
	ACCOUNT_FIELD("rememberMe", remember, INPUT_BOOLEAN, 0, 0, 0, NULL),
	ACCOUNT_CALLBACK
};
static const struct input_field	account_form_fields[] = {
	ACCOUNT_FIELD("username", username, INPUT_STRING, 0, 0, 0, NULL),
	ACCOUNT_FIELD("email", email, INPUT_STRING, 0, 0, 0, NULL),
	ACCOUNT_FIELD("password", password, INPUT_STRING, INPUT_REQUIRED, 0,
	    0, NULL)
};
#define ACCOUNT_COUNT(fields)	(sizeof(fields) / sizeof((fields)[0]))

enum { SIGN_UP_READ, SIGN_UP_HASHED, SIGN_UP_STORED };

static enum step	sign_up_read(struct request *);
static enum step	register_read(struct request *);
static enum step	sign_up_begin(struct request *);
static enum step	sign_up_hashed(struct request *);
static enum step	sign_up_stored(struct request *);
static enum step	register_stored(struct request *);

enum { SIGN_IN_READ, SIGN_IN_FOUND, SIGN_IN_VERIFIED, SIGN_IN_OPENED };

static enum step	sign_in_read(struct request *);
static enum step	sign_in_form_read(struct request *);
static enum step	sign_in_begin(struct request *, const char *);
static enum step	sign_in_found(struct request *);
static enum step	sign_in_verified(struct request *);
static enum step	sign_in_opened(struct request *);
static enum step	sign_in_form_opened(struct request *);

static void		account_free(void *);

#define ACCOUNT_PLAN(route, table, how)					\
	{ .name = "POST /api/auth/" route, .steps = table,		\
	  .steps_len = sizeof(table) / sizeof((table)[0]), .flags = how, \
	  .data_len = sizeof(struct account), .data_free = account_free }

static const struct request_step	sign_up_steps[] = {
	[SIGN_UP_READ] = REQUEST_STEP(sign_up_read),
	[SIGN_UP_HASHED] = REQUEST_STEP(sign_up_hashed),
	[SIGN_UP_STORED] = REQUEST_STEP(sign_up_stored)
};
static const struct request_step	register_steps[] = {
	[SIGN_UP_READ] = REQUEST_STEP(register_read),
	[SIGN_UP_HASHED] = REQUEST_STEP(sign_up_hashed),
	[SIGN_UP_STORED] = REQUEST_STEP(register_stored)
};
static const struct request_step	sign_in_steps[] = {
	[SIGN_IN_READ] = REQUEST_STEP(sign_in_read),
	[SIGN_IN_FOUND] = REQUEST_STEP(sign_in_found),
	[SIGN_IN_VERIFIED] = REQUEST_STEP(sign_in_verified),
	[SIGN_IN_OPENED] = REQUEST_STEP(sign_in_opened)
};
static const struct request_step	sign_in_form_steps[] = {
	[SIGN_IN_READ] = REQUEST_STEP(sign_in_form_read),
	[SIGN_IN_FOUND] = REQUEST_STEP(sign_in_found),
	[SIGN_IN_VERIFIED] = REQUEST_STEP(sign_in_verified),
	[SIGN_IN_OPENED] = REQUEST_STEP(sign_in_form_opened)
};

static const struct request_plan	sign_up_plan =
    ACCOUNT_PLAN("sign-up/email", sign_up_steps,
    REQUEST_SIGNS_IN | REQUEST_BODY_FIRST);
static const struct request_plan	register_plan =
    ACCOUNT_PLAN("register", register_steps, REQUEST_BODY_FIRST);
static const struct request_plan	sign_in_plan =
    ACCOUNT_PLAN("sign-in/email", sign_in_steps,
    REQUEST_SIGNS_IN | REQUEST_BODY_FIRST);
static const struct request_plan	sign_in_form_plan =
    ACCOUNT_PLAN("sign-in", sign_in_form_steps,
    REQUEST_SIGNS_IN | REQUEST_BODY_FIRST);

int
account_sign_up(struct http_request *http)
{
	return (request_run(http, &sign_up_plan));
}

int
account_register(struct http_request *http)
{
	return (request_run(http, &register_plan));
}

int
account_sign_in(struct http_request *http)
{
	return (request_run(http, &sign_in_plan));
}

int
account_sign_in_form(struct http_request *http)
{
	return (request_run(http, &sign_in_form_plan));
}

/* ---- signing up ---- */

static enum step
sign_up_read(struct request *r)
{
	if (input_json_or_form(r, account_sign_up_fields,
	    ACCOUNT_COUNT(account_sign_up_fields), r->data) == STEP_DONE)
		return (STEP_DONE);

	return (sign_up_begin(r));
}

static enum step
register_read(struct request *r)
{
	if (r->http->query_string != NULL)
		return (request_fail(r, ERROR_CREDENTIALS_IN_URL));
	if (input_json_or_form(r, account_register_fields,
	    ACCOUNT_COUNT(account_register_fields), r->data) == STEP_DONE)
		return (STEP_DONE);

	return (sign_up_begin(r));
}

static enum step
sign_up_begin(struct request *r)
{
	struct account	*a = r->data;
	enum error_id	 error;

	if (!config.sign_up_open)
		return (request_fail(r, ERROR_SIGN_UP_CLOSED));
	if ((error = secret_judge(a->password)) != ERROR_NONE)
		return (request_fail(r, error));
	(void)address_read(r, a->email, a->address);

	return (secret_hash(r, SIGN_UP_HASHED, a->password, &a->secret));
}

static enum step
sign_up_hashed(struct request *r)
{
	struct account	*a = r->data;
	char		 agent[256];
	int		 signs_in = r->plan == &sign_up_plan;

	if (!a->secret.fits)
		return (request_fail(r, ERROR_INTERNAL));
	token_id(a->user_id);
	session_draw(&a->session, a->remember != 0);
	letter_write(&a->letter, LETTER_VERIFY, a->callback, NULL);

	return (db_send(r, SIGN_UP_STORED, STATEMENT_ACCOUNT_CREATE,
	    DB_TEXT(a->user_id), DB_TEXT(a->name == NULL ? "" : a->name),
	    DB_TEXT(a->address), DB_TEXT(a->image), DB_TEXT(a->secret.hash),
	    DB_TEXT(signs_in ? a->session.id : NULL),
	    DB_TEXT(a->session.hash), DB_INT(a->session.seconds),
	    DB_BOOL(a->session.is_remembered), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent)), LETTER_ID(&a->letter),
	    LETTER_HASH(&a->letter), LETTER_SEALED(&a->letter)));
}

static enum step
sign_up_stored(struct request *r)
{
	struct account	*a = r->data;

	if (r->db.error != ERROR_NONE)
		return (request_fail(r, ERROR_USER_EXISTS));
	mailer_kick();
	session_hand_out(r, a->session.token, a->session.is_remembered);

	return (reply_json(r, 200, json_pack("{s:s,s:o}",
	    "token", a->session.token,
	    "user", session_user(&r->db, 0, 0))));
}

static enum step
register_stored(struct request *r)
{
	struct account	*a = r->data;

	if (r->db.error != ERROR_NONE)
		return (request_fail(r, ERROR_EMAIL_IN_USE));
	mailer_kick();

	return (reply_json(r, 200, json_pack("{s:s,s:s,s:s}",
	    "user_id", a->user_id, "email", a->address,
	    "message", "Account created successfully")));
}

/* ---- signing in ---- */

static enum step
sign_in_read(struct request *r)
{
	struct account	*a = r->data;

	if (input_json_or_form(r, account_sign_in_fields,
	    ACCOUNT_COUNT(account_sign_in_fields), a) == STEP_DONE)
		return (STEP_DONE);

	return (sign_in_begin(r, a->email));
}

static enum step
sign_in_form_read(struct request *r)
{
	struct account	*a = r->data;

	if (r->http->query_string != NULL)
		return (request_fail(r, ERROR_CREDENTIALS_IN_URL));
	if (input_json_or_form(r, account_form_fields,
	    ACCOUNT_COUNT(account_form_fields), a) == STEP_DONE)
		return (STEP_DONE);
	a->remember = -1;
	if (a->username == NULL && a->email == NULL)
		return (request_fail_field(r, ERROR_VALIDATION, "username",
		    "[body.username] Invalid input: expected string, "
		    "received undefined"));

	return (sign_in_begin(r,
	    a->username != NULL ? a->username : a->email));
}

static enum step
sign_in_begin(struct request *r, const char *email)
{
	struct account	*a = r->data;

	if (!address_read(r, email, a->address))
		return (request_fail(r, r->face == FACE_QUICKSTART ?
		    ERROR_INVALID_EMAIL_OR_PASSWORD : ERROR_INVALID_EMAIL));
	if (utf8_utf16_len(a->password, strlen(a->password)) > PASSWORD_MAX)
		return (request_fail(r, ERROR_PASSWORD_TOO_LONG));

	return (db_send(r, SIGN_IN_FOUND, STATEMENT_ACCOUNT_BY_EMAIL,
	    DB_TEXT(a->address)));
}

static enum step
sign_in_found(struct request *r)
{
	struct account	*a = r->data;
	const char	*hash = NULL;

	if (db_rows(&r->db) == 1) {
		(void)kore_strlcpy(a->user_id, db_text(&r->db, 0, 0),
		    sizeof(a->user_id));
		a->user = session_user(&r->db, 0, 0);
		hash = db_text(&r->db, 0, 7);
	}

	return (secret_verify(r, SIGN_IN_VERIFIED, a->password, hash,
	    &a->secret));
}

static enum step
sign_in_verified(struct request *r)
{
	struct account	*a = r->data;
	char		 agent[256];

	if (!a->secret.fits)
		return (request_fail(r, ERROR_INVALID_EMAIL_OR_PASSWORD));
	session_draw(&a->session, a->remember != 0);

	return (db_send(r, SIGN_IN_OPENED, STATEMENT_SESSION_CREATE,
	    DB_TEXT(a->user_id), DB_TEXT(a->session.id),
	    DB_TEXT(a->session.hash), DB_INT(a->session.seconds),
	    DB_BOOL(a->session.is_remembered), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent)), DB_NULL));
}

static enum step
sign_in_opened(struct request *r)
{
	struct account	*a = r->data;
	int		 redirects = a->callback != NULL &&
	    *a->callback != '\0';
	json_t		*answer;

	/* The account vanished between the two statements. */
	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_INVALID_EMAIL_OR_PASSWORD));
	session_hand_out(r, a->session.token, a->session.is_remembered);
	answer = json_pack("{s:b,s:s,s:O}", "redirect", redirects,
	    "token", a->session.token, "user", a->user);
	if (redirects) {
		json_object_set_new(answer, "url", json_string(a->callback));
		reply_header(r, "location", a->callback);
	}

	return (reply_json(r, 200, answer));
}

static enum step
sign_in_form_opened(struct request *r)
{
	struct account	*a = r->data;

	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_INVALID_EMAIL_OR_PASSWORD));
	session_hand_out(r, a->session.token, a->session.is_remembered);

	return (reply_json(r, 200, json_pack("{s:s,s:s,s:s}",
	    "user_id", a->user_id, "email", a->address,
	    "message", "Signed in successfully")));
}

/* ---- shared ---- */

static void
account_free(void *data)
{
	struct account	*a = data;

	json_decref(a->user);
	letter_free(&a->letter);
}
