/*
 * The session cookies, in better-auth's format: name, signature, attributes.
 */
#ifndef LECTERN_COOKIE_H
#define LECTERN_COOKIE_H

#include "request.h"
#include "token.h"

/*
 * The session token that the request carries, by bearer (first) or cookie,
 * and how it is signed; TOKEN_UNSIGNED: there is none that is ours. A bare
 * bearer token (32 letters and digits) needs no signature.
 */
#define COOKIE_VALUE_MAX	256	/* decoded: 32 + 1 + 44 are needed */

enum token_signed	cookie_session_token(const struct request *,
			    char out[TOKEN_ID_LEN + 1]);
/* 1 when the bearer is an API key by its form; the key into `out`. */
int	cookie_api_key(const struct request *, char out[TOKEN_API_KEY_LEN + 1]);
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

/* Other cookies that hold one token, signed alike; by these names. */
#define COOKIE_TWO_FACTOR	"better-auth.two_factor"
#define COOKIE_TRUST		"better-auth.trust_device"

/* The token with its signature checked, or TOKEN_UNSIGNED and nothing. */
enum token_signed	cookie_token(const struct request *,
			    const char *name, char out[TOKEN_ID_LEN + 1]);
/* `max_age` in seconds, at least one. */
void	cookie_set_token(struct request *, const char *name,
	    const char *token, int64_t max_age);
void	cookie_clear_token(struct request *, const char *name);

/*
 * The decoded value of the first cookie of exactly that name, unsigned;
 * 0 when there is none, or one that cannot be decoded.
 */
int	cookie_plain(const struct request *, const char *name,
	    char out[COOKIE_VALUE_MAX]);

#endif
