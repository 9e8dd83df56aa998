/* links: src/openairequest.c src/openaiwire.c src/jsontext.c src/llmwire.c src/utf8.c src/buffer.c -ljansson -lm */
/*
 * Bodies of POST /v1/chat/completions: judged the same each time, within the
 * limits that the interface promises, and refused with a reason.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "openairequest.h"

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
	struct openairequest_refusal	 refusal = { .is_no_model = 0 };
	struct openairequest		 q;
	json_t				*body;

	body = json_loadb((const char *)data, size, 0, NULL);
	if (!json_is_object(body)) {
		json_decref(body);
		return (0);
	}
	if (openairequest_read(&q, body, &refusal) == 0) {
		check(q.question.len > 0 &&
		    q.question.len <= OPENAIREQUEST_QUESTION_MAX);
		check(q.instructions.len <= OPENAIREQUEST_SYSTEM_MAX + 1024);
		check(json_array_size(q.stop) <= OPENAIREQUEST_STOPS_MAX);
		check(json_array_size(q.document_ids) <=
		    OPENAIREQUEST_DOCUMENTS_MAX);
	} else {
		check(refusal.message[0] != '\0');
		check(memchr(refusal.message, '\0',
		    sizeof(refusal.message)) != NULL);
		check(memchr(refusal.param, '\0', sizeof(refusal.param)) !=
		    NULL);
	}
	openairequest_free(&q);
	json_decref(body);

	return (0);
}
