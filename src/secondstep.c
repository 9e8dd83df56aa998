/*
 * Showing a code: the second step of a sign-in, or of a set-up.
 *
 *	POST two-factor/verify-totp		READ -> FOUND -> DONE
 *	POST two-factor/verify-backup-code	the same
 *
 *	without a session	the challenge of the cookie is met: a session
 *	with one		a code that confirms a set-up turns the second
 *				factor on and replaces the session; any other
 *				is used up and nothing changes
 *
 * A try at a challenge is counted before the code is looked at, so that many
 * at once gain nothing. A code works once; the one that confirms a set-up is
 * not counted as used, since it opened nothing, and who signs in right after
 * would be refused for half a minute.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "challenge.h"
#include "config.h"
#include "cookie.h"
#include "factor.h"
#include "form.h"
#include "input.h"
#include "letter.h"
#include "limit.h"
#include "mailer.h"
#include "metrics.h"
#include "reply.h"
#include "session.h"

int	secondstep_totp(struct http_request *);
int	secondstep_backup(struct http_request *);

struct secondstep {
	/* from the body */
	const char		*code;
	int			 trusts;	/* -1: not said */
	int			 opens_nothing;	/* -1: not said */
	/* what becomes of it */
	char			 typed[TOKEN_ID_LEN + 1]; /* the code */
	char			 challenge[TOKEN_HASH_LEN + 1];
	char			 user_id[37];
	json_t			*user;
	int64_t			 step;		/* the app's code, or -1 */
	char			 used[TOKEN_SIGNATURE_LEN + 1]; /* or "" */
	struct factor_sealed	 sealed;	/* the secret, anew */
	char			 trust[TOKEN_ID_LEN + 1]; /* or "" */
	struct session_new	 session;
	struct letter		 letter;	/* the notice to the owner */
};

/* Columns of two_factor_try.sql; those from the user on are two_factor_get's */
enum { COLUMN_OUTCOME, COLUMN_WAIT, COLUMN_USER };
enum { COLUMN_IS_ON = 7, COLUMN_SEALED = 9, COLUMN_CODES };

static const struct input_field	fields[] = {
	{ .name = "code", .type = INPUT_STRING, .flags = INPUT_REQUIRED,
	  .offset = offsetof(struct secondstep, code) },
	{ .name = "trustDevice", .type = INPUT_BOOLEAN,
	  .offset = offsetof(struct secondstep, trusts) },
	{ .name = "disableSession", .type = INPUT_BOOLEAN,
	  .offset = offsetof(struct secondstep, opens_nothing) }
};
#define FIELDS_TOTP	2	/* of these */
#define FIELDS_BACKUP	3

enum { SECOND_READ, SECOND_FOUND, SECOND_PASSED, SECOND_CONFIRMED,
    SECOND_USED, SECOND_REFUSED };

static enum step	totp_read(struct request *);
static enum step	totp_found(struct request *);
static enum step	backup_read(struct request *);
static enum step	backup_found(struct request *);
static enum step	second_ask(struct request *);
static enum step	second_refusal(struct request *, enum error_id);
static enum step	second_locked(struct request *);
static void		second_meet(struct request *);
static enum step	second_store(struct request *, int);
static enum step	second_pass(struct request *);
static void		second_write(struct request *, enum letter_kind,
			    const char *);
static enum step	second_passed(struct request *);
static enum step	second_confirm(struct request *);
static enum step	second_confirmed(struct request *);
static enum step	second_use(struct request *);
static enum step	second_used(struct request *);
static enum step	second_wrong(struct request *);
static enum step	second_refused(struct request *);
static void		second_free(void *);

static const struct request_step	totp_steps[] = {
	[SECOND_READ] = REQUEST_STEP(totp_read),
	[SECOND_FOUND] = REQUEST_STEP(totp_found),
	[SECOND_PASSED] = REQUEST_STEP(second_passed),
	[SECOND_CONFIRMED] = REQUEST_STEP(second_confirmed),
	[SECOND_USED] = REQUEST_STEP(second_used),
	[SECOND_REFUSED] = REQUEST_STEP(second_refused)
};
static const struct request_step	backup_steps[] = {
	[SECOND_READ] = REQUEST_STEP(backup_read),
	[SECOND_FOUND] = REQUEST_STEP(backup_found),
	[SECOND_PASSED] = REQUEST_STEP(second_passed),
	[SECOND_CONFIRMED] = REQUEST_STEP(second_confirmed),
	[SECOND_USED] = REQUEST_STEP(second_used),
	[SECOND_REFUSED] = REQUEST_STEP(second_refused)
};

