/* links: src/uistream.c src/jsontext.c src/utf8.c src/buffer.c -ljansson */
/*
 * An answer in pieces of any bytes: every event is one line of JSON, and the
 * deltas together are the pieces' text.
 */
#include <jansson.h>

#include "fuzz.h"
#include "uistream.h"
#include "utf8.h"

/* One event from the start of the text; the bytes that it takes. */
static size_t
event(const char *text, size_t len, struct buffer *deltas)
{
	const char	*end = memmem(text, len, "\n\n", 2);
	json_t		*part;

	check(end != NULL && strncmp(text, "data: ", 6) == 0);
	check(memchr(text, '\n', (size_t)(end - text)) == NULL);
	if (strncmp(text, "data: [DONE]\n", 13) == 0)
		return ((size_t)(end - text) + 2);
	part = json_loadb(text + 6, (size_t)(end - text) - 6,
	    JSON_ALLOW_NUL, NULL);
	check(json_is_object(part) &&
	    json_is_string(json_object_get(part, "type")));
	if (strcmp(json_string_value(json_object_get(part, "type")),
	    "text-delta") == 0)
		buffer_add(deltas,
		    json_string_value(json_object_get(part, "delta")),
		    json_string_length(json_object_get(part, "delta")));
	json_decref(part);

	return ((size_t)(end - text) + 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer	 out, deltas, whole;
	char		*text, *clean;
	size_t		 at, len;

	buffer_init(&out);
	buffer_init(&deltas);
	buffer_init(&whole);
	uistream_start(&out, "id", json_object());
	uistream_text_start(&out);
	while (size > 0) {
		text = piece(&data, &size);
		if (utf8_is_valid(text, strlen(text))) {
			clean = utf8_sanitise(text, strlen(text), &len);
			check(clean != NULL);
			buffer_add(&whole, clean, len);
			free(clean);
			uistream_text(&out, text, strlen(text));
		}
		free(text);
	}
	uistream_text_end(&out, NULL);
	uistream_finish(&out, "stop", NULL);
	uistream_done(&out);
	for (at = 0; at < out.len;)
		at += event(out.data + at, out.len - at, &deltas);
	check(deltas.len == whole.len && (whole.len == 0 ||
	    memcmp(deltas.data, whole.data, whole.len) == 0));
	buffer_free(&out);
	buffer_free(&deltas);
	buffer_free(&whole);

	return (0);
}
