/*
 * How the language model's end point fares, as this worker sees it: whether
 * it is worth calling (breaker.h), and what the figures and the log say.
 */
#ifndef LECTERN_LLMHEALTH_H
#define LECTERN_LLMHEALTH_H

#include <stdint.h>

#include "breaker.h"
#include "error.h"
#include "llmwire.h"

/* Before a call. What it says is handed back when the call ends. */
enum breaker_pass llmhealth_admit(uint64_t now);
/* A request is sent, for the `attempt`th time. */
void	llmhealth_sent(unsigned attempt);
/* The end point has said something that only a model says. */
void	llmhealth_reached(void);
/* The first text, `ms` after the call began. */
void	llmhealth_spoke(uint64_t ms);
/* The call ended well, or with a failure. */
void	llmhealth_ended(enum error_id, const struct llm_usage *);
/*
 * What that end says about the end point. Not to be told of calls that got
 * text, that were refused or cut short on our side.
 */
void	llmhealth_judge(enum error_id, long status, enum breaker_pass,
	    uint64_t now);
/* The call is gone, whether it was judged or not. */
void	llmhealth_gone(enum breaker_pass);
/* 1 while the end point is left alone. */
int	llmhealth_is_failing(void);

#endif
