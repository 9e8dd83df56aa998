/*
 * Argon2id through libsodium: 19 MiB, two passes (OWASP's recommended
 * minimum), PHC strings. That is what is written; read are also, until their
 * owner signs in for the first time:
 *
 *	$2a$ $2b$ $2y$		bcrypt, as passlib and others write it
 *	SALT:KEY		scrypt, as better-auth writes it
 *
 * better-auth and we hash the NFKC form of a password, passlib the bytes as
 * they were typed; so for bcrypt both forms are tried, where they differ.
 */
#include <sys/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <crypt.h>
#include <sodium.h>
#include <utf8proc.h>

#include "password.h"

#define PASSWORD_OPSLIMIT	2u
#define PASSWORD_MEMLIMIT	(19u * 1024 * 1024)

/* $2b$12$, 22 characters of salt, 31 of the hash. */
#define BCRYPT_LEN		60
#define BCRYPT_SETTING_LEN	29
#define BCRYPT_COST_MIN		4

/* better-auth's; the salt is the hex text itself, not the bytes it means. */
#define SCRYPT_SALT_LEN		32
#define SCRYPT_KEY_BYTES	64
#define SCRYPT_LEN		(SCRYPT_SALT_LEN + 1 + 2 * SCRYPT_KEY_BYTES)
#define SCRYPT_N		16384
#define SCRYPT_R		16
#define SCRYPT_P		1

enum password_kind { PASSWORD_ARGON2, PASSWORD_BCRYPT, PASSWORD_SCRYPT };

/* Hashes that nobody has a password for, a kind each. */
static const char	password_nobody[PASSWORD_HASH_LEN] =
    "$argon2id$v=19$m=19456,t=2,p=1$"
    "c29tZXNhbHRzb21lc2FsdA$"
    "Q0FvTm9ib2R5S25vd3NUaGlzUGFzc3dvcmRBbnltb3I";
static const char	password_nobody_bcrypt[] =
    "$2b$%02d$nobodynobodynobodynobeCAoNobodyKnowsThisPasswordAny..";
static const char	password_nobody_scrypt[] =
    "00000000000000000000000000000000:"
    "0000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000";

_Static_assert(PASSWORD_HASH_LEN >= crypto_pwhash_STRBYTES &&
    PASSWORD_HASH_LEN > SCRYPT_LEN, "every kind of hash fits");

static enum password_kind	password_kind(const char *);
static int	password_fits_argon2(const char *, const char *);
static int	password_fits_bcrypt(const char *, const char *);
static int	password_fits_bcrypt_form(const char *, const char *);
static int	password_fits_scrypt(const char *, const char *);
static int	password_bcrypt_cost(const char *);
static void	password_waste_bcrypt(const char *, int);

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
password_hash(const char *password, char out[PASSWORD_HASH_LEN])
{
	char	*normal = password_normalize(password);
	int	 ret;

	if (normal == NULL)
		return (-1);
	ret = crypto_pwhash_str_alg(out, normal, strlen(normal),
	    PASSWORD_OPSLIMIT, PASSWORD_MEMLIMIT,
	    crypto_pwhash_ALG_ARGON2ID13);
	password_free(normal);

	return (ret);
}

int
password_verify(const char *password, const char *hash)
{
	if (hash == NULL || *hash == '\0') {
		(void)password_fits_argon2(password, password_nobody);
		return (0);
	}
	switch (password_kind(hash)) {
	case PASSWORD_BCRYPT:
		return (password_fits_bcrypt(password, hash));
	case PASSWORD_SCRYPT:
		return (password_fits_scrypt(password, hash));
	case PASSWORD_ARGON2:
		break;
	}

	return (password_fits_argon2(password, hash));
}

int
password_is_old(const char *hash)
{
	return (password_kind(hash) != PASSWORD_ARGON2);
}

void
password_even_out(const char *password, const char *hash,
    const struct password_kinds *present)
{
	enum password_kind	kind = hash == NULL ? PASSWORD_ARGON2 :
	    password_kind(hash);
	int			cost, most = present->bcrypt_cost;

	if (most > PASSWORD_BCRYPT_COST_MAX)
		most = PASSWORD_BCRYPT_COST_MAX;
	if (kind != PASSWORD_ARGON2)
		(void)password_fits_argon2(password, password_nobody);
	if (kind != PASSWORD_SCRYPT && present->has_scrypt)
		(void)password_fits_scrypt(password, password_nobody_scrypt);
	if (kind != PASSWORD_BCRYPT) {
		if (most >= BCRYPT_COST_MIN)
			password_waste_bcrypt(password, most);
		return;
	}
	/* Each cost is twice the one before: 2^4 + 2^4 + 2^5 is 2^6. */
	for (cost = password_bcrypt_cost(hash); cost < most; cost++)
		password_waste_bcrypt(password, cost);
}

