/*
 * A list of weighted names, read once for each offer: both are short.
 *
 *	name [; q=0.5], name [; q=0], *
 *
 * A name's own line wins over "*"; a weight that cannot be read counts as 0,
 * so that what we do not understand is not taken for a wish.
 */
#include <string.h>
#include <strings.h>

#include "accept.h"

#define ACCEPT_WHOLE	1000	/* q=1, in thousandths as the header has it */
#define ACCEPT_BLANK	" \t"

static int	accept_weight(const char *, const char *);
static int	accept_thousandths(const char *, const char *);
static size_t	accept_means(const char *, size_t, const char *);

int
accept_choose(const char *header, const char *const *offers, size_t offers_len)
{
	size_t	i;
	int	weight, best = 0, chosen = -1;

	if (header == NULL)
		return (-1);
	for (i = 0; i < offers_len; i++) {
		weight = accept_weight(header, offers[i]);
		if (weight > best) {
			best = weight;
			chosen = (int)i;
		}
	}

	return (chosen);
}

/* In thousandths; the longest name that means the offer decides. */
static int
accept_weight(const char *header, const char *offer)
{
	const char	*p = header, *end, *name_end;
	size_t		 means, closest = 0;
	int		 weight = 0;

	while (*p != '\0') {
		p += strspn(p, ACCEPT_BLANK ",");
		end = p + strcspn(p, ",");
		name_end = p + strcspn(p, ACCEPT_BLANK ",;");
		means = accept_means(p, (size_t)(name_end - p), offer);
		if (means > closest) {
			closest = means;
			weight = accept_thousandths(name_end, end);
		}
		p = end;
	}

	return (weight);
}

/* How closely a name means the offer: 0 not at all, 1 as "*". */
static size_t
accept_means(const char *name, size_t len, const char *offer)
{
	const size_t	offer_len = strlen(offer);

	if (len == 1 && *name == '*')
		return (1);
	if (len < offer_len || strncasecmp(name, offer, offer_len) != 0)
		return (0);
	if (len == offer_len)
		return (3);

	return (name[offer_len] == '-' ? 2 : 0);
}

/* "; q=0.5", or nothing, which is all of it. */
static int
accept_thousandths(const char *p, const char *end)
{
	int	value, digit;

	p += strspn(p, ACCEPT_BLANK ";");
	if (p >= end)
		return (ACCEPT_WHOLE);
	if (strncasecmp(p, "q=", 2) != 0 || (p[2] != '0' && p[2] != '1'))
		return (0);
	value = (p[2] - '0') * ACCEPT_WHOLE;
	p += 3;
	if (*p == '.')
		p++;
	for (digit = ACCEPT_WHOLE / 10; *p >= '0' && *p <= '9' && digit > 0;
	    digit /= 10)
		value += (*p++ - '0') * digit;

	return (value > ACCEPT_WHOLE ? 0 : value);
}
