/*
 * Titles that a model gives to conversations, after their first answer.
 */
#ifndef LECTERN_TITLE_H
#define LECTERN_TITLE_H

/*
 * Asks the model for a title and stores it, unless the conversation was named
 * by hand meanwhile. Nobody waits for it: whatever fails leaves the title that
 * there is. All is copied; texts are UTF-8.
 */
void	title_begin(const char *user_id, const char *conversation_id,
	    const char *question, const char *answer);
/* For the worker's end: none is waited for any more. */
void	title_stop_all(void);

#endif
