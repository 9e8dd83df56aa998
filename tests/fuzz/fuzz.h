/*
 * What the fuzzers share: an assertion that stops them, and the reading of an
 * input as pieces. The pieces of an input are what stands between its NULs.
 */
#ifndef LECTERN_FUZZ_H
#define LECTERN_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static inline void
check(int is_true)
{
	if (!is_true)
		abort();
}

/* The next piece, NUL-terminated; the caller frees it. "" behind the last. */
static inline char *
piece(const uint8_t **data, size_t *len)
{
	const uint8_t	*end = *len == 0 ? NULL : memchr(*data, '\0', *len);
	size_t		 n = end == NULL ? *len : (size_t)(end - *data);
	char		*text = malloc(n + 1);

	check(text != NULL);
	if (n > 0)
		memcpy(text, *data, n);
	text[n] = '\0';
	*data += end == NULL ? n : n + 1;
	*len -= end == NULL ? n : n + 1;

	return (text);
}

#endif
