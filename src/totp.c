/*
 * Time-based one-time passwords, by liboath. The secret is any bytes; apps
 * get it in base 32, without the padding that some of them refuse.
 *
 * Deliberately missing: other lengths, periods and hashes. Widespread apps
 * ignore what the URI says of them and compute these.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <liboath/oath.h>

#include "percent.h"
#include "totp.h"

#define TOTP_PART_MAX	1024	/* issuer or account, encoded */

int64_t
totp_step(time_t now)
{
	return ((int64_t)now / TOTP_SECONDS);
}

int
totp_code(const void *secret, size_t len, int64_t step,
    char out[TOTP_DIGITS + 1])
{
	return (oath_init() == OATH_OK && oath_totp_generate(secret, len,
	    (time_t)(step * TOTP_SECONDS), TOTP_SECONDS, 0, TOTP_DIGITS,
	    out) == OATH_OK ? 0 : -1);
}

int64_t
totp_match(const void *secret, size_t len, const char *code, time_t now)
{
	char	typed[TOTP_DIGITS + 1] = "", right[TOTP_DIGITS + 1];
	int64_t	step = totp_step(now), found = -1, i;
	size_t	n = strnlen(code, TOTP_DIGITS + 1), k;
	int	difference;

	if (n == TOTP_DIGITS)
		memcpy(typed, code, TOTP_DIGITS);
	for (i = step - 1; i <= step + 1; i++) {
		if (i < 0 || totp_code(secret, len, i, right) == -1)
			continue;
		difference = 0;
		for (k = 0; k < TOTP_DIGITS; k++)
			difference |= typed[k] ^ right[k];
		if (difference == 0)
			found = i;
	}
	explicit_bzero(right, sizeof(right));

	return (found);
}

int
totp_uri(const void *secret, size_t len, const char *issuer,
    const char *account, char out[TOTP_URI_MAX])
{
	char	 whose[TOTP_PART_MAX], who[TOTP_PART_MAX], *key = NULL;
	size_t	 key_len;

	*out = '\0';
	if (percent_encode(issuer, strlen(issuer), whose,
	    sizeof(whose)) == -1 || percent_encode(account, strlen(account),
	    who, sizeof(who)) == -1 ||
	    oath_base32_encode(secret, len, &key, &key_len) != OATH_OK)
		return (-1);
	key[strcspn(key, "=")] = '\0';
	(void)snprintf(out, TOTP_URI_MAX, "otpauth://totp/%s:%s?secret=%s"
	    "&issuer=%s&digits=%d&period=%d", whose, who, key, whose,
	    TOTP_DIGITS, TOTP_SECONDS);
	explicit_bzero(key, key_len);
	free(key);

	return (0);
}