/* What is neither of the others is left to libsodium, which refuses it. */
static enum password_kind
password_kind(const char *hash)
{
	static const char	hex[] = "0123456789abcdef";

	if (strlen(hash) == BCRYPT_LEN && hash[0] == '$' && hash[1] == '2' &&
	    strchr("aby", hash[2]) != NULL && hash[3] == '$' &&
	    password_bcrypt_cost(hash) <= PASSWORD_BCRYPT_COST_MAX)
		return (PASSWORD_BCRYPT);
	if (strlen(hash) == SCRYPT_LEN &&
	    strspn(hash, hex) == SCRYPT_SALT_LEN &&
	    hash[SCRYPT_SALT_LEN] == ':' &&
	    strspn(hash + SCRYPT_SALT_LEN + 1, hex) == 2 * SCRYPT_KEY_BYTES)
		return (PASSWORD_SCRYPT);

	return (PASSWORD_ARGON2);
}

static int
password_fits_argon2(const char *password, const char *hash)
{
	char	*normal = password_normalize(password);
	int	 fits;

	fits = normal != NULL && crypto_pwhash_str_verify(hash, normal,
	    strlen(normal)) == 0;
	password_free(normal);

	return (fits);
}

static int
password_fits_bcrypt(const char *password, const char *hash)
{
	char	*normal;
	int	 fits = password_fits_bcrypt_form(password, hash);

	if (fits || (normal = password_normalize(password)) == NULL)
		return (fits);
	if (strcmp(normal, password) != 0)
		fits = password_fits_bcrypt_form(normal, hash);
	password_free(normal);

	return (fits);
}

/*
 * The letter after the 2 tells which program wrote the hash; the hashes of all
 * three are alike. Only libcrypt's own reading of "a" departs, for a few
 * passwords, so it is not asked for that.
 */
static int
password_fits_bcrypt_form(const char *password, const char *hash)
{
	struct crypt_data	*data;
	char			 setting[BCRYPT_SETTING_LEN + 1];
	const char		*made;
	int			 fits;

	if ((data = calloc(1, sizeof(*data))) == NULL)
		return (0);
	(void)snprintf(setting, sizeof(setting), "$2b%.*s",
	    BCRYPT_SETTING_LEN - 3, hash + 3);
	made = crypt_r(password, setting, data);
	fits = made != NULL && strlen(made) == BCRYPT_LEN &&
	    sodium_memcmp(made + 3, hash + 3, BCRYPT_LEN - 3) == 0;
	sodium_memzero(data, sizeof(*data));
	free(data);

	return (fits);
}

static int
password_fits_scrypt(const char *password, const char *hash)
{
	unsigned char	 key[SCRYPT_KEY_BYTES];
	char		 hex[2 * SCRYPT_KEY_BYTES + 1];
	char		*normal = password_normalize(password);
	int		 fits;

	if (normal == NULL)
		return (0);
	fits = crypto_pwhash_scryptsalsa208sha256_ll(
	    (const uint8_t *)normal, strlen(normal), (const uint8_t *)hash,
	    SCRYPT_SALT_LEN, SCRYPT_N, SCRYPT_R, SCRYPT_P, key,
	    sizeof(key)) == 0;
	sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
	fits = fits && sodium_memcmp(hex, hash + SCRYPT_SALT_LEN + 1,
	    2 * SCRYPT_KEY_BYTES) == 0;
	password_free(normal);

	return (fits);
}

/* The two digits; what is none is beyond every cost. */
static int
password_bcrypt_cost(const char *hash)
{
	if (strspn(hash + 4, "0123456789") != 2 || hash[6] != '$')
		return (PASSWORD_BCRYPT_COST_MAX + 1);

	return ((hash[4] - '0') * 10 + hash[5] - '0');
}

static void
password_waste_bcrypt(const char *password, int cost)
{
	char	hash[PASSWORD_HASH_LEN];

	(void)snprintf(hash, sizeof(hash), password_nobody_bcrypt, cost);
	(void)password_fits_bcrypt(password, hash);
}
