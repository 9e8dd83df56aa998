/*
 * Judges and cleans a request's header block.
 *
 * block -> request line -> every line -> what the lines say together -> out
 *
 * A line that is malformed refuses the request, also when its header would
 * have been dropped: two readers of the same bytes must not find different
 * requests in them. Of well-formed lines those in kept[] pass, in its order,
 * as many as Kore holds. Bytes that Kore's parser refuses are replaced in the
 * values of those; only in Host and Content-Length they matter enough to
 * refuse the request. Characters beyond ASCII in an address are written as
 * the percent-encoding that the client has left out.
 *
 * Deliberately missing: trailers, chunked bodies, upgrades.
 */
#include <string.h>
#include <strings.h>

#include "header.h"
#include "span.h"
#include "utf8.h"

/* What a second line of the same header does. */
enum twice {
	TWICE_FIRST,		/* it is dropped, the first one stands */
	TWICE_REFUSE,		/* ambiguous in a way that matters */
	TWICE_COMMA,		/* a list: joined */
	TWICE_SEMICOLON		/* cookies: joined */
};

/* What becomes of bytes outside printable ASCII. */
enum odd {
	ODD_MARK,		/* a question mark */
	ODD_PERCENT		/* %XX: the bytes are still needed */
};

/* In order of need: what exceeds Kore's lines is dropped from the end. */
static const struct kept {
	const char	*name;
	enum twice	 twice;
	enum odd	 odd;
} kept[] = {
	{ "cookie",			TWICE_SEMICOLON,	ODD_MARK },
	{ "authorization",		TWICE_REFUSE,		ODD_MARK },
	{ "origin",			TWICE_REFUSE,		ODD_MARK },
	{ "content-type",		TWICE_REFUSE,		ODD_MARK },
	{ "x-forwarded-for",		TWICE_COMMA,		ODD_MARK },
	{ "x-forwarded-proto",		TWICE_FIRST,		ODD_MARK },
	{ "forwarded",			TWICE_COMMA,		ODD_MARK },
	{ "x-real-ip",			TWICE_FIRST,		ODD_MARK },
	{ "via",			TWICE_COMMA,		ODD_MARK },
	{ "accept",			TWICE_COMMA,		ODD_MARK },
	{ "user-agent",			TWICE_FIRST,		ODD_MARK },
	{ "x-filename",			TWICE_FIRST,		ODD_PERCENT },
	{ "idempotency-key",		TWICE_REFUSE,		ODD_PERCENT },
	{ "sec-fetch-site",		TWICE_FIRST,		ODD_MARK },
	{ "sec-fetch-mode",		TWICE_FIRST,		ODD_MARK },
	{ "sec-fetch-dest",		TWICE_FIRST,		ODD_MARK },
	{ "referer",			TWICE_FIRST,		ODD_MARK },
	{ "range",			TWICE_FIRST,		ODD_MARK },
	{ "if-range",			TWICE_FIRST,		ODD_MARK },
	{ "if-none-match",		TWICE_COMMA,		ODD_MARK },
	{ "if-modified-since",		TWICE_FIRST,		ODD_MARK },
	{ "access-control-request-method",  TWICE_FIRST,	ODD_MARK },
	{ "access-control-request-headers", TWICE_COMMA,	ODD_MARK },
	{ "last-event-id",		TWICE_FIRST,		ODD_MARK },
	{ "accept-encoding",		TWICE_COMMA,		ODD_MARK },
	{ "accept-language",		TWICE_COMMA,		ODD_MARK },
};

#define KEPT_COUNT	(sizeof(kept) / sizeof(kept[0]))

static const struct method {
	const char	*name;
	int		 has_body;
} methods[] = {
	{ "GET", 0 },
	{ "POST", 1 },
	{ "HEAD", 0 },
	{ "OPTIONS", 0 },
	{ "PUT", 1 },
	{ "DELETE", 0 },
	{ "PATCH", 1 },
};

struct block {
	struct span	 lines;		/* what follows the request line */
	struct span	 target;	/* path and query */
	struct span	 authority;	/* of an absolute target, or empty */
	struct span	 host;		/* p is NULL while not seen */
	struct span	 length;	/* Content-Length, likewise */
	struct span	 values[KEPT_COUNT]; /* first non-empty value of each */
	uint32_t	 counts[KEPT_COUNT]; /* non-empty lines of each */
	int		 has_transfer_encoding;
	int		 has_odd_expect; /* expects what nobody can give */
};

