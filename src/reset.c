/*
 * Forgotten passwords.
 *
 *	POST request-password-reset	READ -> COUNTED -> STORED
 *	GET reset-password/TOKEN	ASK -> FOUND: redirect with the token
 *	POST reset-password		READ -> FOUND -> HASHED -> CHANGED
 *
 * Nothing tells whether an address has an account: both cases write alike.
 * The link may be opened any number of times within its hour; the token is
 * used up by the new password, which ends all sessions and signs nobody in.
 */
#include <sys/types.h>

#include <stddef.h>
#include <string.h>

#include "address.h"
#include "config.h"
#include "input.h"
#include "letter.h"
#include "limit.h"
#include "mailer.h"
#include "origin.h"
#include "redirect.h"
#include "reply.h"
#include "secret.h"
#include "session.h"

#define RESET_URL_MAX	4096
#define RESET_TOKEN_MAX	256

int	reset_ask(struct http_request *);
int	reset_link(struct http_request *);
int	reset_password(struct http_request *);

struct reset {
	const char	*email, *target, *password, *token;
	char		 address[ADDRESS_MAX + 1]; /* lower case */
	char		 url[RESET_URL_MAX];	/* where the link leads */
	char		 presented[RESET_TOKEN_MAX];
	char		 hash[TOKEN_HASH_LEN + 1];
	struct secret	 secret;
	struct letter	 letter;
};

static const struct input_field	ask_fields[] = {
	{ .name = "email", .type = INPUT_STRING, .flags = INPUT_REQUIRED,
	  .max = ADDRESS_MAX, .validator = "email",
	  .offset = offsetof(struct reset, email) },
	{ .name = "redirectTo", .type = INPUT_STRING,
	  .max = RESET_URL_MAX - 1, .offset = offsetof(struct reset, target) }
};
static const struct input_field	password_fields[] = {
	{ .name = "newPassword", .type = INPUT_STRING,
	  .flags = INPUT_REQUIRED,
	  .offset = offsetof(struct reset, password) },
	{ .name = "token", .type = INPUT_STRING, .max = RESET_TOKEN_MAX - 1,
	  .offset = offsetof(struct reset, token) }
};

enum { ASK_READ, ASK_COUNTED, ASK_STORED };
enum { RESET_READ, RESET_FOUND, RESET_HASHED, RESET_CHANGED };

static enum step	ask_read(struct request *);
static enum step	ask_counted(struct request *);
static enum step	ask_stored(struct request *);
static enum step	link_ask(struct request *);
static enum step	link_found(struct request *);
static enum step	password_read(struct request *);
static enum step	password_found(struct request *);
static enum step	password_hashed(struct request *);
static enum step	password_changed(struct request *);
static void		reset_free(void *);

static const struct request_step	ask_steps[] = {
	[ASK_READ] = REQUEST_STEP(ask_read),
	[ASK_COUNTED] = REQUEST_STEP(ask_counted),
	[ASK_STORED] = REQUEST_STEP(ask_stored)
};
static const struct request_step	link_steps[] = {
	[RESET_READ] = REQUEST_STEP(link_ask),
	[RESET_FOUND] = REQUEST_STEP(link_found)
};
static const struct request_step	password_steps[] = {
	[RESET_READ] = REQUEST_STEP(password_read),
	[RESET_FOUND] = REQUEST_STEP(password_found),
	[RESET_HASHED] = REQUEST_STEP(password_hashed),
	[RESET_CHANGED] = REQUEST_STEP(password_changed)
};

