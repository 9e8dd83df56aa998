/*
 * What the program itself says in an answer, in the question's language.
 */
#ifndef LECTERN_VOICE_H
#define LECTERN_VOICE_H

#include <stddef.h>

/* The documents do not answer. */
const char	*voice_no_answer(const char *question, size_t len);
/* What follows are passages, word for word. */
const char	*voice_passages(const char *question, size_t len);

#endif
