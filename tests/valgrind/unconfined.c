/*
 * Preloaded under valgrind, whose own system calls and memory the program's
 * sandboxes would refuse, and for which /proc/self/exe is valgrind:
 *
 *   seccomp filters are not installed, and limits not lowered
 *   /proc/self/exe is executed by its real name, with this library again
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENVIRONMENT_MAX	32

int	seccomp_load(void *);

int
prctl(int option, ...)
{
	unsigned long	words[4];
	va_list		args;
	size_t		i;

	va_start(args, option);
	for (i = 0; i < 4; i++)
		words[i] = va_arg(args, unsigned long);
	va_end(args);
	if (option == PR_SET_SECCOMP)
		return (0);

	return ((int)syscall(SYS_prctl, option, words[0], words[1], words[2],
	    words[3]));
}

int
seccomp_load(void *filter)
{
	(void)filter;

	return (0);
}

int
setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	(void)resource;
	(void)limit;

	return (0);
}

int
execve(const char *path, char *const arguments[], char *const environment[])
{
	static char	program[PATH_MAX], preload[PATH_MAX + 16];
	const char	*own = getenv("LD_PRELOAD");
	char		*longer[ENVIRONMENT_MAX + 2];
	ssize_t		len;
	size_t		n = 0;

	if (strcmp(path, "/proc/self/exe") != 0 || own == NULL ||
	    (len = readlink(path, program, sizeof(program) - 1)) == -1)
		return ((int)syscall(SYS_execve, path, arguments,
		    environment));
	program[len] = '\0';
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s", own);
	for (; environment[n] != NULL && n < ENVIRONMENT_MAX; n++)
		longer[n] = environment[n];
	longer[n] = preload;
	longer[n + 1] = NULL;

	return ((int)syscall(SYS_execve, program, arguments, longer));
}
