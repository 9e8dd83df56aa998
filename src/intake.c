/*
 * Types by name, by declaration, by content, in this order. What is in the
 * file must agree: PDF and DOCX begin as such and are found by that under any
 * name; HTML has no NUL but in UTF-16; all else must be UTF-8 text. Undeclared
 * text that begins with a doctype or <html is HTML, with a Markdown heading
 * or front matter Markdown.
 *
 * Deliberately missing: other encodings of text. A guess would be stored for
 * ever as what the document says; the refusal tells what to save it as.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "intake.h"
#include "markdown.h"
#include "utf8.h"

#define INTAKE_BOM		"\xef\xbb\xbf"
#define INTAKE_LINE_MAX		80	/* bytes of a first line as title */

struct intake_type {
	const char	*name;		/* extension, or start of a type */
	const char	*media_type;	/* NULL: we do not read these */
};

static const struct intake_type	intake_extensions[] = {
	{ "md", INTAKE_MARKDOWN },
	{ "markdown", INTAKE_MARKDOWN },
	{ "mdown", INTAKE_MARKDOWN },
	{ "mkd", INTAKE_MARKDOWN },
	{ "txt", INTAKE_PLAIN },
	{ "text", INTAKE_PLAIN },
	{ "htm", INTAKE_HTML },
	{ "html", INTAKE_HTML },
	{ "xhtml", INTAKE_HTML },
	{ "pdf", INTAKE_PDF },
	{ "rtf", NULL },
	{ "doc", NULL },
	{ "docx", INTAKE_DOCX },
	{ "odt", NULL },
	{ "epub", NULL },
};

static const struct intake_type	intake_types[] = {
	{ "text/markdown", INTAKE_MARKDOWN },
	{ "text/x-markdown", INTAKE_MARKDOWN },
	{ "text/html", INTAKE_HTML },
	{ "application/xhtml", INTAKE_HTML },
	{ "application/pdf", INTAKE_PDF },
	{ "application/rtf", NULL },
	{ "text/rtf", NULL },
	{ "application/msword", NULL },
	{ INTAKE_DOCX, INTAKE_DOCX },
	{ "application/vnd.", NULL },
	{ "application/zip", NULL },
	{ "application/epub", NULL },
	{ "image/", NULL },
	{ "audio/", NULL },
	{ "video/", NULL },
	{ "font/", NULL },
};

#define INTAKE_COUNT(a)		(sizeof(a) / sizeof((a)[0]))

static const struct intake_type	*intake_declared(const char *, const char *,
				    size_t);
static const char		*intake_format(const struct intake_type *,
				    const char *, size_t);
static int			 intake_is_html(const char *, size_t);
static const char		*intake_extension(const char *);
static void			 intake_title(struct intake *, const char *,
				    const char *, size_t);

enum error_id
intake_look(struct intake *intake, const char *filename, const char *type,
    size_t type_len, const void *bytes, size_t len)
{
	const struct intake_type	*declared;
	const char			*text = bytes;

	if (len >= 3 && memcmp(text, INTAKE_BOM, 3) == 0) {
		text += 3;
		len -= 3;
	}
	declared = intake_declared(filename, type, type_len);
	if (declared != NULL && declared->media_type == NULL)
		return (ERROR_DOCUMENT_TYPE);
	if ((intake->media_type = intake_format(declared, text, len)) !=
	    NULL) {
		intake_title(intake, filename, text, 0);
		return (len == 0 ? ERROR_DOCUMENT_EMPTY : ERROR_NONE);
	}
	if (declared != NULL && declared->media_type[0] == 'a')
		return (len == 0 ? ERROR_DOCUMENT_EMPTY : ERROR_DOCUMENT_TYPE);
	if (!utf8_is_text(text, len))
		return (ERROR_DOCUMENT_TYPE);
	/* These can be all ASCII and are no text to read. */
	if (len >= 5 && memcmp(text, "{\\rtf", 5) == 0)
		return (ERROR_DOCUMENT_TYPE);
	if (utf8_skip_blanks(text, len, 0) == len)
		return (ERROR_DOCUMENT_EMPTY);

	if (declared != NULL)
		intake->media_type = declared->media_type;
	else if (markdown_title(text, len, MARKDOWN_FULL, intake->title,
	    sizeof(intake->title)) > 0)
		intake->media_type = INTAKE_MARKDOWN;
	else
		intake->media_type = INTAKE_PLAIN;
	intake_title(intake, filename, text, len);

	return (ERROR_NONE);
}

