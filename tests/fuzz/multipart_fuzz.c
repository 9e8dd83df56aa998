/* links: src/multipart.c src/percent.c src/utf8.c */
/*
 * Any bytes as a body (its first line as the Content-Type if it begins like
 * one): parts lie in the body in order, names are clean, and a body reads
 * the same from a copy of exactly its size.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "multipart.h"
#include "utf8.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_name(const char *name, const char *forbidden)
{
	size_t	i, len = strlen(name);

	assert(len <= MULTIPART_NAME_MAX);
	assert(utf8_is_text(name, len));
	for (i = 0; i < len; i++) {
		assert((unsigned char)name[i] >= ' ' && name[i] != 0x7f);
		assert(strchr(forbidden, name[i]) == NULL);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char			 type[128] = "multipart/form-data; boundary=XX";
	const char		*body = (const char *)data, *line_end, *behind;
	size_t			 line_len;
	struct multipart	 m;
	struct multipart_part	 part;

	line_end = len > 0 ? memchr(data, '\n', len) : NULL;
	if (line_end != NULL && data[0] == 'm') {
		line_len = (size_t)(line_end - body);
		if (line_len >= sizeof(type))
			return (0);
		memcpy(type, body, line_len);
		type[line_len] = '\0';
		body += line_len + 1;
		len -= line_len + 1;
	}

	if (multipart_open(&m, type, body, len) != MULTIPART_OK) {
		assert(!multipart_next(&m, &part));
		assert(multipart_error_text(m.error)[0] != '\0');
		return (0);
	}
	behind = body;
	while (multipart_next(&m, &part)) {
		assert(part.data >= behind);
		behind = part.data + part.data_len;
		assert(behind <= body + len);
		assert(part.type_len == 0 || (part.type >= body &&
		    part.type + part.type_len <= part.data));
		/* The data holds no delimiter of its own. */
		assert(memcmp(behind, m.delimiter, m.delimiter_len) == 0);
		assert(part.name[0] != '\0');
		check_name(part.name, "");
		check_name(part.filename, "/\\");
		assert(part.is_file || part.filename[0] == '\0');
	}
	assert(m.parts <= MULTIPART_PARTS_MAX);
	assert(m.error != MULTIPART_OK || m.is_closed);
	assert(!multipart_next(&m, &part));

	return (0);
}
