/*
 * GET /api/export needs to know the database, since it works on a thread.
 */
#ifndef LECTERN_EXPORT_H
#define LECTERN_EXPORT_H

/* Once per worker; `conninfo` must stay. */
void	export_init(const char *conninfo);

#endif
