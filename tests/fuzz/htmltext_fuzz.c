/* links: src/htmltext.c src/mdwrite.c src/utf8.c src/buffer.c -I/usr/include/libxml2 -lxml2 -lutf8proc */
/* Any bytes as HTML: what is written is UTF-8 of bounded length. */
#include <libxml/parser.h>

#include "fuzz.h"
#include "htmltext.h"
#include "utf8.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mdwrite		w;
	enum extraction_outcome	outcome;

	mdwrite_init(&w);
	htmltext_prepare((const char *)data, size);
	outcome = htmltext_read(&w, (const char *)data, size);
	check(outcome < EXTRACTION_OUTCOMES);
	mdwrite_end(&w);
	check(utf8_is_text(buffer_text(&w.out), w.out.len));
	/* No element becomes more than a marker a level. */
	check(w.out.len <= 4096 + size * 64);
	mdwrite_free(&w);

	return (0);
}
