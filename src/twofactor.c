/*
 * A person's own second factor: set up, shown again, renewed, given up.
 * Every route asks for the password.
 *
 *	POST two-factor/enable			READ -> FOUND -> VERIFIED ->
 *						STORED: secret and codes
 *	POST two-factor/get-totp-uri		READ -> FOUND -> VERIFIED
 *	POST two-factor/generate-backup-codes	READ -> FOUND -> VERIFIED ->
 *						STORED: ten new ones
 *	POST two-factor/disable			READ -> FOUND -> VERIFIED ->
 *						STORED: a new session
 *	POST two-factor/send-otp, verify-otp	READ: there are none
 *
 * What `enable` hands out counts only once a code of it was shown to
 * verify-totp (secondstep.c); until then it may be started over. Giving the
 * second factor up takes secret, codes and trusted devices with it.
 *
 * Deliberately missing: codes by mail. A mailbox is where passwords are
 * reset, so it would be no second factor.
 */
#include <sys/types.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "challenge.h"
#include "cookie.h"
#include "factor.h"
#include "input.h"
#include "letter.h"
#include "limit.h"
#include "mailer.h"
#include "reply.h"
#include "secret.h"
#include "session.h"
#include "totp.h"
#include "utf8.h"

#define TWOFACTOR_ISSUER	"Lectern"
#define TWOFACTOR_ISSUER_MAX	200

int	twofactor_enable(struct http_request *);
int	twofactor_disable(struct http_request *);
int	twofactor_uri(struct http_request *);
int	twofactor_codes(struct http_request *);
int	twofactor_send(struct http_request *);

struct twofactor {
	/* from the body */
	const char		*password, *method, *issuer;
	/* what becomes of it */
	char			 email[ADDRESS_MAX + 1];
	char			 key[TOKEN_ID_LEN + 1]; /* the secret */
	struct secret		 secret;	/* the password's verdict */
	struct factor_sealed	 sealed;
	struct factor_codes	 codes;
	struct session_new	 session;
	struct letter		 letter;	/* the notice to the owner */
};

/* Columns of two_factor_get.sql. */
enum { COLUMN_EMAIL = 2, COLUMN_IS_ON = 7, COLUMN_HASH, COLUMN_SEALED };

static const struct input_field	fields[] = {
	{ .name = "password", .type = INPUT_STRING, .flags = INPUT_REQUIRED,
	  .offset = offsetof(struct twofactor, password) },
	{ .name = "method", .type = INPUT_STRING,
	  .offset = offsetof(struct twofactor, method) },
	{ .name = "issuer", .type = INPUT_STRING, .max = TWOFACTOR_ISSUER_MAX,
	  .offset = offsetof(struct twofactor, issuer) }
};
#define FIELDS_PASSWORD	1	/* of these */
#define FIELDS_ALL	3

enum { TWOFACTOR_READ, TWOFACTOR_FOUND, TWOFACTOR_VERIFIED,
    TWOFACTOR_STORED };

static enum step	enable_read(struct request *);
static enum step	enable_verified(struct request *);
static enum step	enable_stored(struct request *);
static enum step	disable_verified(struct request *);
static enum step	disable_stored(struct request *);
static enum step	uri_found(struct request *);
static enum step	uri_verified(struct request *);
static enum step	codes_found(struct request *);
static enum step	codes_verified(struct request *);
static enum step	codes_stored(struct request *);
static enum step	send_read(struct request *);
static enum step	twofactor_read(struct request *);
static enum step	twofactor_ask(struct request *);
static enum step	twofactor_found(struct request *);
static json_t		*twofactor_list(const struct factor_codes *);
static void		twofactor_free(void *);

static const struct request_step	enable_steps[] = {
	[TWOFACTOR_READ] = REQUEST_STEP(enable_read),
	[TWOFACTOR_FOUND] = REQUEST_STEP(twofactor_found),
	[TWOFACTOR_VERIFIED] = REQUEST_STEP(enable_verified),
	[TWOFACTOR_STORED] = REQUEST_STEP(enable_stored)
};
static const struct request_step	disable_steps[] = {
	[TWOFACTOR_READ] = REQUEST_STEP(twofactor_read),
	[TWOFACTOR_FOUND] = REQUEST_STEP(twofactor_found),
	[TWOFACTOR_VERIFIED] = REQUEST_STEP(disable_verified),
	[TWOFACTOR_STORED] = REQUEST_STEP(disable_stored)
};
static const struct request_step	uri_steps[] = {
	[TWOFACTOR_READ] = REQUEST_STEP(twofactor_read),
	[TWOFACTOR_FOUND] = REQUEST_STEP(uri_found),
	[TWOFACTOR_VERIFIED] = REQUEST_STEP(uri_verified)
};
static const struct request_step	codes_steps[] = {
	[TWOFACTOR_READ] = REQUEST_STEP(twofactor_read),
	[TWOFACTOR_FOUND] = REQUEST_STEP(codes_found),
	[TWOFACTOR_VERIFIED] = REQUEST_STEP(codes_verified),
	[TWOFACTOR_STORED] = REQUEST_STEP(codes_stored)
};
static const struct request_step	send_steps[] = {
	[TWOFACTOR_READ] = REQUEST_STEP(send_read)
};

