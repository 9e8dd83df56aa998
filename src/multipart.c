/*
 * multipart/form-data over a body in memory.
 *
 * open: Content-Type -> delimiter, skip what stands before the first part.
 * next: header lines -> data up to the next delimiter, which is found with
 * memmem(), linear in glibc; so every byte is looked at a bounded number of
 * times. A delimiter counts only when its line holds nothing else; any other
 * look-alike is data.
 *
 * Deliberately missing: nested multiparts and Content-Transfer-Encoding (RFC
 * 7578 retires both), line ends of LF alone, folded header lines.
 */
#include <string.h>
#include <strings.h>

#include "multipart.h"
#include "percent.h"
#include "utf8.h"

/* Bytes that are being read from their front. */
struct multipart_span {
	const char	*at;
	size_t		 left;
};

static int	multipart_boundary(struct multipart *, const char *);
static int	multipart_find(struct multipart *, size_t, size_t *);
static int	multipart_line_ends(struct multipart *, size_t);
static int	multipart_head(struct multipart *, struct multipart_part *);
static int	multipart_line(struct multipart *, struct multipart_part *,
		    struct multipart_span);
static int	multipart_disposition(struct multipart *,
		    struct multipart_part *, struct multipart_span);
static int	multipart_parameter(struct multipart_span *,
		    struct multipart_span *, struct multipart_span *);
static size_t	multipart_quoted_len(const struct multipart_span *);
static int	multipart_unquote(struct multipart_span, int, char *, size_t);
static int	multipart_extended(struct multipart_span, char *, size_t);
static int	multipart_basename(char *);
static int	multipart_has_control(const char *);
static int	multipart_fail(struct multipart *, enum multipart_error);
static void	multipart_skip(struct multipart_span *, size_t);
static void	multipart_trim(struct multipart_span *);
static int	multipart_is(const struct multipart_span *, const char *);

enum multipart_error
multipart_open(struct multipart *m, const char *content_type,
    const void *body, size_t len)
{
	size_t	start;

	memset(m, 0, sizeof(*m));
	m->body = body;
	m->len = len;

	if (content_type == NULL || !multipart_boundary(m, content_type)) {
		m->error = MULTIPART_NO_BOUNDARY;
		return (m->error);
	}

	/* The first delimiter has no line before it that it would end. */
	if (len >= m->delimiter_len - 2 && memcmp(m->body, m->delimiter + 2,
	    m->delimiter_len - 2) == 0 &&
	    multipart_line_ends(m, m->delimiter_len - 2))
		return (MULTIPART_OK);
	if (!multipart_find(m, 0, &start))
		m->error = MULTIPART_TRUNCATED;

	return (m->error);
}

int
multipart_next(struct multipart *m, struct multipart_part *part)
{
	size_t	start, end;

	if (m->error != MULTIPART_OK || m->is_closed)
		return (0);
	if (m->parts == MULTIPART_PARTS_MAX)
		return (multipart_fail(m, MULTIPART_TOO_MANY));

	memset(part, 0, sizeof(*part));
	part->type = "";
	if (!multipart_head(m, part))
		return (0);

	start = m->at;
	if (!multipart_find(m, start, &end))
		return (multipart_fail(m, MULTIPART_TRUNCATED));
	part->data = m->body + start;
	part->data_len = end - start;
	m->parts++;

	return (1);
}

const char *
multipart_error_text(enum multipart_error error)
{
	static const char *const	texts[] = {
		[MULTIPART_OK] = "",
		[MULTIPART_NO_BOUNDARY] =
		    "The Content-Type names no form-data with a boundary",
		[MULTIPART_TRUNCATED] =
		    "The form ends before its closing boundary",
		[MULTIPART_BROKEN] =
		    "A part of the form has a malformed header",
		[MULTIPART_BAD_NAME] =
		    "A name in the form is too long or not UTF-8",
		[MULTIPART_TOO_MANY] = "The form has too many parts"
	};

	return (texts[error]);
}

/* Takes the boundary out of the Content-Type and makes the delimiter of it. */
static int
multipart_boundary(struct multipart *m, const char *content_type)
{
	struct multipart_span	value, name, text;
	char			boundary[MULTIPART_BOUNDARY_MAX + 1];
	size_t			len;

	value = (struct multipart_span){ content_type, strlen(content_type) };
	text = (struct multipart_span){ value.at,
	    strcspn(content_type, ";") };
	multipart_skip(&value, text.left);
	multipart_trim(&text);
	if (!multipart_is(&text, "multipart/form-data"))
		return (0);

	while (multipart_parameter(&value, &name, &text)) {
		if (!multipart_is(&name, "boundary"))
			continue;
		if (!multipart_unquote(text, 0, boundary, sizeof(boundary)))
			return (0);
		len = strlen(boundary);
		if (len == 0 || boundary[len - 1] == ' ' ||
		    multipart_has_control(boundary))
			return (0);
		memcpy(m->delimiter, "\r\n--", 4);
		memcpy(m->delimiter + 4, boundary, len);
		m->delimiter_len = 4 + len;
		return (1);
	}

	return (0);
}