static const struct request_plan	totp_plan = {
	.name = "POST /api/auth/two-factor/verify-totp", .steps = totp_steps,
	.steps_len = 6, .flags = REQUEST_BODY_FIRST, .limit = LIMIT_CODE,
	.data_len = sizeof(struct secondstep), .data_free = second_free
};
static const struct request_plan	backup_plan = {
	.name = "POST /api/auth/two-factor/verify-backup-code",
	.steps = backup_steps,
	.steps_len = 6, .flags = REQUEST_BODY_FIRST, .limit = LIMIT_CODE,
	.data_len = sizeof(struct secondstep), .data_free = second_free
};

int
secondstep_totp(struct http_request *http)
{
	return (request_run(http, &totp_plan));
}

int
secondstep_backup(struct http_request *http)
{
	return (request_run(http, &backup_plan));
}

/* ---- what is asked ---- */

static enum step
totp_read(struct request *r)
{
	if (input_json(r, fields, FIELDS_TOTP, r->data) == STEP_DONE)
		return (STEP_DONE);

	return (second_ask(r));
}

static enum step
backup_read(struct request *r)
{
	if (input_json(r, fields, FIELDS_BACKUP, r->data) == STEP_DONE)
		return (STEP_DONE);

	return (second_ask(r));
}

static enum step
second_ask(struct request *r)
{
	struct secondstep	*s = r->data;
	char			 token[TOKEN_ID_LEN + 1];

	factor_typed(s->code, s->typed);
	s->step = -1;
	if (r->is_signed_in)
		return (db_send(r, SECOND_FOUND, STATEMENT_TWO_FACTOR_GET,
		    DB_TEXT(r->who.user_id), DB_TEXT(r->who.session_id)));
	if (cookie_token(r, COOKIE_TWO_FACTOR, token) == TOKEN_UNSIGNED)
		return (request_fail(r, ERROR_CHALLENGE_UNKNOWN));
	token_hash(token, TOKEN_ID_LEN, s->challenge);

	return (db_send(r, SECOND_FOUND, STATEMENT_TWO_FACTOR_TRY,
	    DB_TEXT(s->challenge)));
}

/* ---- the code ---- */

static enum step
totp_found(struct request *r)
{
	struct secondstep	*s = r->data;
	int			 base = r->is_signed_in ? 0 : COLUMN_USER;
	char			 key[TOKEN_ID_LEN + 1];
	int			 is_sealed;

	if (second_refusal(r, ERROR_TOTP_OFF) == STEP_DONE)
		return (STEP_DONE);
	second_meet(r);
	if (factor_unseal(&r->db, 0, base + COLUMN_SEALED, key) == -1)
		return (request_fail(r, ERROR_INTERNAL));
	s->step = factor_match(key, s->typed);
	is_sealed = s->step == -1 || factor_seal(key, &s->sealed) == 0;
	explicit_bzero(key, sizeof(key));
	if (!is_sealed)
		return (request_fail(r, ERROR_INTERNAL));
	if (s->step == -1)
		return (second_wrong(r));

	return (second_store(r, db_bool(&r->db, 0, base + COLUMN_IS_ON)));
}

static enum step
backup_found(struct request *r)
{
	struct secondstep	*s = r->data;
	int			 base = r->is_signed_in ? 0 : COLUMN_USER;

	if (second_refusal(r, ERROR_BACKUP_CODES_OFF) == STEP_DONE)
		return (STEP_DONE);
	second_meet(r);
	if (!factor_match_code(s->user_id, s->typed,
	    db_text(&r->db, 0, base + COLUMN_CODES), s->used))
		return (second_wrong(r));

	return (second_store(r, 1));
}

