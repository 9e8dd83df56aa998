/*
 * What went wrong with a call to the language model, and what to do about it:
 * the error that is told, whether another attempt may help and when, and
 * whether it counts against the end point (breaker.h).
 */
#ifndef LECTERN_LLMFAULT_H
#define LECTERN_LLMFAULT_H

#include <stdint.h>

#include "error.h"

#define LLMFAULT_ATTEMPTS	4	/* the first one among them */
#define LLMFAULT_SPAN_MS	15000	/* no attempt begins later than that */
#define LLMFAULT_WAIT_MAX_S	10	/* what Retry-After may ask for */

/* A reply of that HTTP status; ERROR_NONE for 200. */
enum error_id	llmfault_of_status(long status);
/*
 * A transfer that ended without a whole answer. `result` is a CURLcode,
 * `status` HTTP's (0: no reply at all); has_text: some text was told;
 * has_chunk: something that only such an end point says had come.
 */
enum error_id	llmfault_of_transfer(int result, long status, int has_text,
		    int has_chunk);
/*
 * How many ms to wait before attempt number `attempt` (the second is 2) of a
 * call that began `spent` ms ago and has told no text, or -1: give up.
 * `retry_after_s` as the reply said, 0 or less when it did not.
 */
int64_t		llmfault_wait(enum error_id, long status, unsigned attempt,
		    int64_t retry_after_s, uint64_t spent);
/* 1: it shows that the end point is down; 0: it answers, if only to refuse. */
int		llmfault_is_outage(enum error_id, long status);

#endif
