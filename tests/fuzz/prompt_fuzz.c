/* links: src/prompt.c src/utf8.c src/buffer.c */
/*
 * Passages, turns and a question of anybody: the fence stands as often as we
 * put it, whatever they hold; the whole fits the window; cleaned text stays
 * clean and readable.
 */
#include "fuzz.h"
#include "prompt.h"
#include "utf8.h"

#define FENCE		"8f3a51c0d2e7"
#define ROOM		6000

static size_t
count(const char *text, const char *wanted)
{
	size_t	n = 0;

	while ((text = strstr(text, wanted)) != NULL) {
		text += strlen(wanted);
		n++;
	}

	return (n);
}

static void
clean(const char *text)
{
	struct buffer	once, twice;

	buffer_init(&once);
	buffer_init(&twice);
	prompt_clean(&once, text, strlen(text));
	check(utf8_is_valid(buffer_text(&once), once.len));
	prompt_clean(&twice, buffer_text(&once), once.len);
	check(once.len == twice.len && (once.len == 0 ||
	    memcmp(once.data, twice.data, once.len) == 0));
	check(strstr(buffer_text(&once), "<|") == NULL);
	buffer_free(&once);
	buffer_free(&twice);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prompt_passage	 passages[4];
	struct prompt_turn	 turns[4];
	struct prompt		 prompt;
	struct prompt_input	 in = { .fence = FENCE, .turns = turns,
	    .turns_len = 4, .passages = passages, .passages_len = 4,
	    .bytes_max = ROOM };
	char			*texts[17];
	size_t			 i, fences = 0, bytes = 0, len;
	char			*raw;

	for (i = 0; i < 17; i++) {
		raw = piece(&data, &size);
		texts[i] = utf8_sanitise(raw, strlen(raw), &len);
		check(texts[i] != NULL);
		free(raw);
		/* Nobody can guess it. */
		if (strstr(texts[i], FENCE) != NULL)
			texts[i][0] = '\0';
	}
	clean(texts[0]);
	in.question = texts[0];
	for (i = 0; i < 4; i++) {
		turns[i].is_user = i % 2 == 0;
		turns[i].text = texts[1 + i];
		passages[i].title = texts[5 + i];
		passages[i].heading = texts[9 + i];
		passages[i].text = texts[13 + i];
		passages[i].len = strlen(texts[13 + i]);
	}
	check(prompt_build(&prompt, &in) == 0);
	check(prompt.passages_len >= 1 && prompt.passages_len <= 4);
	for (i = 0; i < prompt.len; i++) {
		fences += count(prompt.messages[i].text, FENCE);
		bytes += strlen(prompt.messages[i].text);
		check(utf8_is_valid(prompt.messages[i].text,
		    strlen(prompt.messages[i].text)));
	}
	/* Rules name it; each passage, turn and the question have two at most. */
	check(fences <= 8 + 2 * (prompt.passages_len + 4 + 1));
	check(bytes <= ROOM + 2000);
	prompt_free(&prompt);
	for (i = 0; i < 17; i++)
		free(texts[i]);

	return (0);
}
