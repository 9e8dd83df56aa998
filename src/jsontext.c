/*
 * JSON strings; see jsontext.h. Runs without anything to escape are copied at
 * once. All other characters may stand as they are (RFC 8259, section 7).
 */
#include <string.h>

#include "jsontext.h"

static void
jsontext_escape(struct buffer *out, unsigned char c)
{
	static const char	hex[] = "0123456789abcdef";
	static const char	names[] = "btnvfr";	/* 0x08 to 0x0d */
	char			text[6] = { '\\', 'u', '0', '0', 0, 0 };

	if (c == '"' || c == '\\') {
		text[1] = (char)c;
		buffer_add(out, text, 2);
	} else if (c >= 0x08 && c <= 0x0d && c != 0x0b) {
		text[1] = names[c - 0x08];
		buffer_add(out, text, 2);
	} else {
		text[4] = hex[c >> 4];
		text[5] = hex[c & 15];
		buffer_add(out, text, 6);
	}
}

void
jsontext_add(struct buffer *out, const char *text, size_t len)
{
	size_t	at, from = 0;

	buffer_add(out, "\"", 1);
	for (at = 0; at < len; at++) {
		if ((unsigned char)text[at] >= ' ' && text[at] != '"' &&
		    text[at] != '\\')
			continue;
		buffer_add(out, text + from, at - from);
		jsontext_escape(out, (unsigned char)text[at]);
		from = at + 1;
	}
	buffer_add(out, text + from, len - from);
	buffer_add(out, "\"", 1);
}