#define TWOFACTOR_PLAN(what, route, rule)				\
	static const struct request_plan	what##_plan = {		\
		.name = "POST /api/auth/two-factor/" route,		\
		.steps = what##_steps,					\
		.steps_len = sizeof(what##_steps) /			\
		    sizeof(what##_steps[0]),				\
		.flags = REQUEST_BODY_FIRST, .limit = rule,		\
		.data_len = sizeof(struct twofactor),			\
		.data_free = twofactor_free				\
	}

TWOFACTOR_PLAN(enable, "enable", LIMIT_PASSWORD);
TWOFACTOR_PLAN(disable, "disable", LIMIT_PASSWORD);
TWOFACTOR_PLAN(uri, "get-totp-uri", LIMIT_PASSWORD);
TWOFACTOR_PLAN(codes, "generate-backup-codes", LIMIT_PASSWORD);
TWOFACTOR_PLAN(send, "send-otp", LIMIT_CODE);

int
twofactor_enable(struct http_request *http)
{
	return (request_run(http, &enable_plan));
}

int
twofactor_disable(struct http_request *http)
{
	return (request_run(http, &disable_plan));
}

int
twofactor_uri(struct http_request *http)
{
	return (request_run(http, &uri_plan));
}

int
twofactor_codes(struct http_request *http)
{
	return (request_run(http, &codes_plan));
}

int
twofactor_send(struct http_request *http)
{
	return (request_run(http, &send_plan));
}

/* ---- enable ---- */

static enum step
enable_read(struct request *r)
{
	struct twofactor	*t = r->data;

	if (input_json(r, fields, FIELDS_ALL, t) == STEP_DONE)
		return (STEP_DONE);
	if (t->method != NULL && strcmp(t->method, "totp") != 0 &&
	    strcmp(t->method, "otp") != 0)
		return (request_fail_field(r, ERROR_VALIDATION, "method",
		    "[body.method] Invalid option: expected one of "
		    "\"otp\"|\"totp\""));
	if (t->issuer == NULL || *t->issuer == '\0')
		t->issuer = TWOFACTOR_ISSUER;

	return (twofactor_ask(r));
}

static enum step
enable_verified(struct request *r)
{
	struct twofactor	*t = r->data;
	char			 agent[256];

	if (!t->secret.fits)
		return (request_fail(r, ERROR_INVALID_PASSWORD));
	if (t->method != NULL && strcmp(t->method, "otp") == 0)
		return (request_fail(r, ERROR_OTP_UNAVAILABLE));
	token_id(t->key);
	factor_draw_codes(&t->codes, r->who.user_id);
	if (factor_seal(t->key, &t->sealed) == -1)
		return (request_fail(r, ERROR_INTERNAL));

	return (db_send(r, TWOFACTOR_STORED, STATEMENT_TWO_FACTOR_SET_UP,
	    DB_TEXT(r->who.user_id), FACTOR_SEALED(&t->sealed),
	    DB_TEXT(t->codes.hashes), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
enable_stored(struct request *r)
{
	struct twofactor	*t = r->data;
	char			 uri[TOTP_URI_MAX];

	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_TOTP_ON));
	if (totp_uri(t->key, TOKEN_ID_LEN, t->issuer, t->email, uri) == -1)
		return (request_fail(r, ERROR_INTERNAL));
	reply_header(r, "cache-control", "no-store");

	return (reply_json(r, 200, json_pack("{s:s,s:s,s:o}",
	    "method", "totp", "totpURI", uri,
	    "backupCodes", twofactor_list(&t->codes))));
}

/* ---- disable ---- */

static enum step
disable_verified(struct request *r)
{
	struct twofactor	*t = r->data;
	char			 agent[256];

	if (!t->secret.fits)
		return (request_fail(r, ERROR_INVALID_PASSWORD));
	session_draw(&t->session, !cookie_is_forgetful(r));
	letter_write(&t->letter, LETTER_TWO_FACTOR_OFF, NULL, NULL);

	return (db_send(r, TWOFACTOR_STORED, STATEMENT_TWO_FACTOR_DISABLE,
	    DB_TEXT(r->who.user_id), DB_TEXT(r->who.session_id),
	    DB_TEXT(t->session.id), DB_TEXT(t->session.hash),
	    DB_INT(t->session.seconds), DB_BOOL(t->session.is_remembered),
	    DB_TEXT(r->address), DB_TEXT(session_agent(r, agent)),
	    LETTER_ID(&t->letter), LETTER_SEALED(&t->letter)));
}

static enum step
disable_stored(struct request *r)
{
	struct twofactor	*t = r->data;
	char			 trust[TOKEN_ID_LEN + 1];

	/* The session has ended meanwhile: nothing was done. */
	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	mailer_kick();
	session_hand_out(r, t->session.token, t->session.is_remembered);
	if (cookie_token(r, COOKIE_TRUST, trust) != TOKEN_UNSIGNED)
		cookie_clear_token(r, COOKIE_TRUST);

	return (reply_json(r, 200, json_pack("{s:b}", "status", 1)));
}

/* ---- get-totp-uri ---- */

static enum step
uri_found(struct request *r)
{
	struct twofactor	*t = r->data;

	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	if (db_is_null(&r->db, 0, COLUMN_SEALED))
		return (request_fail(r, ERROR_TOTP_OFF));
	if (factor_unseal(&r->db, 0, COLUMN_SEALED, t->key) == -1)
		return (request_fail(r, ERROR_INTERNAL));

	return (twofactor_found(r));
}

static enum step
uri_verified(struct request *r)
{
	struct twofactor	*t = r->data;
	char			 uri[TOTP_URI_MAX];

	if (!t->secret.fits)
		return (request_fail(r, ERROR_INVALID_PASSWORD));
	if (totp_uri(t->key, TOKEN_ID_LEN, TWOFACTOR_ISSUER, t->email,
	    uri) == -1)
		return (request_fail(r, ERROR_INTERNAL));
	reply_header(r, "cache-control", "no-store");

	return (reply_json(r, 200, json_pack("{s:s}", "totpURI", uri)));
}

/* ---- generate-backup-codes ---- */

static enum step
codes_found(struct request *r)
{
	if (db_rows(&r->db) == 1 && !db_bool(&r->db, 0, COLUMN_IS_ON))
		return (request_fail(r, ERROR_TWO_FACTOR_OFF));

	return (twofactor_found(r));
}

static enum step
codes_verified(struct request *r)
{
	struct twofactor	*t = r->data;
	char			 agent[256];

	if (!t->secret.fits)
		return (request_fail(r, ERROR_INVALID_PASSWORD));
	factor_draw_codes(&t->codes, r->who.user_id);

	return (db_send(r, TWOFACTOR_STORED, STATEMENT_TWO_FACTOR_CODES,
	    DB_TEXT(r->who.user_id), DB_TEXT(t->codes.hashes),
	    DB_TEXT(r->address), DB_TEXT(session_agent(r, agent))));
}

static enum step
codes_stored(struct request *r)
{
	struct twofactor	*t = r->data;

	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_TWO_FACTOR_OFF));
	reply_header(r, "cache-control", "no-store");

	return (reply_json(r, 200, json_pack("{s:b,s:o}", "status", 1,
	    "backupCodes", twofactor_list(&t->codes))));
}

