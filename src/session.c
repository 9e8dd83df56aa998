/*
 * Sessions: the look-up behind `authentication session` in kore.conf, and
 * the two routes that are about the session itself.
 *
 *	session_authenticate	FIND -> (REFRESH ->) let the handler run,
 *				or 401 / the sign-in page; under /api an API
 *				key does too: FIND its owner
 *	session_in_person	the same, but an API key is refused
 *	session_administer	the same, and of an administrator
 *	session_visit		the same, but nobody is refused here: the
 *				account routes judge the body first and then
 *				look at r->is_signed_in
 *	GET get-session		FIND -> (REFRESH ->) {session,user} or null
 *	POST sign-out		CHECK -> DELETE -> {success:true}
 *
 * The client's token is looked up by its hash. A session slides: a day after
 * its last refresh it gets its full life again, on every route that reads it,
 * unless the client is not to be remembered. A well-signed cookie of a dead
 * session is cleared; an ill-signed one is ignored.
 */
#include <sys/types.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "cookie.h"
#include "edge.h"
#include "form.h"
#include "input.h"
#include "percent.h"
#include "reply.h"
#include "route.h"
#include "session.h"

#define SESSION_NEXT_MAX	1024
#define SESSION_FACTOR_WANTED						\
	"Administrators need a second factor here: "			\
	"turn it on in your settings"

int	session_authenticate(struct http_request *, const char *);
int	session_in_person(struct http_request *, const char *);
int	session_administer(struct http_request *, const char *);
int	session_visit(struct http_request *, const char *);
int	session_get(struct http_request *);
int	session_sign_out(struct http_request *);

static enum step	session_find(struct request *, u_int8_t);
static int		session_is_refreshed(struct request *);
static void		session_renew(struct request *);
static void		session_recognise(struct request *);
static void		session_identify(struct request *, int, int, int, int,
			    int);

/* Columns of apikey_find.sql. */
enum { KEY_USER_ID, KEY_USER_EMAIL, KEY_USER_VERIFIED, KEY_USER_ROLE,
    KEY_IS_FACTORED };

/* ---- authentication session ---- */

enum { AUTH_START, AUTH_FOUND, AUTH_REFRESHED, AUTH_KEY_FOUND };

static enum step	auth_start(struct request *);
static enum step	auth_found(struct request *);
static enum step	auth_refreshed(struct request *);
static enum step	auth_key_found(struct request *);
static enum step	auth_admit(struct request *);
static enum step	auth_refuse(struct request *);

static const struct request_step	auth_steps[] = {
	[AUTH_START] = REQUEST_STEP(auth_start),
	[AUTH_FOUND] = REQUEST_STEP(auth_found),
	[AUTH_REFRESHED] = REQUEST_STEP(auth_refreshed),
	[AUTH_KEY_FOUND] = REQUEST_STEP(auth_key_found)
};

static const struct request_plan	auth_plan = {
	.name = "authentication",
	.steps = auth_steps,
	.steps_len = 4
};
static const struct request_plan	person_plan = {
	.name = "authentication in person",
	.steps = auth_steps,
	.steps_len = 4
};
static const struct request_plan	admin_plan = {
	.name = "authentication of an administrator",
	.steps = auth_steps,
	.steps_len = 4
};
static const struct request_plan	visit_plan = {
	.name = "visit",
	.steps = auth_steps,
	.steps_len = 4
};

/* Kore's validator of the authentication block; answers by itself. */
int
session_authenticate(struct http_request *http, const char *unused)
{
	(void)unused;

	return (request_authenticate(http, &auth_plan));
}

/* The same for `authentication person`, which takes no API key. */
int
session_in_person(struct http_request *http, const char *unused)
{
	(void)unused;

	return (request_authenticate(http, &person_plan));
}

/* The same for `authentication administrator`: in person, and one of them. */
int
session_administer(struct http_request *http, const char *unused)
{
	(void)unused;

	return (request_authenticate(http, &admin_plan));
}

/* The same for `authentication visitor`, which lets everybody in. */
int
session_visit(struct http_request *http, const char *unused)
{
	(void)unused;

	return (request_authenticate(http, &visit_plan));
}

