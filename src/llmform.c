/*
 * The form of a stream's chunks; see llmform.h.
 *
 *	chunk -> the form fits: what stands between its two parts is the text
 *	      -> else it is parsed -> has text: a new form is cut from it
 *
 * A form is believed because it was tried: with another text put in its place
 * the chunk is parsed once more, and that must come out as the text and bring
 * nothing else along. Whatever string stands there, the rest of the JSON is
 * the same then. A text with escapes or bad UTF-8 is left to the parser.
 *
 * End points whose chunks differ in more than the text (a time, a padding)
 * are parsed each time; few attempts are spent on them.
 */
#include <stdlib.h>
#include <string.h>

#include "llmform.h"
#include "utf8.h"

#define LLMFORM_ATTEMPTS	4	/* in vain, or hardly used */
#define LLMFORM_WORTH		16	/* uses that paid for learning it */
#define LLMFORM_MAX		4096	/* bytes */

static int	llmform_fits(const struct llmform *, const char *, size_t);
static int	llmform_is_plain(const char *, size_t);
static void	llmform_learn(struct llmform *, const char *, size_t);
static size_t	llmform_find(const char *, size_t, size_t *);
static int	llmform_try(const struct llmform *);

void
llmform_init(struct llmform *form)
{
	memset(form, 0, sizeof(*form));
}

void
llmform_free(struct llmform *form)
{
	free(form->bytes);
	llmform_init(form);
}

enum llmwire_kind
llmform_read(struct llmform *form, struct llmwire_chunk *chunk,
    const char *data, size_t len)
{
	enum llmwire_kind	kind;

	if (form->bytes != NULL && llmform_fits(form, data, len)) {
		form->uses++;
		memset(chunk, 0, sizeof(*chunk));
		chunk->text = data + form->before;
		chunk->len = len - form->before - form->after;
		return (LLMWIRE_CHUNK);
	}
	kind = llmwire_read(chunk, data, len);
	if (kind == LLMWIRE_CHUNK && chunk->len > 0 &&
	    chunk->reason == NULL && !chunk->usage.is_known)
		llmform_learn(form, data, len);

	return (kind);
}

static int
llmform_fits(const struct llmform *form, const char *data, size_t len)
{
	size_t	around = form->before + form->after;

	return (len >= around &&
	    memcmp(data, form->bytes, form->before) == 0 &&
	    memcmp(data + len - form->after, form->bytes + form->before,
	    form->after) == 0 &&
	    llmform_is_plain(data + form->before, len - around));
}

/* It stands for itself between quotation marks. */
static int
llmform_is_plain(const char *text, size_t len)
{
	unsigned char	c, all = 0;
	size_t		i;

	for (i = 0; i < len; i++) {
		c = (unsigned char)text[i];
		if (c < 0x20 || c == '"' || c == '\\')
			return (0);
		all |= c;
	}

	return (all < 0x80 || utf8_is_valid(text, len));
}

static void
llmform_learn(struct llmform *form, const char *data, size_t len)
{
	size_t	at, text_len;

	if (form->uses >= LLMFORM_WORTH)
		form->attempts = 0;
	if (form->attempts >= LLMFORM_ATTEMPTS || len > LLMFORM_MAX ||
	    (at = llmform_find(data, len, &text_len)) == 0)
		return;
	form->attempts++;
	form->uses = 0;
	free(form->bytes);
	form->before = at;
	form->after = len - at - text_len;
	if ((form->bytes = malloc(form->before + form->after)) == NULL)
		return;
	memcpy(form->bytes, data, at);
	memcpy(form->bytes + at, data + at + text_len, form->after);
	if (!llmform_try(form)) {
		free(form->bytes);
		form->bytes = NULL;
	}
}

/*
 * Where the first string called "content" may begin, behind its quotation
 * mark; 0: nowhere. A guess, which llmform_try() proves.
 */
static size_t
llmform_find(const char *data, size_t len, size_t *text_len)
{
	static const char	 name[] = "\"content\"";
	const char		*found = memmem(data, len, name,
				    sizeof(name) - 1);
	size_t			 at, end;

	if (found == NULL)
		return (0);
	at = (size_t)(found - data) + sizeof(name) - 1;
	while (at < len && strchr(" :", data[at]) != NULL && data[at] != '\0')
		at++;
	if (at == len || data[at] != '"')
		return (0);
	for (end = ++at; end < len && data[end] != '"'; end++) {
		if (data[end] == '\\')
			end++;
	}
	if (end >= len)
		return (0);
	*text_len = end - at;

	return (at);
}

static int
llmform_try(const struct llmform *form)
{
	static const char	 other[] = "another text";
	const size_t		 other_len = sizeof(other) - 1;
	struct llmwire_chunk	 chunk;
	char			*data;
	size_t			 len = form->before + other_len + form->after;
	int			 is_right;

	if ((data = malloc(len)) == NULL)
		return (0);
	memcpy(data, form->bytes, form->before);
	memcpy(data + form->before, other, other_len);
	memcpy(data + form->before + other_len, form->bytes + form->before,
	    form->after);
	is_right = llmwire_read(&chunk, data, len) == LLMWIRE_CHUNK &&
	    chunk.text != NULL && chunk.len == other_len &&
	    memcmp(chunk.text, other, other_len) == 0 &&
	    chunk.reason == NULL && !chunk.usage.is_known;
	llmwire_free(&chunk);
	free(data);

	return (is_right);
}
