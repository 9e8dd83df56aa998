/*
 * Reads the chunks of one stream as llmwire.h does, but cheaply: they differ
 * in their text alone, so that once one was parsed, the others are compared
 * with it. At fifty tokens a second for each of a thousand streams, parsing
 * is the largest cost that is ours.
 */
#ifndef LECTERN_LLMFORM_H
#define LECTERN_LLMFORM_H

#include <stddef.h>

#include "llmwire.h"

struct llmform {
	char		*bytes;		/* around the text, or NULL */
	size_t		 before;	/* how much of it before the text */
	size_t		 after;
	unsigned	 uses;		/* since it was learnt */
	unsigned	 attempts;	/* to learn one */
};

void	 llmform_init(struct llmform *);
void	 llmform_free(struct llmform *);
/*
 * The same as llmwire_read(), to the letter; chunk->text may point into
 * `data` and has no NUL behind it then.
 */
enum llmwire_kind llmform_read(struct llmform *, struct llmwire_chunk *,
	    const char *data, size_t len);

#endif
