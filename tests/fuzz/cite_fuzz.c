/* links: src/cite.c src/marker.c src/support.c src/words.c src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/span.c src/utf8.c src/buffer.c -lsodium -lutf8proc */
/*
 * The marker filter: any text in any pieces leaves as the same text in one
 * piece; every marker that is remembered stands where it says and quotes a
 * part of its passage. The first byte chooses the size of the pieces.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cite.h"
#include "utf8.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define PASSAGE(s)	{ s, sizeof(s) - 1 }

static const struct cite_passage passages[] = {
	PASSAGE("Backups are kept for thirty days. They are encrypted."),
	PASSAGE("# Ports\n\nIt listens on 7860.\n\n- one\n- two\n"),
	PASSAGE("\n\n"),
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

	cite_init(c, passages, 3);
	for (at = 0; at < len; at += n) {
		n = len - at < piece ? len - at : piece;
		check(cite_feed(c, text + at, n) == 0);
	}
	check(cite_finish(c) == 0);
}

static void
check_marks(const struct cite *c)
{
	const struct cite_mark	*m;
	char			 shown[16];
	size_t			 i;

	check(c->text_utf16 == utf8_utf16_len(buffer_text(&c->text),
	    c->text.len));
	for (i = 0; i < c->marks_len; i++) {
		m = &c->marks[i];
		(void)snprintf(shown, sizeof(shown), "[%u]", m->n);
		check(m->claim <= m->at && m->at < m->end);
		check(m->end <= c->text.len && m->end - m->at ==
		    strlen(shown));
		check(memcmp(c->text.data + m->at, shown, strlen(shown)) == 0);
		check(m->at_utf16 == utf8_utf16_len(c->text.data, m->at));
		check(m->claim_utf16 == utf8_utf16_len(c->text.data,
		    m->claim));
		check(m->from <= m->to && m->to <= passages[m->passage].len);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cite	 whole, pieces;
	char		*text;
	size_t		 text_len;

	if (len < 2 ||
	    (text = utf8_sanitise(data + 1, len - 1, &text_len)) == NULL)
		return (0);
	filter(&whole, text, text_len, text_len + 1);
	filter(&pieces, text, text_len, 1 + data[0] % 16u);
	check(strcmp(buffer_text(&whole.text), buffer_text(&pieces.text)) == 0);
	check(whole.marks_len == pieces.marks_len);
	check_marks(&whole);
	check_marks(&pieces);
	cite_free(&whole);
	cite_free(&pieces);
	free(text);

	return (0);
}
