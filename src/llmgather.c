/*
 * Gathering; see llmgather.h.
 *
 *	idle -> (text) fresh -> (the loop has turned: told) idle
 *	     with many calls instead -> held -> (due) idle, and read
 *
 * All calls of a worker together are read at most LLMGATHER_READS_A_SECOND
 * times a second, and each at least every LLMGATHER_MAX_MS: text that comes
 * six times a second still flows to the eye. Meanwhile it waits in the socket,
 * which takes it without waking the loop.
 *
 * A transfer is held when the loop has turned and not where its text came,
 * since libcurl would keep back what the same read brought after that.
 */
#include <sys/types.h>
#include <sys/queue.h>

#include <stdint.h>

#include <kore/kore.h>
#include <kore/curl.h>

#include "llmgather.h"

#define LLMGATHER_TICK_MS		10
#define LLMGATHER_READS_A_SECOND	1000
#define LLMGATHER_MAX_MS		160

void	__wrap_kore_curl_do_timeout(void);
void	__real_kore_curl_do_timeout(void);

TAILQ_HEAD(llmgather_list, llmgather);

static void	llmgather_hold(struct llmgather *, uint64_t);
static void	llmgather_tick(void *, uint64_t);

static struct llmgather_list	 fresh = TAILQ_HEAD_INITIALIZER(fresh);
static struct llmgather_list	 held = TAILQ_HEAD_INITIALIZER(held);
static struct kore_timer	*ticks;

void
llmgather_init(struct llmgather *g, void (*told)(void *), void *arg)
{
	g->told = told;
	g->arg = arg;
	g->state = LLMGATHER_IDLE;
}

void
llmgather_note(struct llmgather *g, CURL *handle, size_t calls)
{
	uint64_t	wait = calls * 1000 / LLMGATHER_READS_A_SECOND;

	if (g->state == LLMGATHER_HELD)
		llmgather_drop(g);
	if (g->state == LLMGATHER_IDLE)
		TAILQ_INSERT_TAIL(&fresh, g, list);
	g->state = LLMGATHER_FRESH;
	g->handle = handle;
	g->wait = wait < 2 * LLMGATHER_TICK_MS ? 0 :
	    wait < LLMGATHER_MAX_MS ? wait : LLMGATHER_MAX_MS;
}

void
llmgather_drop(struct llmgather *g)
{
	if (g->state == LLMGATHER_FRESH)
		TAILQ_REMOVE(&fresh, g, list);
	else if (g->state == LLMGATHER_HELD)
		TAILQ_REMOVE(&held, g, list);
	g->state = LLMGATHER_IDLE;
}

static void
llmgather_hold(struct llmgather *g, uint64_t now)
{
	g->state = LLMGATHER_HELD;
	g->due = now + g->wait;
	TAILQ_INSERT_TAIL(&held, g, list);
	/* Both ways: else libcurl runs the transfer to look. */
	(void)curl_easy_pause(g->handle, CURLPAUSE_ALL);
	if (ticks == NULL)
		ticks = kore_timer_add(llmgather_tick, LLMGATHER_TICK_MS,
		    NULL, 0);
}

/* The last of a loop's turn in which libcurl reads. */
void
__wrap_kore_curl_do_timeout(void)
{
	struct llmgather	*g;
	uint64_t		 now;

	__real_kore_curl_do_timeout();
	if (TAILQ_EMPTY(&fresh))
		return;
	now = kore_time_ms();
	while ((g = TAILQ_FIRST(&fresh)) != NULL) {
		llmgather_drop(g);
		if (g->wait > 0)
			llmgather_hold(g, now);
		g->told(g->arg);
	}
}

/*
 * What is let go is read when the timers are through: Kore then runs what
 * libcurl wants run at once. Nothing is told from inside here, since libcurl
 * keeps no text of a transfer that was held between two reads.
 */
static void
llmgather_tick(void *arg, uint64_t now)
{
	struct llmgather	*g;

	(void)arg;
	/* In the order of their reads, thus nearly of their dues. */
	while ((g = TAILQ_FIRST(&held)) != NULL && now >= g->due) {
		llmgather_drop(g);
		(void)curl_easy_pause(g->handle, CURLPAUSE_CONT);
	}
	if (TAILQ_EMPTY(&held)) {
		/* A timer may not remove itself while it runs. */
		ticks->flags |= KORE_TIMER_ONESHOT;
		ticks = NULL;
	}
}
