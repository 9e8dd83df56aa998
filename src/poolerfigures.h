/*
 * What PgBouncer says of itself, for /metrics.
 */
#ifndef LECTERN_POOLERFIGURES_H
#define LECTERN_POOLERFIGURES_H

/*
 * In one worker, from kore_worker_configure(): asks the console of the
 * sidecar now and then. `console` as pooler_console() has it, NULL: never.
 */
void	poolerfigures_init(const char *console);

#endif
