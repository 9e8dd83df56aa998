/*
 * The process that runs PgBouncer, starts it again when it ends, and says in
 * our log what it reports. It is this program, executed as
 * `lectern pooler DIRECTORY` by the parent.
 */
#ifndef LECTERN_POOLERKEEP_H
#define LECTERN_POOLERKEEP_H

/* The descriptor from which it reads the configuration. */
#define POOLERKEEP_FD	3

/* Path of PgBouncer's program; NULL when it is not installed. */
const char	*poolerkeep_program(void);
/*
 * Until SIGTERM, which the kernel sends when the parent dies; then the
 * directory is removed. Returns the exit code.
 */
int	poolerkeep_main(const char *directory);

#endif