enum error_id
intake_text(const void *bytes, size_t len, char **out, size_t *out_len,
    int *is_owned)
{
	/* The cast takes away const for the one case that is not freed. */
	char	*text = (char *)(uintptr_t)bytes;

	if (len >= 3 && memcmp(text, INTAKE_BOM, 3) == 0) {
		text += 3;
		len -= 3;
	}
	*out = text;
	*out_len = len;
	*is_owned = 0;
	if (!utf8_is_text(text, len)) {
		if ((*out = utf8_sanitise(text, len, out_len)) == NULL)
			return (ERROR_INTERNAL);
		*is_owned = 1;
	}
	if (utf8_skip_blanks(*out, *out_len, 0) == *out_len) {
		if (*is_owned)
			free(*out);
		return (ERROR_DOCUMENT_EMPTY);
	}

	return (ERROR_NONE);
}

/* The formatted document that it is, or NULL. */
static const char *
intake_format(const struct intake_type *declared, const char *text, size_t len)
{
	const char	*media_type = declared == NULL ? NULL :
			    declared->media_type;
	size_t		 at;

	/* Readers forgive what stands before, up to 1024 bytes. */
	for (at = 0; at + 5 <= len && at < 1024; at++)
		if (memcmp(text + at, "%PDF-", 5) == 0 && (at == 0 ||
		    (media_type != NULL &&
		    strcmp(media_type, INTAKE_PDF) == 0)))
			return (INTAKE_PDF);
	if (len >= 4 && media_type != NULL &&
	    strcmp(media_type, INTAKE_DOCX) == 0 &&
	    (memcmp(text, "PK\3\4", 4) == 0 ||
	    memcmp(text, "\xd0\xcf\x11\xe0", 4) == 0))
		return (INTAKE_DOCX);
	if (media_type == NULL)
		return (intake_is_html(text, len) && utf8_is_text(text, len) ?
		    INTAKE_HTML : NULL);
	if (strcmp(media_type, INTAKE_HTML) != 0)
		return (NULL);
	if (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
	    memcmp(text, "\xfe\xff", 2) == 0))
		return (INTAKE_HTML);

	return (memchr(text, '\0', len) == NULL &&
	    utf8_skip_blanks(text, len, 0) < len ? INTAKE_HTML : NULL);
}

/* Whether a text without a name says that it is HTML. */
static int
intake_is_html(const char *text, size_t len)
{
	size_t	at = utf8_skip_blanks(text, len, 0);

	return ((len - at > 14 &&
	    strncasecmp(text + at, "<!doctype html", 14) == 0) ||
	    (len - at > 5 && strncasecmp(text + at, "<html", 5) == 0));
}

/* What name or declaration say, NULL when they say nothing. */
static const struct intake_type *
intake_declared(const char *filename, const char *type, size_t type_len)
{
	const char	*extension;
	size_t		 i, n;

	if (filename != NULL &&
	    (extension = intake_extension(filename)) != NULL) {
		for (i = 0; i < INTAKE_COUNT(intake_extensions); i++) {
			if (strcasecmp(extension + 1,
			    intake_extensions[i].name) == 0)
				return (&intake_extensions[i]);
		}
	}
	for (i = 0; type != NULL && i < INTAKE_COUNT(intake_types); i++) {
		n = strlen(intake_types[i].name);
		if (type_len >= n &&
		    strncasecmp(type, intake_types[i].name, n) == 0)
			return (&intake_types[i]);
	}

	return (NULL);
}

/* The last dot of a name that has something before and behind it, or NULL. */
static const char *
intake_extension(const char *filename)
{
	const char	*dot = strrchr(filename, '.');

	if (dot == NULL || dot == filename || dot[1] == '\0')
		return (NULL);

	return (dot);
}

/* A heading, else the file's name, else the beginning of the first line. */
static void
intake_title(struct intake *intake, const char *filename, const char *text,
    size_t len)
{
	const char	*extension;
	size_t		 from, n;

	if (strcmp(intake->media_type, INTAKE_MARKDOWN) == 0 &&
	    markdown_title(text, len, MARKDOWN_FULL, intake->title,
	    sizeof(intake->title)) > 0)
		return;

	if (filename != NULL && strrchr(filename, '/') != NULL)
		filename = strrchr(filename, '/') + 1;
	if (filename != NULL && filename[0] != '\0') {
		extension = intake_extension(filename);
		n = extension == NULL ? strlen(filename) :
		    (size_t)(extension - filename);
		if (n >= sizeof(intake->title))
			n = utf8_floor(filename, n, sizeof(intake->title) - 1);
		(void)snprintf(intake->title, sizeof(intake->title), "%.*s",
		    (int)n, filename);
		return;
	}

	from = utf8_skip_blanks(text, len, 0);
	for (n = from; n < len && text[n] != '\n' && text[n] != '\r'; n++)
		;
	if (n - from > INTAKE_LINE_MAX)
		n = utf8_floor(text, n, from + INTAKE_LINE_MAX);
	n = utf8_trim_end(text, from, n);
	(void)snprintf(intake->title, sizeof(intake->title), "%.*s",
	    (int)(n - from), text + from);
}
