/*
 * The calls of the model that an answer makes: what they say, and their start.
 */
#include <string.h>

#include "config.h"
#include "modelcall.h"
#include "token.h"

#define MODELCALL_TOKEN_BYTES	3	/* of text, at least */

/* Bytes of all messages; a quarter of the window is the answer's. */
static size_t
modelcall_window(void)
{
	return ((size_t)config.context_tokens * MODELCALL_TOKEN_BYTES / 4 * 3);
}

/* The rest of it is rules and conversation. */
size_t
modelcall_room(void)
{
	return (modelcall_window() / 3 * 2);
}

size_t
modelcall_turns(const struct answer *a,
    struct prompt_turn turns[PROMPT_TURNS_MAX])
{
	const json_t	*turn;
	const char	*role, *text;
	size_t		 i, n = 0, size = json_array_size(a->turns);

	i = size > PROMPT_TURNS_MAX ? size - PROMPT_TURNS_MAX : 0;
	for (; i < size; i++) {
		turn = json_array_get(a->turns, i);
		role = json_string_value(json_object_get(turn, "role"));
		text = json_string_value(json_object_get(turn, "text"));
		if (role == NULL || text == NULL)
			continue;
		turns[n].is_user = (strcmp(role, "user") == 0);
		turns[n++].text = text;
	}

	return (n);
}

int
modelcall_prompt(const struct answer *a, struct prompt *prompt)
{
	struct prompt_turn	turns[PROMPT_TURNS_MAX];
	struct prompt_passage	passages[PASSAGES_MAX];
	char			fence[TOKEN_ID_LEN + 1];
	size_t			i;
	struct prompt_input	in = {
		.instructions = config.chat_instructions,
		.caller = a->instructions,
		.fence = fence,
		.question = a->question,
		.turns = turns,
		.passages = passages
	};

	token_id(fence);
	in.turns_len = modelcall_turns(a, turns);
	for (i = 0; i < a->found_len && i < PASSAGES_MAX; i++) {
		passages[i].title = a->found[i].title;
		passages[i].heading = a->found[i].heading;
		passages[i].text = a->found[i].text;
		passages[i].len = a->found[i].text_len;
	}
	in.passages_len = i;
	in.bytes_max = modelcall_window();

	return (prompt_build(prompt, &in));
}

struct llm *
modelcall_start(struct answer *a, const struct prompt *prompt,
    const struct llm_options *options, const struct llm_callbacks *callbacks)
{
	struct llm_message	messages[PROMPT_MESSAGES_MAX];
	size_t			i;

	a->prompt_bytes = 0;
	for (i = 0; i < prompt->len; i++) {
		messages[i].role = prompt->messages[i].role;
		messages[i].text = prompt->messages[i].text;
		a->prompt_bytes += (int64_t)strlen(messages[i].text);
	}

	return (llm_start(messages, prompt->len, options, callbacks, a));
}
