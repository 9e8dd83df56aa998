/*
 * Cookies as better-auth writes and reads them:
 *
 *	[__Secure-]better-auth.session_token = encodeURIComponent(
 *	    token "." base64(HMAC-SHA-256(key, token)))
 *
 * dont_remember holds "true", signed alike; session_data is never set by us
 * but cleared, as the original does. Of two cookies of one name the first
 * counts. Kore's own cookie functions keep nine cookies and know no SameSite.
 */
#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "cookie.h"
#include "percent.h"
#include "reply.h"

#define COOKIE_SESSION	"better-auth.session_token"
#define COOKIE_DATA	"better-auth.session_data"
#define COOKIE_FORGET	"better-auth.dont_remember"
#define COOKIE_SECURE	"__Secure-"
#define COOKIE_LINE_MAX		512

static const char	*cookie_bearer(const struct request *);
static int	cookie_find(const struct request *, const char *,
		    char [COOKIE_VALUE_MAX]);
static enum token_signed	cookie_open(char *, size_t);
static void	cookie_set(struct request *, const char *, const char *,
		    int64_t);
static void	cookie_write(struct request *, const char *, const char *,
		    const char *);
static void	cookie_take_back_token(struct request *);
static void	cookie_take_back(struct request *, const char *);

enum token_signed
cookie_session_token(const struct request *r, char out[TOKEN_ID_LEN + 1])
{
	const char	*bearer = cookie_bearer(r);
	char		 value[COOKIE_VALUE_MAX];
	size_t		 len;
	enum token_signed how = TOKEN_SIGNED;	/* as good as a bare one */

	if (bearer != NULL) {
		if (percent_decode(bearer, strlen(bearer),
		    PERCENT_PLUS_LITERAL, value, sizeof(value), &len) ==
		    PERCENT_OK && (strchr(value, '.') == NULL ||
		    (how = cookie_open(value, len)) != TOKEN_UNSIGNED) &&
		    strlen(value) == TOKEN_ID_LEN) {
			memcpy(out, value, TOKEN_ID_LEN + 1);
			return (how);
		}
	}

	return (cookie_token(r, COOKIE_SESSION, out));
}

int
cookie_api_key(const struct request *r, char out[TOKEN_API_KEY_LEN + 1])
{
	const char	*bearer = cookie_bearer(r);

	if (bearer == NULL || strlen(bearer) != TOKEN_API_KEY_LEN ||
	    strncmp(bearer, TOKEN_API_KEY_PREFIX,
	    sizeof(TOKEN_API_KEY_PREFIX) - 1) != 0)
		return (0);
	memcpy(out, bearer, TOKEN_API_KEY_LEN + 1);

	return (1);
}

enum token_signed
cookie_token(const struct request *r, const char *name,
    char out[TOKEN_ID_LEN + 1])
{
	char			value[COOKIE_VALUE_MAX];
	enum token_signed	how;

	if (!cookie_find(r, name, value) ||
	    (how = cookie_open(value, strlen(value))) == TOKEN_UNSIGNED ||
	    strlen(value) != TOKEN_ID_LEN)
		return (TOKEN_UNSIGNED);
	memcpy(out, value, TOKEN_ID_LEN + 1);

	return (how);
}

void
cookie_set_token(struct request *r, const char *name, const char *token,
    int64_t max_age)
{
	cookie_set(r, name, token, max_age);
}

void
cookie_clear_token(struct request *r, const char *name)
{
	cookie_write(r, name, "", "; Max-Age=0");
}

int
cookie_plain(const struct request *r, const char *name,
    char out[COOKIE_VALUE_MAX])
{
	const char	*p = request_header(r, "cookie");
	const char	*value;
	const size_t	 name_len = strlen(name);
	size_t		 len;

	for (; p != NULL && *p != '\0'; p += *p == ';') {
		p += strspn(p, " ");
		len = strcspn(p, ";");
		if (len > name_len && strncmp(p, name, name_len) == 0 &&
		    p[name_len] == '=') {
			value = p + name_len + 1;
			len -= name_len + 1;
			if (len >= 2 && value[0] == '"' &&
			    value[len - 1] == '"') {
				value++;
				len -= 2;
			}
			return (percent_decode(value, len,
			    PERCENT_PLUS_LITERAL, out, COOKIE_VALUE_MAX,
			    NULL) == PERCENT_OK);
		}
		p += len;
	}

	return (0);
}

int
cookie_is_forgetful(const struct request *r)
{
	char	value[COOKIE_VALUE_MAX];

	return (cookie_find(r, COOKIE_FORGET, value) &&
	    cookie_open(value, strlen(value)) && strcmp(value, "true") == 0);
}

