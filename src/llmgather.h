/*
 * What a model call has told since the worker's loop turned last, passed on
 * in one piece, and when the call is read again. A few calls' tokens pass as
 * they come; of hundreds of calls each is let gather a moment between two
 * reads, since a read and the write that it leads to cost about the same for
 * one token and for five.
 */
#ifndef LECTERN_LLMGATHER_H
#define LECTERN_LLMGATHER_H

#include <sys/types.h>
#include <sys/queue.h>

#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

/* llmgather_init() before anything else. */
struct llmgather {
	CURL		*handle;	/* borrowed, unless idle */
	uint64_t	 wait;		/* ms between reads; 0: as it comes */
	uint64_t	 due;		/* of the next read, ms */
	void		(*told)(void *);
	void		*arg;
	enum {
		LLMGATHER_IDLE,
		LLMGATHER_FRESH,	/* text came in this turn */
		LLMGATHER_HELD		/* read only when it is due */
	} state;
	TAILQ_ENTRY(llmgather) list;
};

/* `told` hears of text when the loop has turned; it may end the transfer. */
void	llmgather_init(struct llmgather *, void (*told)(void *), void *arg);
/*
 * Text came over the transfer, of which this worker has `calls`, or 0 when
 * its next bytes must not wait. The last word of a turn counts. Also inside a
 * libcurl callback.
 */
void	llmgather_note(struct llmgather *, CURL *, size_t calls);
/* The transfer is over, or something else decides about it now. */
void	llmgather_drop(struct llmgather *);

#endif
