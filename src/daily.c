/*
 * Refusing questions beyond those of a day. They are counted in the database,
 * by chat_take(), whose day is that of UTC too.
 */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "config.h"
#include "daily.h"

#define DAILY_SECONDS	86400

enum step
daily_fail(struct request *r, enum error_id error)
{
	char		text[160];
	int64_t		left;

	if (error != ERROR_CHAT_DAILY)
		return (request_fail(r, error));

	left = DAILY_SECONDS - (int64_t)time(NULL) % DAILY_SECONDS;
	r->retry_after_s = (u_int32_t)left;
	(void)snprintf(text, sizeof(text), "You have asked %s%" PRId64
	    " question%s that a day has; the next day begins at midnight "
	    "UTC, in %" PRId64 " h %" PRId64 " min",
	    config.chat_daily == 1 ? "the " : "all ", config.chat_daily,
	    config.chat_daily == 1 ? "" : "s", left / 3600,
	    left % 3600 / 60);

	return (request_fail_field(r, error, NULL, text));
}
