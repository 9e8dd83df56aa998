/*
 * UTF-8: checking, repairing, counting and walking.
 *
 * One decoder (utf8_decode) knows the rules; everything else is built on it,
 * with a short way for ASCII. Deliberately missing: normalisation and case
 * folding, which need tables; the database's text search has them.
 */
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static int	utf8_check(const unsigned char *, size_t, int);
static size_t	utf8_expect(unsigned char, unsigned char *, unsigned char *);
static int	utf8_is_blank(uint32_t);
static size_t	utf8_ascii_run(const unsigned char *, size_t, size_t);

int
utf8_is_valid(const void *bytes, size_t len)
{
	return (utf8_check(bytes, len, 1));
}

int
utf8_is_text(const void *bytes, size_t len)
{
	return (utf8_check(bytes, len, 0));
}

char *
utf8_sanitise(const void *bytes, size_t len, size_t *out_len)
{
	const char	*in = bytes;
	char		*out;
	size_t		 at, n, need, used;
	uint32_t	 c;

	for (at = need = 0; at < len; at += n) {
		n = utf8_decode(in, len, at, &c);
		need += c == UTF8_REPLACEMENT || c == 0 ? 3 : n;
	}
	if ((out = malloc(need + 1)) == NULL)
		return (NULL);

	for (at = used = 0; at < len; at += n) {
		n = utf8_decode(in, len, at, &c);
		if (c == UTF8_REPLACEMENT || c == 0) {
			memcpy(out + used, "\xef\xbf\xbd", 3);
			used += 3;
		} else {
			memcpy(out + used, in + at, n);
			used += n;
		}
	}
	out[used] = '\0';
	if (out_len != NULL)
		*out_len = used;

	return (out);
}

size_t
utf8_utf16_len(const char *text, size_t len)
{
	size_t		at, units;
	uint32_t	c;

	for (at = units = 0; at < len; units++) {
		at += utf8_decode(text, len, at, &c);
		if (c > 0xffff)
			units++;
	}

	return (units);
}

size_t
utf8_decode(const char *text, size_t len, size_t at, uint32_t *out)
{
	const unsigned char	*p = (const unsigned char *)text + at;
	unsigned char		 low, high;
	size_t			 i, n;
	uint32_t		 c;

	if (p[0] < 0x80) {
		*out = p[0];
		return (1);
	}

	*out = UTF8_REPLACEMENT;
	if ((n = utf8_expect(p[0], &low, &high)) == 0)
		return (1);

	c = p[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if (i == len - at || p[i] < low || p[i] > high)
			return (i);
		c = c << 6 | (p[i] & 0x3fu);
		low = 0x80;
		high = 0xbf;
	}
	*out = c;

	return (n);
}

size_t
utf8_floor(const char *text, size_t len, size_t at)
{
	size_t		start, n;
	uint32_t	c;

	if (at >= len)
		return (len);

	/* Only a character that reaches over `at` moves it back. */
	for (start = at; start > 0 && at - start < 3; start--) {
		if (((unsigned char)text[start] & 0xc0) != 0x80)
			break;
	}
	n = utf8_decode(text, len, start, &c);

	return (start + n > at ? start : at);
}

size_t
utf8_ceil(const char *text, size_t len, size_t at)
{
	size_t		start;
	uint32_t	c;

	start = utf8_floor(text, len, at);
	if (start == len || start == at)
		return (start);

	return (start + utf8_decode(text, len, start, &c));
}

size_t
utf8_skip_blanks(const char *text, size_t len, size_t at)
{
	size_t		n;
	uint32_t	c;

	for (; at < len; at += n) {
		n = 1;
		c = (unsigned char)text[at];
		if (c >= 0x80)
			n = utf8_decode(text, len, at, &c);
		if (!utf8_is_blank(c))
			break;
	}

	return (at < len ? at : len);
}

size_t
utf8_trim_end(const char *text, size_t from, size_t to)
{
	size_t		start;
	uint32_t	c;

	while (to > from) {
		start = utf8_floor(text, to, to - 1);
		if (start < from)
			break;
		(void)utf8_decode(text, to, start, &c);
		if (!utf8_is_blank(c))
			break;
		to = start;
	}

	return (to);
}

int
utf8_is_lower(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z');
	if (c >= 0xdf && c <= 0xff)
		return (c != 0xf7);
	/* Latin Extended-A alternates, with the phase shifted in places. */
	if (c >= 0x100 && c <= 0x137)
		return (c & 1);
	if (c >= 0x139 && c <= 0x148)
		return (!(c & 1));
	if (c >= 0x14a && c <= 0x177)
		return (c & 1);
	if (c >= 0x3ac && c <= 0x3ce)
		return (1);

	return (c >= 0x430 && c <= 0x45f);
}

static int
utf8_check(const unsigned char *p, size_t len, int nul_allowed)
{
	size_t		at, n;
	uint32_t	c;

	if (!nul_allowed && len > 0 && memchr(p, '\0', len) != NULL)
		return (0);

	for (at = 0; at < len; at += n) {
		at = utf8_ascii_run(p, len, at);
		if (at == len)
			break;
		n = utf8_decode((const char *)p, len, at, &c);
		/* The real U+FFFD is three bytes, and begins with these two. */
		if (c == UTF8_REPLACEMENT &&
		    (n != 3 || p[at] != 0xef || p[at + 1] != 0xbf))
			return (0);
	}

	return (1);
}

/*
 * The length that a first byte announces (0: none can begin so), and what the
 * second byte may be: that is where overlong forms, surrogates and values
 * above U+10FFFF show.
 */
static size_t
utf8_expect(unsigned char first, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;

	if (first >= 0xc2 && first <= 0xdf)
		return (2);
	if (first >= 0xe0 && first <= 0xef) {
		if (first == 0xe0)
			*low = 0xa0;
		if (first == 0xed)
			*high = 0x9f;
		return (3);
	}
	if (first >= 0xf0 && first <= 0xf4) {
		if (first == 0xf0)
			*low = 0x90;
		if (first == 0xf4)
			*high = 0x8f;
		return (4);
	}

	return (0);
}

static int
utf8_is_blank(uint32_t c)
{
	if (c <= ' ')
		return (c == ' ' || (c >= '\t' && c <= '\r'));

	switch (c) {
	case 0x85:
	case 0xa0:
	case 0x1680:
	case 0x2028:
	case 0x2029:
	case 0x202f:
	case 0x205f:
	case 0x3000:
	case 0xfeff:
		return (1);
	default:
		return (c >= 0x2000 && c <= 0x200b);
	}
}

/* The first position from `at` that is not ASCII, looking at 8 bytes a time. */
static size_t
utf8_ascii_run(const unsigned char *p, size_t len, size_t at)
{
	uint64_t	word;

	while (len - at >= sizeof(word)) {
		memcpy(&word, p + at, sizeof(word));
		if (word & UINT64_C(0x8080808080808080))
			break;
		at += sizeof(word);
	}
	while (at < len && p[at] < 0x80)
		at++;

	return (at);
}