struct out {
	char		*buf;
	size_t		 max;
	size_t		 len;
	size_t		 lines;		/* header lines written */
	int		 is_full;	/* something did not fit */
};

static enum error_id	read_request_line(struct block *, struct span,
			    struct header_facts *);
static enum error_id	read_target(struct block *,
			    const struct header_facts *);
static enum error_id	read_line(struct block *, struct span,
			    struct header_facts *);
static enum error_id	read_kept(struct block *, const struct span *,
			    const struct span *);
static void		read_connection(struct span, struct header_facts *);
static enum error_id	read_length(const struct block *,
			    struct header_facts *);
static enum error_id	judge(struct block *, struct header_facts *);
static void		put_block(struct out *, const struct block *,
			    const struct header_facts *);
static void		put_kept(struct out *, const struct block *, size_t);
static void		put_value(struct out *, const struct span *, enum odd);
static void		put_text(struct out *, const char *);
static void		put(struct out *, const void *, size_t);

enum header_scan
header_scan(const uint8_t *buf, size_t len, size_t *pos)
{
	size_t		i;

	for (i = *pos; i < len; i++) {
		if (buf[i] == '\0')
			return (HEADER_SCAN_NUL);
		if (buf[i] == '\n' && (i == 0 || buf[i - 1] != '\r'))
			return (HEADER_SCAN_BARE);
		if (i > 0 && buf[i - 1] == '\r' && buf[i] != '\n')
			return (HEADER_SCAN_BARE);
		if (i >= 3 && buf[i] == '\n' && buf[i - 2] == '\n') {
			*pos = i + 1;
			return (HEADER_SCAN_END);
		}
	}
	*pos = len;

	return (HEADER_SCAN_MORE);
}

size_t
header_leading(const uint8_t *buf, size_t len)
{
	size_t		n;

	for (n = 0; n + 2 <= len; n += 2) {
		if (buf[n] != '\r' || buf[n + 1] != '\n')
			break;
	}

	return (n);
}

enum error_id
header_clean(const uint8_t *buf, size_t len, char *out_buf, size_t out_max,
    size_t *out_len, struct header_facts *facts)
{
	struct block		 block;
	struct out		 out;
	struct span		 rest;
	enum error_id		 error;

	memset(&block, 0, sizeof(block));
	memset(facts, 0, sizeof(*facts));
	if (len < 4 || memcmp(buf + len - 4, "\r\n\r\n", 4) != 0)
		return (ERROR_BAD_HEADER);
	rest.p = buf;
	rest.len = len - 2;

	error = read_request_line(&block, span_line(&rest), facts);
	if (error != ERROR_NONE)
		return (error);
	block.lines = rest;
	while (rest.len > 0) {
		error = read_line(&block, span_line(&rest), facts);
		if (error != ERROR_NONE)
			return (error);
	}
	if ((error = judge(&block, facts)) != ERROR_NONE)
		return (error);

	memset(&out, 0, sizeof(out));
	out.buf = out_buf;
	out.max = out_max;
	put_block(&out, &block, facts);
	if (out.is_full)
		return (ERROR_HEADER_TOO_LARGE);
	*out_len = out.len;

	return (ERROR_NONE);
}

static enum error_id
read_request_line(struct block *block, struct span line,
    struct header_facts *facts)
{
	struct span		 method, version;
	const uint8_t		*first, *last;
	size_t			 i;

	first = memchr(line.p, ' ', line.len);
	last = memrchr(line.p, ' ', line.len);
	if (first == NULL || first == last)
		return (ERROR_BAD_LINE);
	method.p = line.p;
	method.len = (size_t)(first - line.p);
	block->target.p = first + 1;
	block->target.len = (size_t)(last - first - 1);
	version.p = last + 1;
	version.len = line.len - (size_t)(last + 1 - line.p);

