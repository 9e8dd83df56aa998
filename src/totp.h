/*
 * The codes of authenticator apps (RFC 6238): six digits, a new one every
 * half minute, HMAC-SHA-1 of a secret that app and server share.
 */
#ifndef LECTERN_TOTP_H
#define LECTERN_TOTP_H

#include <sys/types.h>

#include <stdint.h>
#include <time.h>

#define TOTP_DIGITS	6
#define TOTP_SECONDS	30	/* one step */
#define TOTP_URI_MAX	3328	/* bytes, for texts of up to 341 each */

/* The step that a moment lies in. */
int64_t	totp_step(time_t now);

/* The code of a step. 0, or -1 when the library failed. */
int	totp_code(const void *secret, size_t len, int64_t step,
	    char out[TOTP_DIGITS + 1]);

/*
 * The step whose code that is: now's, the one before or the one after, since
 * clocks differ and people type slowly; or -1. It takes equally long for all
 * texts.
 */
int64_t	totp_match(const void *secret, size_t len, const char *code,
	    time_t now);

/*
 * What the app reads from a QR code: otpauth://totp/ISSUER:ACCOUNT?secret=...
 * 0, or -1 (no memory, or a text is too long; `out` is the empty string then).
 */
int	totp_uri(const void *secret, size_t len, const char *issuer,
	    const char *account, char out[TOTP_URI_MAX]);

#endif
