/*
 * What an uploaded file is: its media type, its title, its text. Pure; used
 * at the door (document.c, ingest.c) and by the reader, so that nothing is
 * let in that cannot be read later.
 */
#ifndef LECTERN_INTAKE_H
#define LECTERN_INTAKE_H

#include <stddef.h>

#include "error.h"

#define INTAKE_TITLE_SIZE	301	/* bytes, with the NUL */
#define INTAKE_FILENAME_MAX	255	/* bytes */
#define INTAKE_BYTES_MAX	(20 * 1024 * 1024)

struct intake {
	const char	*media_type;	/* static; one of the below */
	char		 title[INTAKE_TITLE_SIZE];	/* UTF-8, never "" */
};

#define INTAKE_PLAIN		"text/plain"
#define INTAKE_MARKDOWN		"text/markdown"
#define INTAKE_HTML		"text/html"
#define INTAKE_PDF		"application/pdf"
#define INTAKE_DOCX							\
	"application/vnd.openxmlformats-officedocument."		\
	"wordprocessingml.document"

/*
 * Looks at a file. `filename` and `type` (a Content-Type value of type_len
 * bytes) may be NULL. ERROR_NONE; ERROR_DOCUMENT_EMPTY: nothing but blanks;
 * ERROR_DOCUMENT_TYPE: nothing that we read.
 */
enum error_id	intake_look(struct intake *, const char *filename,
		    const char *type, size_t type_len, const void *, size_t);

/*
 * The text of a plain or Markdown file's bytes: *out is to be freed, or points
 * into `bytes` when *is_owned is 0. ERROR_NONE, ERROR_DOCUMENT_EMPTY, or
 * ERROR_INTERNAL when there is no memory.
 */
enum error_id	intake_text(const void *bytes, size_t len, char **out,
		    size_t *out_len, int *is_owned);

#endif
