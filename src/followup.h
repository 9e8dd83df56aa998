/*
 * Questions that go on from the one before ("And how much does it weigh?"):
 * recognised, and made whole, so that they can be searched for by themselves.
 * By a model where there is one, else by the words that they leave out.
 */
#ifndef LECTERN_FOLLOWUP_H
#define LECTERN_FOLLOWUP_H

#include <stddef.h>

#include "buffer.h"
#include "prompt.h"

/*
 * 1 when the question cannot be searched for alone: it refers back by a
 * pronoun or the like, goes on with "and", or has no subject of its own. 0
 * when it can, or when nothing was asked before. All texts are UTF-8.
 */
int	followup_is_needed(const char *question, const struct prompt_turn *,
	    size_t turns_len);
/*
 * Without a model: appends the question and the words of the turns before
 * that it is about. Returns 0, or -1 when there is no memory.
 */
int	followup_compose(struct buffer *, const char *question,
	    const struct prompt_turn *, size_t turns_len)
	    __attribute__((warn_unused_result));
/*
 * With a model: the messages that ask it for the whole question. The turns
 * stand behind a fence that nobody can guess. Returns 0, or -1 when there is
 * no memory (nothing to free); else prompt_free() is due.
 */
int	followup_prompt(struct prompt *, const char *fence,
	    const char *question, const struct prompt_turn *,
	    size_t turns_len) __attribute__((warn_unused_result));
/*
 * Appends the question that the model's reply is. Returns -1 when it is none
 * (empty, several lines, far too long): then followup_compose().
 */
int	followup_accept(struct buffer *, const char *reply, size_t reply_len,
	    const char *question) __attribute__((warn_unused_result));

#endif
