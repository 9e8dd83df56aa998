/* links: src/voice.c src/language.c src/analyze.c src/cite.c src/citecode.c src/linkguard.c src/denial.c src/marker.c src/support.c src/words.c src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/span.c src/utf8.c src/buffer.c src/extract.c -lsodium -lutf8proc -lstemmer */
/*
 * From a passage to a citation: the input is a passage, a zero byte, and what
 * a model makes of it. Any text in any pieces leaves as the same text in one
 * piece; every marker that is remembered stands where it says and quotes
 * whole characters of its passage; the passage's own sentences, written
 * through the filter, are cited by their bytes, and shown as they are. The
 * first byte chooses the size of the pieces.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cite.h"
#include "extract.h"
#include "support.h"
#include "utf8.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define PASSAGE(s)	{ s, sizeof(s) - 1 }

static struct cite_passage passages[] = {
	PASSAGE("Backups are kept for thirty days. See http://a.example/x."),
	PASSAGE("# Ports\n\nIt listens on 7860.\n\n- one\n- two\n"),
	PASSAGE("\n\n"),
	{ NULL, 0 }		/* the input's */
};

static void
check(int holds)
{
	if (!holds)
		abort();
}

static void
filter(struct cite *c, const char *text, size_t len, size_t piece)
{
	size_t	at, n;

	cite_init(c, passages, 4);
	for (at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		check(cite_feed(c, text + at, n) == 0);
	}
	check(cite_finish(c) == 0);
	check(c->held.len == 0);
}

static void
check_marks(const struct cite *c)
{
	const struct cite_mark		*m;
	const struct cite_passage	*p;
	char				 shown[16];
	size_t				 i;

	check(c->text_utf16 == utf8_utf16_len(buffer_text(&c->text),
	    c->text.len));
	for (i = 0; i < c->marks_len; i++) {
		m = &c->marks[i];
		p = &passages[m->passage];
		(void)snprintf(shown, sizeof(shown), "[%u]", m->n);
		check(m->claim <= m->at && m->at < m->end);
		check(m->end <= c->text.len && m->end - m->at ==
		    strlen(shown));
		check(memcmp(c->text.data + m->at, shown, strlen(shown)) == 0);
		check(m->at_utf16 == utf8_utf16_len(c->text.data, m->at));
		check(m->claim_utf16 == utf8_utf16_len(c->text.data,
		    m->claim));
		check(m->from <= m->to && m->to <= p->len);
		check(utf8_is_text(p->text + m->from, m->to - m->from));
	}
}

/* No image leaves, wherever it was put together, but in code. */
static void
check_images(const struct cite *c)
{
	if (c->text.len > 0 && memchr(c->text.data, '`', c->text.len) ==
	    NULL && memchr(c->text.data, '~', c->text.len) == NULL &&
	    memchr(c->text.data, '\\', c->text.len) == NULL)
		check(strstr(c->text.data, "](http://evil") == NULL &&
		    strstr(c->text.data, "<img") == NULL);
}

static void
check_extract(const char *question, size_t len)
{
	struct cite	c;

	cite_init(&c, passages, 4);
	check(extract_write(&c, question, len) == 0);
	check_marks(&c);
	cite_free(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cite	 whole, pieces;
	const uint8_t	*end;
	char		*passage, *text;
	size_t		 passage_len, text_len, from, to;

	if (len < 2 || (end = memchr(data + 1, '\0', len - 1)) == NULL)
		return (0);
	passage = utf8_sanitise(data + 1, (size_t)(end - data) - 1,
	    &passage_len);
	text = utf8_sanitise(end + 1, len - (size_t)(end - data) - 1,
	    &text_len);
	if (passage == NULL || text == NULL)
		abort();
	passages[3].text = passage;
	passages[3].len = passage_len;

	filter(&whole, text, text_len, text_len + 1);
	filter(&pieces, text, text_len, 1 + data[0] % 16u);
	check(strcmp(buffer_text(&whole.text), buffer_text(&pieces.text)) == 0);
	check(whole.marks_len == pieces.marks_len);
	check(whole.is_denied == pieces.is_denied);
	check_marks(&whole);
	check_marks(&pieces);
	check_images(&whole);
	support_narrow(passage, passage_len, text, text_len, &from, &to);
	check(from <= to && to <= passage_len);
	check_extract(text, text_len);
	cite_free(&whole);
	cite_free(&pieces);
	free(passage);
	free(text);

	return (0);
}
