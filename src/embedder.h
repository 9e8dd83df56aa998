/*
 * When the encoder runs in a worker: once at the start, when documents have
 * been read or deleted, and when the end point is to be tried again.
 */
#ifndef LECTERN_EMBEDDER_H
#define LECTERN_EMBEDDER_H

#include "encoder.h"

/*
 * Once per worker, from the event loop, when the schema is in place; takes
 * the first look. `conninfo` must last.
 */
void	embedder_start(const char *conninfo);
/* Documents may lack vectors, or vectors their documents. Cheap. */
void	embedder_kick(void);
/* What the first look has found; ENCODER_OFF before it. */
enum encoder_state embedder_state(void);
/* 1: the end point failed at the latest try. */
int	embedder_is_failing(void);

#endif
