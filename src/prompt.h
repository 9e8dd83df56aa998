/*
 * What the model is told: the rules, the conversation so far, the passages
 * and the question, packed into the size of its window.
 */
#ifndef LECTERN_PROMPT_H
#define LECTERN_PROMPT_H

#include <stddef.h>

#include "buffer.h"

struct prompt_passage {
	const char	*title;
	const char	*heading;	/* path, or "" */
	const char	*text;
	size_t		 len;
};

struct prompt_turn {
	int		 is_user;	/* 0: the assistant's */
	const char	*text;
};

struct prompt_input {
	const char			*instructions; /* operator's, or NULL */
	const char			*caller; /* system messages of the
						   caller, or NULL */
	const char			*fence;	/* nobody can guess it */
	const char			*question;
	const struct prompt_turn	*turns;	/* oldest first */
	size_t				 turns_len;
	const struct prompt_passage	*passages; /* best first */
	size_t				 passages_len;
	size_t				 bytes_max; /* of all messages */
};

struct prompt_message {
	const char	*role;		/* "system", "user" */
	char		*text;		/* owned */
};

#define PROMPT_TURNS_MAX	20	/* older ones are left out */
#define PROMPT_MESSAGES_MAX	2

struct prompt {
	struct prompt_message	 messages[PROMPT_MESSAGES_MAX];
	size_t			 len;
	size_t			 passages_len;	/* how many went in, from the
						   best; [n] beyond are none */
	size_t			 last_len;	/* bytes of the last of them
						   that went in */
};

/*
 * Fills the prompt: rules, question and the beginning of the best passage
 * whatever the room; then the newest turns up to a quarter of the rest, and
 * more passages. Instructions get a quarter of the window each, the question
 * a third. Returns 0, or -1 when there is no memory (nothing to free).
 */
int	prompt_build(struct prompt *, const struct prompt_input *)
	    __attribute__((warn_unused_result));
/* Takes the text over as the next message; -1: no memory, all is freed. */
int	prompt_add(struct prompt *, const char *role, struct buffer *text)
	    __attribute__((warn_unused_result));
void	prompt_free(struct prompt *);

/*
 * Appends text of documents or people as data: without characters that are
 * not seen, and with what a model's own format would read as its marks (of
 * turns, of roles, of our fences) broken by a blank.
 */
void	prompt_clean(struct buffer *, const char *, size_t);
/*
 * Appends the newest turns that have room, oldest first, each between fence
 * lines and cut where it is long. Returns the bytes appended.
 */
size_t	prompt_turns(struct buffer *, const char *fence,
	    const struct prompt_turn *, size_t turns_len, size_t room);

#endif
