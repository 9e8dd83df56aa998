/*
 * A worker's last seconds.
 *
 * Kore leaves its loop at the first signal and cuts every stream; its parent
 * then closes the pipe to its workers, which Kore answers with another
 * signal. So the signals are ours, and Kore is told only at the end:
 *
 *	serving -> (signal) no new connection or request -> (4 s) running
 *	answers are stopped and kept -> nothing left, or 7 s -> Kore quits
 */
#include <sys/types.h>

#include <signal.h>
#include <string.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "answer.h"
#include "drain.h"
#include "log.h"
#include "title.h"

#define DRAIN_STOP_MS	4000	/* answers may end by themselves till then */
#define DRAIN_QUIT_MS	7000	/* a container is killed after ten seconds */

static volatile sig_atomic_t	drain_asked;
static u_int64_t		drain_since;
static int			drain_has_stopped;

static void	drain_signal(int);

void
drain_init(void)
{
	struct sigaction	action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = drain_signal;
	sigfillset(&action.sa_mask);
	if (sigaction(SIGTERM, &action, NULL) == -1 ||
	    sigaction(SIGINT, &action, NULL) == -1 ||
	    sigaction(SIGQUIT, &action, NULL) == -1)
		fatal("drain: sigaction: %s", errno_s);
}

void
drain_tick(u_int64_t now)
{
	if (!drain_asked)
		return;
	if (drain_since == 0) {
		drain_since = now;
		/* Kore accepts no more, and answers with connection: close. */
		worker_max_connections = 0;
		http_keepalive_time = 0;
	}
	if (!drain_has_stopped && now - drain_since >= DRAIN_STOP_MS) {
		drain_has_stopped = 1;
		answer_stop_all();
		title_stop_all();
	}
	if ((http_request_count == 0 && answer_running() == 0) ||
	    now - drain_since >= DRAIN_QUIT_MS) {
		log_event(LOG_LEVEL_INFO, "worker drained, %u requests left",
		    http_request_count);
		sig_recv = SIGTERM;
	}
}

static void
drain_signal(int signo)
{
	(void)signo;
	drain_asked = 1;
}
