/*
 * An upload's body taken apart: raw bytes, multipart/form-data with any
 * number of files, or JSON {title, text}.
 */
#ifndef LECTERN_UPLOAD_H
#define LECTERN_UPLOAD_H

#include "intake.h"
#include "request.h"

struct upload_file {
	char		 filename[INTAKE_FILENAME_MAX + 1]; /* "": none */
	const void	*bytes;		/* inside the request's body */
	size_t		 len;
	struct intake	 intake;
};

/* The context of an upload. */
struct upload {
	struct upload_file	*files;		/* owned */
	size_t			 count;
	int			 is_shared;	/* for the shared library */
	/* what becomes of it */
	size_t			 stored;	/* files done */
	size_t			 coming;	/* bytes of those to do */
	int			 is_news;	/* something was stored */
	json_t			*answers;	/* owned; array of documents */
};

/*
 * Reads and judges all of it. STEP_NEXT: `files` holds at least one;
 * STEP_DONE: the refusal has been sent.
 */
enum step	upload_read(struct request *, struct upload *);
/*
 * A document's file name from a path: its last part, where that is one. 0, and
 * nothing written, when it is too long, only dots or has control characters.
 */
#define UPLOAD_NAME_TEXT						\
	"A file name is at most 255 bytes of UTF-8, not only dots and "	\
	"without control characters"
int		upload_name(char [INTAKE_FILENAME_MAX + 1],
		    const char *path);
/* For request_plan.data_free. */
void		upload_free(void *);

#endif
