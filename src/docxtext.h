/*
 * DOCX (OOXML text documents) to Markdown, by libarchive and libxml2.
 */
#ifndef LECTERN_DOCXTEXT_H
#define LECTERN_DOCXTEXT_H

#include "extraction.h"
#include "mdwrite.h"

/* Any bytes. EXTRACTION_OK also when nothing was written. */
enum extraction_outcome	docxtext_read(struct mdwrite *, const void *, size_t);

#endif
