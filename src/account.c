/*
 * Accounts: signing up and in, by better-auth's routes and the quickstart's.
 *
 *	POST sign-up/email	READ -> HASH -> STORE -> signed in
 *	POST register		the same, signs nobody in
 *	POST sign-in/email	READ -> COUNT -> FIND -> VERIFY ->
 *				(CHALLENGE: to be told the code, or) OPEN ->
 *				signed in
 *	POST sign-in		the same, with the OAuth2 password form
 *
 * With REQUIRE_VERIFIED_EMAIL signing up signs nobody in and does not tell
 * whether the address is taken; signing in with the right password sends a
 * new letter until the address is verified.
 *
 * Passwords are hashed and verified as jobs. For an unknown address a hash
 * is verified all the same, so that both answers take equally long. Whether
 * an address is taken is decided by the database's unique key alone.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "challenge.h"
#include "config.h"
#include "cookie.h"
#include "form.h"
#include "input.h"
#include "letter.h"
#include "limit.h"
#include "mailer.h"
#include "metrics.h"
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
	struct limit_attempt	 attempt;	/* to sign in */
	struct challenge	 challenge;	/* of the second factor */
	struct letter		 letter;	/* to the owner */
};

#define ACCOUNT_FIELD(json, member, kind, how, low, high, rule)		\
	{ .name = json, .type = kind, .flags = how,			\
	  .offset = offsetof(struct account, member), .min = low,	\
	  .max = high, .validator = rule }
#define ACCOUNT_CALLBACK						\
	{ .name = "callbackURL", .type = INPUT_STRING,			\
	  .offset = offsetof(struct account, callback),			\
	  .max = ACCOUNT_URL_MAX }

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

/* Columns of account_by_email.sql after those of the user. */
enum { ACCOUNT_HASH = 8, ACCOUNT_BCRYPT, ACCOUNT_SCRYPT };

enum { SIGN_UP_READ, SIGN_UP_HASHED, SIGN_UP_STORED };

static enum step	sign_up_read(struct request *);
static enum step	register_read(struct request *);
static enum step	sign_up_begin(struct request *);
static enum step	sign_up_hashed(struct request *);
static enum step	sign_up_stored(struct request *);
static int		account_is_new(const struct request *);
static json_t		*account_invent(const struct account *);
static enum step	register_stored(struct request *);

enum { SIGN_IN_READ, SIGN_IN_COUNTED, SIGN_IN_FOUND, SIGN_IN_VERIFIED,
    SIGN_IN_CHALLENGED, SIGN_IN_OPENED, SIGN_IN_REFUSED,
    SIGN_IN_FAILED };

static enum step	sign_in_read(struct request *);
static enum step	sign_in_form_read(struct request *);
static enum step	sign_in_begin(struct request *, const char *);
static enum step	sign_in_counted(struct request *);
static enum step	sign_in_find(struct request *);
static enum step	sign_in_found(struct request *);
static enum step	sign_in_verified(struct request *);
static enum step	sign_in_challenged(struct request *);
static enum step	sign_in_open(struct request *);
static enum step	sign_in_opened(struct request *);
static enum step	sign_in_unverified(struct request *);
static enum step	sign_in_refused(struct request *);
static enum step	sign_in_fail(struct request *);
static enum step	sign_in_failed(struct request *);

static void		account_take_form(struct request *);
static void		account_free(void *);