/* ---- send-otp ---- */

static enum step
send_read(struct request *r)
{
	if (input_json_or_nothing(r, NULL, 0, NULL) == STEP_DONE)
		return (STEP_DONE);

	return (request_fail(r, ERROR_OTP_MISSING));
}

/* ---- shared ---- */

static enum step
twofactor_read(struct request *r)
{
	if (input_json(r, fields, FIELDS_PASSWORD, r->data) == STEP_DONE)
		return (STEP_DONE);

	return (twofactor_ask(r));
}

static enum step
twofactor_ask(struct request *r)
{
	if (!r->is_signed_in)
		return (request_fail(r, ERROR_UNAUTHORIZED));

	return (db_send(r, TWOFACTOR_FOUND, STATEMENT_TWO_FACTOR_GET,
	    DB_TEXT(r->who.user_id), DB_TEXT(r->who.session_id)));
}

static enum step
twofactor_found(struct request *r)
{
	struct twofactor	*t = r->data;

	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	if (utf8_utf16_len(t->password, strlen(t->password)) > PASSWORD_MAX)
		return (request_fail(r, ERROR_PASSWORD_TOO_LONG));
	(void)kore_strlcpy(t->email, db_text(&r->db, 0, COLUMN_EMAIL),
	    sizeof(t->email));

	return (secret_verify(r, TWOFACTOR_VERIFIED, t->password,
	    db_is_null(&r->db, 0, COLUMN_HASH) ? NULL :
	    db_text(&r->db, 0, COLUMN_HASH), &t->secret));
}

static json_t *
twofactor_list(const struct factor_codes *codes)
{
	json_t	*list = json_array();
	int	 i;

	for (i = 0; i < FACTOR_CODES; i++)
		json_array_append_new(list, json_string(codes->clear[i]));

	return (list);
}

static void
twofactor_free(void *data)
{
	struct twofactor	*t = data;

	free(t->sealed.bytes);
	letter_free(&t->letter);
}
