/*
 * What running answers have told, kept in the database in batches, so that
 * other workers and instances read on from there and a crash loses at most
 * the last half second of text.
 */
#ifndef LECTERN_ANSWERLOG_H
#define LECTERN_ANSWERLOG_H

/* Once per worker. */
void		 answerlog_init(void);
/* Under this name the worker stands in the database. */
const char	*answerlog_worker(void);
/* An answer of this worker runs: keeps the log until none does. */
void		 answerlog_run(void);

#endif
