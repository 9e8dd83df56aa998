/*
 * Words of everyday questions ("difference", "describe"). They say little
 * about the subject: a question is not answered from them alone.
 */
#ifndef LECTERN_EVERYDAY_H
#define LECTERN_EVERYDAY_H

#include <stdint.h>

/* 1 when the English term with this hash (analyze.h) is one of them. */
int	everyday_has(uint64_t hash);

#endif
