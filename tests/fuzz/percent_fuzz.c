/* links: src/percent.c */
/*
 * Any bytes as a form: its pairs lie in it, decoded values hold no NUL and
 * survive being encoded again.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "percent.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* What was decoded, encoded and decoded again, is the same. */
static void
check_round_trip(const char *decoded, size_t len)
{
	char	*encoded = malloc(PERCENT_ENCODED_SIZE(len));
	char	*back = malloc(len + 1);
	size_t	 back_len;
	long	 encoded_len;

	assert(encoded != NULL && back != NULL);
	encoded_len = percent_encode(decoded, len, encoded,
	    PERCENT_ENCODED_SIZE(len));
	assert(encoded_len >= (long)len);
	assert(percent_decode(encoded, (size_t)encoded_len,
	    PERCENT_PLUS_BLANK, back, len + 1, &back_len) == PERCENT_OK);
	assert(back_len == len && memcmp(back, decoded, len) == 0);
	free(encoded);
	free(back);
}

static void
check_decode(const char *in, size_t len, enum percent_plus plus)
{
	char			*out = malloc(len + 1);
	size_t			 out_len;
	enum percent_result	 result;

	assert(out != NULL);
	result = percent_decode(in, len, plus, out, len + 1, &out_len);
	assert(result != PERCENT_TOO_LONG && result != PERCENT_ABSENT);
	assert(out_len == strlen(out));
	if (result == PERCENT_OK) {
		check_round_trip(out, out_len);
		/* One byte less does not fit. */
		if (out_len > 0)
			assert(percent_decode(in, len, plus, out, out_len,
			    NULL) == PERCENT_TOO_LONG);
	}
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char		*in = (const char *)data;
	struct percent_form	 form;
	struct percent_pair	 pair;
	char			 name[8];
	size_t			 name_len;

	check_decode(in, len, PERCENT_PLUS_BLANK);
	check_decode(in, len, PERCENT_PLUS_LITERAL);

	form = percent_form_open(in, len);
	while (percent_form_next(&form, &pair)) {
		assert(pair.name >= in);
		assert(pair.value >= pair.name + pair.name_len);
		assert(pair.value + pair.value_len <= in + len);
		assert(pair.name_len + pair.value_len > 0 ||
		    pair.name[0] == '=');
		if (percent_decode(pair.name, pair.name_len,
		    PERCENT_PLUS_BLANK, name, sizeof(name), &name_len) ==
		    PERCENT_OK) {
			assert(percent_name_is(&pair, name));
			assert(percent_find(in, len, name, &pair));
		}
	}

	return (0);
}
