/*
 * What a second factor consists of: the secret of an authenticator app and
 * ten backup codes, how they are kept, and whether a code fits.
 */
#ifndef LECTERN_FACTOR_H
#define LECTERN_FACTOR_H

#include "db.h"
#include "token.h"

#define FACTOR_CODES		10
#define FACTOR_CODE_LEN		11	/* abcde-fghij */

/* Backup codes: shown once, kept as keyed hashes. */
struct factor_codes {
	char	clear[FACTOR_CODES][FACTOR_CODE_LEN + 1];
	char	hashes[FACTOR_CODES * (TOKEN_SIGNATURE_LEN + 1)];
		/* with blanks between, as the statements take them */
};

/* A secret, sealed for the database; free() it. */
struct factor_sealed {
	u_int8_t	*bytes;		/* NULL: none */
	size_t		 len;
};
#define FACTOR_SEALED(s)						\
	((s)->bytes == NULL ? DB_NULL : DB_BYTES((s)->bytes, (s)->len))

/* Draws backup codes for that person. */
void	factor_draw_codes(struct factor_codes *, const char *user_id);
/* The secret's text (a token) sealed; 0, or -1 without memory. */
int	factor_seal(const char secret[TOKEN_ID_LEN + 1],
	    struct factor_sealed *) __attribute__((warn_unused_result));
/* The secret in a column; 0, or -1: none of ours (told in the log). */
int	factor_unseal(const struct db_query *, int row, int column,
	    char secret[TOKEN_ID_LEN + 1]) __attribute__((warn_unused_result));

/* A code as it was typed, without blanks and dashes; "" when too long. */
void	factor_typed(const char *code, char out[TOKEN_ID_LEN + 1]);
/* The step of the app's code, or -1. */
int64_t	factor_match(const char secret[TOKEN_ID_LEN + 1], const char *typed);
/* Finds which of the hashes (blanks between) is the code's. 1, or 0. */
int	factor_match_code(const char *user_id, const char *typed,
	    const char *hashes, char out[TOKEN_SIGNATURE_LEN + 1]);

#endif
