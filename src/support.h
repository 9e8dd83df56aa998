/*
 * Which sentences of a passage support a statement: the part of a passage
 * that a citation quotes.
 */
#ifndef LECTERN_SUPPORT_H
#define LECTERN_SUPPORT_H

#include <stddef.h>

/*
 * The claim that ends at `end` in an answer: the sentence before it, without
 * what an earlier marker (ending at `after`, 0 for none) already covers.
 * Returns its start; *claim_end is its end.
 */
size_t	support_claim(const char *text, size_t end, size_t after,
	    size_t *claim_end);

/*
 * Chooses one sentence of the passage, or up to three in a row when each adds
 * to it, by the words it shares with the claim. Without a shared word: the
 * whole passage, as far as a quote may be long. from < to for a passage that
 * is not blank; both are ends of characters.
 */
void	support_narrow(const char *passage, size_t len, const char *claim,
	    size_t claim_len, size_t *from, size_t *to);

#endif
