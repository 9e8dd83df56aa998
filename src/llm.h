/*
 * The language model: one streamed call of an OpenAI-compatible
 * POST {LLM_URL}/chat/completions. The only user of kore_curl and libcurl
 * for answers.
 *
 * A call tells its text piece by piece and ends in exactly one of end() or
 * fail(), after which its handle is gone; a cancelled call tells nothing
 * more. Nothing is told from inside llm_start(). A call that fails before its
 * first text may be sent again without the caller noticing; an end point that
 * fails all the time is left alone for a while (breaker.h).
 */
#ifndef LECTERN_LLM_H
#define LECTERN_LLM_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "llmwire.h"

struct llm;

struct llm_callbacks {
	/* A piece of text: whole UTF-8 characters, no NUL. */
	void	(*text)(void *arg, const char *, size_t len);
	/* All text of a read was told: time to pass it on. May be NULL. */
	void	(*told)(void *arg);
	/* The end point finished; `reason` as it says: "stop", "length", ...
	   Some text that is not blank was told before. */
	void	(*end)(void *arg, const char *reason, const struct llm_usage *);
	/* It did not. `status` is its HTTP status or 0, for the log alone;
	   `retry_after_s` is when it wants to be asked again, 0: not told. */
	void	(*fail)(void *arg, enum error_id, long status,
		    uint32_t retry_after_s);
};

/*
 * Starts a call to config.llm_url with config.llm_model. Messages and options
 * (NULL: none) are copied. NULL when there is no memory or a text is not
 * UTF-8; then nothing will be told.
 */
struct llm	*llm_start(const struct llm_message *, size_t,
		    const struct llm_options *, const struct llm_callbacks *,
		    void *arg);
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
/* 1 while the end point, as this worker knows it, is down: see breaker.h. */
int		 llm_is_failing(void);

#endif
