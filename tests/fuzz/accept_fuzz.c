/* links: src/accept.c src/range.c */
/*
 * Request headers by which a client chooses: Accept-Encoding, Accept-Language
 * and Range. Any text gives one of the offers or none, the same each time.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "range.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int is_true)
{
	if (!is_true)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const	 offers[] = { "br", "gzip", "de" };
	struct range			 range;
	char				*header = calloc(1, size + 1);
	int				 best;

	check(header != NULL);
	if (size != 0)
		memcpy(header, data, size);
	best = accept_choose(header, offers, 3);
	check(best >= -1 && best < 3);
	check(best == accept_choose(header, offers, 3));
	check(accept_choose(header, offers, 0) == -1);
	/* What one list takes, a longer one takes as well. */
	check(accept_choose(header, offers, 1) == -1 || best != -1);

	range = range_read(header);
	check(!range.has_first || range.first >= 0);
	check(!range.has_last || range.last >= 0);
	check(!range.has_first || !range.has_last ||
	    range.first <= range.last);
	free(header);

	return (0);
}
