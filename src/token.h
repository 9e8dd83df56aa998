/*
 * Random identifiers and everything derived from SECRET_KEY. The only user of
 * libsodium besides password.c and cite.c's hashing.
 */
#ifndef LECTERN_TOKEN_H
#define LECTERN_TOKEN_H

#include <sys/types.h>

#include <stddef.h>

#define TOKEN_ID_LEN		32	/* letters and digits */
#define TOKEN_HASH_LEN		64	/* lower-case hex of SHA-256 */
#define TOKEN_SIGNATURE_LEN	44	/* base64 of HMAC-SHA-256 */

/* libsodium's start; derives the keys. 0, or -1 when that failed. */
int	token_init(const char *secret, const char *secret_old);

/* 32 random letters and digits (190 bits), NUL-terminated. */
void	token_id(char out[TOKEN_ID_LEN + 1]);

/* A new API key: the prefix and 32 random letters and digits. */
#define TOKEN_API_KEY_PREFIX	"lk_"
#define TOKEN_API_KEY_LEN		(3 + TOKEN_ID_LEN)
void	token_api_key(char out[TOKEN_API_KEY_LEN + 1]);

/*
 * The session token that a client holds for the session of that id: 32
 * letters and digits, an HMAC of the id, so that the database needs only ids
 * and hashes.
 */
void	token_session(const char *session_id, char out[TOKEN_ID_LEN + 1]);

/* 1 when two secrets are the same; the time taken does not tell where not. */
int	token_equal(const char *, const char *);

/* Lower-case hex SHA-256. */
void	token_hash(const void *, size_t, char out[TOKEN_HASH_LEN + 1]);

/* The signature of a cookie value (better-auth's form). */
void	token_sign(const char *value, char out[TOKEN_SIGNATURE_LEN + 1]);
/* Whether `signature` is `value`'s, and under which key. */
enum token_signed { TOKEN_UNSIGNED, TOKEN_SIGNED, TOKEN_SIGNED_FORMERLY };
enum token_signed	token_is_signed(const char *value, size_t value_len,
			    const char *signature, size_t signature_len);

/*
 * Seals bytes under a key of SECRET_KEY (authenticated encryption); opening
 * also tries the former key. The result is malloc'd, its length in *out_len;
 * NULL: no memory, or not sealed by us.
 */
u_int8_t	*token_seal(const void *, size_t, size_t *out_len)
		    __attribute__((warn_unused_result));
u_int8_t	*token_unseal(const void *, size_t, size_t *out_len)
		    __attribute__((warn_unused_result));

#endif
