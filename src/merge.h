/*
 * Joining segments of a scope, so that a search has few to look into.
 */
#ifndef LECTERN_MERGE_H
#define LECTERN_MERGE_H

#include "dbsync.h"

/*
 * Joins one set of segments, when there is one (index_merge_choice()) and
 * nobody else is at it, in a transaction of its own. 1: some were joined; 0:
 * nothing to do; -1: the database failed, nothing is changed.
 */
int	merge_step(struct dbsync *, int32_t scope)
	    __attribute__((warn_unused_result));

#endif
