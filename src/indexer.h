/*
 * When the reader runs in a worker: once at the start, after every upload
 * and deletion, and when the database said that something falls due. In
 * between nothing asks the database anything, so that it may go to sleep.
 */
#ifndef LECTERN_INDEXER_H
#define LECTERN_INDEXER_H

/*
 * Once per worker, from the event loop, when the schema is in place; takes
 * the first look. `conninfo` must last.
 */
void	indexer_init(const char *conninfo);
/* There is something to read, or to forget. From the event loop; cheap. */
void	indexer_kick(void);

#endif
