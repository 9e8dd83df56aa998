/*
 * Forms without JavaScript. The page that a form stands on is asked for
 * `next` through the Referer, which our own Referrer-Policy has browsers send
 * whole; where it is missing, `next` is lost and nothing else.
 *
 * The pages are static, so what is to be said of a form is a line of the page
 * that its id and the address's fragment bring out. Deliberately missing:
 * what was typed is not kept, since an address ends in logs.
 */
#include <sys/types.h>

#include <string.h>

#include "form.h"
#include "origin.h"
#include "percent.h"
#include "reply.h"

#define FORM_NEXT_MAX	1024

static const char	*form_page(const struct request *);
static int		 form_next(const struct request *, char *, size_t);
static void		 form_add_address(struct buffer *, const char *);
static enum step	 form_see(struct request *, struct buffer *);

enum step
form_onward(struct request *r, const char *home)
{
	struct buffer	url;
	char		next[FORM_NEXT_MAX];

	buffer_init(&url);
	form_add_address(&url, form_next(r, next, sizeof(next)) ? next : home);

	return (form_see(r, &url));
}

enum step
form_back(struct request *r, const char *fragment)
{
	struct buffer	url;
	char		next[FORM_NEXT_MAX];
	char		encoded[PERCENT_ENCODED_SIZE(FORM_NEXT_MAX)];

	buffer_init(&url);
	buffer_add_text(&url, form_page(r));
	if (form_next(r, next, sizeof(next))) {
		(void)percent_encode(next, strlen(next), encoded,
		    sizeof(encoded));
		buffer_add_text(&url, "?next=");
		buffer_add_text(&url, encoded);
	}
	buffer_add_text(&url, "#");
	buffer_add_text(&url, fragment);

	return (form_see(r, &url));
}

/* The codes that the pages have a line for; all others share one. */
enum step
form_refuse(struct request *r, enum error_id error)
{
	static const enum error_id	told[] = {
		ERROR_VALIDATION, ERROR_INVALID_EMAIL,
		ERROR_INVALID_EMAIL_OR_PASSWORD, ERROR_PASSWORD_TOO_SHORT,
		ERROR_PASSWORD_TOO_LONG, ERROR_PASSWORD_COMPROMISED,
		ERROR_USER_EXISTS,
		ERROR_SIGN_UP_CLOSED, ERROR_EMAIL_NOT_VERIFIED,
		ERROR_CODE_INVALID, ERROR_BACKUP_CODE_INVALID,
		ERROR_CHALLENGE_UNKNOWN, ERROR_CHALLENGE_SPENT,
		ERROR_TWO_FACTOR_LOCKED
	};
	const struct error_info		*info = error_info(error);
	size_t				 i;

	for (i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		if (told[i] == error)
			return (form_back(r, info->code));
	}

	return (form_back(r, info->status == 429 ? "TOO_MANY_REQUESTS" :
	    info->status == 503 ? "UNAVAILABLE" : "REFUSED"));
}

/* The page of the form that was sent to this address. */
static const char *
form_page(const struct request *r)
{
	return (strcmp(r->http->path, "/form/sign-up") == 0 ? "/sign-up" :
	    "/sign-in");
}

/* 1 when the form's page was opened on the way to a path of ours. */
static int
form_next(const struct request *r, char *out, size_t size)
{
	const char	*referer = request_header(r, "referer");
	const char	*query;

	if (referer == NULL || (query = strchr(referer, '?')) == NULL)
		return (0);
	query++;

	return (percent_get(query, strcspn(query, "#"), "next", out, size,
	    NULL) == PERCENT_OK && out[0] == '/' && origin_is_target(out));
}

/* Bytes that an address may not hold as they are, encoded. */
static void
form_add_address(struct buffer *url, const char *text)
{
	char	encoded[PERCENT_ENCODED_SIZE(1)];

	for (; *text != '\0'; text++) {
		if (*text > 0x20 && *text < 0x7f) {
			buffer_add(url, text, 1);
			continue;
		}
		(void)percent_encode(text, 1, encoded, sizeof(encoded));
		buffer_add_text(url, encoded);
	}
}

static enum step
form_see(struct request *r, struct buffer *url)
{
	reply_header(r, "cache-control", "no-store");
	reply_header(r, "location", buffer_text(url));
	buffer_free(url);

	return (reply_empty(r, 303));
}
