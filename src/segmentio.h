/*
 * Sending a segment's rows to the database.
 */
#ifndef LECTERN_SEGMENTIO_H
#define LECTERN_SEGMENTIO_H

#include "dbsync.h"
#include "segment.h"

/* Copies the rows that have piled up and empties them. 0 or -1. */
int	segmentio_copy(struct dbsync *, struct segment_rows *)
	    __attribute__((warn_unused_result));

#endif