/*
 * Finds the next delimiter from `from` on and moves behind it. *start is
 * where the data before it ends.
 */
static int
multipart_find(struct multipart *m, size_t from, size_t *start)
{
	const char	*hit;

	while (from < m->len) {
		hit = memmem(m->body + from, m->len - from, m->delimiter,
		    m->delimiter_len);
		if (hit == NULL)
			return (0);
		*start = (size_t)(hit - m->body);
		/* A boundary has no line end, so delimiters don't overlap. */
		from = *start + m->delimiter_len;
		if (multipart_line_ends(m, from))
			return (1);
	}

	return (0);
}

/*
 * Whether a delimiter's line holds nothing more at `at` than the mark of the
 * last one and blanks. If so, moves behind it.
 */
static int
multipart_line_ends(struct multipart *m, size_t at)
{
	int	is_closing;

	is_closing = m->len - at >= 2 && memcmp(m->body + at, "--", 2) == 0;
	if (is_closing)
		at += 2;
	while (at < m->len && (m->body[at] == ' ' || m->body[at] == '\t'))
		at++;
	if (m->len - at >= 2 && memcmp(m->body + at, "\r\n", 2) == 0)
		at += 2;
	else if (!is_closing || at < m->len)
		return (0);

	m->at = at;
	m->is_closed = is_closing;

	return (1);
}

/* Reads a part's header lines and the empty line behind them. */
static int
multipart_head(struct multipart *m, struct multipart_part *part)
{
	struct multipart_span	line;
	const char		*end;
	size_t			 left;

	left = m->len - m->at;
	if (left > MULTIPART_HEAD_MAX)
		left = MULTIPART_HEAD_MAX;

	for (;;) {
		line.at = m->body + m->at;
		if ((end = memmem(line.at, left, "\r\n", 2)) == NULL)
			return (multipart_fail(m, left < m->len - m->at ?
			    MULTIPART_BROKEN : MULTIPART_TRUNCATED));
		line.left = (size_t)(end - line.at);
		m->at += line.left + 2;
		left -= line.left + 2;
		if (line.left == 0)
			break;
		if (!multipart_line(m, part, line))
			return (0);
	}

	if (part->name[0] == '\0')
		return (multipart_fail(m, MULTIPART_BROKEN));

	return (1);
}

static int
multipart_line(struct multipart *m, struct multipart_part *part,
    struct multipart_span line)
{
	struct multipart_span	name;
	const char		*colon;

	if ((colon = memchr(line.at, ':', line.left)) == NULL)
		return (multipart_fail(m, MULTIPART_BROKEN));

	name = (struct multipart_span){ line.at, (size_t)(colon - line.at) };
	multipart_skip(&line, name.left + 1);
	multipart_trim(&line);

	if (multipart_is(&name, "content-disposition"))
		return (multipart_disposition(m, part, line));
	if (multipart_is(&name, "content-type")) {
		part->type = line.at;
		part->type_len = line.left;
	}

	return (1);
}

static int
multipart_disposition(struct multipart *m, struct multipart_part *part,
    struct multipart_span value)
{
	struct multipart_span	name, text;
	const char		*semicolon;
	char			 extended[MULTIPART_NAME_MAX + 1] = "";
	int			 is_good = 1;

	semicolon = memchr(value.at, ';', value.left);
	text = value;
	if (semicolon != NULL)
		text.left = (size_t)(semicolon - value.at);
	multipart_skip(&value, text.left);
	multipart_trim(&text);
	if (!multipart_is(&text, "form-data"))
		return (multipart_fail(m, MULTIPART_BROKEN));

	while (is_good && multipart_parameter(&value, &name, &text)) {
		if (multipart_is(&name, "name")) {
			is_good = multipart_unquote(text, 1, part->name,
			    sizeof(part->name)) &&
			    !multipart_has_control(part->name);
		} else if (multipart_is(&name, "filename*")) {
			/* One in another character set is passed over. */
			if (!multipart_extended(text, extended,
			    sizeof(extended)))
				extended[0] = '\0';
		} else if (multipart_is(&name, "filename")) {
			part->is_file = 1;
			is_good = multipart_unquote(text, 1, part->filename,
			    sizeof(part->filename));
		}
	}
	if (!is_good)
		return (multipart_fail(m, MULTIPART_BAD_NAME));
	if (extended[0] != '\0') {
		part->is_file = 1;
		memcpy(part->filename, extended, sizeof(extended));
	}
	part->is_bad_name = multipart_basename(part->filename);

	return (1);
}

/*
 * Takes one `; name=value` off the front. The value keeps its quotes. Returns
 * 0 at the end, and at whatever is no parameter.
 */
