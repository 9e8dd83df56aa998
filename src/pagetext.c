/*
 * One pass over the source, which is ours; the texts are ours too, but are
 * escaped so that a translator needs to know nothing of HTML.
 */
#include <stdio.h>
#include <string.h>

#include "pagetext.h"

#define PAGETEXT_ASSETS	"\"/assets/"

static const char	*pagetext_key(const char *, const char *,
			    char [PAGETEXT_KEY_MAX]);
static const char	*pagetext_of(const char *, const char *, json_t *,
			    json_t *);
static void		 pagetext_escape(struct buffer *, const char *);

int
pagetext_expand(const char *source, size_t len, const char *language,
    const char *version, json_t *texts, json_t *used, struct buffer *out,
    char bad[PAGETEXT_KEY_MAX])
{
	const char	*p = source, *end = source + len, *text;
	const size_t	 prefix = sizeof(PAGETEXT_ASSETS) - 1;
	char		 key[PAGETEXT_KEY_MAX];

	while (p < end) {
		if (end - p > 2 && p[0] == '{' && p[1] == '{') {
			p = pagetext_key(p + 2, end, key);
			text = p == NULL ? NULL :
			    pagetext_of(key, language, texts, used);
			if (text == NULL) {
				(void)snprintf(bad, PAGETEXT_KEY_MAX, "%s",
				    key);
				return (-1);
			}
			pagetext_escape(out, text);
		} else if ((size_t)(end - p) > prefix &&
		    memcmp(p, PAGETEXT_ASSETS, prefix) == 0) {
			buffer_add_text(out, PAGETEXT_ASSETS);
			buffer_add_text(out, version);
			buffer_add_text(out, "/");
			p += prefix;
		} else
			buffer_add(out, p++, 1);
	}

	return (0);
}

/* Copies the key; returns what follows "}}", or NULL when it is none. */
static const char *
pagetext_key(const char *p, const char *end, char key[PAGETEXT_KEY_MAX])
{
	size_t	len = 0;

	while (p < end && *p != '}' && len + 1 < PAGETEXT_KEY_MAX)
		key[len++] = *p++;
	key[len] = '\0';

	return (end - p >= 2 && p[0] == '}' && p[1] == '}' ? p + 2 : NULL);
}

static const char *
pagetext_of(const char *key, const char *language, json_t *texts, json_t *used)
{
	const char	*text;

	if (strcmp(key, "language") == 0)
		return (language);
	if ((text = json_string_value(json_object_get(texts, key))) != NULL)
		(void)json_object_set_new(used, key, json_true());

	return (text);
}

static void
pagetext_escape(struct buffer *out, const char *text)
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
