/*
 * One mail, handed to whoever carries it: an SMTP relay, an HTTPS API, a
 * folder, or the log in development. The only file besides llm.c that
 * touches libcurl.
 */
#ifndef LECTERN_MAIL_H
#define LECTERN_MAIL_H

#include <sys/types.h>

enum mail_way { MAIL_OFF, MAIL_LOG, MAIL_FOLDER, MAIL_SMTP, MAIL_HTTPS };

/* What is sent; UTF-8, borrowed until `done` was called. */
struct mail {
	const char	*id;		/* of the outbox; in Message-ID */
	const char	*to;
	const char	*subject;
	const char	*text;
	const char	*html;
	const char	*url;		/* the link in it, or "" */
};

enum mail_outcome {
	MAIL_SENT,
	MAIL_LATER,	/* the way is blocked; try again */
	MAIL_REFUSED	/* this mail will never be taken */
};

/* How mails go here; by MAIL_URL. */
enum mail_way	mail_way(void);
/*
 * Starts sending. `done` is called later, once, from the event loop, with a
 * short reason (no address in it) unless the mail was sent.
 */
void		mail_send(const struct mail *, void (*done)(void *,
		    enum mail_outcome, const char *reason), void *arg);

#endif
