/*
 * Random identifiers, hashes, signatures.
 *
 * From SECRET_KEY three independent keys are derived (BLAKE2b with a context
 * word): one signs cookies, one derives session tokens, one seals what must
 * not stand in the database in clear. A former key is accepted for reading.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "token.h"

#define TOKEN_KEY_LEN	32

/* What is kept of one secret. */
struct token_keys {
	unsigned char	cookie[TOKEN_KEY_LEN];
	unsigned char	session[TOKEN_KEY_LEN];
	unsigned char	seal[TOKEN_KEY_LEN];
};

static const char	token_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

static struct token_keys	token_now;
static struct token_keys	token_old;
static int			token_has_old;

static void	token_derive(const char *, struct token_keys *);
static void	token_signature(const struct token_keys *, const char *,
		    size_t, char [TOKEN_SIGNATURE_LEN + 1]);

int
token_init(const char *secret, const char *secret_old)
{
	if (sodium_init() == -1)
		return (-1);
	token_derive(secret, &token_now);
	if (secret_old != NULL) {
		token_derive(secret_old, &token_old);
		token_has_old = 1;
	}

	return (0);
}

void
token_id(char out[TOKEN_ID_LEN + 1])
{
	const size_t	count = sizeof(token_letters) - 1;
	unsigned char	bytes[2 * TOKEN_ID_LEN];
	size_t		i, len = 0;

	/* What is left of 256 would make some letters likelier. */
	while (len < TOKEN_ID_LEN) {
		randombytes_buf(bytes, sizeof(bytes));
		for (i = 0; i < sizeof(bytes) && len < TOKEN_ID_LEN; i++)
			if (bytes[i] < 256 / count * count)
				out[len++] = token_letters[bytes[i] % count];
	}
	out[TOKEN_ID_LEN] = '\0';
	sodium_memzero(bytes, sizeof(bytes));
}

void
token_api_key(char out[TOKEN_API_KEY_LEN + 1])
{
	memcpy(out, TOKEN_API_KEY_PREFIX, sizeof(TOKEN_API_KEY_PREFIX) - 1);
	token_id(out + sizeof(TOKEN_API_KEY_PREFIX) - 1);
}

void
token_session(const char *session_id, char out[TOKEN_ID_LEN + 1])
{
	unsigned char	bytes[crypto_generichash_BYTES_MAX];
	size_t		i;

	/* 64 bytes; two of them a letter keep the choice almost even. */
	crypto_generichash(bytes, sizeof(bytes),
	    (const unsigned char *)session_id, strlen(session_id),
	    token_now.session, sizeof(token_now.session));
	for (i = 0; i < TOKEN_ID_LEN; i++)
		out[i] = token_letters[(bytes[2 * i] * 256u +
		    bytes[2 * i + 1]) % (sizeof(token_letters) - 1)];
	out[TOKEN_ID_LEN] = '\0';
	sodium_memzero(bytes, sizeof(bytes));
}

void
token_hash(const void *data, size_t len, char out[TOKEN_HASH_LEN + 1])
{
	unsigned char	digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(digest, data, len);
	sodium_bin2hex(out, TOKEN_HASH_LEN + 1, digest, sizeof(digest));
}

/* Their digests are compared: also lengths stay untold. */
int
token_equal(const char *a, const char *b)
{
	unsigned char	digest_a[crypto_hash_sha256_BYTES];
	unsigned char	digest_b[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(digest_a, (const unsigned char *)a, strlen(a));
	crypto_hash_sha256(digest_b, (const unsigned char *)b, strlen(b));

	return (sodium_memcmp(digest_a, digest_b, sizeof(digest_a)) == 0);
}

void
token_sign(const char *value, char out[TOKEN_SIGNATURE_LEN + 1])
{
	token_signature(&token_now, value, strlen(value), out);
}

enum token_signed
token_is_signed(const char *value, size_t value_len, const char *signature,
    size_t signature_len)
{
	char	expected[TOKEN_SIGNATURE_LEN + 1];

	if (signature_len != TOKEN_SIGNATURE_LEN)
		return (TOKEN_UNSIGNED);
	token_signature(&token_now, value, value_len, expected);
	if (sodium_memcmp(expected, signature, TOKEN_SIGNATURE_LEN) == 0)
		return (TOKEN_SIGNED);
	if (!token_has_old)
		return (TOKEN_UNSIGNED);
	token_signature(&token_old, value, value_len, expected);

	return (sodium_memcmp(expected, signature, TOKEN_SIGNATURE_LEN) == 0 ?
	    TOKEN_SIGNED_FORMERLY : TOKEN_UNSIGNED);
}

u_int8_t *
token_seal(const void *data, size_t len, size_t *out_len)
{
	u_int8_t	*out;

	*out_len = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES +
	    len;
	if ((out = malloc(*out_len)) == NULL)
		return (NULL);
	randombytes_buf(out, crypto_secretbox_NONCEBYTES);
	crypto_secretbox_easy(out + crypto_secretbox_NONCEBYTES, data, len,
	    out, token_now.seal);

	return (out);
}

u_int8_t *
token_unseal(const void *data, size_t len, size_t *out_len)
{
	const size_t	 extra = crypto_secretbox_NONCEBYTES +
	    crypto_secretbox_MACBYTES;
	const u_int8_t	*in = data;
	u_int8_t	*out;

	if (len < extra || (out = malloc(len - extra + 1)) == NULL)
		return (NULL);
	*out_len = len - extra;
	if (crypto_secretbox_open_easy(out,
	    in + crypto_secretbox_NONCEBYTES,
	    len - crypto_secretbox_NONCEBYTES, in, token_now.seal) == 0)
		return (out);
	if (token_has_old && crypto_secretbox_open_easy(out,
	    in + crypto_secretbox_NONCEBYTES,
	    len - crypto_secretbox_NONCEBYTES, in, token_old.seal) == 0)
		return (out);
	free(out);

	return (NULL);
}

static void
token_derive(const char *secret, struct token_keys *keys)
{
	unsigned char	master[crypto_kdf_KEYBYTES];

	crypto_generichash(master, sizeof(master),
	    (const unsigned char *)secret, strlen(secret), NULL, 0);
	crypto_kdf_derive_from_key(keys->cookie, sizeof(keys->cookie), 1,
	    "lectern.", master);
	crypto_kdf_derive_from_key(keys->session, sizeof(keys->session), 2,
	    "lectern.", master);
	crypto_kdf_derive_from_key(keys->seal, sizeof(keys->seal), 3,
	    "lectern.", master);
	sodium_memzero(master, sizeof(master));
}

static void
token_signature(const struct token_keys *keys, const char *value, size_t len,
    char out[TOKEN_SIGNATURE_LEN + 1])
{
	crypto_auth_hmacsha256_state	state;
	unsigned char			mac[crypto_auth_hmacsha256_BYTES];

	crypto_auth_hmacsha256_init(&state, keys->cookie,
	    sizeof(keys->cookie));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)value,
	    len);
	crypto_auth_hmacsha256_final(&state, mac);
	sodium_bin2base64(out, TOKEN_SIGNATURE_LEN + 1, mac, sizeof(mac),
	    sodium_base64_VARIANT_ORIGINAL);
}
