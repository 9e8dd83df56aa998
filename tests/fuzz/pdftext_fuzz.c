/* links: src/pdftext.c src/mdwrite.c src/utf8.c src/buffer.c -I/usr/include/libxml2 -lxml2 -lutf8proc -lm */
/*
 * Any bytes as what pdftotext prints: UTF-8 stays so, and pages begin inside
 * the text, one behind the other.
 */
#include "fuzz.h"
#include "pdftext.h"
#include "utf8.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint64_t		pages[EXTRACTION_PAGES_MAX];
	struct mdwrite		w;
	enum extraction_outcome	outcome;
	size_t			len = 0, i;

	mdwrite_init(&w);
	outcome = pdftext_read(&w, (const char *)data, size, pages, &len);
	check(outcome < EXTRACTION_OUTCOMES && len <= EXTRACTION_PAGES_MAX);
	/* What was none is mended by who asked (extractor.c). */
	check(!utf8_is_valid(data, size) ||
	    utf8_is_text(buffer_text(&w.out), w.out.len));
	for (i = 0; i < len; i++)
		check(pages[i] <= w.out.len &&
		    (i == 0 || pages[i] >= pages[i - 1]));
	mdwrite_free(&w);

	return (0);
}
