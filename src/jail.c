/*
 * Limits, and a list of system calls; any other fails with EPERM. A program
 * that is executed gets to read files (its libraries, its tables), for which
 * the secrets of the other processes are out of reach: they are not dumpable
 * (lectern.c), so that /proc shows nothing of them.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include <seccomp.h>

#include "jail.h"

#define JAIL_FILES_MAX	64

static const char *const jail_parser[] = {
	"brk", "clock_gettime", "close", "exit", "exit_group", "fstat",
	"futex", "getpid", "getrandom", "gettimeofday", "gettid", "lseek",
	"madvise", "mremap", "munmap", "newfstatat", "poll", "ppoll", "read",
	"restart_syscall", "rt_sigprocmask", "rt_sigreturn", "sendto",
	"sysinfo", "time", "wait4", "write", "writev", NULL
};

/* What a dynamic loader and the C and C++ libraries want besides. */
static const char *const jail_program[] = {
	"access", "arch_prctl", "execve", "faccessat", "faccessat2", "fcntl",
	"getcwd", "getdents64", "getegid", "geteuid", "getgid", "getuid",
	"mmap", "mprotect", "pread64", "prlimit64", "readlink", "readlinkat",
	"rseq", "rt_sigaction", "sched_getaffinity", "sched_yield",
	"set_robust_list", "set_tid_address", "statfs", "statx", "tgkill",
	"uname", NULL
};

static int	jail_limits(void);
static int	jail_limit(__rlimit_resource_t, rlim_t, rlim_t);
static int	jail_allow(scmp_filter_ctx, const char *const *);
static int	jail_rules(scmp_filter_ctx, enum jail);

int
jail_enter(enum jail jail)
{
	scmp_filter_ctx	filter;
	int		ret = -1;

	if (jail_limits() == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    (filter = seccomp_init(SCMP_ACT_ERRNO(EPERM))) == NULL)
		return (-1);
	if (jail_rules(filter, jail) == 0 && seccomp_load(filter) == 0)
		ret = 0;
	seccomp_release(filter);

	return (ret);
}

static int
jail_limits(void)
{
#ifndef __SANITIZE_ADDRESS__
	if (jail_limit(RLIMIT_AS, JAIL_MEMORY, JAIL_MEMORY) == -1)
		return (-1);
#endif
	/* A second more, so that what is over its time can still say so. */
	if (jail_limit(RLIMIT_CPU, JAIL_CPU_SECONDS, JAIL_CPU_SECONDS + 1) ==
	    -1 || jail_limit(RLIMIT_FSIZE, 0, 0) == -1 ||
	    jail_limit(RLIMIT_CORE, 0, 0) == -1 ||
	    jail_limit(RLIMIT_NOFILE, JAIL_FILES_MAX, JAIL_FILES_MAX) == -1)
		return (-1);

	return (0);
}

/* Lowers a limit, never raises it. */
static int
jail_limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard)
{
	struct rlimit	limit;

	if (getrlimit(resource, &limit) == -1)
		return (-1);
	if (limit.rlim_max > hard)
		limit.rlim_max = hard;
	limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;

	return (setrlimit(resource, &limit));
}

static int
jail_rules(scmp_filter_ctx filter, enum jail jail)
{
	if (jail_allow(filter, jail_parser) == -1)
		return (-1);
	if (jail == JAIL_PARSER)
		/* memory that is not executed */
		return (seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0)) ||
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW,
		    SCMP_SYS(mprotect), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0)) ? -1 : 0);
	/* for reading alone */
	if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC,
	    O_RDONLY)) != 0)
		return (-1);

	return (jail_allow(filter, jail_program));
}

static int
jail_allow(scmp_filter_ctx filter, const char *const *names)
{
	int	number;

	for (; *names != NULL; names++) {
		/* Not every machine has every call. */
		number = seccomp_syscall_resolve_name(*names);
		if (number == __NR_SCMP_ERROR)
			continue;
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0) != 0)
			return (-1);
	}

	return (0);
}
