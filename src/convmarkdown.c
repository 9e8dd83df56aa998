/*
 * Conversations as Markdown.
 *
 * Footnotes count through the whole conversation; all quotes of one mark of
 * an answer stand in one of them. They follow their message, so that a long
 * conversation can be written message by message.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convmarkdown.h"

/* Text that is to be shown as it is, on one line. */
static void
convmarkdown_plain(struct buffer *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("\\`*_[]<>#|", *text) != NULL)
			buffer_add(out, "\\", 1);
		buffer_add(out, (unsigned char)*text < 0x20 ? " " : text, 1);
	}
}

/* Every line behind `prefix`. */
static void
convmarkdown_lines(struct buffer *out, const char *prefix, const char *text)
{
	size_t	len;

	for (;; text += len + 1) {
		len = strcspn(text, "\n");
		buffer_add_text(out, prefix);
		buffer_add(out, text, len > 0 && text[len - 1] == '\r' ?
		    len - 1 : len);
		buffer_add(out, "\n", 1);
		if (text[len] == '\0')
			return;
	}
}

static const char *
convmarkdown_text(const json_t *object, const char *name)
{
	const char	*text = json_string_value(json_object_get(object,
			    name));

	return (text == NULL ? "" : text);
}

static json_int_t
convmarkdown_mark(const json_t *citation)
{
	return (json_integer_value(json_object_get(citation, "n")));
}

/*
 * The place of a mark among the different ones of the citations, from 1; 0
 * when none has it.
 */
static size_t
convmarkdown_place(const json_t *citations, json_int_t n)
{
	const json_t	*citation;
	size_t		 i, j, place = 0;

	json_array_foreach(citations, i, citation) {
		for (j = 0; j < i; j++)
			if (convmarkdown_mark(json_array_get(citations, j)) ==
			    convmarkdown_mark(citation))
				break;
		if (j < i)
			continue;
		place++;
		if (convmarkdown_mark(citation) == n)
			return (place);
	}

	return (0);
}

void
convmarkdown_head(struct buffer *out, const char *title, const char *created,
    const char *url, const char *id)
{
	buffer_add_text(out, "# ");
	convmarkdown_plain(out, title);
	buffer_add_text(out, "\n\n");
	buffer_add(out, created, 10);
	buffer_add_text(out, " \xc2\xb7 <");
	buffer_add_text(out, url);
	buffer_add_text(out, "/chat/");
	buffer_add_text(out, id);
	buffer_add_text(out, ">\n");
}

/* The answer, its marks [n] as references to footnotes. */
static void
convmarkdown_answer(struct buffer *out, const char *text,
    const json_t *citations, size_t notes)
{
	const char	*at, *from = text;
	char		*end, reference[32];
	size_t		 place;
	int		 len;

	for (at = text; (at = strchr(at, '[')) != NULL; at++) {
		if (at[1] < '1' || at[1] > '9')
			continue;
		place = convmarkdown_place(citations,
		    (json_int_t)strtoll(at + 1, &end, 10));
		if (*end != ']' || place == 0)
			continue;
		buffer_add(out, from, (size_t)(at - from));
		len = snprintf(reference, sizeof(reference), "[^%zu]",
		    notes + place);
		buffer_add(out, reference, (size_t)len);
		from = end + 1;
		at = end;
	}
	buffer_add_text(out, from);
	buffer_add_text(out, "\n");
}

/* Title, place and link of a citation, and what it quotes. */
static void
convmarkdown_quote(struct buffer *out, const json_t *citation,
    const char *url)
{
	const json_t	*page = json_object_get(citation, "page");
	const char	*heading = convmarkdown_text(citation, "heading");
	char		 text[96];

	convmarkdown_plain(out, convmarkdown_text(citation, "title"));
	if (json_is_integer(page)) {
		(void)snprintf(text, sizeof(text), ", page %lld",
		    (long long)json_integer_value(page));
		buffer_add_text(out, text);
	}
	if (heading[0] != '\0') {
		buffer_add_text(out, ", ");
		convmarkdown_plain(out, heading);
	}
	buffer_add_text(out, ", <");
	buffer_add_text(out, url);
	buffer_add_text(out, "/documents/");
	buffer_add_text(out, convmarkdown_text(citation, "documentId"));
	(void)snprintf(text, sizeof(text), "#%lld-%lld>\n\n",
	    (long long)json_integer_value(json_object_get(citation, "start")),
	    (long long)json_integer_value(json_object_get(citation, "end")));
	buffer_add_text(out, text);
	convmarkdown_lines(out, "    > ", convmarkdown_text(citation,
	    "quote"));
}

static void
convmarkdown_notes(struct buffer *out, const json_t *citations,
    const char *url, size_t *notes)
{
	const json_t	*citation, *other;
	size_t		 i, j, place, before = *notes;
	char		 label[32];

	json_array_foreach(citations, i, citation) {
		place = convmarkdown_place(citations,
		    convmarkdown_mark(citation));
		/* One of an earlier mark stands in its footnote already. */
		if (before + place <= *notes)
			continue;
		(*notes)++;
		(void)snprintf(label, sizeof(label), "\n[^%zu]: ", *notes);
		buffer_add_text(out, label);
		convmarkdown_quote(out, citation, url);
		for (j = i + 1; j < json_array_size(citations); j++) {
			other = json_array_get(citations, j);
			if (convmarkdown_mark(other) !=
			    convmarkdown_mark(citation))
				continue;
			buffer_add_text(out, "\n    ");
			convmarkdown_quote(out, other, url);
		}
	}
}

/* What became of the answer, when it is not whole, and of what its reader
 * thinks of it. */
static void
convmarkdown_state(struct buffer *out, const json_t *message)
{
	const json_t	*feedback = json_object_get(message, "feedback");
	const char	*status = convmarkdown_text(message, "status");
	const char	*comment = convmarkdown_text(feedback, "comment");

	if (strcmp(status, "stopped") == 0)
		buffer_add_text(out, "\n*Stopped by its reader.*\n");
	else if (strcmp(status, "running") == 0)
		buffer_add_text(out, "\n*Still being written.*\n");
	else if (strcmp(status, "failed") == 0) {
		buffer_add_text(out, "\n*");
		convmarkdown_plain(out, convmarkdown_text(
		    json_object_get(message, "error"), "message"));
		buffer_add_text(out, "*\n");
	}
	if (!json_is_object(feedback))
		return;
	buffer_add_text(out, json_integer_value(json_object_get(feedback,
	    "rating")) > 0 ? "\n*Rated: good*" : "\n*Rated: bad*");
	buffer_add_text(out, comment[0] != '\0' ? ": " : "");
	convmarkdown_plain(out, comment);
	buffer_add_text(out, "\n");
}

void
convmarkdown_message(struct buffer *out, const json_t *message,
    const char *url, size_t *notes)
{
	const json_t	*citations = json_object_get(message, "citations");
	const char	*text = convmarkdown_text(message, "text");

	if (strcmp(convmarkdown_text(message, "role"), "user") == 0) {
		buffer_add_text(out, "\n## Question\n\n");
		convmarkdown_lines(out, "> ", text);
		return;
	}
	buffer_add_text(out, "\n## Answer\n\n");
	convmarkdown_answer(out, text, citations, *notes);
	convmarkdown_state(out, message);
	convmarkdown_notes(out, citations, url, notes);
}
