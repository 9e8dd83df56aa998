/*
 * Percent-encoding and forms.
 *
 * A form is cut at '&' first and decoded afterwards, so that an encoded '&'
 * or '=' stays data. ';' does not separate pairs (WHATWG's URL standard).
 * Deliberately missing: a table of all parameters. Forms are short and asked
 * for a few names; a look-up is one pass.
 */
#include <string.h>

#include "percent.h"

static int			percent_hex(char);
static enum percent_result	percent_byte(const char *, size_t, size_t *,
				    enum percent_plus, char *);

enum percent_result
percent_decode(const char *in, size_t len, enum percent_plus plus, char *out,
    size_t out_size, size_t *out_len)
{
	enum percent_result	result;
	size_t			at, used;
	char			c;

	if (out_size == 0)
		return (PERCENT_TOO_LONG);

	out[0] = '\0';
	if (out_len != NULL)
		*out_len = 0;

	for (at = used = 0; at < len; used++) {
		result = percent_byte(in, len, &at, plus, &c);
		if (result == PERCENT_OK && used + 1 == out_size)
			result = PERCENT_TOO_LONG;
		if (result != PERCENT_OK) {
			out[0] = '\0';
			return (result);
		}
		out[used] = c;
	}
	out[used] = '\0';
	if (out_len != NULL)
		*out_len = used;

	return (PERCENT_OK);
}

long
percent_encode(const char *in, size_t len, char *out, size_t out_size)
{
	static const char	digits[] = "0123456789ABCDEF";
	unsigned char		c;
	size_t			at, used, need;

	for (at = used = 0; at < len; at++, used += need) {
		c = (unsigned char)in[at];
		need = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
		    c == '_' || c == '~' ? 1 : 3;
		if (out_size - used <= need) {
			if (out_size > 0)
				out[0] = '\0';
			return (-1);
		}
		if (need == 1) {
			out[used] = (char)c;
		} else {
			out[used] = '%';
			out[used + 1] = digits[c >> 4];
			out[used + 2] = digits[c & 15];
		}
	}
	if (out_size == 0)
		return (-1);
	out[used] = '\0';

	return ((long)used);
}

struct percent_form
percent_form_open(const char *form, size_t len)
{
	return ((struct percent_form){ .at = form, .left = len });
}

int
percent_form_next(struct percent_form *form, struct percent_pair *pair)
{
	const char	*end, *equals;
	size_t		 len;

	do {
		if (form->left == 0)
			return (0);
		pair->name = form->at;
		end = memchr(form->at, '&', form->left);
		len = end != NULL ? (size_t)(end - form->at) : form->left;
		form->at += len + (end != NULL);
		form->left -= len + (end != NULL);
	} while (len == 0);

	equals = memchr(pair->name, '=', len);
	if (equals != NULL) {
		pair->name_len = (size_t)(equals - pair->name);
		pair->value = equals + 1;
		pair->value_len = len - pair->name_len - 1;
	} else {
		pair->name_len = len;
		pair->value = pair->name + len;
		pair->value_len = 0;
	}

	return (1);
}

int
percent_name_is(const struct percent_pair *pair, const char *name)
{
	size_t	at;
	char	c;

	for (at = 0; at < pair->name_len; name++) {
		/* A NUL is refused there: the end of `name` never matches. */
		if (percent_byte(pair->name, pair->name_len, &at,
		    PERCENT_PLUS_BLANK, &c) != PERCENT_OK || c != *name)
			return (0);
	}

	return (*name == '\0');
}

int
percent_find(const char *form, size_t len, const char *name,
    struct percent_pair *pair)
{
	struct percent_form	pairs;

	pairs = percent_form_open(form, len);
	while (percent_form_next(&pairs, pair)) {
		if (percent_name_is(pair, name))
			return (1);
	}

	return (0);
}

enum percent_result
percent_get(const char *form, size_t len, const char *name, char *out,
    size_t out_size, size_t *out_len)
{
	struct percent_pair	pair;

	if (!percent_find(form, len, name, &pair)) {
		if (out_size > 0)
			out[0] = '\0';
		if (out_len != NULL)
			*out_len = 0;
		return (PERCENT_ABSENT);
	}

	return (percent_decode(pair.value, pair.value_len, PERCENT_PLUS_BLANK,
	    out, out_size, out_len));
}

/* Decodes the byte at *at and moves behind it. */
static enum percent_result
percent_byte(const char *in, size_t len, size_t *at, enum percent_plus plus,
    char *out)
{
	int	high, low;

	*out = in[*at];
	if (*out == '%') {
		if (len - *at < 3 || (high = percent_hex(in[*at + 1])) == -1 ||
		    (low = percent_hex(in[*at + 2])) == -1)
			return (PERCENT_BROKEN);
		*out = (char)(unsigned char)(high << 4 | low);
		*at += 2;
	} else if (*out == '+' && plus == PERCENT_PLUS_BLANK) {
		*out = ' ';
	}
	*at += 1;

	return (*out == '\0' ? PERCENT_NUL : PERCENT_OK);
}

static int
percent_hex(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (c - 'A' + 10);

	return (-1);
}
