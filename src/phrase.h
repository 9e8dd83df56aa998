/*
 * Whether a passage holds a question's phrases in quotes.
 */
#ifndef LECTERN_PHRASE_H
#define LECTERN_PHRASE_H

#include "question.h"

/*
 * 1 when each phrase stands in one of the texts (title, headings, passage;
 * UTF-8 strings): its words one after another, whatever stands between them
 * that is no word.
 */
int	phrase_holds(const struct question *, const char *const *texts,
	    size_t texts_len);

#endif
