/*
 * The session cookies, in better-auth's format: name, signature, attributes.
 */
#ifndef LECTERN_COOKIE_H
#define LECTERN_COOKIE_H

#include "request.h"
#include "token.h"

/*
 * The session token that the request carries, by bearer (first) or cookie,
 * with its signature checked. Returns 1, or 0 when there is none that is
 * ours. A bare bearer token (32 letters and digits) needs no signature.
 */
int	cookie_session_token(const struct request *,
	    char out[TOKEN_ID_LEN + 1]);
/* 1 when the session is a browser-session one (`dont_remember` is set). */
int	cookie_is_forgetful(const struct request *);

/*
 * Sets the session cookie (and `set-auth-token`). `max_age` in seconds; 0:
 * for the browser's session, with the dont_remember cookie beside it.
 */
void	cookie_set_session(struct request *, const char *token,
	    int64_t max_age);
/* The three clearing lines. */
void	cookie_clear_session(struct request *);

#endif
