/*
 * The encoder: gives passages their vectors, from the vector_jobs table.
 * Blocking; for a job thread. Any number of encoders, in any number of
 * programs, may run.
 */
#ifndef LECTERN_ENCODER_H
#define LECTERN_ENCODER_H

#include "dbsync.h"

enum encoder_state {
	ENCODER_OFF,		/* EMBED_URL is not set */
	ENCODER_NO_PGVECTOR,	/* not installed where the database runs */
	ENCODER_DENIED,		/* installed, but this role may not enable it */
	ENCODER_ON
};

/* Lasts over many steps; zeroed at the start. */
struct encoder {
	enum encoder_state state;
	int		 is_open;	/* state and model are known */
	char		 model[16];
	size_t		 batch;		/* texts at once; 0: EMBED_BATCH */
	unsigned int	 failures;	/* of the end point, in a row */
	int		 has_baseline;	/* the model's, in its row */
	int		 has_stored;	/* since it was opened */
	int		 is_changed;	/* out: another model may serve */
	char		 why[128];	/* out: what the end point did */
};

/*
 * Does the next piece of work. 1: something was done; 0: nothing is due, and
 * *wait_ms says when to ask again (-1: not before something is read or
 * deleted); -1: the database failed (db->error).
 */
int	encoder_step(struct encoder *, struct dbsync *, int64_t *wait_ms)
	    __attribute__((warn_unused_result));

#endif
