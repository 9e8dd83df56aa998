/*
 *	keeper_start() -> running -> ended -> running (after a pause, taken in
 *	the child, when it lived for less than KEEPER_LIFE_SECONDS)
 *
 * Nothing is kept from the moment on at which the parent is told to stop: it
 * then waits for each worker by its number, and for nobody else.
 */
#include <sys/types.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"

#define KEEPER_MAX		4
#define KEEPER_LIFE_SECONDS	5

static struct keeper {
	void	(*become)(void);
	pid_t	 pid;			/* 0: could not be forked */
	time_t	 since;			/* monotonic seconds */
} keepers[KEEPER_MAX];
static size_t	keepers_len;

static int	keeper_fork(struct keeper *, unsigned int);
static void	keeper_child(const struct keeper *, pid_t, unsigned int)
		    __attribute__((noreturn));
static time_t	keeper_now(void);

pid_t	__wrap_waitpid(pid_t, int *, int);
pid_t	__real_waitpid(pid_t, int *, int);

int
keeper_start(void (*become)(void))
{
	struct keeper	*k = &keepers[keepers_len];

	if (keepers_len == KEEPER_MAX)
		return (-1);
	k->become = become;
	if (keeper_fork(k, 0) == -1)
		return (-1);
	keepers_len++;

	return (0);
}

/* Of Kore's parent, which asks for any child when one has ended. */
pid_t
__wrap_waitpid(pid_t wanted, int *status, int options)
{
	struct keeper	*k;
	pid_t		 pid;

	pid = __real_waitpid(wanted, status, options);
	if (wanted != -1 || pid <= 0)
		return (pid);
	for (k = keepers; k < keepers + keepers_len; k++) {
		if (k->pid == pid)
			(void)keeper_fork(k,
			    keeper_now() - k->since < KEEPER_LIFE_SECONDS);
	}

	return (pid);
}

static int
keeper_fork(struct keeper *k, unsigned int pause)
{
	const pid_t	parent = getpid();

	k->since = keeper_now();
	switch (k->pid = fork()) {
	case -1:
		k->pid = 0;
		return (-1);
	case 0:
		keeper_child(k, parent, pause);
	default:
		return (0);
	}
}

static void
keeper_child(const struct keeper *k, pid_t parent, unsigned int pause)
{
	static const int	signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM,
				    SIGUSR1, SIGCHLD, SIGPIPE };
	sigset_t		none;
	size_t			i;

	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)signal(signals[i], SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* Ctrl-C is the parent's; it ends us by ending. */
	(void)setsid();
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	if (getppid() != parent)
		_exit(1);
	if (pause > 0)
		(void)sleep(pause);
	k->become();
	_exit(1);
}

static time_t
keeper_now(void)
{
	struct timespec	now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);

	return (now.tv_sec);
}