static enum step
auth_start(struct request *r)
{
	char	key[TOKEN_API_KEY_LEN + 1], hash[TOKEN_HASH_LEN + 1];

	/* Refused before anybody is asked who he is; see request_enter(). */
	if (r->http->method == HTTP_METHOD_OPTIONS ||
	    !(route_methods(r->http->hdlr) & r->http->method) ||
	    edge_refusal(r->http) != ERROR_NONE)
		return (request_pass(r));
	if (r->plan == &visit_plan || r->face == FACE_PAGE ||
	    !cookie_api_key(r, key))
		return (session_find(r, AUTH_FOUND));
	if (r->plan == &person_plan || r->plan == &admin_plan)
		return (request_fail(r, ERROR_KEY_REFUSED));
	token_hash(key, TOKEN_API_KEY_LEN, hash);

	return (db_send(r, AUTH_KEY_FOUND, STATEMENT_APIKEY_FIND,
	    DB_TEXT(hash)));
}

static enum step
auth_found(struct request *r)
{
	if (db_rows(&r->db) == 0) {
		cookie_clear_session(r);
		return (auth_refuse(r));
	}
	session_recognise(r);
	if (session_is_refreshed(r))
		return (db_send(r, AUTH_REFRESHED, STATEMENT_SESSION_REFRESH,
		    DB_TEXT(r->who.session_id),
		    DB_INT(config.session_seconds)));
	session_renew(r);
	db_query_reset(&r->db);

	return (auth_admit(r));
}

static enum step
auth_refreshed(struct request *r)
{
	char	token[TOKEN_ID_LEN + 1];

	if (cookie_session_token(r, token))
		session_hand_out(r, token, 1);
	db_query_reset(&r->db);

	return (auth_admit(r));
}

/* Whoever presents a key means it: no cookie stands in for a dead one. */
static enum step
auth_key_found(struct request *r)
{
	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	session_identify(r, KEY_USER_ID, KEY_USER_EMAIL, KEY_USER_VERIFIED,
	    KEY_USER_ROLE, KEY_IS_FACTORED);
	db_query_reset(&r->db);

	return (request_pass(r));
}

/* Somebody is signed in; is that enough here? */
static enum step
auth_admit(struct request *r)
{
	if (r->plan == &admin_plan && !r->who.is_admin)
		return (request_fail_field(r, ERROR_ADMINS_ONLY, NULL,
		    r->who.lacks_factor ? SESSION_FACTOR_WANTED : NULL));

	return (request_pass(r));
}

/* Nobody: JSON 401, or for a page the way to the sign-in page and back. */
static enum step
auth_refuse(struct request *r)
{
	char	next[SESSION_NEXT_MAX], location[SESSION_NEXT_MAX + 32];

	if (r->plan == &visit_plan)
		return (request_pass(r));
	if (r->face != FACE_PAGE)
		return (request_fail(r, ERROR_UNAUTHORIZED));
	(void)percent_encode(r->http->path, strlen(r->http->path), next,
	    sizeof(next));
	(void)snprintf(location, sizeof(location), "/sign-in?next=%s", next);
	reply_header(r, "cache-control", "no-store");

	return (reply_redirect(r, location));
}

/* ---- GET /api/auth/get-session ---- */

enum { GET_START, GET_FOUND, GET_REFRESHED };

struct get_context {
	char	token[TOKEN_ID_LEN + 1];
	json_t	*answer;
};

static enum step	get_start(struct request *);
static enum step	get_found(struct request *);
static enum step	get_refreshed(struct request *);
static void		get_free(void *);

static const struct request_step	get_steps[] = {
	[GET_START] = REQUEST_STEP(get_start),
	[GET_FOUND] = REQUEST_STEP(get_found),
	[GET_REFRESHED] = REQUEST_STEP(get_refreshed)
};

static const struct request_plan	get_plan = {
	.name = "GET /api/auth/get-session",
	.steps = get_steps,
	.steps_len = 3,
	.data_len = sizeof(struct get_context),
	.data_free = get_free
};

int
session_get(struct http_request *http)
{
	return (request_run(http, &get_plan));
}

static enum step
get_start(struct request *r)
{
	struct get_context	*g = r->data;

	reply_header(r, "cache-control", "no-store");
	reply_header(r, "pragma", "no-cache");
	if (r->http->method == HTTP_METHOD_POST)
		return (request_fail(r, ERROR_GET_SESSION_BY_POST));
	if (!cookie_session_token(r, g->token))
		return (reply_json(r, 200, json_null()));

	return (session_find(r, GET_FOUND));
}

