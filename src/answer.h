/*
 * An answer in progress: an object of its own that requests read, leave,
 * find again and stop. It owns its retrieval, the model's call, its database
 * writes and everything it has told so far (`log`, framed events), so that a
 * reader who comes later gets all of it.
 *
 * There are three kinds. A kept one belongs to a conversation and is stored.
 * A stateless one (/v1) is stored nowhere and has no log: its reader takes
 * the text from `cite.text`. A remote one is being written by another worker:
 * here is only what is read of it (answerfollow.c).
 */
#ifndef LECTERN_ANSWER_H
#define LECTERN_ANSWER_H

#include <sys/types.h>
#include <sys/queue.h>

#include <jansson.h>

#include "buffer.h"
#include "cite.h"
#include "llm.h"
#include "passages.h"
#include "retrieval.h"
#include "token.h"
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
	size_t		 offset;	/* bytes that it has read: of the log,
					   or a stateless answer's text */
	size_t		 behind;	/* bytes that it cannot take yet */
	int		 is_sole;	/* when it leaves, the answer stops */
	void		(*notify)(void *); /* there is more, or it is over;
					   must not detach */
	void		*arg;
	TAILQ_ENTRY(answer_reader) list;
};

/* What the log in the database has of an answer; answerlog.c. */
struct answer_kept {
	int		 seq;		/* of the batch that was sent last */
	size_t		 text, text_sent;	/* bytes */
	size_t		 sources, sources_sent;
	int		 is_under_way;	/* in the batch that is */
};

struct answer {
	enum answer_state	 state;
	enum error_id		 error;		/* that ended it */
	uint32_t		 retry_after_s;	/* as the model said; 0: not */
	const char		*status;	/* as stored; NULL: running */
	const char		*reason;	/* finishReason */
	char			*user_id;
	char			*question;
	char			*search;	/* made whole, or NULL */
	char			**document_ids;	/* NULL: all */
	size_t			 document_ids_len;
	json_t			*turns;		/* [{role, text}] before it */
	char			*instructions;	/* the caller's, or NULL */
	struct llm_options	 options;
	json_t			*stop;		/* options.stop, owned */
	char			 request_id[TOKEN_ID_LEN + 1];
	struct buffer		 log;
	struct transcript	 transcript;
	struct retrieval	 retrieval;
	struct passages		 joined;	/* what a model is given */
	const struct passage	*found;		/* of either; best first */
	size_t			 found_len;
	struct cite_passage	*passages;	/* the filter's view of them */
	struct cite		 cite;		/* text and marks */
	struct buffer		 text;		/* as it is kept: checked */
	struct llm		*llm;		/* the running call, or NULL */
	struct buffer		 rewritten;	/* what a small call says */
	void			(*rewritten_done)(struct answer *);
	struct llm_usage	 usage;		/* as the model told it */
	int64_t			 prompt_bytes;	/* for an estimate */
	json_t			*sources;	/* array, told so far */
	json_t			*citations;	/* array, once known */
	size_t			 told;		/* bytes of text in the log */
	struct answer_kept	 kept;
	unsigned		 sources_told;
	int			 has_text_part;	/* text-start is in the log */
	int			 is_stateless;
	int			 is_remote;
	int			 is_modelled;	/* a model writes it */
	int			 is_paused;	/* the model waits */
	int			 is_stored;	/* or given up: nothing to do */
	TAILQ_HEAD(, answer_reader) readers;
	TAILQ_ENTRY(answer)	 list;
};

struct answer_question {
	struct transcript_question	 ask;
	const json_t			*document_ids; /* array or NULL: all */
	const json_t			*turns;	/* stateless: those before */
	const char			*instructions;	/* or NULL */
	const struct llm_options	*options;	/* or NULL */
	const char			*request_id;
	int				 is_stateless;
};

/*
 * Starts an answer for its first reader, whose notify, arg and is_sole are
 * set; everything is copied. ERROR_NONE, or why not: ERROR_TOO_MANY_STREAMS,
 * ERROR_ANSWER_RUNNING.
 */
enum error_id	 answer_start(const struct answer_question *,
		    struct answer_reader *);
/* A remote one without readers yet; answerfollow.c fills it. */
struct answer	*answer_remote(const char *user_id, const char *conversation_id,
		    const char *client_id, const char *answer_id);
void		 answer_attach(struct answer *, struct answer_reader *);
/* The reader leaves; the answer may be gone on return. Idempotent. */
void		 answer_detach(struct answer_reader *);
/* After a reader's `behind` or offset changed. */
void		 answer_has_room(struct answer *);
/* Of that user and conversation (id or client id), running; or NULL. */
struct answer	*answer_find(const char *user_id, const char *conversation);
/* The one with that id (answer_id of its transcript), or NULL. */
struct answer	*answer_by_id(const char *);
/* All of this worker, in no order; NULL ends it. */
struct answer	*answer_first(void);
struct answer	*answer_next(struct answer *);
/* Ends it now; what there is of the text is kept. */
void		 answer_stop(struct answer *);
/* For the worker's end. */
void		 answer_stop_all(void);
/* Those that this worker writes. */
size_t		 answer_running(void);
/* Once per worker: answers can be stopped by the other workers. */
void		 answer_init(void);
/* Asks all workers to stop the answer of that user and conversation. */
void		 answer_stop_elsewhere(const char *user_id,
		    const char *conversation_id);
/* Stops all answers of that user, in every worker. */
void		 answer_stop_user(const char *user_id);
/* 1 when the question got an answer, whole or stopped by its reader. */
int		 answer_has_answered(const struct answer *);
/*
 * {inputTokens, outputTokens, totalTokens}, new. NULL: the model did not tell,
 * or there is none.
 */
json_t		*answer_usage(const struct answer *);
/* What the model told, or else an estimate by the bytes. */
void		 answer_tokens(const struct answer *, int64_t *input,
		    int64_t *output);

/*
 * For who fills the log: its last parts, as status and reason say; `model`
 * NULL: none; `usage` (stolen) NULL: not known; `error` when it has failed.
 */
void		 answer_tell_end(struct answer *, const char *model,
		    json_t *usage, const char *error);
/* Tells the readers; frees it when nobody needs it. */
void		 answer_notify(struct answer *);
void		 answer_release(struct answer *);

#endif