#define ACCOUNT_PLAN(route, table, how, rule)				\
	{ .name = "POST /api/auth/" route, .steps = table,		\
	  .steps_len = sizeof(table) / sizeof((table)[0]), .flags = how, \
	  .limit = rule,						\
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
	[SIGN_IN_COUNTED] = REQUEST_STEP(sign_in_counted),
	[SIGN_IN_FOUND] = REQUEST_STEP(sign_in_found),
	[SIGN_IN_VERIFIED] = REQUEST_STEP(sign_in_verified),
	[SIGN_IN_CHALLENGED] = REQUEST_STEP(sign_in_challenged),
	[SIGN_IN_OPENED] = REQUEST_STEP(sign_in_opened),
	[SIGN_IN_REFUSED] = REQUEST_STEP(sign_in_refused),
	[SIGN_IN_FAILED] = REQUEST_STEP(sign_in_failed)
};
static const struct request_step	sign_in_form_steps[] = {
	[SIGN_IN_READ] = REQUEST_STEP(sign_in_form_read),
	[SIGN_IN_COUNTED] = REQUEST_STEP(sign_in_counted),
	[SIGN_IN_FOUND] = REQUEST_STEP(sign_in_found),
	[SIGN_IN_VERIFIED] = REQUEST_STEP(sign_in_verified),
	[SIGN_IN_CHALLENGED] = REQUEST_STEP(sign_in_challenged),
	[SIGN_IN_OPENED] = REQUEST_STEP(sign_in_opened),
	[SIGN_IN_REFUSED] = REQUEST_STEP(sign_in_refused),
	[SIGN_IN_FAILED] = REQUEST_STEP(sign_in_failed)
};

static const struct request_plan	sign_up_plan =
    ACCOUNT_PLAN("sign-up/email", sign_up_steps,
    REQUEST_SIGNS_IN | REQUEST_BODY_FIRST, LIMIT_SIGN_UP);
static const struct request_plan	register_plan =
    ACCOUNT_PLAN("register", register_steps, REQUEST_BODY_FIRST,
    LIMIT_SIGN_UP);
static const struct request_plan	sign_in_plan =
    ACCOUNT_PLAN("sign-in/email", sign_in_steps,
    REQUEST_SIGNS_IN | REQUEST_BODY_FIRST, LIMIT_SIGN_IN);
static const struct request_plan	sign_in_form_plan =
    ACCOUNT_PLAN("sign-in", sign_in_form_steps,
    REQUEST_SIGNS_IN | REQUEST_BODY_FIRST, LIMIT_SIGN_IN);

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
	account_take_form(r);

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
	char		 agent[256], device[TOKEN_HASH_LEN + 1];
	int		 signs_in = r->plan == &sign_up_plan &&
	    !config.require_verified_email;

	if (!a->secret.fits)
		return (request_fail(r, ERROR_INTERNAL));
	token_id(a->user_id);
	session_draw(&a->session, a->remember != 0);
	limit_device(r, device);
	letter_write(&a->letter, LETTER_VERIFY, a->callback, NULL);

	return (db_send(r, SIGN_UP_STORED, STATEMENT_ACCOUNT_CREATE,
	    DB_TEXT(a->user_id), DB_TEXT(a->name == NULL ? "" : a->name),
	    DB_TEXT(a->address), DB_TEXT(a->image), DB_TEXT(a->secret.hash),
	    DB_TEXT(signs_in ? a->session.id : NULL),
	    DB_TEXT(a->session.hash), DB_INT(a->session.seconds),
	    DB_BOOL(a->session.is_remembered), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent)), LETTER_ID(&a->letter),
	    LETTER_HASH(&a->letter), LETTER_SEALED(&a->letter),
	    DB_TEXT(device)));
}

/* Whether the address was free; taken is a row of nulls. */
static int
account_is_new(const struct request *r)
{
	return (r->db.error == ERROR_NONE && !db_is_null(&r->db, 0, 0));
}

static enum step
sign_up_stored(struct request *r)
{
	struct account	*a = r->data;

	mailer_kick();
	if (config.require_verified_email && r->face == FACE_FORM)
		return (form_back(r, "sent"));
	if (config.require_verified_email)
		return (reply_json(r, 200, json_pack("{s:n,s:o}", "token",
		    "user", account_is_new(r) ? session_user(&r->db, 0, 0) :
		    account_invent(a))));
	if (!account_is_new(r))
		return (request_fail(r, ERROR_USER_EXISTS));
	session_hand_out(r, a->session.token, a->session.is_remembered);
	if (r->face == FACE_FORM)
		return (form_onward(r, "/chat"));

	return (reply_json(r, 200, json_pack("{s:s,s:o}",
	    "token", a->session.token,
	    "user", session_user(&r->db, 0, 0))));
}

