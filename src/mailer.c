/*
 * The outbox, delivered.
 *
 *	idle -> (kick, timer) claiming -> sending -> settling -> claiming ...
 *	claiming with nothing due -> idle, until the moment it told
 *
 * One mail at a time and worker. A claim moves the mail's due time on, so
 * that a mail whose worker died is tried again by another after a minute:
 * at most one duplicate, under the same Message-ID. Failures back off from
 * seconds to hours and are given up after two days.
 */
#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <kore/kore.h>

#include "db.h"
#include "log.h"
#include "mail.h"
#include "mailer.h"
#include "metrics.h"
#include "token.h"

#define MAILER_RETRY_MS	5000	/* when the database does not answer */

/* The mailer of this worker; `mail` points into `letter`. */
static struct {
	struct db_query		 db;
	struct kore_timer	*timer;		/* while idle, or NULL */
	json_t			*letter;
	struct mail		 mail;
	char			 id[TOKEN_ID_LEN + 1];
	char			 to[321];
	u_int64_t		 since;		/* the mail is on its way */
	int			 is_ready;	/* the schema is in place */
	int			 is_busy;
	int			 is_wanted;	/* kicked while busy */
} mailer;

/* Columns of outbox_claim.sql. */
enum { COLUMN_WAIT, COLUMN_ID, COLUMN_RECIPIENT, COLUMN_SEALED,
    COLUMN_WAITING };

_Static_assert(METRIC_MAIL_LATER == METRIC_MAIL_SENT + MAIL_LATER &&
    METRIC_MAIL_REFUSED == METRIC_MAIL_SENT + MAIL_REFUSED,
    "the figures of outcomes are in their order");

static void	mailer_claim(void);
static void	mailer_claimed(struct db_query *, void *);
static int	mailer_open(void);
static void	mailer_sent(void *, enum mail_outcome, const char *);
static void	mailer_settle(enum mail_outcome, const char *);
static void	mailer_settled(struct db_query *, void *);
static void	mailer_sleep(int64_t);
static void	mailer_wake(void *, u_int64_t);

void
mailer_init(void)
{
	db_query_init(&mailer.db);
	mailer.is_ready = 1;
	mailer_kick();
}

void
mailer_kick(void)
{
	mailer.is_wanted = 1;
	if (!mailer.is_busy && mailer.is_ready && mail_way() != MAIL_OFF)
		mailer_claim();
}

static void
mailer_claim(void)
{
	if (mailer.timer != NULL) {
		kore_timer_remove(mailer.timer);
		mailer.timer = NULL;
	}
	mailer.is_busy = 1;
	mailer.is_wanted = 0;
	db_query_reset(&mailer.db);
	db_query_start(&mailer.db, STATEMENT_OUTBOX_CLAIM, NULL, 0,
	    mailer_claimed, NULL);
}

static void
mailer_claimed(struct db_query *query, void *unused)
{
	(void)unused;
	if (query->error != ERROR_NONE) {
		mailer_sleep(MAILER_RETRY_MS);
		return;
	}
	metrics_set(METRIC_MAIL_WAITING,
	    (uint64_t)db_int(query, 0, COLUMN_WAITING));
	if (db_is_null(query, 0, COLUMN_ID)) {
		mailer_sleep(db_is_null(query, 0, COLUMN_WAIT) ? 0 :
		    db_int(query, 0, COLUMN_WAIT));
		return;
	}
	(void)kore_strlcpy(mailer.id, db_text(query, 0, COLUMN_ID),
	    sizeof(mailer.id));
	(void)kore_strlcpy(mailer.to, db_text(query, 0, COLUMN_RECIPIENT),
	    sizeof(mailer.to));
	mailer.since = kore_time_ms();
	if (mailer_open())
		mail_send(&mailer.mail, mailer_sent, NULL);
	else
		mailer_settle(MAIL_REFUSED, "sealed under another key");
}

/* Unseals the claimed letter into mailer.mail. */
static int
mailer_open(void)
{
	u_int8_t	*sealed, *clear = NULL;
	size_t		 len = 0, clear_len;

	sealed = db_bytes(&mailer.db, 0, COLUMN_SEALED, &len);
	if (sealed != NULL &&
	    (clear = token_unseal(sealed, len, &clear_len)) != NULL) {
		mailer.letter = json_loadb((const char *)clear, clear_len, 0,
		    NULL);
		explicit_bzero(clear, clear_len);
	}
	PQfreemem(sealed);
	free(clear);
	mailer.mail.id = mailer.id;
	mailer.mail.to = mailer.to;

	return (mailer.letter != NULL && json_unpack(mailer.letter,
	    "{s:s,s:s,s:s,s:s}", "subject", &mailer.mail.subject,
	    "text", &mailer.mail.text, "html", &mailer.mail.html,
	    "url", &mailer.mail.url) == 0);
}

static void
mailer_sent(void *unused, enum mail_outcome outcome, const char *reason)
{
	(void)unused;
	mailer_settle(outcome, reason);
}

static void
mailer_settle(enum mail_outcome outcome, const char *reason)
{
	static const char * const	names[] = {
		[MAIL_SENT] = "sent", [MAIL_LATER] = "later",
		[MAIL_REFUSED] = "refused"
	};
	const struct db_param		params[] = {
		DB_TEXT(mailer.id), DB_TEXT(names[outcome]), DB_TEXT(reason)
	};

	metrics_add(METRIC_MAIL_SENT + outcome, 1);
	metrics_time(TIMING_MAIL, kore_time_ms() - mailer.since);
	if (outcome != MAIL_SENT)
		log_event(LOG_LEVEL_WARN, "mail %s: %s (%s)", mailer.id,
		    names[outcome], reason);
	json_decref(mailer.letter);
	mailer.letter = NULL;
	db_query_reset(&mailer.db);
	db_query_start(&mailer.db, STATEMENT_OUTBOX_SETTLE, params, 3,
	    mailer_settled, NULL);
}

static void
mailer_settled(struct db_query *query, void *unused)
{
	(void)unused;
	/* Not told: the claim runs out, and the mail goes a second time. */
	if (query->error != ERROR_NONE)
		mailer_sleep(MAILER_RETRY_MS);
	else
		mailer_claim();
}

/* Idle until the next mail is due; 0: until a kick. */
static void
mailer_sleep(int64_t ms)
{
	mailer.is_busy = 0;
	if (mailer.is_wanted)
		ms = ms > 0 && ms < 100 ? ms : 100;
	if (ms > 0)
		mailer.timer = kore_timer_add(mailer_wake, (u_int64_t)ms,
		    NULL, KORE_TIMER_ONESHOT);
}

static void
mailer_wake(void *unused, u_int64_t now)
{
	(void)unused;
	(void)now;
	/* Kore frees a fired timer itself. */
	mailer.timer = NULL;
	mailer_kick();
}
