/* links: src/cookie.c src/percent.c src/token.c src/buffer.c -lsodium -I/usr/include/postgresql */
/*
 * Any Cookie and Authorization headers: a token that is found is one by its
 * form, and a bare cookie without our signature never is one.
 */
#include <ctype.h>

#include "config.h"
#include "cookie.h"
#include "fuzz.h"
#include "reply.h"

struct config		 config = { .public_url = "https://app.example" };
static const char	*cookies, *authorization;

const char *
request_header(const struct request *r, const char *name)
{
	(void)r;
	return (strcmp(name, "cookie") == 0 ? cookies :
	    strcmp(name, "authorization") == 0 ? authorization : NULL);
}

/* What stands above the module, and is not called. */
void
reply_header(struct request *r, const char *name, const char *value)
{
	(void)r;
	(void)name;
	(void)value;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	 token[TOKEN_ID_LEN + 1], value[COOKIE_VALUE_MAX];
	char	 key[TOKEN_API_KEY_LEN + 1];
	char	*first = piece(&data, &size), *second = piece(&data, &size);

	cookies = first;
	authorization = NULL;
	/* It would take the key to sign one. */
	check(cookie_session_token(NULL, token) == TOKEN_UNSIGNED);
	if (cookie_plain(NULL, "a", value))
		check(strlen(value) < sizeof(value) &&
		    strstr(first, "a=") != NULL);
	(void)cookie_is_forgetful(NULL);
	authorization = second;
	memset(token, 'x', sizeof(token));
	if (cookie_session_token(NULL, token) != TOKEN_UNSIGNED)
		check(memchr(token, '\0', sizeof(token)) != NULL &&
		    strlen(token) == TOKEN_ID_LEN);
	if (cookie_api_key(NULL, key))
		check(strlen(key) == TOKEN_API_KEY_LEN);
	free(first);
	free(second);

	return (0);
}
