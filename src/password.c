/*
 * Argon2id through libsodium: 19 MiB, two passes (OWASP's recommended
 * minimum), PHC strings.
 */
#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <utf8proc.h>

#include "password.h"

#define PASSWORD_OPSLIMIT	2u
#define PASSWORD_MEMLIMIT	(19u * 1024 * 1024)

/* A hash of 16 random bytes nobody kept, for addresses without an account. */
static const char	password_nobody[PASSWORD_HASH_LEN] =
    "$argon2id$v=19$m=19456,t=2,p=1$"
    "c29tZXNhbHRzb21lc2FsdA$"
    "Q0FvTm9ib2R5S25vd3NUaGlzUGFzc3dvcmRBbnltb3I";

_Static_assert(PASSWORD_HASH_LEN == crypto_pwhash_STRBYTES,
    "password.h's length is libsodium's");

char *
password_normalize(const char *password)
{
	utf8proc_uint8_t	*out = NULL;
	utf8proc_ssize_t	 len;

	/* NUL-terminated valid UTF-8 in; the options are NFKC's. */
	len = utf8proc_map((const utf8proc_uint8_t *)password, 0, &out,
	    UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE |
	    UTF8PROC_COMPAT);
	if (len < 0)
		return (NULL);

	return ((char *)out);
}

void
password_free(char *password)
{
	if (password == NULL)
		return;
	sodium_memzero(password, strlen(password));
	free(password);
}

int
password_hash(const char *normalized, char out[PASSWORD_HASH_LEN])
{
	return (crypto_pwhash_str_alg(out, normalized, strlen(normalized),
	    PASSWORD_OPSLIMIT, PASSWORD_MEMLIMIT,
	    crypto_pwhash_ALG_ARGON2ID13));
}

int
password_verify(const char *normalized, const char *hash)
{
	int	fits;

	fits = crypto_pwhash_str_verify(
	    hash == NULL || *hash == '\0' ? password_nobody : hash,
	    normalized, strlen(normalized)) == 0;

	return (fits && hash != NULL && *hash != '\0');
}
