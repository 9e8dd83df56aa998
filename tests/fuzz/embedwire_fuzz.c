/* links: src/embedwire.c -ljansson -lm */
/*
 * Replies of embedding and rerank end points: taken whole or not at all, of
 * finite numbers.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "embedwire.h"

#define SCORES	4

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
	struct embedwire_vectors	 vectors;
	const char			*text = (const char *)data, *why = NULL;
	double				 scores[SCORES];
	size_t				 count, i;

	for (count = 1; count <= 3; count++) {
		if (embedwire_reply(text, size, count, &vectors, &why) == -1) {
			check(why != NULL && vectors.values == NULL);
			continue;
		}
		check(vectors.count == count && vectors.dimensions >= 1 &&
		    vectors.dimensions <= EMBEDWIRE_DIMENSIONS_MAX);
		for (i = 0; i < count * vectors.dimensions; i++)
			check(isfinite(vectors.values[i]));
		embedwire_free(&vectors);
	}
	if (embedwire_rerank_reply(text, size, scores, SCORES) == 0) {
		for (i = 0; i < SCORES; i++)
			check(!isnan(scores[i]));
	}

	return (0);
}
