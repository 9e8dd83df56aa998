/*
 * Figures of use, for administrators.
 *
 *	GET /api/admin/usage	usage_ask -> usage_told
 *
 * ?days= (1 to 366, 30 unless said): for each day (UTC) questions, answers by
 * how they ended, tokens, sign-ins, new accounts, documents; the errors that
 * answers ended with; and what there is in all. Counts alone. Figures go back
 * as far as rows are kept (RETAIN_AUDIT_DAYS, RETAIN_CHAT_DAYS).
 */
#include <sys/types.h>

#include <stdlib.h>

#include "config.h"
#include "reply.h"

#define ADMINUSAGE_DAYS		30
#define ADMINUSAGE_DAYS_MAX	366

int	adminusage_tell(struct http_request *);

enum { USAGE_ASK, USAGE_TOLD };

static enum step	usage_ask(struct request *);
static enum step	usage_told(struct request *);

static const struct request_step	usage_steps[] = {
	[USAGE_ASK] = REQUEST_STEP(usage_ask),
	[USAGE_TOLD] = REQUEST_STEP(usage_told)
};
static const struct request_plan	usage_plan = {
	.name = "GET /api/admin/usage", .steps = usage_steps, .steps_len = 2
};

int
adminusage_tell(struct http_request *http)
{
	return (request_run(http, &usage_plan));
}

static enum step
usage_ask(struct request *r)
{
	char	 text[8], *end;
	long	 days = ADMINUSAGE_DAYS;

	if (request_query(r, "days", text, sizeof(text)) != NULL) {
		days = strtol(text, &end, 10);
		if (end == text || *end != '\0' || days < 1 ||
		    days > ADMINUSAGE_DAYS_MAX)
			return (request_fail_field(r, ERROR_VALIDATION,
			    "days", "days is a number from 1 to 366"));
	}

	return (db_send(r, USAGE_TOLD, STATEMENT_ADMIN_USAGE,
	    DB_TEXT(r->who.user_id), DB_TEXT(config.admin_email),
	    DB_INT(days)));
}

/* The database writes the answer: it is figures, and nothing of it is ours. */
static enum step
usage_told(struct request *r)
{
	if (db_rows(&r->db) == 0)
		return (request_fail(r, ERROR_ADMINS_ONLY));
	reply_header(r, "cache-control", "no-store");

	return (reply_bytes(r, 200, "application/json",
	    db_text(&r->db, 0, 0), db_length(&r->db, 0, 0)));
}
