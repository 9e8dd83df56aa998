/*
 * What the model is told: the rules, the passages, the conversation so far
 * and the question, packed into the size of its window.
 */
#ifndef LECTERN_PROMPT_H
#define LECTERN_PROMPT_H

#include <stddef.h>

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
	const char			*fence;	/* nobody can guess it */
	const char			*question;
	const struct prompt_turn	*turns;	/* oldest first */
	size_t				 turns_len;
	const struct prompt_passage	*passages; /* best first */
	size_t				 passages_len;
	size_t				 bytes_max; /* of all messages */
};

struct prompt_message {
	const char	*role;		/* "system", "user", "assistant" */
	char		*text;		/* owned */
};

#define PROMPT_TURNS_MAX	20
#define PROMPT_MESSAGES_MAX	(PROMPT_TURNS_MAX + 2)

struct prompt {
	struct prompt_message	 messages[PROMPT_MESSAGES_MAX];
	size_t			 len;
	size_t			 passages_len;	/* how many went in, from the
						   best; [n] beyond are none */
};

/*
 * Fills the prompt. Rules and question always go in; then the best passage,
 * the newest turns up to a quarter of the room, and more passages. Returns 0,
 * or -1 when there is no memory (nothing to free).
 */
int	prompt_build(struct prompt *, const struct prompt_input *)
	    __attribute__((warn_unused_result));
void	prompt_free(struct prompt *);

#endif
