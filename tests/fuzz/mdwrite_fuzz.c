/* links: src/mdwrite.c src/markdown.c src/mdline.c src/mdinline.c src/utf8.c src/buffer.c -lutf8proc */
/*
 * Any calls in any order leave UTF-8 behind, without control characters but
 * those that are blanks. Text alone never becomes another kind of block by
 * accident.
 */
#include "fuzz.h"
#include "markdown.h"
#include "mdwrite.h"
#include "utf8.h"

static void
sound(const struct mdwrite *w)
{
	size_t	i;

	check(utf8_is_valid(buffer_text(&w->out), w->out.len));
	for (i = 0; i < w->out.len; i++)
		check((unsigned char)w->out.data[i] >= 0x20 ||
		    strchr("\n\t\f", w->out.data[i]) != NULL);
}

/* A typographic bullet begins an item on purpose, whoever wrote it. */
static int
has_bullet(const char *text)
{
	return (strstr(text, "\xe2\x80\xa2") != NULL ||
	    strstr(text, "\xe2\x80\xa3") != NULL ||
	    strstr(text, "\xe2\x97\xa6") != NULL ||
	    strstr(text, "\xe2\x96\xaa") != NULL);
}

/* Paragraphs alone. */
static void
prose(const char *text, size_t len)
{
	struct markdown_block	block;
	struct markdown		markdown;
	struct mdwrite		w;
	size_t			half = utf8_floor(text, len, len / 2);

	mdwrite_init(&w);
	mdwrite_text(&w, text, half);
	mdwrite_text(&w, text + half, len - half);
	mdwrite_break(&w);
	mdwrite_text(&w, text, len);
	mdwrite_end(&w);
	mdwrite_text(&w, text, len);
	mdwrite_end(&w);
	sound(&w);
	markdown = markdown_open(buffer_text(&w.out), w.out.len,
	    MARKDOWN_FULL);
	while (markdown_next(&markdown, &block))
		check(block.kind == MARKDOWN_PARAGRAPH || has_bullet(text));
	mdwrite_free(&w);
}

static void
call(struct mdwrite *w, unsigned op, const char *text, size_t len)
{
	switch (op % 14) {
	case 0:
		mdwrite_heading(w, 1 + (int)(op / 14 % 6));
		break;
	case 1:
		mdwrite_open(w, MDWRITE_QUOTE, 0);
		break;
	case 2:
		mdwrite_open(w, MDWRITE_BULLET, 0);
		break;
	case 3:
		mdwrite_open(w, MDWRITE_NUMBER, op);
		break;
	case 4:
	case 5:
		mdwrite_close(w);
		break;
	case 6:
		mdwrite_code(w);
		break;
	case 7:
		mdwrite_table(w);
		break;
	case 8:
		mdwrite_cell_end(w);
		break;
	case 9:
		mdwrite_row_end(w);
		break;
	case 10:
		mdwrite_table_end(w);
		break;
	case 11:
		mdwrite_break(w);
		break;
	case 12:
		mdwrite_span(w, op / 14 % 2);
		break;
	default:
		mdwrite_end(w);
		break;
	}
	mdwrite_text(w, text, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mdwrite	 w;
	char		*raw, *text;
	size_t		 len;

	mdwrite_init(&w);
	while (size > 0) {
		raw = piece(&data, &size);
		text = utf8_sanitise(raw, strlen(raw), &len);
		check(text != NULL);
		if (len > 0) {
			prose(text, len);
			call(&w, (unsigned char)raw[0], text, len);
		}
		free(text);
		free(raw);
	}
	mdwrite_end(&w);
	sound(&w);
	mdwrite_free(&w);

	return (0);
}
