/*
 * Mails in the making: what is said in them, and the sealed form in which
 * they wait in the outbox. A link in a mail is as good as a password, so the
 * database never holds one in clear.
 */
#ifndef LECTERN_LETTER_H
#define LECTERN_LETTER_H

#include <sys/types.h>

#include "db.h"
#include "token.h"

enum letter_kind {
	LETTER_VERIFY,		/* confirm this address */
	LETTER_RESET,		/* choose a new password */
	LETTER_INVITE,		/* choose the first password */
	LETTER_CHANGE,		/* confirm the new address */
	LETTER_PASSWORD_CHANGED, /* notices to the owner, without a link */
	LETTER_EMAIL_CHANGED,
	LETTER_NEW_DEVICE,
	LETTER_CODE_AGAIN,
	LETTER_TWO_FACTOR_ON,
	LETTER_TWO_FACTOR_OFF
};

/* A letter on its way into a statement. */
struct letter {
	char		 id[TOKEN_ID_LEN + 1]; /* outbox id and Message-ID */
	char		 token[TOKEN_ID_LEN + 1]; /* in the link, or "" */
	char		 hash[TOKEN_HASH_LEN + 1]; /* of the token, or "" */
	u_int8_t	*sealed;	/* owned; NULL: mail is off */
	size_t		 sealed_len;
};

/* 1 when mails can be sent at all (MAIL_URL, or printed in development). */
int	letter_is_on(void);
/*
 * Writes a letter; for the kinds with a link a token is drawn. `callback` is
 * where the link leads in the end, judged by origin_is_target(); NULL or "":
 * "/", or "/reset-password" for a password. `detail` is one line of a notice
 * (which device), or NULL. letter_free() is due. With mail off the letter is
 * empty and harmless.
 */
void	letter_write(struct letter *, enum letter_kind, const char *callback,
	    const char *detail);
void	letter_free(struct letter *);
/*
 * Draws a token (its hash is in the letter) and returns the link with it, to
 * be passed on by other means than mail. The caller frees the text, and
 * letter_free() is due.
 */
char	*letter_link(struct letter *, enum letter_kind);

/*
 * How somebody is invited or helped by the operator: the letter is written, or,
 * where no mail leaves this machine, the link is returned as by letter_link().
 * NULL: it goes by mail.
 */
char	*letter_or_link(struct letter *, enum letter_kind);
/* How long such a link is good for. */
#define LETTER_INVITE_SECONDS	604800
#define LETTER_RESET_SECONDS	3600
/* A letter's parameters in a statement; all null when mail is off. */
#define LETTER_ID(l)	DB_TEXT((l)->sealed == NULL ? NULL : (l)->id)
#define LETTER_HASH(l)	DB_TEXT((l)->sealed == NULL ? NULL : (l)->hash)
#define LETTER_SEALED(l)						\
	((l)->sealed == NULL ? DB_NULL :				\
	    DB_BYTES((l)->sealed, (l)->sealed_len))

#endif
