/*
 * Password rules and hashes (Argon2id). Hashing blocks for tens of
 * milliseconds: call it from a job.
 */
#ifndef LECTERN_PASSWORD_H
#define LECTERN_PASSWORD_H

#include <stddef.h>

#define PASSWORD_HASH_LEN	128	/* libsodium's PHC string and its NUL */

/* As better-auth counts: UTF-16 code units of the text as typed. */
#define PASSWORD_MIN		8
#define PASSWORD_MAX		128

/*
 * NFKC form of a UTF-8 password, as better-auth hashes it; the same text for
 * ASCII. The caller wipes and frees it with password_free(). NULL: no memory.
 */
char	*password_normalize(const char *);
void	 password_free(char *);

/* 0 and the PHC string, or -1 (no memory). */
int	 password_hash(const char *normalized, char out[PASSWORD_HASH_LEN]);
/*
 * 1 when the password fits the hash. A NULL hash takes as long as a real one
 * and never fits: an unknown address must not answer faster.
 */
int	 password_verify(const char *normalized, const char *hash);

#endif