static enum step
get_found(struct request *r)
{
	struct get_context	*g = r->data;
	char			 text[8];

	if (db_rows(&r->db) == 0) {
		cookie_clear_session(r);
		return (reply_json(r, 200, json_null()));
	}
	session_recognise(r);
	g->answer = json_pack("{s:o,s:o}",
	    "session", session_object(&r->db, 0, g->token),
	    "user", session_user(&r->db, 0, SESSION_USER_ID));
	/* As better-auth's admin plugin has it; others have no such field. */
	if (r->who.is_admin)
		json_object_set_new(json_object_get(g->answer, "user"),
		    "role", json_string("admin"));
	if (session_is_refreshed(r) &&
	    (request_query(r, "disableRefresh", text, sizeof(text)) == NULL ||
	    *text == '\0'))
		return (db_send(r, GET_REFRESHED, STATEMENT_SESSION_REFRESH,
		    DB_TEXT(r->who.session_id),
		    DB_INT(config.session_seconds)));
	session_renew(r);

	return (reply_json(r, 200, json_incref(g->answer)));
}

static enum step
get_refreshed(struct request *r)
{
	struct get_context	*g = r->data;
	json_t			*session;
	char			 date[25];

	if (db_rows(&r->db) == 1) {
		session = json_object_get(g->answer, "session");
		reply_date(db_int(&r->db, 0, 0), date);
		json_object_set_new(session, "expiresAt", json_string(date));
		reply_date(db_int(&r->db, 0, 1), date);
		json_object_set_new(session, "updatedAt", json_string(date));
		session_hand_out(r, g->token, 1);
	}

	return (reply_json(r, 200, json_incref(g->answer)));
}

static void
get_free(void *data)
{
	struct get_context	*g = data;

	json_decref(g->answer);
}

/* ---- POST /api/auth/sign-out ---- */

enum { OUT_CHECK, OUT_DONE };

static enum step	out_check(struct request *);
static enum step	out_done(struct request *);

static const struct request_step	out_steps[] = {
	[OUT_CHECK] = REQUEST_STEP(out_check),
	[OUT_DONE] = REQUEST_STEP(out_done)
};

static const struct request_plan	out_plan = {
	.name = "POST /api/auth/sign-out",
	.flags = REQUEST_BODY_FIRST,
	.steps = out_steps,
	.steps_len = 2
};

int
session_sign_out(struct http_request *http)
{
	return (request_run(http, &out_plan));
}

static enum step
out_check(struct request *r)
{
	char	token[TOKEN_ID_LEN + 1], hash[TOKEN_HASH_LEN + 1], agent[256];

	if (input_json_or_nothing(r, NULL, 0, NULL) == STEP_DONE)
		return (STEP_DONE);
	if (!cookie_session_token(r, token))
		return (request_next(r, OUT_DONE));
	token_hash(token, TOKEN_ID_LEN, hash);

	return (db_send(r, OUT_DONE, STATEMENT_SESSION_DELETE,
	    DB_TEXT(hash), DB_TEXT(r->address),
	    DB_TEXT(session_agent(r, agent))));
}

static enum step
out_done(struct request *r)
{
	cookie_clear_session(r);
	if (r->face == FACE_FORM)
		return (form_onward(r, "/"));

	return (reply_json(r, 200, json_pack("{s:b,s:s}", "success", 1,
	    "message", "Signed out successfully")));
}

/* ---- shared ---- */

void
session_draw(struct session_new *session, int is_remembered)
{
	token_id(session->id);
	token_session(session->id, session->token);
	token_hash(session->token, TOKEN_ID_LEN, session->hash);
	session->is_remembered = is_remembered;
	session->seconds = is_remembered ? config.session_seconds :
	    SESSION_FORGETFUL_SECONDS;
}

const char *
session_agent(const struct request *r, char out[256])
{
	const char	*agent = request_header(r, "user-agent");

	(void)snprintf(out, 256, "%s", agent == NULL ? "" : agent);

	return (out);
}

void
session_hand_out(struct request *r, const char *token, int is_remembered)
{
	cookie_set_session(r, token,
	    is_remembered ? config.session_seconds : 0);
}

