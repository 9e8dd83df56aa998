/*
 * The AI SDK's UI message stream: its parts, written as server-sent events
 * into a buffer. Only types that every version of the client since 5 knows;
 * an optional field that has no value is left out, for null is refused.
 */
#ifndef LECTERN_UISTREAM_H
#define LECTERN_UISTREAM_H

#include <jansson.h>

#include "buffer.h"

/* `metadata` (an object, stolen; NULL: none) is the message's. */
void	uistream_start(struct buffer *, const char *message_id,
	    json_t *metadata);
/* Shown while nothing else is there: "searching", "writing", ... */
void	uistream_status(struct buffer *, const char *state);
/*
 * One of the answer's sources. `citation` is borrowed: the object that
 * citation_json() makes.
 */
void	uistream_source(struct buffer *, const json_t *citation);
void	uistream_step_start(struct buffer *);
void	uistream_text_start(struct buffer *);
/* UTF-8; anything else is left out. */
void	uistream_text(struct buffer *, const char *, size_t);
/* `citations` (stolen): objects of uistream_text_citation(). */
void	uistream_text_end(struct buffer *, json_t *citations);
/*
 * A citation in the form that text-end carries: start and end are UTF-16
 * units of the generated text. A new object, NULL when there is no memory.
 */
json_t	*uistream_text_citation(const json_t *citation, size_t start,
	    size_t end);
/* The citation as data, for clients that do not read those of text-end. */
void	uistream_citation(struct buffer *, const json_t *citation);
void	uistream_step_finish(struct buffer *);
/* `reason`: stop, length, content-filter, error or other. */
void	uistream_finish(struct buffer *, const char *reason, json_t *metadata);
void	uistream_error(struct buffer *, const char *message);
void	uistream_abort(struct buffer *);
/* The stream's last event. */
void	uistream_done(struct buffer *);

#endif
