/*
 * What an answer does, step by step: pipeline.c's states over answer.h's
 * object.
 */
#ifndef LECTERN_PIPELINE_H
#define LECTERN_PIPELINE_H

#include "answer.h"

/* Starts with the database; nothing is told before it has said yes. */
void	pipeline_begin(struct answer *, const struct transcript_question *);
/* Ends it at once, in any state; what there is of the text is kept. */
void	pipeline_stop(struct answer *);

#endif
