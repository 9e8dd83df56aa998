/*
 * A question that leans on those before it, made whole.
 */
#ifndef LECTERN_REWRITE_H
#define LECTERN_REWRITE_H

#include "answer.h"

/*
 * Sets a->search when the question needs more words than it has, then calls
 * `done`, at once or later; never after the answer's call was cancelled.
 */
void	rewrite_begin(struct answer *, void (*done)(struct answer *));

#endif
