/*
 * Delivers the outbox in the background.
 */
#ifndef LECTERN_MAILER_H
#define LECTERN_MAILER_H

/* Once per worker, when the schema is in place; takes a first look. */
void	mailer_init(void);
/* A letter was stored: go and look. From the event loop; cheap. */
void	mailer_kick(void);

#endif
