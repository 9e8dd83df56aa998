/*
 * What the database keeps of one question and its answer: opened before
 * anything else, closed once, each by one statement.
 */
#ifndef LECTERN_TRANSCRIPT_H
#define LECTERN_TRANSCRIPT_H

#include <sys/types.h>

#include <jansson.h>

#include <kore/kore.h>

#include "db.h"
#include "error.h"
#include "token.h"

#define TRANSCRIPT_CLIENT_ID_MAX	128	/* bytes, useChat's id */
#define TRANSCRIPT_QUESTION_MAX		16384	/* bytes */

struct transcript_question {
	const char	*user_id;
	const char	*text;		/* UTF-8 */
	const char	*asked;		/* id, client id or NULL */
	const char	*client_message; /* the client's id of it, or NULL */
	const char	*replaces;	/* message that is edited or answered
					   anew, or NULL */
	const char	*parent;	/* message that it follows, or NULL */
	const char	*collection;	/* id or name, or NULL */
	int		 may_create;	/* `asked` may name a new one */
	int		 is_again;	/* a question once more */
};

struct transcript_answer {
	const char	*text;		/* UTF-8 */
	json_t		*citations;	/* array, borrowed */
	const char	*status;	/* as in the database */
	const char	*error;		/* code, or NULL */
	const char	*model;		/* or NULL */
	json_t		*usage;		/* object, borrowed, or NULL */
	int64_t		 input_tokens, output_tokens; /* for the day's sum */
};

struct transcript {
	struct db_query		 db;
	char			 conversation_id[TOKEN_ID_LEN + 1];
	char			 client_id[TRANSCRIPT_CLIENT_ID_MAX + 1];
					/* "" when it has none */
	char			 answer_id[TOKEN_ID_LEN + 1];
	json_t			*history;	/* [{role, text}], in order */
	json_t			*documents;	/* what the collection holds;
						   NULL: none was named */
	int			 is_first;	/* of its conversation */
	enum error_id		 error;		/* of the last step */
	void			(*done)(void *);
	void			(*ended)(void *);
	void			*arg;
	/* What is to be closed, as parameters. */
	char			*text, *citations, *status, *code, *model,
				*usage;
	int64_t			 input_tokens, output_tokens;
	unsigned		 attempts;	/* to close */
	struct kore_timer	*retry;		/* until the next one */
};

void	transcript_init(struct transcript *);
/* Any state; nothing is called any more. Idempotent. */
void	transcript_free(struct transcript *);
/*
 * Finds or makes the conversation, stores question and running answer. Then
 * `done(arg)` with error ERROR_NONE, CONVERSATION_NOT_FOUND, ANSWER_RUNNING,
 * TOO_MANY_STREAMS, CHAT_DAILY, COLLECTION_NOT_FOUND or the database's.
 */
void	transcript_open(struct transcript *, const struct transcript_question *,
	    void (*done)(void *), void *arg);
/*
 * The same for an answer of which nothing is stored: a question of the user's
 * day is taken. transcript_spend() is its end; nobody hears of it.
 */
void	transcript_admit(struct transcript *,
	    const struct transcript_question *, void (*done)(void *),
	    void *arg);
void	transcript_spend(struct transcript *, const char *user_id,
	    int64_t input_tokens, int64_t output_tokens,
	    void (*ended)(void *), void *arg);
/*
 * Drops the citations that do not hold now from the array (borrowed), then
 * `done(arg)`. When the database cannot tell, all stay: they were cut from
 * what it said a moment ago.
 */
void	transcript_check(struct transcript *, const char *user_id,
	    json_t *citations, void (*done)(void *), void *arg);
/*
 * Closes the answer. `done(arg)` comes after the first attempt, `ended(arg)`
 * when it is stored or given up; between them lie attempts with growing
 * pauses. NULL citations are none.
 */
void	transcript_close(struct transcript *, const struct transcript_answer *,
	    void (*done)(void *), void (*ended)(void *), void *arg);

#endif