	if (!span_is_token(&method) || version.len != 8 ||
	    memcmp(version.p, "HTTP/", 5) != 0)
		return (ERROR_BAD_LINE);
	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (method.len == strlen(methods[i].name) &&
		    memcmp(method.p, methods[i].name, method.len) == 0) {
			facts->method = methods[i].name;
			facts->has_body = methods[i].has_body;
		}
	}
	if (memcmp(version.p + 5, "1.0", 3) == 0)
		facts->is_http10 = 1;
	else if (memcmp(version.p + 5, "1.1", 3) != 0)
		return (ERROR_VERSION);
	if (facts->method == NULL)
		return (ERROR_METHOD_UNKNOWN);

	return (read_target(block, facts));
}

static enum error_id
read_target(struct block *block, const struct header_facts *facts)
{
	struct span	*target = &block->target;
	size_t		 i, scheme, odd = 0;

	for (i = 0; i < target->len; i++) {
		if (target->p[i] <= ' ' || target->p[i] == 0x7f ||
		    target->p[i] == '#')
			return (ERROR_BAD_TARGET);
		odd += target->p[i] > '~';
	}
	if (!utf8_is_text(target->p, target->len))
		return (ERROR_BAD_TARGET);

	scheme = 0;
	if (target->len > 7 &&
	    strncasecmp((const char *)target->p, "http://", 7) == 0)
		scheme = 7;
	else if (target->len > 8 &&
	    strncasecmp((const char *)target->p, "https://", 8) == 0)
		scheme = 8;
	if (scheme > 0) {
		for (i = scheme; i < target->len; i++) {
			if (target->p[i] == '/' || target->p[i] == '?')
				break;
		}
		block->authority.p = target->p + scheme;
		block->authority.len = i - scheme;
		if (!span_is_host(&block->authority))
			return (ERROR_BAD_TARGET);
		target->p += i;
		target->len -= i;
	} else if (span_is(target, "*")) {
		if (strcmp(facts->method, "OPTIONS") != 0)
			return (ERROR_BAD_TARGET);
	} else if (target->len == 0 || target->p[0] != '/') {
		return (ERROR_BAD_TARGET);
	}
	/* Each odd byte leaves as three. */
	if (target->len + 2 * odd > HEADER_TARGET_MAX)
		return (ERROR_URI_TOO_LONG);

	return (ERROR_NONE);
}

