/*
 * Runs of bytes inside a header block: lines, names, values. Nothing is
 * copied and nothing is terminated. One table of byte classes decides what a
 * name, a number and a host may hold, independently of any locale.
 */
#include <string.h>
#include <strings.h>

#include "span.h"

#define HOST_MAX	253

#define IS_DIGIT	0x01
#define IS_TOKEN	0x02	/* header names, methods */
#define IS_NAME		0x04	/* host names, IPv4 addresses */
#define IS_ADDRESS	0x08	/* IPv6 addresses */

static const uint8_t	classes[256] = {
	['0' ... '9'] = IS_DIGIT | IS_TOKEN | IS_NAME | IS_ADDRESS,
	['A' ... 'F'] = IS_TOKEN | IS_NAME | IS_ADDRESS,
	['a' ... 'f'] = IS_TOKEN | IS_NAME | IS_ADDRESS,
	['G' ... 'Z'] = IS_TOKEN | IS_NAME,
	['g' ... 'z'] = IS_TOKEN | IS_NAME,
	['-'] = IS_TOKEN | IS_NAME, ['_'] = IS_TOKEN | IS_NAME,
	['.'] = IS_TOKEN | IS_NAME | IS_ADDRESS, [':'] = IS_ADDRESS,
	['!'] = IS_TOKEN, ['#'] = IS_TOKEN, ['$'] = IS_TOKEN,
	['%'] = IS_TOKEN, ['&'] = IS_TOKEN, ['\''] = IS_TOKEN,
	['*'] = IS_TOKEN, ['+'] = IS_TOKEN, ['^'] = IS_TOKEN,
	['`'] = IS_TOKEN, ['|'] = IS_TOKEN, ['~'] = IS_TOKEN,
};

static size_t	span_of(const struct span *, uint8_t);

struct span
span_line(struct span *rest)
{
	struct span	 line = *rest;
	const uint8_t	*eol;

	eol = memmem(rest->p, rest->len, "\r\n", 2);
	if (eol == NULL) {
		rest->len = 0;
		return (line);
	}
	line.len = (size_t)(eol - rest->p);
	rest->p += line.len + 2;
	rest->len -= line.len + 2;

	return (line);
}

int
span_split(struct span line, struct span *name, struct span *value)
{
	const uint8_t	*colon;

	if ((colon = memchr(line.p, ':', line.len)) == NULL)
		return (0);
	name->p = line.p;
	name->len = (size_t)(colon - line.p);
	value->p = colon + 1;
	value->len = line.len - name->len - 1;
	*value = span_trim(*value);

	return (span_is_token(name));
}

struct span
span_trim(struct span s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 &&
	    (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;

	return (s);
}

int
span_is(const struct span *s, const char *text)
{
	return (s->len == strlen(text) &&
	    strncasecmp((const char *)s->p, text, s->len) == 0);
}

/* How many bytes at the start are of a class. */
static size_t
span_of(const struct span *s, uint8_t class)
{
	size_t		i;

	for (i = 0; i < s->len && (classes[s->p[i]] & class); i++)
		;

	return (i);
}

int
span_is_token(const struct span *s)
{
	return (s->len > 0 && span_of(s, IS_TOKEN) == s->len);
}

int
span_is_digits(const struct span *s)
{
	return (s->len > 0 && span_of(s, IS_DIGIT) == s->len);
}

int
span_is_host(const struct span *s)
{
	struct span	 rest = *s;
	size_t		 n;

	if (s->len == 0 || s->len > HOST_MAX)
		return (0);
	if (s->p[0] == '[') {
		rest.p++;
		rest.len--;
		n = span_of(&rest, IS_ADDRESS);
		if (n < 2 || n == rest.len || rest.p[n] != ']')
			return (0);
		n++;
	} else if ((n = span_of(&rest, IS_NAME)) == 0) {
		return (0);
	}
	rest.p += n;
	rest.len -= n;
	if (rest.len == 0)
		return (1);
	if (rest.p[0] != ':')
		return (0);
	rest.p++;
	rest.len--;

	return (rest.len <= 5 && span_is_digits(&rest));
}
