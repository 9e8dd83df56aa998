/*
 * Passwords in requests: judged, hashed and verified off the event loop.
 */
#ifndef LECTERN_SECRET_H
#define LECTERN_SECRET_H

#include "password.h"
#include "request.h"

/* What a job says of a password; lies in the plan's context. */
struct secret {
	int	fits;				/* or: the hash was made */
	char	hash[PASSWORD_HASH_LEN];	/* a new one, or "" */
	char	was[PASSWORD_HASH_LEN];	/* the stored one last looked at */
};

/*
 * ERROR_NONE, or too short or too long, counted as better-auth does, or one
 * of PASSWORD_LIST: of a password that somebody chooses.
 */
enum error_id	 secret_judge(const char *password);
/*
 * Starters: the state runs when `out` has been filled. A NULL hash (nobody
 * of that name) is verified as long as a real one, and never fits.
 */
enum step	 secret_hash(struct request *, u_int8_t state,
		    const char *password, struct secret *out);
enum step	 secret_verify(struct request *, u_int8_t state,
		    const char *password, const char *hash,
		    struct secret *out);
/*
 * Verifies for somebody who may be anybody: a failure takes as long as with
 * any kind of hash present, and a password that fits an old kind of hash is
 * hashed anew into out->hash.
 */
enum step	 secret_sign_in(struct request *, u_int8_t state,
		    const char *password, const char *hash,
		    const struct password_kinds *present,
		    struct secret *out);

#endif