static enum error_id
read_line(struct block *block, struct span line, struct header_facts *facts)
{
	struct span	 name, value;

	if (line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
		return (ERROR_BAD_FOLD);
	if (!span_split(line, &name, &value))
		return (ERROR_BAD_NAME);

	if (span_is(&name, "host")) {
		if (block->host.p != NULL)
			return (ERROR_BAD_TWICE);
		if (!span_is_host(&value))
			return (ERROR_BAD_HOST);
		block->host = value;
	} else if (span_is(&name, "content-length")) {
		if (block->length.p != NULL)
			return (ERROR_BAD_TWICE);
		if (!span_is_digits(&value))
			return (ERROR_BAD_LENGTH);
		block->length = value;
	} else if (span_is(&name, "transfer-encoding")) {
		block->has_transfer_encoding = 1;
	} else if (span_is(&name, "connection")) {
		read_connection(value, facts);
	} else if (span_is(&name, "expect")) {
		if (span_is(&value, "100-continue"))
			facts->expects_continue = 1;
		else
			block->has_odd_expect = 1;
	} else {
		return (read_kept(block, &name, &value));
	}

	return (ERROR_NONE);
}

static enum error_id
read_kept(struct block *block, const struct span *name,
    const struct span *value)
{
	size_t		i;

	for (i = 0; i < KEPT_COUNT; i++) {
		if (!span_is(name, kept[i].name))
			continue;
		if (value->len == 0)
			return (ERROR_NONE);
		if (block->counts[i]++ == 0)
			block->values[i] = *value;
		else if (kept[i].twice == TWICE_REFUSE)
			return (ERROR_BAD_TWICE);
		break;
	}

	return (ERROR_NONE);
}

static void
read_connection(struct span value, struct header_facts *facts)
{
	struct span	 token;
	const uint8_t	*comma;

	while (value.len > 0) {
		token = value;
		comma = memchr(value.p, ',', value.len);
		if (comma != NULL)
			token.len = (size_t)(comma - value.p);
		value.p += token.len;
		value.len -= token.len;
		if (comma != NULL) {
			value.p++;
			value.len--;
		}
		token = span_trim(token);
		if (span_is(&token, "close"))
			facts->wants_close = 1;
	}
}

static enum error_id
judge(struct block *block, struct header_facts *facts)
{
	static const uint8_t	 nobody[] = "localhost";

	if (block->has_transfer_encoding && block->length.p != NULL)
		return (ERROR_BAD_FRAMING);
	if (block->has_transfer_encoding)
		return (ERROR_TRANSFER_ENCODING);

	if (block->host.p == NULL) {
		if (!facts->is_http10)
			return (ERROR_BAD_HOST);
		/* Kore wants one, HTTP/1.0 need not have it. */
		block->host.p = nobody;
		block->host.len = sizeof(nobody) - 1;
	}
	if (block->authority.p != NULL)
		block->host = block->authority;

	if (facts->is_http10)
		facts->expects_continue = 0;
	else if (block->has_odd_expect)
		return (ERROR_EXPECTATION);

	return (read_length(block, facts));
}

static enum error_id
read_length(const struct block *block, struct header_facts *facts)
{
	size_t		 i;

	/* RFC 9112, 6.3: without a length there is no body. */
	for (i = 0; i < block->length.len; i++) {
		if (facts->content_length > UINT64_MAX / 10 - 1)
			return (ERROR_BAD_LENGTH);
		facts->content_length = facts->content_length * 10 +
		    (uint64_t)(block->length.p[i] - '0');
	}
	if (facts->content_length > 0 && !facts->has_body)
		return (ERROR_BODY_UNWANTED);

	return (ERROR_NONE);
}

static void
put_block(struct out *out, const struct block *block,
    const struct header_facts *facts)
{
	size_t		 i;

	put_text(out, facts->method);
	put_text(out, " ");
	/* An absolute target may have had no path at all. */
	if (block->target.len == 0 || block->target.p[0] == '?')
		put_text(out, "/");
	put_value(out, &block->target, ODD_PERCENT);
	put_text(out, " HTTP/1.1\r\nhost: ");
	put(out, block->host.p, block->host.len);
	put_text(out, "\r\n");
	out->lines = 1;
	if (facts->has_body) {
		put_text(out, "content-length: 0\r\n");
		out->lines++;
	}
	for (i = 0; i < KEPT_COUNT && out->lines < HEADER_LINES_MAX; i++) {
		if (block->counts[i] > 0)
			put_kept(out, block, i);
	}
	put_text(out, "\r\n");
}

static void
put_kept(struct out *out, const struct block *block, size_t which)
{
	struct span	 rest, name, value;
	uint32_t	 left;

	put_text(out, kept[which].name);
	put_text(out, ": ");
	put_value(out, &block->values[which], kept[which].odd);

	left = block->counts[which] - 1;
	if (kept[which].twice == TWICE_FIRST)
		left = 0;
	for (rest = block->lines; left > 0 && rest.len > 0;) {
		if (!span_split(span_line(&rest), &name, &value) ||
		    !span_is(&name, kept[which].name) || value.len == 0 ||
		    value.p == block->values[which].p)
			continue;
		put_text(out,
		    kept[which].twice == TWICE_SEMICOLON ? "; " : ", ");
		put_value(out, &value, kept[which].odd);
		left--;
	}
	put_text(out, "\r\n");
	out->lines++;
}

static void
put_value(struct out *out, const struct span *value, enum odd odd)
{
	static const char	 hex[] = "0123456789ABCDEF";
	char			 code[3];
	uint8_t			 byte;
	size_t			 i, plain;

	for (i = 0; i < value->len; i++) {
		plain = i;
		while (i < value->len && value->p[i] >= ' ' &&
		    value->p[i] <= '~')
			i++;
		put(out, value->p + plain, i - plain);
		if (i == value->len)
			break;
		byte = value->p[i];
		code[0] = '%';
		code[1] = hex[byte >> 4];
		code[2] = hex[byte & 15];
		if (odd == ODD_PERCENT)
			put(out, code, sizeof(code));
		else
			put_text(out, byte == '\t' ? " " : "?");
	}
}

static void
put_text(struct out *out, const char *text)
{
	put(out, text, strlen(text));
}

static void
put(struct out *out, const void *data, size_t len)
{
	if (len > out->max - out->len) {
		out->is_full = 1;
		return;
	}
	if (len > 0)
		memcpy(out->buf + out->len, data, len);
	out->len += len;
}
