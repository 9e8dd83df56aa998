/*
 * Reading an answer that another worker, perhaps of another instance, writes.
 */
#ifndef LECTERN_ANSWERFOLLOW_H
#define LECTERN_ANSWERFOLLOW_H

#include "answer.h"

/* Once per worker. */
void		 answerfollow_init(void);
/*
 * A remote answer (answer.h) whose log fills as its writer's does, from the
 * start of the answer; attach a reader at once. NULL: this worker follows as
 * many as it may.
 */
struct answer	*answerfollow_start(const char *user_id,
		    const char *conversation_id, const char *client_id,
		    const char *answer_id);

#endif