/* The user that a sign-up with a taken address would have made. */
static json_t *
account_invent(const struct account *a)
{
	struct timespec	now;
	char		date[25];

	clock_gettime(CLOCK_REALTIME, &now);
	reply_date((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, date);

	return (json_pack("{s:s,s:s,s:b,s:s?,s:s,s:s,s:b,s:s}",
	    "name", a->name, "email", a->address, "emailVerified", 0,
	    "image", a->image, "createdAt", date, "updatedAt", date,
	    "twoFactorEnabled", 0, "id", a->user_id));
}

static enum step
register_stored(struct request *r)
{
	struct account	*a = r->data;

	mailer_kick();
	if (!account_is_new(r) && !config.require_verified_email)
		return (request_fail(r, ERROR_EMAIL_IN_USE));

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
	account_take_form(r);

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

	return (limit_attempt(r, SIGN_IN_COUNTED, a->address));
}

static enum step
sign_in_counted(struct request *r)
{
	struct account	*a = r->data;

	if (limit_attempted(r, &a->attempt) == STEP_DONE)
		return (STEP_DONE);

	return (sign_in_find(r));
}

/* Also when the account was changed while its password was verified. */
static enum step
sign_in_find(struct request *r)
{
	struct account	*a = r->data;

	json_decref(a->user);
	a->user = NULL;
	a->user_id[0] = '\0';

	return (db_send(r, SIGN_IN_FOUND, STATEMENT_ACCOUNT_BY_EMAIL,
	    DB_TEXT(a->address)));
}

static enum step
sign_in_found(struct request *r)
{
	struct account		*a = r->data;
	struct password_kinds	 present;
	const char		*hash = NULL;

	present.bcrypt_cost = (int)db_int(&r->db, 0, ACCOUNT_BCRYPT);
	present.has_scrypt = db_bool(&r->db, 0, ACCOUNT_SCRYPT);
	if (!db_is_null(&r->db, 0, 0)) {
		(void)kore_strlcpy(a->user_id, db_text(&r->db, 0, 0),
		    sizeof(a->user_id));
		a->user = session_user(&r->db, 0, 0);
		hash = db_text(&r->db, 0, ACCOUNT_HASH);
	}

	return (secret_sign_in(r, SIGN_IN_VERIFIED, a->password, hash,
	    &present, &a->secret));
}

static enum step
sign_in_verified(struct request *r)
{
	struct account	*a = r->data;

	if (!a->secret.fits)
		return (sign_in_fail(r));
	if (config.require_verified_email &&
	    json_is_false(json_object_get(a->user, "emailVerified")))
		return (sign_in_unverified(r));
	if (json_is_true(json_object_get(a->user, "twoFactorEnabled")))
		return (challenge_start(r, SIGN_IN_CHALLENGED, &a->challenge,
		    a->user_id, a->secret.was, a->remember != 0,
		    &a->attempt));

	return (sign_in_open(r));
}

static enum step
sign_in_challenged(struct request *r)
{
	struct account	*a = r->data;

	if (db_rows(&r->db) != 1)
		return (sign_in_find(r));
	if (challenge_told(r, &a->challenge) == STEP_DONE)
		return (STEP_DONE);

	return (sign_in_open(r));
}

static enum step
sign_in_open(struct request *r)
{
	struct account	*a = r->data;
	char		 agent[256], device[TOKEN_HASH_LEN + 1], detail[384];

	session_draw(&a->session, a->remember != 0);
	limit_device(r, device);
	(void)session_agent(r, agent);
	(void)snprintf(detail, sizeof(detail), "The device: %s, at the "
	    "address %s.", agent[0] == '\0' ? "unknown" : agent, r->address);
	letter_write(&a->letter, LETTER_NEW_DEVICE, NULL, detail);

	return (db_send(r, SIGN_IN_OPENED, STATEMENT_SESSION_CREATE,
	    DB_TEXT(a->user_id), DB_TEXT(a->session.id),
	    DB_TEXT(a->session.hash), DB_INT(a->session.seconds),
	    DB_BOOL(a->session.is_remembered), DB_TEXT(r->address),
	    DB_TEXT(agent),
	    DB_TEXT(a->secret.hash[0] == '\0' ? NULL : a->secret.hash),
	    DB_TEXT(device), LETTER_ID(&a->letter),
	    LETTER_SEALED(&a->letter), LIMIT_ATTEMPT(&a->attempt),
	    DB_TEXT(a->secret.was)));
}

static enum step
sign_in_opened(struct request *r)
{
	struct account	*a = r->data;
	int		 redirects = a->callback != NULL &&
	    *a->callback != '\0';
	json_t		*answer;

	if (db_rows(&r->db) != 1)
		return (sign_in_find(r));
	metrics_add(METRIC_SIGN_INS, 1);
	/* The device is new: a letter waits. */
	if (db_bool(&r->db, 0, 1))
		mailer_kick();
	session_hand_out(r, a->session.token, a->session.is_remembered);
	if (r->face == FACE_FORM)
		return (form_onward(r, "/chat"));
	if (r->face == FACE_QUICKSTART)
		return (reply_json(r, 200, json_pack("{s:s,s:s,s:s}",
		    "user_id", a->user_id, "email", a->address,
		    "message", "Signed in successfully")));
	answer = json_pack("{s:b,s:s,s:O}", "redirect", redirects,
	    "token", a->session.token, "user", a->user);
	if (a->callback != NULL)
		json_object_set_new(answer, "url", json_string(a->callback));
	if (redirects)
		reply_header(r, "location", a->callback);

	return (reply_json(r, 200, answer));
}

/* The password was right; the address is still to be verified. */
static enum step
sign_in_unverified(struct request *r)
{
	struct account	*a = r->data;
	char		 key[LIMIT_KEY_LEN + 1];
	const char	*allowance;
	int64_t		 share, window;

	allowance = limit_mail(LIMIT_MAIL_VERIFY, a->address, key, &share,
	    &window);
	letter_write(&a->letter, LETTER_VERIFY, a->callback, NULL);

	return (db_send(r, SIGN_IN_REFUSED, STATEMENT_ATTEMPT_UNVERIFIED,
	    LIMIT_ATTEMPT(&a->attempt), DB_TEXT(allowance), DB_INT(share),
	    DB_INT(window), DB_TEXT(a->address), LETTER_ID(&a->letter),
	    LETTER_HASH(&a->letter), LETTER_SEALED(&a->letter)));
}

static enum step
sign_in_refused(struct request *r)
{
	mailer_kick();

	return (request_fail(r, ERROR_EMAIL_NOT_VERIFIED));
}

/*
 * Noted also when there is no such account, so that both take equally long:
 * the row then says from where, and not for whom.
 */
static enum step
sign_in_fail(struct request *r)
{
	struct account	*a = r->data;
	char		 agent[256];

	metrics_add(METRIC_SIGN_INS_FAILED, 1);
	(void)session_agent(r, agent);

	return (db_send(r, SIGN_IN_FAILED, STATEMENT_SIGN_IN_FAILED,
	    DB_TEXT(a->user_id[0] == '\0' ? NULL : a->user_id),
	    DB_TEXT(r->address), DB_TEXT(agent)));
}

static enum step
sign_in_failed(struct request *r)
{
	return (request_fail(r, ERROR_INVALID_EMAIL_OR_PASSWORD));
}

/* ---- shared ---- */

/* A page's form does not choose where its letter leads. */
static void
account_take_form(struct request *r)
{
	if (r->face == FACE_FORM)
		((struct account *)r->data)->callback = FORM_CONFIRMED;
}

static void
account_free(void *data)
{
	struct account	*a = data;

	json_decref(a->user);
	letter_free(&a->letter);
}
