/*
 * The breaker's states; see breaker.h.
 *
 * Calls that began while it was closed may end at any time: their failures
 * change nothing once it is open, but one that succeeds closes it.
 */
#include "breaker.h"

enum breaker_pass
breaker_admit(struct breaker *b, uint64_t now)
{
	switch (b->state) {
	case BREAKER_CLOSED:
		return (BREAKER_ADMITTED);
	case BREAKER_OPEN:
		if (now < b->until)
			return (BREAKER_REFUSED);
		b->state = BREAKER_TRYING;
		return (BREAKER_PROBE);
	case BREAKER_TRYING:
		break;
	}

	return (BREAKER_REFUSED);
}

void
breaker_succeeded(struct breaker *b)
{
	b->state = BREAKER_CLOSED;
	b->failures = 0;
}

void
breaker_reached(struct breaker *b)
{
	if (b->state == BREAKER_CLOSED)
		return;
	b->state = BREAKER_CLOSED;
	b->failures = BREAKER_FAILURES - 1;
}

int
breaker_failed(struct breaker *b, enum breaker_pass pass, uint64_t now)
{
	if (b->state == BREAKER_CLOSED) {
		if (++b->failures < BREAKER_FAILURES)
			return (0);
	} else if (b->state == BREAKER_OPEN || pass != BREAKER_PROBE)
		return (0);
	b->state = BREAKER_OPEN;
	b->failures = 0;
	b->until = now + BREAKER_OPEN_MS;

	return (1);
}

void
breaker_forgone(struct breaker *b, enum breaker_pass pass)
{
	/* The next one that asks may try. */
	if (pass == BREAKER_PROBE && b->state == BREAKER_TRYING)
		b->state = BREAKER_OPEN;
}
