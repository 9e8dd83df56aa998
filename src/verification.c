/*
 * Proving that an address is one's own.
 *
 *	POST send-verification-email	READ -> (WHO ->) COUNTED -> STORED
 *	GET verify-email?token=		ASK -> TOLD -> redirect or JSON,
 *					(CHANGED ->) JSON
 *	POST change-email {newEmail}	READ -> WHO -> COUNTED -> STORED
 *
 * Verifying signs nobody in. Nothing tells whether an address has an account:
 * an unknown or taken one is answered, and written to the database, alike. A
 * link lives an hour; one that verifies may be followed again, one that
 * changes the address may not.
 */
#include <sys/types.h>

#include <stddef.h>
#include <string.h>

#include "address.h"
#include "input.h"
#include "letter.h"
#include "limit.h"
#include "mailer.h"
#include "origin.h"
#include "redirect.h"
#include "reply.h"
#include "session.h"

#define VERIFICATION_URL_MAX	4096

int	verification_ask(struct http_request *);
int	verification_confirm(struct http_request *);
int	verification_change(struct http_request *);

struct verification {
	const char	*email;			/* as it came */
	const char	*callback;
	char		 address[ADDRESS_MAX + 1]; /* lower case */
	char		 target[VERIFICATION_URL_MAX]; /* of the link */
	struct letter	 letter;
	struct letter	 other;		/* the notice to the old address */
	char		 user_id[37];	/* whose address has changed */
};

/* Columns of profile_get.sql. */
enum { COLUMN_EMAIL = 2, COLUMN_VERIFIED };

static const struct input_field	ask_fields[] = {
	{ .name = "email", .type = INPUT_STRING, .flags = INPUT_REQUIRED,
	  .max = ADDRESS_MAX, .validator = "email",
	  .offset = offsetof(struct verification, email) },
	{ .name = "callbackURL", .type = INPUT_STRING,
	  .max = VERIFICATION_URL_MAX - 1,
	  .offset = offsetof(struct verification, callback) }
};
static const struct input_field	change_fields[] = {
	{ .name = "newEmail", .type = INPUT_STRING, .flags = INPUT_REQUIRED,
	  .max = ADDRESS_MAX, .validator = "email",
	  .offset = offsetof(struct verification, email) },
	{ .name = "callbackURL", .type = INPUT_STRING,
	  .max = VERIFICATION_URL_MAX - 1,
	  .offset = offsetof(struct verification, callback) }
};

enum { VERIFICATION_READ, VERIFICATION_WHO, VERIFICATION_COUNTED,
    VERIFICATION_STORED };
enum { CONFIRM_ASK, CONFIRM_TOLD, CONFIRM_CHANGED };

static enum step	ask_read(struct request *);
static enum step	ask_who(struct request *);
static enum step	ask_count(struct request *);
static enum step	ask_counted(struct request *);
static enum step	change_read(struct request *);
static enum step	change_who(struct request *);
static enum step	change_counted(struct request *);
static enum step	verification_stored(struct request *);
static enum step	confirm_ask(struct request *);
static enum step	confirm_told(struct request *);
static enum step	confirm_changed(struct request *);
static enum step	confirm_failed(struct request *, const char *);
static void		verification_free(void *);

static const struct request_step	ask_steps[] = {
	[VERIFICATION_READ] = REQUEST_STEP(ask_read),
	[VERIFICATION_WHO] = REQUEST_STEP(ask_who),
	[VERIFICATION_COUNTED] = REQUEST_STEP(ask_counted),
	[VERIFICATION_STORED] = REQUEST_STEP(verification_stored)
};
static const struct request_step	change_steps[] = {
	[VERIFICATION_READ] = REQUEST_STEP(change_read),
	[VERIFICATION_WHO] = REQUEST_STEP(change_who),
	[VERIFICATION_COUNTED] = REQUEST_STEP(change_counted),
	[VERIFICATION_STORED] = REQUEST_STEP(verification_stored)
};
static const struct request_step	confirm_steps[] = {
	[CONFIRM_ASK] = REQUEST_STEP(confirm_ask),
	[CONFIRM_TOLD] = REQUEST_STEP(confirm_told),
	[CONFIRM_CHANGED] = REQUEST_STEP(confirm_changed)
};

