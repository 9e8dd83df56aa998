/*
 * Takes from this process what parsing does not need: files, network, other
 * processes; and bounds memory and time. There is no way back.
 */
#ifndef LECTERN_JAIL_H
#define LECTERN_JAIL_H

enum jail {
	JAIL_PARSER,	/* memory, and the descriptors that are open */
	JAIL_PROGRAM	/* is about to execve() a program: files to read, too */
};

#define JAIL_CPU_SECONDS	30
#define JAIL_WALL_SECONDS	60
#define JAIL_MEMORY		((size_t)768 * 1024 * 1024)

/* 0, or -1: nothing is promised, do not go on. */
int	jail_enter(enum jail) __attribute__((warn_unused_result));

#endif
