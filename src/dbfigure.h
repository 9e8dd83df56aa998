/*
 * What is told of a statement that has ended: figures, and a line in the log
 * when it was slow.
 */
#ifndef LECTERN_DBFIGURE_H
#define LECTERN_DBFIGURE_H

#include "db.h"

/* From the wait for a connection to the result, in ms. */
#define DBFIGURE_SLOW_MS	500

void	dbfigure_ended(const struct db_query *);

#endif
