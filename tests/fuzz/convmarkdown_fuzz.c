/* links: src/convmarkdown.c src/utf8.c src/buffer.c -ljansson */
/*
 * A conversation with any texts, titles and quotes: UTF-8, every line of a
 * question stays in its quote, every citation becomes one footnote.
 */
#include <jansson.h>

#include "convmarkdown.h"
#include "fuzz.h"
#include "utf8.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer	 out;
	json_t		*question, *answer;
	char		*texts[4], *raw;
	size_t		 i, len, notes = 0, at;

	for (i = 0; i < 4; i++) {
		raw = piece(&data, &size);
		texts[i] = utf8_sanitise(raw, strlen(raw), &len);
		check(texts[i] != NULL);
		free(raw);
	}
	question = json_pack("{s:s, s:s}", "role", "user", "text", texts[0]);
	answer = json_pack("{s:s, s:s, s:s, s:[{s:i, s:s, s:s, s:i, s:i,"
	    " s:s}]}", "role", "assistant", "text", texts[1],
	    "status", "complete", "citations", "n", 1, "documentId", "d",
	    "title", texts[2], "start", 0, "end", 9, "quote", texts[3]);
	check(question != NULL && answer != NULL);
	buffer_init(&out);
	convmarkdown_message(&out, question, "https://x.example", &notes);
	check(notes == 0 && strncmp(buffer_text(&out), "\n## Question\n\n",
	    14) == 0);
	for (at = 14; at < out.len; at++)
		check(out.data[at - 1] != '\n' || out.data[at] == '>' ||
		    out.data[at] == '\n');
	convmarkdown_head(&out, texts[2], "2026-01-01T00:00:00.000Z",
	    "https://x.example", "c");
	convmarkdown_message(&out, answer, "https://x.example", &notes);
	check(notes == 1);
	check(utf8_is_valid(buffer_text(&out), out.len));
	buffer_free(&out);
	json_decref(question);
	json_decref(answer);
	for (i = 0; i < 4; i++)
		free(texts[i]);

	return (0);
}
