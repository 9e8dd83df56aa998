/*
 * The system calls that workers may make beyond Kore's own list, which was
 * drawn up for an older C library. Our filter is looked at first. A call on
 * neither list ends the worker (conf/build.conf), and the parent starts
 * another.
 */
#include <sys/types.h>
#include <sys/prctl.h>

#include <errno.h>

#include <kore/kore.h>
#include <kore/hooks.h>
#include <kore/seccomp.h>

KORE_SECCOMP_FILTER("lectern",
	/* a worker ends with its parent (lectern.c) */
	KORE_SYSCALL_ALLOW_ARG(prctl, 0, PR_SET_PDEATHSIG),
	/* glibc falls back to clone, which Kore allows */
	KORE_SYSCALL_DENY(clone3, ENOSYS),
	/* every new thread; an error here makes glibc abort */
	KORE_SYSCALL_ALLOW(rseq),
	/* realloc of large blocks */
	KORE_SYSCALL_ALLOW(mremap),
	/* stat and fstat since glibc 2.33 */
	KORE_SYSCALL_ALLOW(newfstatat),
	/* wakes the event loop from job threads (job.c) */
	KORE_SYSCALL_ALLOW(eventfd2),
	/* libcurl's resolver thread and Kore's tasks */
	KORE_SYSCALL_ALLOW(socketpair),
	/* job threads block the signals that belong to the main thread, */
	KORE_SYSCALL_ALLOW(rt_sigprocmask),
	/* and let its event loop go first */
	KORE_SYSCALL_ALLOW(setpriority),
	KORE_SYSCALL_ALLOW(sched_getaffinity),
	KORE_SYSCALL_ALLOW(sched_yield),
	KORE_SYSCALL_ALLOW(gettid),
	/* malloc's arenas ask how many processors and how much memory */
	KORE_SYSCALL_ALLOW(sysinfo),
	KORE_SYSCALL_ALLOW(prlimit64),
	/* OpenSSL reads the directory of certificates */
	KORE_SYSCALL_ALLOW(getdents64),
	KORE_SYSCALL_ALLOW(pread64),
	/* libpq: who we are, for the user name and the socket's owner */
	KORE_SYSCALL_ALLOW(getgid),
	KORE_SYSCALL_ALLOW(getegid),
	KORE_SYSCALL_ALLOW(getuid),
	KORE_SYSCALL_ALLOW(geteuid),
	/* a mail is renamed into its folder (mail.c) */
	KORE_SYSCALL_ALLOW(rename),
	KORE_SYSCALL_ALLOW(fsync),
	/* the edge half-closes so that a refusal arrives (edge.c) */
	KORE_SYSCALL_ALLOW(shutdown),
	/* libcurl and libpq on the network */
	KORE_SYSCALL_ALLOW(sendmsg),
	KORE_SYSCALL_ALLOW(recvmmsg),
	KORE_SYSCALL_ALLOW(readv),
	KORE_SYSCALL_ALLOW(ppoll),
	/* the clock, where the vDSO cannot serve it */
	KORE_SYSCALL_ALLOW(gettimeofday),
	KORE_SYSCALL_ALLOW(time),
	KORE_SYSCALL_ALLOW(clock_getres),
	KORE_SYSCALL_ALLOW(clock_nanosleep),
	/* abort(), so that a failed assertion says so */
	KORE_SYSCALL_ALLOW(tgkill),
	KORE_SYSCALL_ALLOW(restart_syscall),
	KORE_SYSCALL_ALLOW(faccessat2),
	KORE_SYSCALL_ALLOW(readlinkat),
	KORE_SYSCALL_ALLOW(statx),
)
