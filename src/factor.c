/*
 * Secrets and backup codes.
 *
 * The secret has to be known to compute codes, so it is sealed; a dump of the
 * database alone opens nothing. A backup code has 59 bits, too few for a bare
 * hash: it is hashed under a key of SECRET_KEY, together with its owner's id.
 * With SECRET_KEY_OLD both still work; a secret is sealed anew whenever its
 * owner signs in.
 */
#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "factor.h"
#include "log.h"
#include "totp.h"

#define FACTOR_HALF		5	/* letters before and after the dash */
#define FACTOR_TEXT_MAX		128

static void	factor_text(const char *, const char *,
		    char [FACTOR_TEXT_MAX]);

void
factor_draw_codes(struct factor_codes *codes, const char *user_id)
{
	char	drawn[TOKEN_ID_LEN + 1], text[FACTOR_TEXT_MAX];
	char	*hash = codes->hashes;
	int	i;

	for (i = 0; i < FACTOR_CODES; i++) {
		token_id(drawn);
		drawn[2 * FACTOR_HALF] = '\0';
		(void)snprintf(codes->clear[i], sizeof(codes->clear[i]),
		    "%.5s-%.5s", drawn, drawn + FACTOR_HALF);
		factor_text(user_id, drawn, text);
		token_sign(text, hash);
		hash += TOKEN_SIGNATURE_LEN;
		*hash++ = i + 1 < FACTOR_CODES ? ' ' : '\0';
	}
	explicit_bzero(drawn, sizeof(drawn));
	explicit_bzero(text, sizeof(text));
}

int
factor_seal(const char secret[TOKEN_ID_LEN + 1], struct factor_sealed *sealed)
{
	free(sealed->bytes);
	sealed->bytes = token_seal(secret, TOKEN_ID_LEN, &sealed->len);

	return (sealed->bytes == NULL ? -1 : 0);
}

int
factor_unseal(const struct db_query *query, int row, int column,
    char secret[TOKEN_ID_LEN + 1])
{
	u_int8_t	*sealed, *clear = NULL;
	size_t		 sealed_len, len = 0;

	if ((sealed = db_bytes(query, row, column, &sealed_len)) != NULL)
		clear = token_unseal(sealed, sealed_len, &len);
	PQfreemem(sealed);
	if (clear == NULL || len != TOKEN_ID_LEN) {
		log_event(LOG_LEVEL_ERROR, "second factor: a secret was not "
		    "sealed under SECRET_KEY or SECRET_KEY_OLD");
		free(clear);
		return (-1);
	}
	memcpy(secret, clear, TOKEN_ID_LEN);
	secret[TOKEN_ID_LEN] = '\0';
	explicit_bzero(clear, len);
	free(clear);

	return (0);
}

void
factor_typed(const char *code, char out[TOKEN_ID_LEN + 1])
{
	size_t	len = 0;

	for (; *code != '\0' && len <= TOKEN_ID_LEN; code++) {
		if (*code != ' ' && *code != '-')
			out[len++] = *code;
	}
	out[len <= TOKEN_ID_LEN ? len : 0] = '\0';
}

int64_t
factor_match(const char secret[TOKEN_ID_LEN + 1], const char *typed)
{
	return (totp_match(secret, TOKEN_ID_LEN, typed, time(NULL)));
}

int
factor_match_code(const char *user_id, const char *typed, const char *hashes,
    char out[TOKEN_SIGNATURE_LEN + 1])
{
	char	text[FACTOR_TEXT_MAX];
	size_t	len;
	int	found = 0;

	factor_text(user_id, typed, text);
	for (; *hashes != '\0'; hashes += len + (hashes[len] == ' ')) {
		len = strcspn(hashes, " ");
		if (token_is_signed(text, strlen(text), hashes, len) ==
		    TOKEN_UNSIGNED)
			continue;
		(void)snprintf(out, TOKEN_SIGNATURE_LEN + 1, "%.*s",
		    (int)len, hashes);
		found = 1;
	}
	explicit_bzero(text, sizeof(text));

	return (found);
}

/* No cookie's value has blanks, so that none can be taken for the other. */
static void
factor_text(const char *user_id, const char *code, char out[FACTOR_TEXT_MAX])
{
	(void)snprintf(out, FACTOR_TEXT_MAX, "backup code %s %s", user_id,
	    code);
}
