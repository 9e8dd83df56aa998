/*
 * A breaker: after several failures in a row a dead end point is not asked
 * for a while, so that whoever needs it is told at once; then one call tries.
 *
 *	closed -> BREAKER_FAILURES in a row -> open -> after BREAKER_OPEN_MS:
 *	  ^					 ^     one call is let through
 *	  |					 |		|
 *	  +------ it got through --- trying <-----+-- it failed -+
 *
 * The idea is M. Nygard's ("Release It!", 2007). Time is handed in, in ms of
 * any clock that does not go backwards. Zeroed memory is a closed breaker.
 */
#ifndef LECTERN_BREAKER_H
#define LECTERN_BREAKER_H

#include <stdint.h>

#define BREAKER_FAILURES	5	/* in a row */
#define BREAKER_OPEN_MS		10000

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_TRYING };

enum breaker_pass {
	BREAKER_REFUSED,	/* do not call */
	BREAKER_ADMITTED,
	BREAKER_PROBE		/* the one that tries: its end must be told */
};

struct breaker {
	enum breaker_state	 state;
	unsigned		 failures;	/* in a row, while closed */
	uint64_t		 until;		/* open: no call before it */
};

/* May a call begin now? Only BREAKER_PROBE obliges to anything. */
enum breaker_pass	breaker_admit(struct breaker *, uint64_t now);
/* A call got what it wanted, or an answer that shows the other end lives. */
void	breaker_succeeded(struct breaker *);
/*
 * A call shows that the other end is there, but not yet that it works: a
 * probe lets others through, the next failure opens the breaker again.
 */
void	breaker_reached(struct breaker *);
/* 1 when this failure has opened it. */
int	breaker_failed(struct breaker *, enum breaker_pass, uint64_t now);
/* A call ended and showed nothing: its asker left. */
void	breaker_forgone(struct breaker *, enum breaker_pass);

#endif
