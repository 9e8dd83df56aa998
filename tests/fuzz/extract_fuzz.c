/* links: src/extract.c src/voice.c src/language.c src/analyze.c src/cite.c src/citecode.c src/linkguard.c src/denial.c src/marker.c src/support.c src/words.c src/sentence.c src/markdown.c src/mdline.c src/mdinline.c src/span.c src/utf8.c src/buffer.c -lsodium -lutf8proc -lstemmer */
/*
 * The answer without a model, from any question and any two passages: words
 * are taken apart, sentences chosen, quotes narrowed. Every mark quotes a part
 * of its passage, cut between characters. The first two bytes say where the
 * question and the first passage end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cite.h"
#include "extract.h"
#include "utf8.h"

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int holds)
{
	if (!holds)
		abort();
}

/* UTF-8 in memory of just its size, so that no byte beyond it can be read. */
static struct cite_passage
exact(const uint8_t *data, size_t len)
{
	struct cite_passage	 passage;
	char			*text, *copy;

	text = utf8_sanitise(data, len, &passage.len);
	copy = malloc(passage.len == 0 ? 1 : passage.len);
	check(text != NULL && copy != NULL);
	memcpy(copy, text, passage.len);
	free(text);
	passage.text = copy;

	return (passage);
}

static void
check_marks(const struct cite *c, const struct cite_passage *passages)
{
	const struct cite_mark		*m;
	const struct cite_passage	*p;
	size_t				 i;

	for (i = 0; i < c->marks_len; i++) {
		m = &c->marks[i];
		check(m->passage < 2);
		p = &passages[m->passage];
		check(m->claim <= m->at && m->at < m->end &&
		    m->end <= c->text.len);
		check(m->from <= m->to && m->to <= p->len);
		check(utf8_floor(p->text, p->len, m->from) == m->from);
		check(utf8_floor(p->text, p->len, m->to) == m->to);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cite_passage	parts[3];
	struct cite		c;
	size_t			first, second, i;

	if (len < 2)
		return (0);
	len -= 2;
	first = len * data[0] / 256;
	second = first + (len - first) * data[1] / 256;
	data += 2;
	parts[0] = exact(data + first, second - first);
	parts[1] = exact(data + second, len - second);
	parts[2] = exact(data, first);

	cite_init(&c, parts, 2);
	check(extract_write(&c, parts[2].text, parts[2].len) == 0);
	check(cite_finish(&c) == 0);
	check(utf8_is_text(c.text.data, c.text.len));
	check_marks(&c, parts);
	cite_free(&c);

	/* The question as a model's answer that cites the first passage. */
	cite_init(&c, parts, 2);
	check(cite_feed(&c, parts[2].text, parts[2].len) == 0);
	check(cite_feed(&c, " [1]", 4) == 0);
	check(cite_finish(&c) == 0);
	check_marks(&c, parts);
	cite_free(&c);
	for (i = 0; i < 3; i++)
		free((void *)(uintptr_t)parts[i].text);

	return (0);
}
