/*
 * Password rules and hashes: Argon2id, and the reading of bcrypt and of
 * better-auth's scrypt. Hashing blocks for tens of milliseconds, bcrypt for
 * hundreds: call it from a job. Passwords are UTF-8, as typed.
 */
#ifndef LECTERN_PASSWORD_H
#define LECTERN_PASSWORD_H

#include <stddef.h>

#define PASSWORD_HASH_LEN	168	/* the longest, scrypt's, and its NUL */
#define PASSWORD_BCRYPT_COST_MAX 16	/* four seconds; beyond: never fits */

/* As better-auth counts: UTF-16 code units of the text as typed. */
#define PASSWORD_MIN		8
#define PASSWORD_MAX		128

/*
 * NFKC form of a UTF-8 password, as better-auth hashes it; the same text for
 * ASCII. The caller wipes and frees it with password_free(). NULL: no memory.
 */
char	*password_normalize(const char *);
void	 password_free(char *);

/* The old kinds of hashes that accounts have, beside Argon2id. */
struct password_kinds {
	int	bcrypt_cost;	/* the highest, 0: none has bcrypt */
	int	has_scrypt;
};

/* 0 and the PHC string, or -1 (no memory). */
int	 password_hash(const char *password, char out[PASSWORD_HASH_LEN]);
/*
 * 1 when the password fits the hash, of whatever kind. A NULL or empty hash
 * takes as long as one of Argon2id and never fits: an unknown address must
 * not answer faster.
 */
int	 password_verify(const char *password, const char *hash);
/* 1 for bcrypt and scrypt: to be replaced once the password is known. */
int	 password_is_old(const char *hash);
/*
 * After a password_verify() that did not fit: spends what the same would have
 * taken for every kind of hash present, so that all failures take alike.
 */
void	 password_even_out(const char *password, const char *hash,
	    const struct password_kinds *present);

#endif
