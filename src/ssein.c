/*
 * Server-sent events, the reading side.
 *
 * A line ends with CR, LF or CRLF, also when the two come in different
 * pieces. A blank line closes an event; several data lines are joined with
 * LF. A line is looked at only when it is whole, so the pieces may be cut
 * anywhere. Deliberately missing: event names, ids and reconnecting, which
 * model end points do not use.
 */
#include <string.h>

#include "ssein.h"

void
ssein_init(struct ssein *s, ssein_event_cb event, void *arg)
{
	memset(s, 0, sizeof(*s));
	s->event = event;
	s->arg = arg;
	buffer_init(&s->line);
	buffer_init(&s->data);
}

void
ssein_free(struct ssein *s)
{
	buffer_free(&s->line);
	buffer_free(&s->data);
}

static int
ssein_dispatch(struct ssein *s)
{
	int	rc;

	if (!s->has_data)
		return (0);

	rc = s->event(s->arg, buffer_text(&s->data), s->data.len);
	buffer_clear(&s->data);
	s->has_data = 0;

	return (rc);
}

static int
ssein_line(struct ssein *s)
{
	const char	*text = buffer_text(&s->line);
	size_t		 len = s->line.len;

	if (!s->has_started && len >= 3 &&
	    memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	s->has_started = 1;

	if (len == 0)
		return (ssein_dispatch(s));
	if (len < 4 || memcmp(text, "data", 4) != 0 ||
	    (len > 4 && text[4] != ':'))
		return (0);

	text += len > 4 ? 5 : 4;
	len -= len > 4 ? 5 : 4;
	if (len > 0 && text[0] == ' ') {
		text++;
		len--;
	}

	if (s->data.len + len > SSEIN_EVENT_MAX)
		return (-1);
	if (s->has_data)
		buffer_add(&s->data, "\n", 1);
	buffer_add(&s->data, text, len);
	s->has_data = 1;

	return (s->data.has_failed ? -1 : 0);
}

static int
ssein_piece(struct ssein *s, const char *data, size_t len)
{
	if (s->line.len + len > SSEIN_EVENT_MAX)
		return (-1);
	buffer_add(&s->line, data, len);

	return (s->line.has_failed ? -1 : 0);
}

int
ssein_feed(struct ssein *s, const char *data, size_t len)
{
	size_t	from = 0, at;

	for (at = 0; at < len && !s->has_failed; at++) {
		if (s->after_cr && data[at] == '\n') {
			s->after_cr = 0;
			from = at + 1;
			continue;
		}
		s->after_cr = (data[at] == '\r');
		if (data[at] != '\r' && data[at] != '\n')
			continue;

		if (ssein_piece(s, data + from, at - from) == -1 ||
		    ssein_line(s) == -1)
			s->has_failed = 1;
		buffer_clear(&s->line);
		from = at + 1;
	}

	if (!s->has_failed && from < len &&
	    ssein_piece(s, data + from, len - from) == -1)
		s->has_failed = 1;

	return (s->has_failed ? -1 : 0);
}

int
ssein_finish(struct ssein *s)
{
	if (s->has_failed)
		return (-1);
	if ((s->line.len > 0 && ssein_line(s) == -1) ||
	    ssein_dispatch(s) == -1)
		s->has_failed = 1;
	buffer_clear(&s->line);

	return (s->has_failed ? -1 : 0);
}
