/*
 * The language model: one streamed call of an OpenAI-compatible
 * POST {LLM_URL}/chat/completions. The only user of kore_curl and libcurl
 * for answers.
 *
 * A call tells its text piece by piece and ends in exactly one of end() or
 * fail(), after which its handle is gone; a cancelled call tells nothing
 * more. Nothing is told from inside llm_start().
 */
#ifndef LECTERN_LLM_H
#define LECTERN_LLM_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct llm;

struct llm_message {
	const char	*role;		/* "system", "user" or "assistant" */
	const char	*text;		/* UTF-8 */
};

struct llm_usage {
	int		 is_known;	/* 0: the end point did not tell */
	int64_t		 input_tokens;
	int64_t		 output_tokens;
	int64_t		 total_tokens;
};

struct llm_callbacks {
	/* A piece of text: whole UTF-8 characters, no NUL. */
	void	(*text)(void *arg, const char *, size_t len);
	/* The end point finished; `reason` as it says: "stop", "length", ... */
	void	(*end)(void *arg, const char *reason, const struct llm_usage *);
	/* It did not. `status` is its HTTP status or 0, for the log alone. */
	void	(*fail)(void *arg, enum error_id, long status);
};

/*
 * Starts a call to config.llm_url with config.llm_model. The messages are
 * copied. NULL when there is no memory; then nothing will be told.
 */
struct llm	*llm_start(const struct llm_message *, size_t,
		    const struct llm_callbacks *, void *arg);
/* Stops reading (at most 16 KiB later) until llm_resume(). */
void		 llm_pause(struct llm *);
void		 llm_resume(struct llm *);
/*
 * Ends the call at once, also from inside one of its callbacks; the handle is
 * gone. NULL is allowed.
 */
void		 llm_cancel(struct llm *);
/* Calls that are running in this worker. */
size_t		 llm_running(void);

#endif