/* STEP_NEXT: there is a code to look at. `none`: nothing was set up. */
static enum step
second_refusal(struct request *r, enum error_id none)
{
	const char	*outcome;

	if (r->is_signed_in) {
		if (db_rows(&r->db) != 1)
			return (request_fail(r, ERROR_UNAUTHORIZED));
		return (db_is_null(&r->db, 0, COLUMN_SEALED) ?
		    request_fail(r, none) : STEP_NEXT);
	}
	outcome = db_text(&r->db, 0, COLUMN_OUTCOME);
	if (strcmp(outcome, "open") == 0)
		return (STEP_NEXT);
	if (strcmp(outcome, "locked") == 0)
		return (second_locked(r));
	if (strcmp(outcome, "spent") != 0)
		return (request_fail(r, ERROR_CHALLENGE_UNKNOWN));
	cookie_clear_token(r, COOKIE_TWO_FACTOR);

	return (request_fail(r, ERROR_CHALLENGE_SPENT));
}

static enum step
second_locked(struct request *r)
{
	char	seconds[24];

	r->retry_after_s = (u_int32_t)db_int(&r->db, 0, COLUMN_WAIT);
	(void)snprintf(seconds, sizeof(seconds), "%" PRIu32,
	    r->retry_after_s);
	reply_header(r, "x-retry-after", seconds);

	return (request_fail(r, ERROR_TWO_FACTOR_LOCKED));
}

/* Notes whose code it is. */
static void
second_meet(struct request *r)
{
	struct secondstep	*s = r->data;
	int			 base = r->is_signed_in ? 0 : COLUMN_USER;

	(void)kore_strlcpy(s->user_id, db_text(&r->db, 0, base),
	    sizeof(s->user_id));
	s->user = session_user(&r->db, 0, base);
}

/* The code is right. */
static enum step
second_store(struct request *r, int is_on)
{
	struct secondstep	*s = r->data;

	if (r->is_signed_in && !is_on)
		return (second_confirm(r));
	if (r->is_signed_in || s->opens_nothing == 1)
		return (second_use(r));

	return (second_pass(r));
}

/* ---- a sign-in ---- */

#define SECOND_STEP(s)	((s)->step == -1 ? DB_NULL : DB_INT((s)->step))
#define SECOND_CODE(s)	DB_TEXT((s)->used[0] == '\0' ? NULL : (s)->used)

static enum step
second_pass(struct request *r)
{
	struct secondstep	*s = r->data;
	char			 agent[256], device[TOKEN_HASH_LEN + 1];
	char			 trust[TOKEN_HASH_LEN + 1];

	session_draw(&s->session, 1);
	if (s->trusts == 1) {
		token_id(s->trust);
		token_hash(s->trust, TOKEN_ID_LEN, trust);
	}
	limit_device(r, device);
	second_write(r, LETTER_NEW_DEVICE, session_agent(r, agent));

	return (db_send(r, SECOND_PASSED, STATEMENT_TWO_FACTOR_PASS,
	    DB_TEXT(s->challenge), SECOND_STEP(s), SECOND_CODE(s),
	    FACTOR_SEALED(&s->sealed), DB_TEXT(s->session.id),
	    DB_TEXT(s->session.hash), DB_INT(config.session_seconds),
	    DB_INT(SESSION_FORGETFUL_SECONDS), DB_TEXT(r->address),
	    DB_TEXT(agent), DB_TEXT(s->trusts == 1 ? trust : NULL),
	    DB_TEXT(device), LETTER_ID(&s->letter),
	    LETTER_SEALED(&s->letter)));
}

/* A notice to the owner that names the device. */
static void
second_write(struct request *r, enum letter_kind kind, const char *agent)
{
	struct secondstep	*s = r->data;
	char			 detail[384];

	(void)snprintf(detail, sizeof(detail), "The device: %s, at the "
	    "address %s.", *agent == '\0' ? "unknown" : agent, r->address);
	letter_write(&s->letter, kind, NULL, detail);
}

