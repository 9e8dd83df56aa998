/*
 * The text of a document of any format that we read. HTML, PDF and DOCX are
 * parsed by the extractor, a process of its own (extraction.c); this is the
 * side that asks it.
 */
#ifndef LECTERN_EXTRACTOR_H
#define LECTERN_EXTRACTOR_H

#include <stddef.h>
#include <stdint.h>

#include "markdown.h"

enum extractor_result {
	EXTRACTOR_READ,		/* the text is there */
	EXTRACTOR_REFUSED,	/* it cannot be read; `reason` says why */
	EXTRACTOR_TROUBLE	/* ours: no memory, no extractor; try later */
};

struct extractor_text {
	char			*text;		/* UTF-8 */
	size_t			 len;
	int			 is_owned;	/* else inside what was given */
	enum markdown_syntax	 syntax;
	uint64_t		*pages;		/* owned, or NULL: the byte
						   that each begins at */
	size_t			 pages_len;
	const char		*reason;	/* static, a sentence or two */
};

/*
 * Starts the extractor; once, before there are threads or workers. It ends
 * with this process. `is_kept`: one that ends is started again (keeper.h), for
 * Kore's parent. 0, or -1: formatted documents cannot be read.
 */
int	extractor_start(int is_kept);
/*
 * Blocks, for minutes in the worst case: for job threads and commands.
 * `media_type` is one of intake.h.
 */
enum extractor_result	extractor_read(const void *bytes, size_t len,
			    const char *media_type, struct extractor_text *);
void	extractor_free(struct extractor_text *);
/* The page, from 1, that the byte `at` stands on; 0: there are no pages. */
int32_t	extractor_page(const uint64_t *pages, size_t pages_len, size_t at);

#endif
