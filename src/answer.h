/*
 * An answer in progress: an object of its own that requests read, leave,
 * find again and stop. It owns its retrieval, the model's call, its database
 * writes and everything it has told so far (`log`, framed events), so that a
 * reader who comes later gets all of it.
 */
#ifndef LECTERN_ANSWER_H
#define LECTERN_ANSWER_H

#include <sys/types.h>
#include <sys/queue.h>

#include <jansson.h>

#include "buffer.h"
#include "cite.h"
#include "llm.h"
#include "retrieval.h"
#include "transcript.h"

enum answer_state {
	ANSWER_OPENING,		/* not stored yet; nothing in the log */
	ANSWER_REFUSED,		/* never opened: see error; over */
	ANSWER_RETRIEVING,
	ANSWER_WRITING,
	ANSWER_CLOSING,		/* all is known but not yet stored or told */
	ANSWER_OVER		/* the log is complete */
};

struct answer_reader {
	struct answer	*answer;	/* NULL: attached to none */
	size_t		 offset;	/* bytes of the log that it has read */
	int		 is_sole;	/* when it leaves, the answer stops */
	int		 is_full;	/* it cannot take more at the moment */
	void		(*notify)(void *); /* there is more, or it is over;
					   must not detach */
	void		*arg;
	TAILQ_ENTRY(answer_reader) list;
};

struct answer {
	enum answer_state	 state;
	enum error_id		 error;		/* that ended it */
	const char		*status;	/* as stored; NULL: running */
	const char		*reason;	/* finishReason */
	char			*user_id;
	char			*question;
	char			**document_ids;	/* NULL: all */
	size_t			 document_ids_len;
	struct buffer		 log;
	struct transcript	 transcript;
	struct retrieval	 retrieval;
	struct cite_passage	*passages;	/* the filter's view of them */
	struct cite		 cite;		/* text and marks */
	struct llm		*llm;		/* the running call, or NULL */
	struct llm_usage	 usage;
	json_t			*citations;	/* array, once known */
	size_t			 told;		/* bytes of text in the log */
	unsigned		 sources_told;
	int			 has_text_part;	/* text-start is in the log */
	int			 is_modelled;	/* a model writes it */
	int			 is_paused;	/* the model waits */
	int			 is_stored;	/* or given up: nothing to do */
	TAILQ_HEAD(, answer_reader) readers;
	TAILQ_ENTRY(answer)	 list;
};

struct answer_question {
	struct transcript_question	 ask;
	json_t				*document_ids;	/* array or NULL */
};

/*
 * Starts an answer for its first reader, whose notify, arg and is_sole are
 * set. ERROR_NONE, or why not: ERROR_TOO_MANY_STREAMS, ERROR_ANSWER_RUNNING.
 */
enum error_id	 answer_start(const struct answer_question *,
		    struct answer_reader *);
void		 answer_attach(struct answer *, struct answer_reader *);
/* The reader leaves; the answer may be gone on return. Idempotent. */
void		 answer_detach(struct answer_reader *);
/* After a reader's is_full or offset changed. */
void		 answer_has_room(struct answer *);
/* Of that user and conversation (id or client id), running; or NULL. */
struct answer	*answer_find(const char *user_id, const char *conversation);
/* Ends it now; what there is of the text is kept. */
void		 answer_stop(struct answer *);
/* For the worker's end. */
void		 answer_stop_all(void);
size_t		 answer_running(void);
/* Once per worker: answers can be stopped by the other workers. */
void		 answer_init(void);
/* Asks all workers to stop the answer of that user and conversation. */
void		 answer_stop_elsewhere(const char *user_id,
		    const char *conversation_id);
/* 1 when the question got an answer, whole or stopped by its reader. */
int		 answer_has_answered(const struct answer *);
/* {inputTokens, outputTokens, totalTokens}, new; NULL: not told. */
json_t		*answer_usage(const struct answer *);

/* For pipeline.c: tells the readers; frees it when nobody needs it. */
void		 answer_notify(struct answer *);
void		 answer_release(struct answer *);

#endif