void
cookie_set_session(struct request *r, const char *token, int64_t max_age)
{
	char	signature[TOKEN_SIGNATURE_LEN + 1];
	char	bearer[TOKEN_ID_LEN + TOKEN_SIGNATURE_LEN + 2];

	cookie_set(r, COOKIE_SESSION, token, max_age);
	if (max_age == 0)
		cookie_set(r, COOKIE_FORGET, "true", 0);
	else if (cookie_is_forgetful(r))
		cookie_write(r, COOKIE_FORGET, "", "; Max-Age=0");

	cookie_take_back_token(r);
	token_sign(token, signature);
	(void)snprintf(bearer, sizeof(bearer), "%s.%s", token, signature);
	reply_header(r, "set-auth-token", bearer);
	if (config.frontend_urls[0] == NULL)
		reply_header(r, "access-control-expose-headers",
		    "set-auth-token");
}

void
cookie_clear_session(struct request *r)
{
	cookie_take_back_token(r);
	cookie_write(r, COOKIE_SESSION, "", "; Max-Age=0");
	cookie_write(r, COOKIE_DATA, "", "; Max-Age=0");
	cookie_write(r, COOKIE_FORGET, "", "; Max-Age=0");
}

/* What the Authorization header bears, or NULL. */
static const char *
cookie_bearer(const struct request *r)
{
	const char	*header = request_header(r, "authorization");

	if (header == NULL || strncasecmp(header, "bearer ", 7) != 0)
		return (NULL);

	return (header + 7 + strspn(header + 7, " "));
}

/* The decoded value of the first cookie of that name (with our prefix). */
static int
cookie_find(const struct request *r, const char *name,
    char out[COOKIE_VALUE_MAX])
{
	char	wanted[64];

	(void)snprintf(wanted, sizeof(wanted), "%s%s",
	    config.is_secure ? COOKIE_SECURE : "", name);

	return (cookie_plain(r, wanted, out));
}

/* Checks "value.signature" and cuts the signature off. */
static enum token_signed
cookie_open(char *value, size_t len)
{
	char			*dot = memrchr(value, '.', len);
	enum token_signed	 how;

	if (dot == NULL || (how = token_is_signed(value,
	    (size_t)(dot - value), dot + 1,
	    len - (size_t)(dot + 1 - value))) == TOKEN_UNSIGNED)
		return (TOKEN_UNSIGNED);
	*dot = '\0';

	return (how);
}

static void
cookie_set(struct request *r, const char *name, const char *value,
    int64_t max_age)
{
	char	signature[TOKEN_SIGNATURE_LEN + 1], age[40] = "";
	char	plain[COOKIE_VALUE_MAX];
	char	encoded[PERCENT_ENCODED_SIZE(COOKIE_VALUE_MAX)];

	token_sign(value, signature);
	(void)snprintf(plain, sizeof(plain), "%s.%s", value, signature);
	(void)percent_encode(plain, strlen(plain), encoded, sizeof(encoded));
	if (max_age > 0)
		(void)snprintf(age, sizeof(age), "; Max-Age=%" PRId64,
		    max_age);
	cookie_write(r, name, encoded, age);
}

static void
cookie_write(struct request *r, const char *name, const char *value,
    const char *age)
{
	char	line[COOKIE_LINE_MAX];

	(void)snprintf(line, sizeof(line), "\r\nset-cookie: %s%s=",
	    config.is_secure ? COOKIE_SECURE : "", name);
	cookie_take_back(r, line);
	(void)snprintf(line, sizeof(line), "%s%s=%s%s; Path=/; HttpOnly%s%s",
	    config.is_secure ? COOKIE_SECURE : "", name, value, age,
	    config.is_secure ? "; Secure" : "",
	    config.same_site == SAME_SITE_NONE ?
	    "; SameSite=None; Partitioned" : "; SameSite=Lax");
	reply_header(r, "set-cookie", line);
}

/* What set-auth-token said before; a bearer's owner keeps what it reads. */
static void
cookie_take_back_token(struct request *r)
{
	cookie_take_back(r, "\r\nset-auth-token: ");
	if (config.frontend_urls[0] == NULL)
		cookie_take_back(r, "\r\naccess-control-expose-headers: ");
}

/*
 * Takes back the header lines that begin so: a session that was renewed on
 * the way in may be replaced or ended by the answer, which has the last word.
 */
static void
cookie_take_back(struct request *r, const char *start)
{
	char	*line, *next;

	while (r->head.len > 0 &&
	    (line = strstr(r->head.data, start)) != NULL) {
		if ((next = strstr(line + 2, "\r\n")) == NULL)
			next = r->head.data + r->head.len;
		memmove(line, next,
		    (size_t)(r->head.data + r->head.len - next));
		buffer_cut(&r->head, r->head.len - (size_t)(next - line));
	}
}