#define VERIFICATION_PLAN(what, route, rule)				\
	static const struct request_plan	what##_plan = {		\
		.name = route, .steps = what##_steps,			\
		.steps_len = sizeof(what##_steps) /			\
		    sizeof(what##_steps[0]),				\
		.flags = REQUEST_BODY_FIRST, .limit = rule,		\
		.data_len = sizeof(struct verification),		\
		.data_free = verification_free				\
	}

VERIFICATION_PLAN(ask, "POST /api/auth/send-verification-email",
    LIMIT_MAIL_VERIFY);
VERIFICATION_PLAN(change, "POST /api/auth/change-email", LIMIT_MAIL_CHANGE);
VERIFICATION_PLAN(confirm, "GET /api/auth/verify-email", LIMIT_NONE);

int
verification_ask(struct http_request *http)
{
	return (request_run(http, &ask_plan));
}

int
verification_change(struct http_request *http)
{
	return (request_run(http, &change_plan));
}

int
verification_confirm(struct http_request *http)
{
	return (request_run(http, &confirm_plan));
}

/* ---- asking for the mail ---- */

static enum step
ask_read(struct request *r)
{
	struct verification	*v = r->data;

	if (input_json(r, ask_fields, 2, v) == STEP_DONE)
		return (STEP_DONE);
	if (!letter_is_on())
		return (request_fail(r, ERROR_VERIFICATION_DISABLED));
	(void)address_read(r, v->email, v->address);
	if (!r->is_signed_in)
		return (ask_count(r));

	return (db_send(r, VERIFICATION_WHO, STATEMENT_PROFILE_GET,
	    DB_TEXT(r->who.user_id), DB_TEXT(r->who.session_id)));
}

static enum step
ask_who(struct request *r)
{
	struct verification	*v = r->data;

	if (db_rows(&r->db) != 1 ||
	    strcmp(db_text(&r->db, 0, COLUMN_EMAIL), v->address) != 0)
		return (request_fail(r, ERROR_EMAIL_MISMATCH));
	if (db_bool(&r->db, 0, COLUMN_VERIFIED))
		return (request_fail(r, ERROR_EMAIL_VERIFIED));

	return (ask_count(r));
}

static enum step
ask_count(struct request *r)
{
	struct verification	*v = r->data;

	return (limit_account(r, VERIFICATION_COUNTED, LIMIT_MAIL_VERIFY,
	    v->address));
}

static enum step
ask_counted(struct request *r)
{
	struct verification	*v = r->data;

	if (limit_told(r) == STEP_DONE)
		return (STEP_DONE);
	letter_write(&v->letter, LETTER_VERIFY, v->callback, NULL);

	return (db_send(r, VERIFICATION_STORED, STATEMENT_VERIFICATION_ASK,
	    DB_TEXT(v->address), LETTER_ID(&v->letter),
	    LETTER_HASH(&v->letter), LETTER_SEALED(&v->letter)));
}

static enum step
change_read(struct request *r)
{
	struct verification	*v = r->data;

	if (input_json(r, change_fields, 2, v) == STEP_DONE)
		return (STEP_DONE);
	if (!r->is_signed_in)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	if (!letter_is_on())
		return (request_fail(r, ERROR_CHANGE_DISABLED));
	(void)address_read(r, v->email, v->address);

	return (db_send(r, VERIFICATION_WHO, STATEMENT_PROFILE_GET,
	    DB_TEXT(r->who.user_id), DB_TEXT(r->who.session_id)));
}

static enum step
change_who(struct request *r)
{
	struct verification	*v = r->data;

	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	if (strcmp(db_text(&r->db, 0, COLUMN_EMAIL), v->address) == 0)
		return (request_fail(r, ERROR_EMAIL_SAME));

	return (limit_account(r, VERIFICATION_COUNTED, LIMIT_MAIL_CHANGE,
	    v->address));
}

static enum step
change_counted(struct request *r)
{
	struct verification	*v = r->data;
	char			 agent[256];

	if (limit_told(r) == STEP_DONE)
		return (STEP_DONE);
	letter_write(&v->letter, LETTER_CHANGE, v->callback, NULL);

	return (db_send(r, VERIFICATION_STORED, STATEMENT_EMAIL_CHANGE_ASK,
	    DB_TEXT(r->who.user_id), DB_TEXT(v->address),
	    LETTER_ID(&v->letter), LETTER_HASH(&v->letter),
	    LETTER_SEALED(&v->letter), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
verification_stored(struct request *r)
{
	mailer_kick();

	return (reply_json(r, 200, json_pack("{s:b}", "status", 1)));
}

/* ---- following the link ---- */

static enum step
confirm_ask(struct request *r)
{
	struct verification	*v = r->data;
	char			 token[256], hash[TOKEN_HASH_LEN + 1];
	char			 agent[256];

	if (request_query(r, "token", token, sizeof(token)) == NULL)
		return (request_fail_field(r, ERROR_VALIDATION, "token",
		    "[query.token] Invalid input: expected string, "
		    "received undefined"));
	if (request_query(r, "callbackURL", v->target,
	    sizeof(v->target)) == NULL)
		v->target[0] = '\0';
	if (v->target[0] != '\0' && !origin_is_target(v->target))
		return (request_fail(r, ERROR_INVALID_CALLBACK_URL));
	token_hash(token, strlen(token), hash);
	letter_write(&v->letter, LETTER_EMAIL_CHANGED, NULL, NULL);
	letter_write(&v->other, LETTER_EMAIL_CHANGED, NULL, NULL);

	return (db_send(r, CONFIRM_TOLD, STATEMENT_VERIFICATION_CONFIRM,
	    DB_TEXT(hash),
	    DB_TEXT(r->is_signed_in ? r->who.user_id : NULL),
	    LETTER_ID(&v->letter), LETTER_SEALED(&v->letter),
	    LETTER_ID(&v->other), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
confirm_told(struct request *r)
{
	struct verification	*v = r->data;
	const char		*outcome;
	int			 is_changed;

	/* Somebody took the address in the same moment: taken is taken. */
	if (r->db.error != ERROR_NONE)
		return (confirm_failed(r, "INVALID_TOKEN"));
	outcome = db_text(&r->db, 0, 0);
	is_changed = strcmp(outcome, "changed") == 0;
	if (!is_changed && strcmp(outcome, "verified") != 0)
		return (confirm_failed(r, outcome));
	if (is_changed)
		mailer_kick();
	if (v->target[0] != '\0')
		return (reply_redirect(r, v->target));

	/* A statement does not see what a function in it has changed. */
	if (is_changed) {
		(void)kore_strlcpy(v->user_id, db_text(&r->db, 0, 1),
		    sizeof(v->user_id));
		return (db_send(r, CONFIRM_CHANGED,
		    STATEMENT_VERIFICATION_USER,
		    DB_TEXT(v->user_id)));
	}

	return (reply_json(r, 200, json_pack("{s:b,s:n}", "status", 1,
	    "user")));
}

static enum step
confirm_changed(struct request *r)
{
	return (reply_json(r, 200, json_pack("{s:b,s:o}", "status", 1,
	    "user", db_rows(&r->db) == 1 ? session_user(&r->db, 0, 0) :
	    json_null())));
}

static enum step
confirm_failed(struct request *r, const char *code)
{
	struct verification	*v = r->data;

	if (v->target[0] != '\0')
		return (redirect_with(r, v->target, "error", code));

	return (request_fail(r, strcmp(code, "TOKEN_EXPIRED") == 0 ?
	    ERROR_LINK_EXPIRED : strcmp(code, "INVALID_USER") == 0 ?
	    ERROR_LINK_OTHER_USER : ERROR_LINK_INVALID));
}

static void
verification_free(void *data)
{
	struct verification	*v = data;

	letter_free(&v->letter);
	letter_free(&v->other);
}
