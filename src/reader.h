/*
 * The reader: takes uploaded documents from the jobs table, cuts their text
 * into chunks and puts these into the index. Blocking; for a job thread or a
 * command. Any number of readers, in any number of programs, may run.
 */
#ifndef LECTERN_READER_H
#define LECTERN_READER_H

#include "dbsync.h"

/*
 * Takes the next job that is due. 1: one was dealt with, well or badly; 0:
 * nothing is due, and *wait_ms says when to ask again (-1: not before
 * something is uploaded); -1: the database failed (db->error).
 */
int	reader_step(struct dbsync *db, int64_t *wait_ms)
	    __attribute__((warn_unused_result));

#endif