#define RESET_PLAN(what, route, rule)					\
	static const struct request_plan	what##_plan = {		\
		.name = route, .steps = what##_steps,			\
		.steps_len = sizeof(what##_steps) /			\
		    sizeof(what##_steps[0]),				\
		.flags = REQUEST_BODY_FIRST, .limit = rule,		\
		.data_len = sizeof(struct reset),			\
		.data_free = reset_free					\
	}

RESET_PLAN(ask, "POST /api/auth/request-password-reset", LIMIT_MAIL_RESET);
RESET_PLAN(link, "GET /api/auth/reset-password", LIMIT_NONE);
RESET_PLAN(password, "POST /api/auth/reset-password", LIMIT_REDEEM);

int
reset_ask(struct http_request *http)
{
	return (request_run(http, &ask_plan));
}

int
reset_link(struct http_request *http)
{
	return (request_run(http, &link_plan));
}

int
reset_password(struct http_request *http)
{
	return (request_run(http, &password_plan));
}

static enum step
ask_read(struct request *r)
{
	struct reset	*x = r->data;

	if (input_json(r, ask_fields, 2, x) == STEP_DONE)
		return (STEP_DONE);
	if (!letter_is_on())
		return (request_fail(r, ERROR_RESET_DISABLED));
	(void)address_read(r, x->email, x->address);

	return (limit_account(r, ASK_COUNTED, LIMIT_MAIL_RESET, x->address));
}

static enum step
ask_counted(struct request *r)
{
	struct reset	*x = r->data;
	char		 agent[256];

	if (limit_told(r) == STEP_DONE)
		return (STEP_DONE);
	letter_write(&x->letter, LETTER_RESET, x->target, NULL);

	return (db_send(r, ASK_STORED, STATEMENT_RESET_ASK,
	    DB_TEXT(x->address), LETTER_ID(&x->letter),
	    LETTER_HASH(&x->letter), LETTER_SEALED(&x->letter),
	    DB_TEXT(r->address), DB_TEXT(session_agent(r, agent))));
}

static enum step
ask_stored(struct request *r)
{
	mailer_kick();

	return (reply_json(r, 200, json_pack("{s:b,s:s}", "status", 1,
	    "message", "If this email exists in our system, "
	    "check your email for the reset link")));
}

static enum step
link_ask(struct request *r)
{
	struct reset	*x = r->data;

	if (request_segment(r, 3, x->presented,
	    sizeof(x->presented)) == NULL)
		x->presented[0] = '\0';
	if (request_query(r, "callbackURL", x->url, sizeof(x->url)) == NULL)
		return (request_fail_field(r, ERROR_VALIDATION,
		    "callbackURL", "[query.callbackURL] Invalid input: "
		    "expected string, received undefined"));
	if (x->url[0] == '\0') {
		(void)kore_strlcpy(x->url, "/api/auth/error",
		    sizeof(x->url));
		x->presented[0] = '\0';
	} else if (!origin_is_target(x->url)) {
		return (request_fail(r, ERROR_INVALID_CALLBACK_URL));
	}
	token_hash(x->presented, strlen(x->presented), x->hash);

	return (db_send(r, RESET_FOUND, STATEMENT_RESET_FIND,
	    DB_TEXT(x->hash)));
}

/* Unlike verify-email, a path becomes absolute on our own origin. */
static enum step
link_found(struct request *r)
{
	struct reset	*x = r->data;
	struct buffer	 url;
	enum step	 step;

	buffer_init(&url);
	if (x->url[0] == '/')
		buffer_add_text(&url, config.public_url);
	buffer_add_text(&url, x->url);
	step = db_rows(&r->db) == 1 ?
	    redirect_with(r, buffer_text(&url), "token", x->presented) :
	    redirect_with(r, buffer_text(&url), "error", "INVALID_TOKEN");
	buffer_free(&url);

	return (step);
}

static enum step
password_read(struct request *r)
{
	struct reset	*x = r->data;
	enum error_id	 error;

	if (input_json(r, password_fields, 2, x) == STEP_DONE)
		return (STEP_DONE);
	if (x->token == NULL || *x->token == '\0')
		x->token = request_query(r, "token", x->presented,
		    sizeof(x->presented));
	if (x->token == NULL || *x->token == '\0')
		return (request_fail(r, ERROR_INVALID_TOKEN));
	if ((error = secret_judge(x->password)) != ERROR_NONE)
		return (request_fail(r, error));
	if (!input_validate(r, "password", x->password))
		return (request_fail_field(r, ERROR_VALIDATION, "newPassword",
		    "[body.newPassword] Invalid input"));
	token_hash(x->token, strlen(x->token), x->hash);

	return (db_send(r, RESET_FOUND, STATEMENT_RESET_FIND,
	    DB_TEXT(x->hash)));
}

static enum step
password_found(struct request *r)
{
	struct reset	*x = r->data;

	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_INVALID_TOKEN));

	return (secret_hash(r, RESET_HASHED, x->password, &x->secret));
}

static enum step
password_hashed(struct request *r)
{
	struct reset	*x = r->data;
	char		 agent[256];

	if (!x->secret.fits)
		return (request_fail(r, ERROR_INTERNAL));
	letter_write(&x->letter, LETTER_PASSWORD_CHANGED, NULL, NULL);

	return (db_send(r, RESET_CHANGED, STATEMENT_RESET_PASSWORD,
	    DB_TEXT(x->hash), DB_TEXT(x->secret.hash),
	    LETTER_ID(&x->letter), LETTER_SEALED(&x->letter),
	    DB_TEXT(r->address), DB_TEXT(session_agent(r, agent))));
}

static enum step
password_changed(struct request *r)
{
	/* Two posts of one token: the first has used it. */
	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_INVALID_TOKEN));
	mailer_kick();

	return (reply_json(r, 200, json_pack("{s:b}", "status", 1)));
}

static void
reset_free(void *data)
{
	struct reset	*x = data;

	letter_free(&x->letter);
}
