/*
 * The sessions of the person who asks: seen and ended.
 *
 *	GET list-sessions		ASK -> LISTED
 *	POST revoke-session {token}	READ -> (LISTED ->) ENDED
 *	POST revoke-sessions		READ -> ENDED, this one too
 *	POST revoke-other-sessions	READ -> ENDED, all but this one
 *
 * A session's token is derived from its id, so that the list can show it
 * though the database holds its hash only. A session that began under a former
 * SECRET_KEY is listed by another token than its device holds; what the list
 * has shown is then looked for among the ids. Unknown tokens and those of other
 * people are answered like one's own, and stay as they are.
 */
#include <sys/types.h>

#include <stddef.h>
#include <string.h>

#include "cookie.h"
#include "input.h"
#include "reply.h"
#include "session.h"

int	device_list(struct http_request *);
int	device_revoke(struct http_request *);
int	device_revoke_all(struct http_request *);
int	device_revoke_others(struct http_request *);

/* Column of session_list.sql after those of session_find.sql. */
enum { COLUMN_TOKEN_HASH = 8 };

/* What revoke-session is told. */
struct device {
	const char	*token;
};

static const struct input_field	device_fields[] = {
	{ .name = "token", .type = INPUT_STRING, .flags = INPUT_REQUIRED,
	  .offset = offsetof(struct device, token) }
};

enum { DEVICE_ASK, DEVICE_TOLD };
enum { REVOKE_READ, REVOKE_TRIED, REVOKE_LISTED, REVOKE_ENDED };

static enum step	list_ask(struct request *);
static enum step	list_told(struct request *);
static enum step	revoke_read(struct request *);
static enum step	revoke_tried(struct request *);
static enum step	revoke_listed(struct request *);
static enum step	revoke_ended(struct request *);
static enum step	revoke_send(struct request *, u_int8_t, const char *);
static enum step	revoke_all_read(struct request *);
static enum step	revoke_all_ended(struct request *);
static enum step	revoke_others_read(struct request *);
static enum step	revoke_others_ended(struct request *);
static enum step	device_end_all(struct request *, const char *);
static enum step	device_done(struct request *);

#define DEVICE_PLAN(what, route, first, second, size)			\
	static const struct request_step	what##_steps[] = {	\
		[DEVICE_ASK] = REQUEST_STEP(first),			\
		[DEVICE_TOLD] = REQUEST_STEP(second)			\
	};								\
	static const struct request_plan	what##_plan = {		\
		.name = route, .steps = what##_steps, .steps_len = 2,	\
		.flags = REQUEST_BODY_FIRST, .data_len = size		\
	}

static const struct request_step	revoke_steps[] = {
	[REVOKE_READ] = REQUEST_STEP(revoke_read),
	[REVOKE_TRIED] = REQUEST_STEP(revoke_tried),
	[REVOKE_LISTED] = REQUEST_STEP(revoke_listed),
	[REVOKE_ENDED] = REQUEST_STEP(revoke_ended)
};
static const struct request_plan	revoke_plan = {
	.name = "POST /api/auth/revoke-session", .steps = revoke_steps,
	.steps_len = 4, .flags = REQUEST_BODY_FIRST,
	.data_len = sizeof(struct device)
};

DEVICE_PLAN(list, "GET /api/auth/list-sessions", list_ask, list_told, 0);
DEVICE_PLAN(revoke_all, "POST /api/auth/revoke-sessions", revoke_all_read,
    revoke_all_ended, 0);
DEVICE_PLAN(revoke_others, "POST /api/auth/revoke-other-sessions",
    revoke_others_read, revoke_others_ended, 0);

int
device_list(struct http_request *http)
{
	return (request_run(http, &list_plan));
}

int
device_revoke(struct http_request *http)
{
	return (request_run(http, &revoke_plan));
}

int
device_revoke_all(struct http_request *http)
{
	return (request_run(http, &revoke_all_plan));
}

