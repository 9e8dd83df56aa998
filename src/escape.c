/*
 * The five characters that mean something to HTML.
 */
#include <string.h>

#include "escape.h"

void
escape_html(struct buffer *out, const char *text)
{
	size_t	plain;

	for (;;) {
		plain = strcspn(text, "&<>\"'");
		buffer_add(out, text, plain);
		text += plain;
		switch (*text++) {
		case '&':
			buffer_add_text(out, "&amp;");
			break;
		case '<':
			buffer_add_text(out, "&lt;");
			break;
		case '>':
			buffer_add_text(out, "&gt;");
			break;
		case '"':
			buffer_add_text(out, "&quot;");
			break;
		case '\'':
			buffer_add_text(out, "&#39;");
			break;
		default:
			return;
		}
	}
}
