/* links: src/totp.c src/percent.c -loath */
/* Only the codes of three steps pass, and an address is one or empty. */
#include "fuzz.h"
#include "totp.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t	*secret;
	char		 code[TOTP_DIGITS + 1], uri[TOTP_URI_MAX];
	char		*typed, *issuer, *account;
	int64_t		 step;
	time_t		 now;

	if (size < 24)
		return (0);
	now = (time_t)(data[20] | data[21] << 8 | data[22] << 16);
	check(totp_code(data, 20, totp_step(now), code) == 0);
	check(totp_match(data, 20, code, now) != -1);
	secret = data;
	data += 24;
	size -= 24;
	typed = piece(&data, &size);
	step = totp_match(secret, 20, typed, now);
	if (step != -1) {
		check(totp_code(secret, 20, step, code) == 0);
		check(strcmp(code, typed) == 0);
		check(llabs(step - totp_step(now)) <= 1);
	}
	issuer = piece(&data, &size);
	account = piece(&data, &size);
	if (totp_uri("01234567890123456789", 20, issuer, account, uri) == 0)
		check(strncmp(uri, "otpauth://totp/", 15) == 0 &&
		    strcspn(uri, " \"<>\n") == strlen(uri));
	else
		check(uri[0] == '\0');
	free(typed);
	free(issuer);
	free(account);

	return (0);
}
