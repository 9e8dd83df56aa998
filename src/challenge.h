/*
 * Between the password and the code: who has a second factor is given a
 * challenge instead of a session, unless the device is trusted.
 */
#ifndef LECTERN_CHALLENGE_H
#define LECTERN_CHALLENGE_H

#include "limit.h"
#include "request.h"
#include "token.h"

/* How long a device is trusted, from each sign-in on; also in the SQL. */
#define CHALLENGE_TRUST_SECONDS	2592000

/* One in a sign-in's context. */
struct challenge {
	char	token[TOKEN_ID_LEN + 1];	/* what the cookie will hold */
	int	has_trust;	/* a trusted device's cookie came along */
};

/*
 * The password of that user was right, by that hash. Opens a challenge, or
 * renews the device's trust; then challenge_told() is due, unless there is no
 * row: the password was changed meanwhile.
 */
enum step	challenge_start(struct request *, u_int8_t state,
		    struct challenge *, const char *user_id,
		    const char *password_hash,
		    int is_remembered, const struct limit_attempt *);
/*
 * STEP_NEXT: the device is trusted, a session may be opened. STEP_DONE: the
 * client has been told to ask for the code.
 */
enum step	challenge_told(struct request *, const struct challenge *);

#endif
