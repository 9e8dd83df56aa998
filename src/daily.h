/*
 * The refusal of questions beyond those of a day (CHAT_DAILY): with their
 * number, and when the next day begins (UTC).
 */
#ifndef LECTERN_DAILY_H
#define LECTERN_DAILY_H

#include "request.h"

/* request_fail(); ERROR_CHAT_DAILY gets its own text and Retry-After. */
enum step	 daily_fail(struct request *, enum error_id);

#endif
