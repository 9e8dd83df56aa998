/*
 * HTML to Markdown, by libxml2's parser. Without files and network; links and
 * images are their text.
 */
#ifndef LECTERN_HTMLTEXT_H
#define LECTERN_HTMLTEXT_H

#include "extraction.h"
#include "mdwrite.h"

/* Any bytes. The outcome is EXTRACTION_OK also when nothing was written. */
enum extraction_outcome	htmltext_read(struct mdwrite *, const char *, size_t);
/*
 * Gets ready for the encoding of these bytes: loads its tables, for which
 * htmltext_read() cannot open files any more in the extractor's jail.
 */
void			htmltext_prepare(const char *, size_t);

#endif
