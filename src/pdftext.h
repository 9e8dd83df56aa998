/*
 * What `pdftotext -bbox-layout` prints, to Markdown: paragraphs, headings,
 * lists.
 */
#ifndef LECTERN_PDFTEXT_H
#define LECTERN_PDFTEXT_H

#include <stdint.h>

#include "extraction.h"
#include "mdwrite.h"

/*
 * Any bytes. pages[n] becomes where in w->out page n + 1 begins; there are
 * EXTRACTION_PAGES_MAX at most.
 */
enum extraction_outcome	pdftext_read(struct mdwrite *, const char *, size_t,
			    uint64_t *pages, size_t *pages_len);

#endif
