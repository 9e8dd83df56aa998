/*
 * Stopping in order: what is under way ends well before a worker goes.
 */
#ifndef LECTERN_DRAIN_H
#define LECTERN_DRAIN_H

#include <sys/types.h>

/* Once per worker: from now on TERM, INT and QUIT begin the drain. */
void	drain_init(void);
/* About ten times a second; lets the worker quit when nothing is left. */
void	drain_tick(u_int64_t now);

#endif
