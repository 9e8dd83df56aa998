/*
 * The extractor: what the process does that parses untrusted files, and the
 * form in which it is asked (extractor.c).
 *
 * A request is one message of one byte, the format, on a SOCK_SEQPACKET
 * socket, with one end of a stream socket attached. On that come
 * the document's bytes, ended by a shut-down; back goes a struct
 * extraction_reply, the text, and where pages begin, as uint64_t.
 */
#ifndef LECTERN_EXTRACTION_H
#define LECTERN_EXTRACTION_H

#include <stdint.h>

#define EXTRACTION_FD	3	/* the socket of requests, in the extractor */

enum extraction_format {
	EXTRACTION_HTML, EXTRACTION_DOCX, EXTRACTION_PDF, EXTRACTION_FORMATS
};

enum extraction_outcome {
	EXTRACTION_OK, EXTRACTION_EMPTY, EXTRACTION_SCANNED, EXTRACTION_LOCKED,
	EXTRACTION_FORBIDDEN, EXTRACTION_DAMAGED, EXTRACTION_LARGE,
	EXTRACTION_SLOW, EXTRACTION_MEMORY, EXTRACTION_MISSING,
	EXTRACTION_OUTCOMES
};

struct extraction_reply {
	uint32_t	outcome;	/* enum extraction_outcome */
	uint32_t	pages;		/* how many */
	uint64_t	len;		/* bytes of text */
};

#define EXTRACTION_TEXT_MAX	(64 * 1024 * 1024)
#define EXTRACTION_PAGES_MAX	100000

/* The whole life of the process; returns its exit code. */
int	extraction_main(void);

#endif
