/* links: src/forwarded.c */
/*
 * The client's address among those of proxies: whatever is taken is an
 * address, and reads as the same one again.
 */
#include "forwarded.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	*list, first[FORWARDED_MAX], again[FORWARDED_MAX];
	int	 hops;

	if (size == 0)
		return (0);
	hops = 1 + data[0] % 4;
	data++;
	size--;
	list = piece(&data, &size);
	if (forwarded_client(list, hops, first)) {
		check(first[strspn(first, "0123456789abcdef:.")] == '\0');
		check(forwarded_client(first, 1, again));
		check(strcmp(first, again) == 0);
	}
	free(list);

	return (0);
}
