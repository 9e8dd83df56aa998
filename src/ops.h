/*
 * For whoever looks after the server: health, readiness, figures.
 */
#ifndef LECTERN_OPS_H
#define LECTERN_OPS_H

/* Once per worker, from kore_worker_configure(): keeps the gauges current. */
void	ops_init(void);

#endif
