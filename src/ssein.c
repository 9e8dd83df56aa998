/*
 * Server-sent events, the reading side.
 *
 * A line ends with CR, LF or CRLF, also when the two come in different
 * pieces. A blank line closes an event; several data lines are joined with
 * LF. A line is looked at only when it is whole, so the pieces may be cut
 * anywhere; only a line that was cut is copied to be put together.
 * Deliberately missing: event names, ids and reconnecting, which model end
 * points do not use.
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

/* A whole line, without its end. */
static int
ssein_line(struct ssein *s, const char *text, size_t len)
{
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

/* Where the line that begins at `from` ends, or len. */
static size_t
ssein_end(const char *data, size_t from, size_t len, size_t *lf)
{
	const char	*found;

	/* It is looked for once, however many lines end with CR before it. */
	if (from == 0 || *lf < from) {
		found = memchr(data + from, '\n', len - from);
		*lf = found == NULL ? len : (size_t)(found - data);
	}
	found = memchr(data + from, '\r', *lf - from);

	return (found == NULL ? *lf : (size_t)(found - data));
}

/* The end of a line that may have begun in an earlier piece. */
static int
ssein_close(struct ssein *s, const char *data, size_t len)
{
	int	rc;

	if (s->line.len == 0 && len <= SSEIN_EVENT_MAX)
		return (ssein_line(s, data, len));
	if (ssein_piece(s, data, len) == -1)
		return (-1);
	rc = ssein_line(s, buffer_text(&s->line), s->line.len);
	buffer_clear(&s->line);

	return (rc);
}

int
ssein_feed(struct ssein *s, const char *data, size_t len)
{
	size_t	from = 0, end, lf = 0;
	int	was_cr;

	while (from < len && !s->has_failed) {
		was_cr = s->after_cr;
		s->after_cr = 0;
		if (was_cr && data[from] == '\n') {
			from++;
			continue;
		}
		if ((end = ssein_end(data, from, len, &lf)) == len) {
			if (ssein_piece(s, data + from, len - from) == -1)
				s->has_failed = 1;
			break;
		}
		if (ssein_close(s, data + from, end - from) == -1)
			s->has_failed = 1;
		s->after_cr = data[end] == '\r';
		from = end + 1;
	}

	return (s->has_failed ? -1 : 0);
}

int
ssein_finish(struct ssein *s)
{
	if (s->has_failed)
		return (-1);
	if ((s->line.len > 0 && ssein_close(s, "", 0) == -1) ||
	    ssein_dispatch(s) == -1)
		s->has_failed = 1;

	return (s->has_failed ? -1 : 0);
}