static int
multipart_parameter(struct multipart_span *in, struct multipart_span *name,
    struct multipart_span *value)
{
	const char	*end;

	while (in->left > 0 && (*in->at == ';' || *in->at == ' ' ||
	    *in->at == '\t'))
		multipart_skip(in, 1);

	if (in->left == 0 || (end = memchr(in->at, '=', in->left)) == NULL)
		return (0);
	*name = (struct multipart_span){ in->at, (size_t)(end - in->at) };
	multipart_skip(in, name->left + 1);
	multipart_trim(name);
	while (in->left > 0 && (*in->at == ' ' || *in->at == '\t'))
		multipart_skip(in, 1);

	value->at = in->at;
	if (in->left > 0 && *in->at == '"') {
		if ((value->left = multipart_quoted_len(in)) == 0)
			return (0);
	} else {
		end = memchr(in->at, ';', in->left);
		value->left = end == NULL ? in->left :
		    (size_t)(end - in->at);
	}
	multipart_skip(in, value->left);
	multipart_trim(value);

	return (1);
}

/* Length of the quoted string at the front, with its quotes; 0: no end. */
static size_t
multipart_quoted_len(const struct multipart_span *in)
{
	size_t	i;

	for (i = 1; i < in->left; i++) {
		if (in->at[i] == '"')
			return (i + 1);
		if (in->at[i] == '\\' && i + 1 < in->left &&
		    (in->at[i + 1] == '"' || in->at[i + 1] == '\\'))
			i++;
	}

	return (0);
}

/*
 * Copies a value without its quotes and escapes. A backslash escapes only a
 * quote or another one: old browsers send "C:\dir\file" as it is. With
 * `is_form`, %22 is a quote: the escape that browsers use in names.
 * Returns 0 when it does not fit or is no text.
 */
static int
multipart_unquote(struct multipart_span in, int is_form, char *out,
    size_t out_size)
{
	size_t	i, used;
	char	c;

	if (in.left >= 2 && *in.at == '"') {
		multipart_skip(&in, 1);
		in.left--;
	}

	for (i = used = 0; i < in.left; i++, used++) {
		if (used + 1 == out_size)
			return (0);
		c = in.at[i];
		if (c == '\\' && i + 1 < in.left &&
		    (in.at[i + 1] == '"' || in.at[i + 1] == '\\'))
			c = in.at[++i];
		else if (is_form && in.left - i >= 3 &&
		    memcmp(in.at + i, "%22", 3) == 0) {
			c = '"';
			i += 2;
		}
		out[used] = c;
	}
	out[used] = '\0';

	return (utf8_is_text(out, used));
}

/* A value of RFC 8187: UTF-8'language'percent-encoded. */
static int
multipart_extended(struct multipart_span in, char *out, size_t out_size)
{
	struct multipart_span	charset;
	const char		*quote;
	size_t			 len;

	if ((quote = memchr(in.at, '\'', in.left)) == NULL)
		return (0);
	charset = (struct multipart_span){ in.at, (size_t)(quote - in.at) };
	multipart_skip(&in, charset.left + 1);
	if (!multipart_is(&charset, "utf-8") ||
	    (quote = memchr(in.at, '\'', in.left)) == NULL)
		return (0);
	multipart_skip(&in, (size_t)(quote - in.at) + 1);

	return (percent_decode(in.at, in.left, PERCENT_PLUS_LITERAL, out,
	    out_size, &len) == PERCENT_OK && utf8_is_text(out, len));
}

/*
 * Keeps what stands behind the last separator, without control characters.
 * Returns 1 when nothing is left of a name, or nothing that names a file.
 */
static int
multipart_basename(char *name)
{
	const int	 is_given = *name != '\0';
	char		*in, *out;

	for (in = out = name; *in != '\0'; in++) {
		if (*in == '/' || *in == '\\')
			out = name;
		else if ((unsigned char)*in >= ' ' && *in != 0x7f)
			*out++ = *in;
	}
	*out = '\0';

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		name[0] = '\0';

	return (is_given && name[0] == '\0');
}

static int
multipart_has_control(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return (1);
	}

	return (0);
}

static int
multipart_fail(struct multipart *m, enum multipart_error error)
{
	m->error = error;

	return (0);
}

static void
multipart_skip(struct multipart_span *span, size_t len)
{
	span->at += len;
	span->left -= len;
}

static void
multipart_trim(struct multipart_span *span)
{
	while (span->left > 0 && (*span->at == ' ' || *span->at == '\t'))
		multipart_skip(span, 1);
	while (span->left > 0 && (span->at[span->left - 1] == ' ' ||
	    span->at[span->left - 1] == '\t'))
		span->left--;
}

static int
multipart_is(const struct multipart_span *span, const char *text)
{
	return (span->left == strlen(text) &&
	    strncasecmp(span->at, text, span->left) == 0);
}
