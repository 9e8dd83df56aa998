/*
 * What the database's five-letter verdicts mean to our clients: the one place
 * that knows SQLSTATE. The database's own words are shown to nobody.
 */
#ifndef LECTERN_SQLSTATE_H
#define LECTERN_SQLSTATE_H

#include "error.h"

/*
 * The error for a SQLSTATE (NUL-terminated, "" or NULL: the connection broke
 * before the server said one). Never ERROR_NONE, also for states that are no
 * failure. SQLSTATE_UNIQUE is the caller's to decide first; here it is
 * ERROR_INTERNAL like any state that nobody expects.
 */
enum error_id	sqlstate_error(const char *);

#define SQLSTATE_UNIQUE		"23505"

#endif
