/*
 * Challenges and trusted devices, as sign-in sees them.
 *
 *	nothing -> (right password) challenge, ten minutes
 *	challenge -> (code, see factor.c) session, and a trusted device if
 *	asked for
 *	trusted device -> (right password) session; its token is replaced
 *
 * Both are random tokens in signed cookies; the database holds their hashes.
 * An earlier session's cookie is cleared by a challenge: the code that comes
 * next is about the person who is signing in. A client of the quickstart,
 * which takes any 200 for a session, is refused with 401 instead; the cookie
 * is set, so that it may go on with better-auth's routes.
 */
#include <sys/types.h>

#include "challenge.h"
#include "cookie.h"
#include "form.h"
#include "reply.h"

#define CHALLENGE_SECONDS	600	/* also in the SQL */

enum step
challenge_start(struct request *r, u_int8_t state, struct challenge *c,
    const char *user_id, const char *password_hash, int is_remembered,
    const struct limit_attempt *attempt)
{
	char	trust[TOKEN_ID_LEN + 1], trust_hash[TOKEN_HASH_LEN + 1];
	char	hash[TOKEN_HASH_LEN + 1];

	c->has_trust = cookie_token(r, COOKIE_TRUST, trust);
	if (c->has_trust)
		token_hash(trust, TOKEN_ID_LEN, trust_hash);
	/* One random token, whichever of the two it becomes. */
	token_id(c->token);
	token_hash(c->token, TOKEN_ID_LEN, hash);

	return (db_send(r, state, STATEMENT_TWO_FACTOR_CHALLENGE,
	    DB_TEXT(user_id), DB_TEXT(c->has_trust ? trust_hash : NULL),
	    DB_TEXT(hash), DB_BOOL(is_remembered), LIMIT_ATTEMPT(attempt),
	    DB_TEXT(password_hash)));
}

enum step
challenge_told(struct request *r, const struct challenge *c)
{
	if (db_bool(&r->db, 0, 0)) {
		cookie_set_token(r, COOKIE_TRUST, c->token,
		    CHALLENGE_TRUST_SECONDS);
		return (STEP_NEXT);
	}
	if (c->has_trust)
		cookie_clear_token(r, COOKIE_TRUST);
	cookie_clear_session(r);
	cookie_set_token(r, COOKIE_TWO_FACTOR, c->token, CHALLENGE_SECONDS);
	if (r->face == FACE_QUICKSTART)
		return (request_fail(r, ERROR_TWO_FACTOR_NEEDED));
	if (r->face == FACE_FORM)
		return (form_back(r, "code"));

	return (reply_json(r, 200, json_pack("{s:b,s:[s]}",
	    "twoFactorRedirect", 1, "twoFactorMethods", "totp")));
}
