/*
 * One range of bytes. A server may answer any Range with the whole, so what
 * is not plainly one good range is taken as none.
 */
#include <string.h>
#include <strings.h>

#include "range.h"

#define RANGE_UNIT		"bytes="
#define RANGE_MAX		1000000000000000	/* beyond every text */

static const char	*range_number(const char *, int *, int64_t *);

struct range
range_read(const char *header)
{
	const struct range	 none = { 0, 0, 0, 0 };
	struct range		 range = none;

	if (header == NULL ||
	    strncasecmp(header, RANGE_UNIT, strlen(RANGE_UNIT)) != 0)
		return (none);
	header += strlen(RANGE_UNIT);

	header = range_number(header, &range.has_first, &range.first);
	if (*header++ != '-')
		return (none);
	header = range_number(header, &range.has_last, &range.last);
	if (*header != '\0' ||
	    (!range.has_first && !range.has_last) ||
	    (range.has_first && range.has_last && range.last < range.first))
		return (none);

	return (range);
}

/*
 * Reads a number, if there is one; returns what follows. What lies beyond
 * every text is as good as RANGE_MAX, which leaves room to calculate.
 */
static const char *
range_number(const char *text, int *has, int64_t *out)
{
	size_t	i, digits = strspn(text, "0123456789");

	*has = digits > 0;
	*out = 0;
	for (i = 0; i < digits; i++)
		*out = *out >= RANGE_MAX / 10 ? RANGE_MAX :
		    *out * 10 + (text[i] - '0');

	return (text + digits);
}
