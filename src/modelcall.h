/*
 * The calls of the model that an answer makes: what they say, and their start.
 */
#ifndef LECTERN_MODELCALL_H
#define LECTERN_MODELCALL_H

#include "answer.h"
#include "llm.h"
#include "prompt.h"

/* Bytes of passages that a prompt has room for. */
size_t	modelcall_room(void);
/* The conversation so far, as prompts take it; returns how many turns. */
size_t	modelcall_turns(const struct answer *,
	    struct prompt_turn[PROMPT_TURNS_MAX]);
/* The prompt for the answer itself, of a->found. As prompt_build(). */
int	modelcall_prompt(const struct answer *, struct prompt *)
	    __attribute__((warn_unused_result));
/* llm_start() for the answer, which is the callbacks' argument. */
struct llm *modelcall_start(struct answer *, const struct prompt *,
	    const struct llm_options *, const struct llm_callbacks *);

#endif
