/*
 * What the mails say. Each kind has a subject, a few sentences and, for those
 * with a link, the words on its button; assets/letter.html gives them a face.
 * The text part holds the same. Sealed before it goes anywhere.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "buffer.h"
#include "config.h"
#include "escape.h"
#include "letter.h"
#include "mail.h"
#include "percent.h"

#include "assets.h"

#define LETTER_URL_MAX	4096

static const struct {
	const char	*subject;
	const char	*text;
	const char	*button;	/* NULL: no link */
	const char	*before;	/* of the token in the link */
	const char	*after;		/* of the token, before the callback */
	const char	*callback;	/* unless one is said */
} letters[] = {
	[LETTER_VERIFY] = {
		"Confirm your e-mail address",
		"Please confirm that this address is yours. "
		"The link is good for one hour. "
		"If you did not sign up, ignore this mail.",
		"Confirm address", "/api/auth/verify-email?token=",
		"&callbackURL=", "/" },
	[LETTER_RESET] = {
		"Choose a new password",
		"Somebody, hopefully you, has forgotten the password of the "
		"account with this address. The link is good for one hour "
		"and for one new password. If it was not you, ignore this "
		"mail; nothing has changed.",
		"Choose a password", "/api/auth/reset-password/",
		"?callbackURL=", "/reset-password" },
	[LETTER_INVITE] = {
		"An account was made for you",
		"Whoever runs this server has made an account for this "
		"address. Follow the link to choose its password. It is good "
		"for seven days and for one password.",
		"Choose a password", "/api/auth/reset-password/",
		"?callbackURL=", "/reset-password" },
	[LETTER_CHANGE] = {
		"Confirm your new e-mail address",
		"Follow the link to use this address for your account from "
		"now on. It is good for one hour. If you did not ask for "
		"it, ignore this mail.",
		"Use this address", "/api/auth/verify-email?token=",
		"&callbackURL=", "/" },
	[LETTER_PASSWORD_CHANGED] = {
		"Your password was changed",
		"The password of your account has just been changed. If it "
		"was not you, choose a new one at once with \"Forgotten "
		"password\" on the sign-in page; that ends all sessions.",
		NULL, NULL, NULL, NULL },
	[LETTER_EMAIL_CHANGED] = {
		"Your e-mail address was changed",
		"The e-mail address of your account has just been changed. "
		"If it was not you, write to whoever runs this server.",
		NULL, NULL, NULL, NULL },
	[LETTER_NEW_DEVICE] = {
		"New sign-in to your account",
		"Somebody has signed in to your account from a device that "
		"was not seen before. If it was not you, change your "
		"password, which can end all other sessions.",
		NULL, NULL, NULL, NULL },
	[LETTER_CODE_AGAIN] = {
		"A code was used a second time",
		"Somebody who knows your password has shown a code of your "
		"second factor that was used before, and was not let in. If "
		"it was not you, change your password.",
		NULL, NULL, NULL, NULL },
	[LETTER_TWO_FACTOR_ON] = {
		"Signing in now asks for a code",
		"From now on signing in to your account asks for a code of "
		"your authenticator app. Keep the backup codes where you "
		"find them without your phone. If it was not you, write to "
		"whoever runs this server.",
		NULL, NULL, NULL, NULL },
	[LETTER_TWO_FACTOR_OFF] = {
		"Signing in no longer asks for a code",
		"The second factor of your account has just been turned "
		"off. If it was not you, change your password at once, "
		"which can end all other sessions.",
		NULL, NULL, NULL, NULL }
};

static void	letter_draw(struct letter *, enum letter_kind);
static void	letter_url(const struct letter *, enum letter_kind,
		    const char *, struct buffer *);
static void	letter_text(enum letter_kind, const char *, const char *,
		    struct buffer *);
static void	letter_html(enum letter_kind, const char *, const char *,
		    struct buffer *);

int
letter_is_on(void)
{
	return (mail_way() != MAIL_OFF);
}

