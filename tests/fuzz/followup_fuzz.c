/* links: src/followup.c src/followupwords.c src/prompt.c src/everyday.c src/analyze.c src/language.c src/utf8.c src/buffer.c -lstemmer -lutf8proc */
/*
 * A question after two turns, and a model's idea of it: what comes out is
 * UTF-8 on one line, and holds the question where no model was asked.
 */
#include "fuzz.h"
#include "followup.h"
#include "utf8.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prompt_turn	 turns[2] = { { .is_user = 1 }, { 0 } };
	struct buffer		 out;
	char			*texts[4], *raw;
	size_t			 i, len;

	for (i = 0; i < 4; i++) {
		raw = piece(&data, &size);
		texts[i] = utf8_sanitise(raw, strlen(raw), &len);
		check(texts[i] != NULL);
		free(raw);
	}
	turns[0].text = texts[1];
	turns[1].text = texts[2];
	check(followup_is_needed(texts[0], turns, 0) == 0);
	(void)followup_is_needed(texts[0], turns, 2);
	buffer_init(&out);
	check(followup_compose(&out, texts[0], turns, 2) == 0);
	check(strstr(buffer_text(&out), texts[0]) == buffer_text(&out));
	check(utf8_is_valid(buffer_text(&out), out.len));
	buffer_clear(&out);
	if (followup_accept(&out, texts[3], strlen(texts[3]), texts[0]) == 0) {
		check(out.len > 0 && memchr(out.data, '\n', out.len) == NULL);
		check(utf8_is_valid(out.data, out.len));
	}
	buffer_free(&out);
	for (i = 0; i < 4; i++)
		free(texts[i]);

	return (0);
}
