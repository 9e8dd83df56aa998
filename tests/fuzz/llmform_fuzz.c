/* links: src/llmform.c src/llmwire.c src/jsontext.c src/utf8.c src/buffer.c -ljansson -lm */
/*
 * Chunks of one stream, a line each: read by their form they come out as the
 * parser has them, whatever came before.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "llmform.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
compare(struct llmform *form, const char *data, size_t len)
{
	struct llmwire_chunk	quick, whole;
	enum llmwire_kind	kind = llmform_read(form, &quick, data, len);

	if (kind != llmwire_read(&whole, data, len) ||
	    quick.len != whole.len || quick.status != whole.status ||
	    (quick.text == NULL) != (whole.text == NULL) ||
	    (quick.len > 0 && memcmp(quick.text, whole.text,
	    quick.len) != 0) ||
	    (quick.reason == NULL) != (whole.reason == NULL) ||
	    (quick.reason != NULL && strcmp(quick.reason,
	    whole.reason) != 0) ||
	    memcmp(&quick.usage, &whole.usage, sizeof(quick.usage)) != 0)
		abort();
	llmwire_free(&quick);
	llmwire_free(&whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char	*data = (const char *)bytes, *end;
	struct llmform	 form;
	size_t		 line;

	llmform_init(&form);
	for (; len > 0; data += line, len -= line) {
		end = memchr(data, '\n', len);
		line = end == NULL ? len : (size_t)(end - data);
		compare(&form, data, line);
		if (end != NULL)
			line++;
	}
	llmform_free(&form);

	return (0);
}