void
letter_write(struct letter *letter, enum letter_kind kind,
    const char *callback, const char *detail)
{
	struct buffer	 url, text, html;
	json_t		*value;
	char		*clear;

	letter_free(letter);
	if (!letter_is_on())
		return;
	token_id(letter->id);
	letter_draw(letter, kind);
	buffer_init(&url);
	buffer_init(&text);
	buffer_init(&html);
	letter_url(letter, kind, callback, &url);
	letter_text(kind, buffer_text(&url), detail, &text);
	letter_html(kind, buffer_text(&url), detail, &html);
	value = json_pack("{s:s,s:s,s:s,s:s}",
	    "subject", letters[kind].subject, "text", buffer_text(&text),
	    "html", buffer_text(&html), "url", buffer_text(&url));
	if ((clear = json_dumps(value, JSON_COMPACT)) == NULL ||
	    (letter->sealed = token_seal(clear, strlen(clear),
	    &letter->sealed_len)) == NULL)
		fatal("letter: no memory");
	explicit_bzero(clear, strlen(clear));
	free(clear);
	json_decref(value);
	buffer_free(&url);
	buffer_free(&text);
	buffer_free(&html);
}

void
letter_free(struct letter *letter)
{
	free(letter->sealed);
	explicit_bzero(letter, sizeof(*letter));
}

char *
letter_link(struct letter *letter, enum letter_kind kind)
{
	struct buffer	 url;
	char		*link;

	letter_free(letter);
	letter_draw(letter, kind);
	buffer_init(&url);
	letter_url(letter, kind, NULL, &url);
	if ((link = strdup(buffer_text(&url))) == NULL)
		fatal("letter: no memory");
	buffer_free(&url);

	return (link);
}

char *
letter_or_link(struct letter *letter, enum letter_kind kind)
{
	if (mail_way() == MAIL_OFF || mail_way() == MAIL_LOG)
		return (letter_link(letter, kind));
	letter_write(letter, kind, NULL, NULL);

	return (NULL);
}

/* The token of a kind with a link. */
static void
letter_draw(struct letter *letter, enum letter_kind kind)
{
	if (letters[kind].button == NULL)
		return;
	token_id(letter->token);
	token_hash(letter->token, TOKEN_ID_LEN, letter->hash);
}

static void
letter_url(const struct letter *letter, enum letter_kind kind,
    const char *callback, struct buffer *out)
{
	char	encoded[PERCENT_ENCODED_SIZE(LETTER_URL_MAX)];

	if (letters[kind].button == NULL)
		return;
	if (callback == NULL || *callback == '\0')
		callback = letters[kind].callback;
	(void)percent_encode(callback, strlen(callback), encoded,
	    sizeof(encoded));
	buffer_add_text(out, config.public_url);
	buffer_add_text(out, letters[kind].before);
	buffer_add_text(out, letter->token);
	buffer_add_text(out, letters[kind].after);
	buffer_add_text(out, encoded);
}

static void
letter_text(enum letter_kind kind, const char *url, const char *detail,
    struct buffer *out)
{
	buffer_add_text(out, letters[kind].text);
	buffer_add_text(out, "\n\n");
	if (*url != '\0') {
		buffer_add_text(out, url);
		buffer_add_text(out, "\n\n");
	}
	if (detail != NULL) {
		buffer_add_text(out, detail);
		buffer_add_text(out, "\n\n");
	}
	buffer_add_text(out, "Lectern at ");
	buffer_add_text(out, config.public_url);
	buffer_add_text(out, "\n");
}

/* Fills {subject}, {text}, {detail}, {url}, {button}, {site} in. */
static void
letter_html(enum letter_kind kind, const char *url, const char *detail,
    struct buffer *out)
{
	const struct {
		const char	*name;
		const char	*value;
	} words[] = {
		{ "{subject}", letters[kind].subject },
		{ "{text}", letters[kind].text },
		{ "{detail}", detail == NULL ? "" : detail },
		{ "{url}", *url == '\0' ? config.public_url : url },
		{ "{button}", letters[kind].button == NULL ? "Open Lectern" :
		    letters[kind].button },
		{ "{site}", config.public_url }
	};
	const char	*p = (const char *)asset_letter_html;
	size_t		 i;

	for (; *p != '\0'; p++) {
		for (i = 0; *p == '{' && i < sizeof(words) / sizeof(words[0]);
		    i++) {
			if (strncmp(p, words[i].name,
			    strlen(words[i].name)) == 0)
				break;
		}
		if (*p != '{' || i == sizeof(words) / sizeof(words[0])) {
			buffer_add(out, p, 1);
			continue;
		}
		escape_html(out, words[i].value);
		p += strlen(words[i].name) - 1;
	}
}