json_t *
session_user(const struct db_query *query, int row, int column)
{
	const int	 base = column - SESSION_USER_ID;
	char		 created[25], updated[25];

	reply_date(db_int(query, row, base + SESSION_USER_CREATED), created);
	reply_date(db_int(query, row, base + SESSION_USER_UPDATED), updated);

	return (json_pack("{s:s,s:s,s:b,s:s?,s:s,s:s,s:b,s:s}",
	    "name", db_text(query, row, base + SESSION_USER_NAME),
	    "email", db_text(query, row, base + SESSION_USER_EMAIL),
	    "emailVerified", db_bool(query, row,
	    base + SESSION_USER_VERIFIED),
	    "image", db_is_null(query, row, base + SESSION_USER_IMAGE) ? NULL :
	    db_text(query, row, base + SESSION_USER_IMAGE),
	    "createdAt", created, "updatedAt", updated,
	    "twoFactorEnabled", db_bool(query, row,
	    base + SESSION_USER_TWO_FACTOR),
	    "id", db_text(query, row, base + SESSION_USER_ID)));
}

json_t *
session_object(const struct db_query *query, int row, const char *token)
{
	char	expires[25], created[25], updated[25];

	reply_date(db_int(query, row, SESSION_EXPIRES), expires);
	reply_date(db_int(query, row, SESSION_CREATED), created);
	reply_date(db_int(query, row, SESSION_UPDATED), updated);

	return (json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}",
	    "expiresAt", expires, "token", token, "createdAt", created,
	    "updatedAt", updated,
	    "ipAddress", db_text(query, row, SESSION_ADDRESS),
	    "userAgent", db_text(query, row, SESSION_AGENT),
	    "userId", db_text(query, row, SESSION_USER_ID),
	    "id", db_text(query, row, SESSION_ID)));
}

/* Looks the presented token up; with none, nobody is found. */
static enum step
session_find(struct request *r, u_int8_t state)
{
	char	token[TOKEN_ID_LEN + 1], hash[TOKEN_HASH_LEN + 1];

	if (!cookie_session_token(r, token))
		return (auth_refuse(r));
	token_hash(token, TOKEN_ID_LEN, hash);

	return (db_send(r, state, STATEMENT_SESSION_FIND, DB_TEXT(hash),
	    DB_INT(config.session_seconds -
	    config.session_refresh_seconds)));
}

/* Whether the session just found is due for its full life again. */
static int
session_is_refreshed(struct request *r)
{
	return (db_bool(&r->db, 0, SESSION_NEEDS_REFRESH) &&
	    !cookie_is_forgetful(r));
}

/* A cookie of SECRET_KEY_OLD is signed anew, while that is still known. */
static void
session_renew(struct request *r)
{
	char	token[TOKEN_ID_LEN + 1];

	if (cookie_session_token(r, token) == TOKEN_SIGNED_FORMERLY)
		session_hand_out(r, token,
		    db_bool(&r->db, 0, SESSION_IS_REMEMBERED) &&
		    !cookie_is_forgetful(r));
}

/* Who the session just found belongs to. */
static void
session_recognise(struct request *r)
{
	session_identify(r, SESSION_USER_ID, SESSION_USER_EMAIL,
	    SESSION_USER_VERIFIED, SESSION_USER_ROLE, SESSION_IS_FACTORED);
	(void)kore_strlcpy(r->who.session_id, db_text(&r->db, 0, SESSION_ID),
	    sizeof(r->who.session_id));
}

/*
 * The person in these columns asks. ADMIN_EMAIL counts once its owner has
 * shown that the address is theirs; ADMIN_SECOND_FACTOR wants a session or key
 * that was made since there is one, for an older one may be somebody else's.
 */
static void
session_identify(struct request *r, int id, int email, int verified, int role,
    int factored)
{
	(void)kore_strlcpy(r->who.user_id, db_text(&r->db, 0, id),
	    sizeof(r->who.user_id));
	r->who.is_admin = strcmp(db_text(&r->db, 0, role), "admin") == 0 ||
	    (config.admin_email != NULL && db_bool(&r->db, 0, verified) &&
	    strcasecmp(db_text(&r->db, 0, email), config.admin_email) == 0);
	r->who.lacks_factor = r->who.is_admin && config.admin_second_factor &&
	    !db_bool(&r->db, 0, factored);
	if (r->who.lacks_factor)
		r->who.is_admin = 0;
	r->is_signed_in = 1;
}