static enum step
second_passed(struct request *r)
{
	struct secondstep	*s = r->data;
	char			 agent[256];

	if (db_rows(&r->db) != 1) {
		letter_free(&s->letter);
		second_write(r, LETTER_CODE_AGAIN, session_agent(r, agent));
		return (second_wrong(r));
	}
	metrics_add(METRIC_SIGN_INS, 1);
	/* The device is new: a letter waits. */
	if (db_bool(&r->db, 0, 1))
		mailer_kick();
	session_hand_out(r, s->session.token, db_bool(&r->db, 0, 0));
	cookie_clear_token(r, COOKIE_TWO_FACTOR);
	if (s->trusts == 1)
		cookie_set_token(r, COOKIE_TRUST, s->trust,
		    CHALLENGE_TRUST_SECONDS);
	if (r->face == FACE_FORM)
		return (form_onward(r, "/chat"));

	return (reply_json(r, 200, json_pack("{s:s,s:O}",
	    "token", s->session.token, "user", s->user)));
}

/* ---- the end of a set-up ---- */

static enum step
second_confirm(struct request *r)
{
	struct secondstep	*s = r->data;
	char			 agent[256];

	session_draw(&s->session, !cookie_is_forgetful(r));
	letter_write(&s->letter, LETTER_TWO_FACTOR_ON, NULL, NULL);

	return (db_send(r, SECOND_CONFIRMED, STATEMENT_TWO_FACTOR_CONFIRM,
	    DB_TEXT(s->user_id), DB_TEXT(r->who.session_id),
	    DB_TEXT(s->session.id), DB_TEXT(s->session.hash),
	    DB_INT(s->session.seconds), DB_BOOL(s->session.is_remembered),
	    DB_TEXT(r->address), DB_TEXT(session_agent(r, agent)),
	    LETTER_ID(&s->letter), LETTER_SEALED(&s->letter)));
}

static enum step
second_confirmed(struct request *r)
{
	struct secondstep	*s = r->data;

	/* Another tab was faster. */
	if (db_rows(&r->db) != 1)
		return (request_fail(r, ERROR_TOTP_ON));
	mailer_kick();
	session_hand_out(r, s->session.token, s->session.is_remembered);

	return (reply_json(r, 200, json_pack("{s:s,s:o}",
	    "token", s->session.token,
	    "user", session_user(&r->db, 0, 0))));
}

/* ---- nothing but the code ---- */

static enum step
second_use(struct request *r)
{
	struct secondstep	*s = r->data;
	char			 agent[256];

	return (db_send(r, SECOND_USED, STATEMENT_TWO_FACTOR_USE,
	    DB_TEXT(s->user_id), SECOND_STEP(s), SECOND_CODE(s),
	    FACTOR_SEALED(&s->sealed), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
second_used(struct request *r)
{
	struct secondstep	*s = r->data;
	char			 token[TOKEN_ID_LEN + 1];

	if (!db_bool(&r->db, 0, 0))
		return (second_wrong(r));
	if (!r->is_signed_in || !cookie_session_token(r, token))
		return (reply_json(r, 200, json_pack("{s:O}", "user",
		    s->user)));

	return (reply_json(r, 200, json_pack("{s:s,s:O}", "token", token,
	    "user", s->user)));
}

/* ---- shared ---- */

static enum step
second_wrong(struct request *r)
{
	struct secondstep	*s = r->data;
	char			 agent[256];

	if (!r->is_signed_in)
		metrics_add(METRIC_SIGN_INS_FAILED, 1);

	return (db_send(r, SECOND_REFUSED, STATEMENT_TWO_FACTOR_FAILED,
	    DB_TEXT(s->user_id), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent)), DB_TEXT(s->challenge),
	    LETTER_ID(&s->letter), LETTER_SEALED(&s->letter)));
}

static enum step
second_refused(struct request *r)
{
	if (((struct secondstep *)r->data)->letter.sealed != NULL)
		mailer_kick();

	return (request_fail(r, r->plan == &totp_plan ? ERROR_CODE_INVALID :
	    ERROR_BACKUP_CODE_INVALID));
}

static void
second_free(void *data)
{
	struct secondstep	*s = data;

	json_decref(s->user);
	free(s->sealed.bytes);
	letter_free(&s->letter);
}
