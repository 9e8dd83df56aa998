/* links: src/jsontext.c src/utf8.c src/buffer.c -ljansson */
/* Text written as a JSON string is read back as it was. */
#include <jansson.h>

#include "fuzz.h"
#include "jsontext.h"
#include "utf8.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer	 out;
	json_t		*read;
	char		*text;
	size_t		 len;

	text = utf8_sanitise((const char *)data, size, &len);
	check(text != NULL);
	buffer_init(&out);
	jsontext_add(&out, text, len);
	read = json_loadb(out.data, out.len, JSON_DECODE_ANY |
	    JSON_ALLOW_NUL, NULL);
	check(json_is_string(read) && json_string_length(read) == len &&
	    memcmp(json_string_value(read), text, len) == 0);
	json_decref(read);
	buffer_free(&out);
	free(text);

	return (0);
}
