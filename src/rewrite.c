/*
 * A question that leans on those before it is made whole, to be searched for:
 *
 *	begin -> it stands alone: done
 *	      -> a small call of the model -> a question: done
 *				  else     -> composed by its words: done
 *	      -> no model: composed
 *
 * Whatever fails costs nothing but the better words (followup.h).
 */
#include <string.h>

#include "config.h"
#include "followup.h"
#include "log.h"
#include "modelcall.h"
#include "rewrite.h"
#include "token.h"

#define REWRITE_MS	4000
#define REWRITE_TOKENS	64
#define REWRITE_MAX	2048	/* bytes of it; more is no question */

static void	rewrite_text(void *, const char *, size_t);
static void	rewrite_end(void *, const char *, const struct llm_usage *);
static void	rewrite_fail(void *, enum error_id, long, uint32_t);
static void	rewrite_compose(struct answer *);

void
rewrite_begin(struct answer *a, void (*done)(struct answer *))
{
	static const struct llm_callbacks	callbacks = {
		.text = rewrite_text,
		.end = rewrite_end,
		.fail = rewrite_fail
	};
	struct prompt_turn	turns[PROMPT_TURNS_MAX];
	struct prompt		prompt;
	struct llm_options	options;
	char			fence[TOKEN_ID_LEN + 1];
	size_t			n = modelcall_turns(a, turns);

	a->rewritten_done = done;
	if (n == 0 || !followup_is_needed(a->question, turns, n)) {
		a->rewritten_done(a);
		return;
	}
	token_id(fence);
	if (config.llm_url == NULL || followup_prompt(&prompt, fence,
	    a->question, turns, n) == -1) {
		rewrite_compose(a);
		return;
	}

	llm_options_init(&options);
	options.max_tokens = REWRITE_TOKENS;
	options.temperature = 0;
	options.timeout_ms = REWRITE_MS;
	options.is_small = 1;
	options.request_id = a->request_id;
	a->llm = modelcall_start(a, &prompt, &options, &callbacks);
	prompt_free(&prompt);
	if (a->llm == NULL)
		rewrite_compose(a);
}

static void
rewrite_text(void *arg, const char *text, size_t len)
{
	struct answer	*a = arg;

	if (a->rewritten.len + len <= REWRITE_MAX)
		buffer_add(&a->rewritten, text, len);
}

static void
rewrite_end(void *arg, const char *reason,
    const struct llm_usage *usage)
{
	struct answer	*a = arg;
	struct buffer	 whole;

	(void)reason;
	(void)usage;
	a->llm = NULL;
	buffer_init(&whole);
	if (followup_accept(&whole, buffer_text(&a->rewritten),
	    a->rewritten.len, a->question) == -1) {
		buffer_free(&whole);
		rewrite_compose(a);
		return;
	}
	a->search = whole.data;
	a->rewritten_done(a);
}

static void
rewrite_fail(void *arg, enum error_id error, long status,
    uint32_t retry_after_s)
{
	struct answer	*a = arg;

	(void)retry_after_s;
	log_event(LOG_LEVEL_INFO, "answer %s: question not made whole: %s, "
	    "the model's status is %ld", a->transcript.answer_id,
	    error_info(error)->code, status);
	a->llm = NULL;
	rewrite_compose(a);
}

/* Without a model: by the words of what went before. */
static void
rewrite_compose(struct answer *a)
{
	struct prompt_turn	turns[PROMPT_TURNS_MAX];
	struct buffer		whole;

	buffer_init(&whole);
	if (followup_compose(&whole, a->question, turns,
	    modelcall_turns(a, turns)) == -1)
		buffer_free(&whole);
	a->search = whole.data;
	a->rewritten_done(a);
}