int
device_revoke_others(struct http_request *http)
{
	return (request_run(http, &revoke_others_plan));
}

static enum step
list_ask(struct request *r)
{
	if (!r->is_signed_in)
		return (request_fail(r, ERROR_UNAUTHORIZED));

	return (db_send(r, DEVICE_TOLD, STATEMENT_SESSION_LIST,
	    DB_TEXT(r->who.user_id)));
}

static enum step
list_told(struct request *r)
{
	json_t		*list = json_array();
	const char	*id;
	char		 token[TOKEN_ID_LEN + 1];
	int		 row;

	for (row = 0; row < db_rows(&r->db); row++) {
		id = db_text(&r->db, row, SESSION_ID);
		/* The present one by what its client knows it by. */
		if (strcmp(id, r->who.session_id) != 0 ||
		    !cookie_session_token(r, token))
			token_session(id, token);
		json_array_append_new(list,
		    session_object(&r->db, row, token));
	}
	reply_header(r, "cache-control", "no-store");

	return (reply_json(r, 200, list));
}

static enum step
revoke_read(struct request *r)
{
	struct device	*d = r->data;
	char		 hash[TOKEN_HASH_LEN + 1];

	if (input_json(r, device_fields, 1, d) == STEP_DONE)
		return (STEP_DONE);
	if (!r->is_signed_in)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	token_hash(d->token, strlen(d->token), hash);

	return (revoke_send(r, REVOKE_TRIED, hash));
}

static enum step
revoke_tried(struct request *r)
{
	if (db_rows(&r->db) == 1)
		return (request_next(r, REVOKE_ENDED));

	return (db_send(r, REVOKE_LISTED, STATEMENT_SESSION_LIST,
	    DB_TEXT(r->who.user_id)));
}

static enum step
revoke_listed(struct request *r)
{
	struct device	*d = r->data;
	char		 token[TOKEN_ID_LEN + 1], hash[TOKEN_HASH_LEN + 1];
	int		 row;

	for (row = 0; row < db_rows(&r->db); row++) {
		token_session(db_text(&r->db, row, SESSION_ID), token);
		if (strcmp(token, d->token) != 0)
			continue;
		(void)kore_strlcpy(hash, db_text(&r->db, row,
		    COLUMN_TOKEN_HASH), sizeof(hash));
		return (revoke_send(r, REVOKE_ENDED, hash));
	}

	return (device_done(r));
}

static enum step
revoke_send(struct request *r, u_int8_t state, const char *hash)
{
	char	agent[256];

	return (db_send(r, state, STATEMENT_SESSION_REVOKE,
	    DB_TEXT(r->who.user_id), DB_TEXT(hash), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
revoke_ended(struct request *r)
{
	if (db_rows(&r->db) == 1 &&
	    strcmp(db_text(&r->db, 0, 0), r->who.session_id) == 0)
		cookie_clear_session(r);

	return (device_done(r));
}

static enum step
revoke_all_read(struct request *r)
{
	return (device_end_all(r, NULL));
}

static enum step
revoke_all_ended(struct request *r)
{
	cookie_clear_session(r);

	return (device_done(r));
}

static enum step
revoke_others_read(struct request *r)
{
	return (device_end_all(r, r->who.session_id));
}

static enum step
revoke_others_ended(struct request *r)
{
	return (device_done(r));
}

static enum step
device_end_all(struct request *r, const char *but)
{
	char	agent[256];

	if (input_anything(r) == STEP_DONE)
		return (STEP_DONE);
	if (!r->is_signed_in)
		return (request_fail(r, ERROR_UNAUTHORIZED));

	return (db_send(r, DEVICE_TOLD, STATEMENT_SESSION_REVOKE_ALL,
	    DB_TEXT(r->who.user_id), DB_TEXT(but), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
device_done(struct request *r)
{
	return (reply_json(r, 200, json_pack("{s:b}", "status", 1)));
}
