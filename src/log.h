/*
 * The log: one JSON object a line on stdout, in one write. Never a body, a
 * token, an e-mail address or a query string.
 */
#ifndef LECTERN_LOG_H
#define LECTERN_LOG_H

#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN,
    LOG_LEVEL_ERROR };

void	log_set_level(enum log_level);
int	log_is_on(enum log_level);
/* One event. Any thread. */
void	log_event(enum log_level, const char *format, ...)
	    __attribute__((format(printf, 2, 3)));
/*
 * One finished request; main thread, written at the next log_flush(). One that
 * took LOG_SLOW_MS and was no stream is a warning, marked as slow.
 */
#define LOG_SLOW_MS	2000
void	log_request(const char *id, const char *route, const char *method,
	    int status, uint64_t ms, int is_stream, const char *user_id);
/*
 * One slow statement, by its name: how long it waited for a connection, and
 * how long all of it took. `id` is the request's that asked, or NULL.
 */
void	log_statement(const char *id, const char *name, uint64_t wait_ms,
	    uint64_t ms);

/* Writes what has gathered; every tick and at a worker's end. */
void	log_flush(void);

#endif
