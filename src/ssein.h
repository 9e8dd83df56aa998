/*
 * Reads server-sent events out of a byte stream that arrives in arbitrary
 * pieces. Only the data of an event matters here: event names, ids, retry
 * times and comments are skipped.
 */
#ifndef LECTERN_SSEIN_H
#define LECTERN_SSEIN_H

#include <stddef.h>

#include "buffer.h"

#define SSEIN_EVENT_MAX	(1024 * 1024)	/* bytes of one event, line or data */

/* One event's data, NUL-terminated. Returns 0, or -1: stop reading. */
typedef int (*ssein_event_cb)(void *, const char *data, size_t len);

struct ssein {
	ssein_event_cb	 event;
	void		*arg;
	struct buffer	 line;		/* the line that is not whole yet */
	struct buffer	 data;		/* data lines of the open event */
	int		 has_data;	/* a data line was seen */
	int		 after_cr;	/* an LF now belongs to the CR */
	int		 has_started;	/* the byte order mark was looked for */
	int		 has_failed;	/* too long, or told to stop */
};

void	ssein_init(struct ssein *, ssein_event_cb, void *arg);
void	ssein_free(struct ssein *);
/*
 * Takes the next bytes; calls back once an event is complete. Returns 0, or
 * -1 for ever after an event over SSEIN_EVENT_MAX or a callback's -1.
 */
int	ssein_feed(struct ssein *, const char *, size_t);
/* The stream has ended: an event without its closing blank line is told. */
int	ssein_finish(struct ssein *);

#endif
