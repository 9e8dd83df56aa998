/*
 * Removing what has expired, now and then.
 */
#ifndef LECTERN_HOUSEKEEPING_H
#define LECTERN_HOUSEKEEPING_H

/* Once per worker, when the schema is in place. Starts the timer. */
void	housekeeping_init(void);

#endif
