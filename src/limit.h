/*
 * How often somebody may ask: decided in Postgres, so that it holds over
 * workers, instances and restarts.
 *
 * A plan names a rule in `limit`; request.c takes from it before anything
 * else, by the client's address or, for rules of people who are signed in, by
 * the person. What is counted by account is taken by the route itself, as
 * soon as it knows the address. With RATE_LIMIT=off nothing is counted.
 */
#ifndef LECTERN_LIMIT_H
#define LECTERN_LIMIT_H

#include "request.h"
#include "token.h"

enum limit_rule {
	LIMIT_NONE,
	LIMIT_SIGN_IN,
	LIMIT_SIGN_UP,
	LIMIT_PASSWORD,		/* routes that ask for the current password */
	LIMIT_REDEEM,		/* a mailed token against a new password */
	LIMIT_EXPORT,		/* an archive of all one has */
	LIMIT_CODE,		/* codes of a second factor */
	LIMIT_MAIL_RESET,	/* one a kind of mail that is sent on demand */
	LIMIT_MAIL_VERIFY,
	LIMIT_MAIL_CHANGE,
	LIMIT_RULES
};

/* The hash that stands for a device, or for an account, in a key. */
#define LIMIT_KEY_LEN	(16 + TOKEN_HASH_LEN)

/* The part of a sign-in's context that is about attempts. */
struct limit_attempt {
	char	key[LIMIT_KEY_LEN * 2 + 2]; /* what success clears, or "" */
};

/* What success clears, as a parameter. */
#define LIMIT_ATTEMPT(a)	DB_TEXT((a)->key[0] == '\0' ? NULL : (a)->key)

/*
 * Takes one request from the rule, counted by whoever asks. STEP_NEXT: no
 * need to ask the database. STEP_WAIT: then limit_told() is due.
 */
enum step	 limit_start(struct request *, u_int8_t state,
		    enum limit_rule);
/* The same, counted by account; `email` in lower case, known or not. */
enum step	 limit_account(struct request *, u_int8_t state,
		    enum limit_rule, const char *email);
/* STEP_NEXT: the request may go on. STEP_DONE: 429 has been sent. */
enum step	 limit_told(struct request *);

/*
 * Takes one attempt to sign in to the account of that address; then
 * limit_attempted() is due, as limit_told().
 */
enum step	 limit_attempt(struct request *, u_int8_t state,
		    const char *email);
enum step	 limit_attempted(struct request *, struct limit_attempt *);

/*
 * The parameters of attempt_unverified.sql that say how often an account is
 * sent a mail of that kind: key into `out` (NULL when limits are off), and
 * the numbers.
 */
const char	*limit_mail(enum limit_rule, const char *email,
		    char out[LIMIT_KEY_LEN + 1], int64_t *share,
		    int64_t *window);

/*
 * What a device is recognised by: hex SHA-256 of its user agent (a browser's
 * without version numbers) and its network (/24 or /48).
 */
void		 limit_device(const struct request *,
		    char out[TOKEN_HASH_LEN + 1]);

#endif
